"""What the SDK's classes say, and which inputs are refused for it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pulumi_azure_native import keyvault, managedidentity, monitor
from pulumi_gcp import apigee

from sandbox.controlplane import schema
from sandbox.controlplane.registry import PACKAGES
from sandbox.controlplane.values import UNKNOWN

VAULT = schema.of(keyvault.Vault)
GOOD = {
    "resourceGroupName": "group",
    "properties": {"tenantId": "t", "sku": {"family": "A", "name": "standard"}},
}


def _mistakes(inputs: Mapping[str, object]) -> list[tuple[str, str]]:
    return sorted((mistake.kind, mistake.path) for mistake in VAULT.mistakes(inputs))


def test_good_inputs_have_no_mistakes() -> None:
    assert _mistakes(GOOD) == []


def test_unknown_input_is_named_with_its_path() -> None:
    assert _mistakes({**GOOD, "bogus": 1}) == [("unknown", "bogus")]
    properties = {**GOOD["properties"], "skuu": 1}  # type: ignore[dict-item]  # a literal's union
    assert _mistakes({**GOOD, "properties": properties}) == [("unknown", "properties.skuu")]


def test_missing_input_is_named_with_its_path() -> None:
    found = _mistakes({"properties": {"sku": {"family": "A"}}})
    assert found == [
        ("missing", "properties.sku.name"),
        ("missing", "properties.tenantId"),
        ("missing", "resourceGroupName"),
    ]


@pytest.mark.parametrize("value", [1, True, ["x"], {"a": "b"}])
def test_wrong_type_is_named(value: object) -> None:
    assert _mistakes({**GOOD, "vaultName": value}) == [("type", "vaultName")]


def test_wrong_item_is_named_with_its_index() -> None:
    setting = schema.of(monitor.DiagnosticSetting)
    inputs = {"resourceUri": "x", "logs": [{"enabled": True}, {"enabled": "yes"}]}
    assert [m.path for m in setting.mistakes(inputs)] == ["logs[1].enabled"]


def test_closed_enum_refuses_other_values() -> None:
    sku = {"family": "A", "name": "gold"}
    found = _mistakes({**GOOD, "properties": {"tenantId": "t", "sku": sku}})
    assert found == [("enum", "properties.sku.name")]


def test_union_of_string_and_enum_is_open() -> None:
    sku = {"family": "B", "name": "standard"}
    assert _mistakes({**GOOD, "properties": {"tenantId": "t", "sku": sku}}) == []


def test_unknown_value_fits_everywhere() -> None:
    assert _mistakes({"resourceGroupName": UNKNOWN, "properties": UNKNOWN}) == []


def test_boolean_is_no_number() -> None:
    deployment = schema.of(apigee.EnvironmentApiRevisionDeployment)
    inputs = {"orgId": "o", "environment": "e", "api": "a", "revision": True}
    assert [m.kind for m in deployment.mistakes(inputs)] == ["type"]


def test_wire_name_is_the_clouds_not_the_arguments() -> None:
    names = set(schema.of(managedidentity.UserAssignedIdentity).inputs)
    assert "resourceName" in names
    assert "resourceName_" not in names


def test_arguments_are_read_from_what_the_class_builds() -> None:
    group = schema.of(monitor.ActionGroup)
    assert group.inputs["groupShortName"].required


def test_preview_knows_the_inputs_and_nothing_the_cloud_makes() -> None:
    preview = VAULT.preview(GOOD)
    assert preview["name"] is UNKNOWN
    assert preview["properties"]["vaultUri"] is UNKNOWN
    assert preview["properties"]["sku"] == {"family": "A", "name": "standard"}
    assert "tags" not in preview
    assert "enablePurgeProtection" not in preview["properties"]


def test_projection_drops_what_is_not_declared_at_every_level() -> None:
    values = {"name": "v", "extra": 1, "properties": {"vaultUri": "u", "extra": 1}, "tags": None}
    assert VAULT.project(values) == {"name": "v", "properties": {"vaultUri": "u"}}


@pytest.mark.parametrize("type_", [t for p in PACKAGES.values() for t in p.types.values()])
def test_every_replacing_property_is_an_input(type_: object) -> None:
    declared = type_.schema.inputs  # type: ignore[attr-defined]  # parametrized
    for path in type_.replace_on:  # type: ignore[attr-defined]  # parametrized
        assert path.split(".")[0] in declared
