"""Environments, groups and attachments."""

from __future__ import annotations

import pytest

from tests.sandbox.controlplane.rig import (
    ENV_GROUP,
    ENV_GROUP_ATTACHMENT,
    ENVIRONMENT,
    INSTANCE_ATTACHMENT,
    ORGANIZATION,
    Clouds,
    Deployed,
    Plain,
    Refused,
)

_INSTANCE = f"{ORGANIZATION}/instances/europe-west1"
_ALPHA: Plain = {"orgId": ORGANIZATION, "name": "alpha", "type": "INTERMEDIATE"}


@pytest.fixture
def alpha(clouds: Clouds) -> Deployed:
    return clouds.gcp.create(ENVIRONMENT, _ALPHA)


def test_organization_id_is_prefixed_and_known(clouds: Clouds) -> None:
    for organization in ("sandbox-gateway", "organizations/other"):
        with pytest.raises(Refused, match="Error 403: Permission denied on resource"):
            clouds.gcp.create(ENVIRONMENT, {**_ALPHA, "orgId": organization})


def test_existing_environment_is_refused(clouds: Clouds, alpha: Deployed) -> None:
    with pytest.raises(Refused, match=r"Error creating Environment: googleapi: Error 409"):
        clouds.gcp.create(ENVIRONMENT, _ALPHA)


@pytest.mark.parametrize("name", ["Alpha", "a", "alpha-", "1alpha", "a" * 33])
def test_environments_name_has_2_to_32_lower_case_letters_digits_and_hyphens(
    clouds: Clouds, name: str
) -> None:
    with pytest.raises(Refused, match=r"Error 400.*must match"):
        clouds.gcp.create(ENVIRONMENT, {**_ALPHA, "name": name})


@pytest.mark.parametrize("change", [{"type": "LARGE"}, {"deploymentType": "OTHER"}])
def test_environments_enumerations_are_checked_before_any_call(
    clouds: Clouds, change: Plain
) -> None:
    with pytest.raises(Refused, match=r"expected \w+ to be one of"):
        clouds.gcp.check(ENVIRONMENT, "it", {**_ALPHA, **change})


def test_environment_without_a_type_is_base(clouds: Clouds) -> None:
    made = clouds.gcp.create(ENVIRONMENT, {"orgId": ORGANIZATION, "name": "alpha"})
    assert made["type"] == "BASE"


def test_environments_description_changes_in_place(clouds: Clouds, alpha: Deployed) -> None:
    described = {**_ALPHA, "description": "for trying"}
    assert clouds.gcp.diff(alpha, described).replaced == set()
    clouds.gcp.update(alpha, described)
    assert (alpha["description"], alpha["apiProxyType"]) == ("for trying", "PROGRAMMABLE")


def test_same_environment_at_another_group_is_another_attachment(
    clouds: Clouds, alpha: Deployed
) -> None:
    for name in ("one", "two"):
        hosts = {"orgId": ORGANIZATION, "name": name, "hostnames": [f"{name}.example.com"]}
        group = clouds.gcp.create(ENV_GROUP, hosts)
        clouds.gcp.create(ENV_GROUP_ATTACHMENT, {"envgroupId": group.id, "environment": "alpha"})


def test_left_out_input_that_apigee_computes_is_no_change(clouds: Clouds, alpha: Deployed) -> None:
    assert clouds.gcp.diff(alpha, {"orgId": ORGANIZATION, "name": "alpha"}).changed == set()


def test_explicitly_named_environment_deletes_first(clouds: Clouds, alpha: Deployed) -> None:
    replaced = clouds.gcp.diff(alpha, {**_ALPHA, "deploymentType": "ARCHIVE"})
    assert (replaced.replaced, replaced.deletes_first) == ({"deploymentType"}, True)


def test_default_name_makes_room_for_a_replacement(clouds: Clouds) -> None:
    inputs = {"orgId": ORGANIZATION, "type": "INTERMEDIATE"}
    made = clouds.gcp.create(ENVIRONMENT, inputs, name="alpha")
    assert made["name"].startswith("alpha-")
    replaced = clouds.gcp.diff(made, {**inputs, "deploymentType": "ARCHIVE"})
    assert (replaced.replaced, replaced.deletes_first) == ({"deploymentType"}, False)


def test_attachment_needs_its_instance_and_environment(clouds: Clouds, alpha: Deployed) -> None:
    for change in ({"environment": "beta"}, {"instanceId": f"{ORGANIZATION}/instances/other"}):
        with pytest.raises(Refused, match="Error 404"):
            clouds.gcp.create(
                INSTANCE_ATTACHMENT, {"instanceId": _INSTANCE, "environment": "alpha", **change}
            )


