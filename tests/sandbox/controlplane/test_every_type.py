"""What must hold for every resource type: checked over all of them, by the SDK's own words.

The types and their inputs are the rows of `examples/`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from sandbox.controlplane.schema import Schema
from sandbox.controlplane.values import UNKNOWN, Secret
from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.examples.every import EXAMPLES, TYPES
from tests.sandbox.controlplane.examples.example import Made
from tests.sandbox.controlplane.rig import Clouds, Refused


def test_every_type_has_one_example() -> None:
    assert sorted(example.token for example in EXAMPLES) == sorted(TYPES)


def _outputs_as_inputs(schema: Schema) -> Schema:
    """A schema whose mistakes are those of outputs."""
    return Schema(inputs=schema.outputs, outputs=schema.outputs)


def test_state_is_exactly_the_declared_outputs(made: Made) -> None:
    for example in EXAMPLES:
        declared = _outputs_as_inputs(TYPES[example.token].schema)
        found = made[example.token].outputs
        mistakes = {(m.kind, m.path) for m in declared.mistakes(found)}
        assert mistakes == {("missing", path) for path in example.absent}, example.token


def test_refresh_right_after_create_changes_nothing(made: Made) -> None:
    for token, again in made.reads.items():
        before = made[token]
        assert again is not None, token
        assert (again.inputs, again.outputs) == (before.inputs, before.outputs), token


def _foretold(preview: object, found: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Where a preview differs from what came: `absent`, `empty` or `wrong`, with the path."""
    if preview is UNKNOWN:
        return
    if isinstance(preview, Mapping) and isinstance(found, Mapping):
        for name, value in found.items():
            below = f"{path}.{name}" if path else name
            if name not in preview:
                yield "absent" if _says_something(value) else "empty", below
            else:
                yield from _foretold(preview[name], value, below)
    elif isinstance(preview, list) and isinstance(found, list) and len(preview) == len(found):
        for index, (before, after) in enumerate(zip(preview, found, strict=True)):
            yield from _foretold(before, after, f"{path}[{index}]")
    elif preview != found and not (path == "location" and str(preview).lower() == found):
        yield "wrong", path


def _says_something(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_says_something(item) for item in value.values())
    return bool(value)


def test_preview_knows_the_inputs_and_leaves_no_output_out(made: Made) -> None:
    for example in EXAMPLES:
        if example.adopted:
            continue
        token, preview = example.token, made.previews[example.token]
        found = set(_foretold(preview, made[token].outputs))
        if not token.startswith("azure-native:"):
            # Terraform plans nothing for an optional argument that then comes back empty.
            found = {(kind, path) for kind, path in found if kind != "empty"}
        rewritten = {(kind, path) for kind in ("absent", "wrong") for path in example.imported}
        assert found <= rewritten | {("absent", path) for path in example.unplanned}, token
        given = set(example.given(made)) & set(preview)
        assert [name for name in given if preview[name] is UNKNOWN] == [], token


def test_same_inputs_again_are_no_change(clouds: Clouds, made: Made) -> None:
    for example in EXAMPLES:
        if example.adopted:
            continue
        found = clouds.driver(example.token).diff(made[example.token], example.given(made))
        assert found.changed == set(), example.token


def test_a_second_equal_create_is_refused_as_existing(clouds: Clouds, made: Made) -> None:
    for example in EXAMPLES:
        driver, inputs = clouds.driver(example.token), example.given(made)
        if example.twice is None:
            driver.create(example.token, inputs)
            continue
        with pytest.raises(Refused, match=example.twice):
            pytest.fail(f"{driver.create(example.token, inputs).id} was created twice")