def test_environment_is_attached_once(clouds: Clouds, alpha: Deployed) -> None:
    inputs = {"instanceId": _INSTANCE, "environment": "alpha"}
    made = clouds.gcp.create(INSTANCE_ATTACHMENT, inputs)
    assert made.id == f"{_INSTANCE}/attachments/{made['name']}"
    with pytest.raises(Refused, match="Error 409"):
        clouds.gcp.create(INSTANCE_ATTACHMENT, inputs)


def test_attached_environment_cannot_be_deleted(clouds: Clouds, alpha: Deployed) -> None:
    attached = clouds.gcp.create(
        INSTANCE_ATTACHMENT, {"instanceId": _INSTANCE, "environment": "alpha"}
    )
    with pytest.raises(Refused, match=r"Error when reading or editing Environment: .*is in use by"):
        clouds.gcp.delete(alpha)
    clouds.gcp.delete(attached)
    clouds.gcp.delete(alpha)
    assert clouds.gcp.read(alpha) is None


def test_host_name_belongs_to_one_group(clouds: Clouds) -> None:
    hosts = {"orgId": ORGANIZATION, "hostnames": ["alpha.api.example.com"]}
    made = clouds.gcp.create(ENV_GROUP, {**hosts, "name": "one"})
    with pytest.raises(Refused, match=r"alpha.api.example.com is already in use.*group one"):
        clouds.gcp.create(ENV_GROUP, {**hosts, "name": "two"})
    clouds.gcp.update(made, {**hosts, "name": "one", "hostnames": ["beta.api.example.com"]})
    clouds.gcp.create(ENV_GROUP, {**hosts, "name": "two"})


@pytest.mark.parametrize(
    "host", ["https://a.b", "a b.example.com", "api.*.example.com", "*", "single", "-a.example.com"]
)
def test_host_name_is_a_dns_name_with_at_most_a_leading_wildcard(clouds: Clouds, host: str) -> None:
    with pytest.raises(Refused, match="invalid hostname"):
        clouds.gcp.create(ENV_GROUP, {"orgId": ORGANIZATION, "name": "one", "hostnames": [host]})


def test_host_name_may_start_with_a_wildcard(clouds: Clouds) -> None:
    hosts = {"orgId": ORGANIZATION, "name": "one", "hostnames": ["*.example.com"]}
    assert clouds.gcp.create(ENV_GROUP, hosts)["hostnames"] == ["*.example.com"]


def test_group_keeps_at_least_one_host_name(clouds: Clouds) -> None:
    inputs = {"orgId": ORGANIZATION, "name": "one", "hostnames": ["a.example.com"]}
    with pytest.raises(Refused, match="at least one hostname"):
        clouds.gcp.create(ENV_GROUP, {"orgId": ORGANIZATION, "name": "one"})
    made = clouds.gcp.create(ENV_GROUP, inputs)
    with pytest.raises(Refused, match="at least one hostname"):
        clouds.gcp.update(made, {**inputs, "hostnames": []})


@pytest.mark.parametrize("name", ["One", "one-", "a" * 64])
def test_groups_name_has_up_to_63_lower_case_letters_digits_and_hyphens(
    clouds: Clouds, name: str
) -> None:
    with pytest.raises(Refused, match=r"environment group name .* must match"):
        clouds.gcp.create(
            ENV_GROUP, {"orgId": ORGANIZATION, "name": name, "hostnames": ["a.example.com"]}
        )


def test_group_with_attachments_cannot_be_deleted(clouds: Clouds, alpha: Deployed) -> None:
    hosts = {"orgId": ORGANIZATION, "hostnames": ["alpha.api.example.com"]}
    group = clouds.gcp.create(ENV_GROUP, {**hosts, "name": "one"})
    inputs = {"envgroupId": group.id, "environment": "alpha"}
    attached = clouds.gcp.create(ENV_GROUP_ATTACHMENT, inputs)
    with pytest.raises(Refused, match="Error 409"):
        clouds.gcp.create(ENV_GROUP_ATTACHMENT, inputs)
    with pytest.raises(Refused, match="is in use by"):
        clouds.gcp.delete(group)
    clouds.gcp.delete(attached)
    clouds.gcp.delete(group)


def test_group_attachment_needs_both_ends(clouds: Clouds, alpha: Deployed) -> None:
    with pytest.raises(Refused, match="Error 404"):
        clouds.gcp.create(
            ENV_GROUP_ATTACHMENT,
            {"envgroupId": f"{ORGANIZATION}/envgroups/none", "environment": "alpha"},
        )