def test_import_by_id_brings_back_what_the_program_gave(clouds: Clouds, made: Made) -> None:
    for example in EXAMPLES:
        driver, token = clouds.driver(example.token), example.token
        named = TYPES[token].import_id(made[token].id, made[token].outputs)
        if named is None:
            with pytest.raises(Refused, match="support import"):
                driver.import_(token, made[token].id)
            continue
        imported = driver.import_(token, named)
        assert imported is not None, token
        assert imported.id == made[token].id, token
        given = example.given(made)
        difference = driver.diff(imported, given)
        # What the cloud added by itself comes in too, and what the provider adds to the program's
        # inputs doesn't: neither is the program's.
        defaults = set(driver.check(token, "it", given)) - set(given)
        found = difference.changed - difference.dropped - defaults
        assert found == example.imported, token
        assert difference.replaced <= example.imported, token


def test_reading_something_gone_is_an_empty_answer(clouds: Clouds, made: Made) -> None:
    for example in reversed(EXAMPLES):
        driver, found = clouds.driver(example.token), made[example.token]
        if example.adopted:
            continue
        driver.delete(found)
        if example.unreadable is not None:
            with pytest.raises(Refused, match=example.unreadable):
                driver.read(found)
            continue
        assert (driver.read(found) is not None) == example.stays, example.token
    for example in reversed(EXAMPLES):
        driver, found = clouds.driver(example.token), made[example.token]
        if example.gone is None:
            driver.delete(found)
            continue
        with pytest.raises(Refused, match=example.gone):
            driver.delete(found)


def test_preview_never_touches_the_clouds(clouds: Clouds) -> None:
    before = clouds.cloud.store.revision
    clouds.azure.preview(rig.VAULT, rig.vault())
    clouds.gcp.preview(rig.ENVIRONMENT, {"orgId": rig.ORGANIZATION, "name": "alpha"})
    assert clouds.cloud.store.revision == before


def test_secret_input_stays_secret_in_state_and_refresh(clouds: Clouds) -> None:
    environment = clouds.gcp.create(
        rig.ENVIRONMENT, {"orgId": rig.ORGANIZATION, "name": "alpha", "type": "INTERMEDIATE"}
    )
    kvm = clouds.gcp.create(rig.KVM, {"envId": environment.id, "name": "m"})
    value = Secret("canary-600")
    inputs = {"envKeyvaluemapId": kvm.id, "name": "k", "value": value}
    assert clouds.gcp.preview(rig.ENTRY, inputs)["value"] == value
    made = clouds.gcp.create(rig.ENTRY, inputs)
    again = clouds.gcp.read(made)
    assert again is not None
    assert made["value"] == made.inputs["value"] == again["value"] == again.inputs["value"] == value


def test_failed_create_leaves_nothing(clouds: Clouds) -> None:
    before = clouds.cloud.store.revision
    with pytest.raises(Refused):
        clouds.azure.create(rig.VAULT, rig.vault())
    assert clouds.cloud.store.revision == before


def test_unknown_type_and_function_are_refused_by_name(clouds: Clouds) -> None:
    with pytest.raises(Refused, match="no resource type azure-native:storage:StorageAccount"):
        clouds.azure.check("azure-native:storage:StorageAccount", "it", {})
    with pytest.raises(Refused, match="no function azure-native:keyvault:getVault"):
        clouds.azure.invoke("azure-native:keyvault:getVault", {})


def test_other_configuration_is_another_launchs(clouds: Clouds) -> None:
    other = clouds.launch("gcp", settings={"project": "nowhere"})
    with pytest.raises(Refused, match="project nowhere"):
        other.create(rig.ACCOUNT, {"accountId": "runtime"})
    clouds.gcp.create(rig.ACCOUNT, {"accountId": "runtime"})


def test_ignored_changes_are_none(clouds: Clouds) -> None:
    clouds.azure.create(rig.GROUP, {"resourceGroupName": "group"})
    made = clouds.azure.create(rig.VAULT, rig.vault())
    changed = {**rig.vault(), "tags": {"a": "b"}}
    assert clouds.azure.diff(made, changed).changed == {"tags"}
    assert clouds.azure.diff(made, changed, ignore=["tags"]).changed == set()
