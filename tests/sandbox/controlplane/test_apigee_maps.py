"""Key value maps, their entries, and debug masks."""

from __future__ import annotations

import pytest

from tests.sandbox.controlplane.rig import (
    ENTRY,
    ENVIRONMENT,
    KVM,
    MASK,
    ORGANIZATION,
    Clouds,
    Deployed,
    Refused,
)


@pytest.fixture
def alpha(clouds: Clouds) -> Deployed:
    return clouds.gcp.create(
        ENVIRONMENT, {"orgId": ORGANIZATION, "name": "alpha", "type": "INTERMEDIATE"}
    )


@pytest.fixture
def kvm(clouds: Clouds, alpha: Deployed) -> Deployed:
    return clouds.gcp.create(KVM, {"envId": alpha.id, "name": "azure-key-vault"})


def test_entry_never_changes_and_the_old_one_goes_first(clouds: Clouds, kvm: Deployed) -> None:
    inputs = {"envKeyvaluemapId": kvm.id, "name": "token.seconds", "value": "600"}
    made = clouds.gcp.create(ENTRY, inputs)
    changed = clouds.gcp.diff(made, {**inputs, "value": "300"})
    assert (changed.replaced, changed.deletes_first) == ({"value"}, True)


def test_existing_entry_is_refused(clouds: Clouds, kvm: Deployed) -> None:
    inputs = {"envKeyvaluemapId": kvm.id, "name": "token.seconds", "value": "600"}
    clouds.gcp.create(ENTRY, inputs)
    with pytest.raises(Refused, match=r"Error 409.*KeyValueMapEntryAlreadyExists"):
        clouds.gcp.create(ENTRY, inputs)


@pytest.mark.parametrize("value", ["", "x" * (10 * 1024 + 1)])
def test_entrys_size_is_limited(clouds: Clouds, kvm: Deployed, value: str) -> None:
    with pytest.raises(Refused, match="Error 400"):
        clouds.gcp.create(ENTRY, {"envKeyvaluemapId": kvm.id, "name": "k", "value": value})


def test_entry_needs_its_map(clouds: Clouds, kvm: Deployed) -> None:
    with pytest.raises(Refused, match="Error 404"):
        clouds.gcp.create(ENTRY, {"envKeyvaluemapId": f"{kvm.id}x", "name": "k", "value": "v"})


def test_map_that_exists_is_refused(clouds: Clouds, kvm: Deployed) -> None:
    with pytest.raises(Refused, match="Error 409"):
        clouds.gcp.create(KVM, kvm.inputs)


@pytest.mark.parametrize("name", ["a b", "a/b", "x" * 256])
def test_maps_name_is_checked(clouds: Clouds, alpha: Deployed, name: str) -> None:
    with pytest.raises(Refused, match="invalid key value map name"):
        clouds.gcp.create(KVM, {"envId": alpha.id, "name": name})


def test_entries_key_is_limited(clouds: Clouds, kvm: Deployed) -> None:
    entry = {"envKeyvaluemapId": kvm.id, "value": "v"}
    clouds.gcp.create(ENTRY, {**entry, "name": "k" * 2048})
    with pytest.raises(Refused, match="between 1 and 2048 bytes"):
        clouds.gcp.create(ENTRY, {**entry, "name": "k" * 2049})


def test_entries_go_with_their_map_and_maps_with_their_environment(
    clouds: Clouds, alpha: Deployed, kvm: Deployed
) -> None:
    entry = clouds.gcp.create(ENTRY, {"envKeyvaluemapId": kvm.id, "name": "k", "value": "v"})
    clouds.gcp.delete(alpha)
    assert clouds.gcp.read(kvm) is None
    assert clouds.gcp.read(entry) is None


def test_mask_is_overwritten_without_a_word(clouds: Clouds, alpha: Deployed) -> None:
    first = {"envId": alpha.id, "variables": ["private.one"], "requestJsonPaths": ["$.a"]}
    clouds.gcp.create(MASK, first)
    made = clouds.gcp.create(MASK, {"envId": alpha.id, "variables": ["private.two"]})
    assert made["variables"] == ["private.two"]
    assert "requestJsonPaths" not in made.outputs


def test_deleted_mask_is_there_and_empty(clouds: Clouds, alpha: Deployed) -> None:
    made = clouds.gcp.create(MASK, {"envId": alpha.id, "variables": ["private.one"]})
    clouds.gcp.delete(made)
    left = clouds.gcp.read(made)
    assert left is not None
    assert left.outputs == {"envId": alpha.id, "name": f"{alpha.id}/debugmask"}


def test_every_environment_has_a_mask_to_read(clouds: Clouds, alpha: Deployed) -> None:
    found = clouds.gcp.import_(MASK, f"{alpha.id}/debugmask")
    assert found is not None
    assert found.inputs == {"envId": alpha.id}
    assert clouds.gcp.import_(MASK, f"{ORGANIZATION}/environments/none/debugmask") is None


def test_masks_update_writes_the_changed_fields_only(clouds: Clouds, alpha: Deployed) -> None:
    inputs = {"envId": alpha.id, "variables": ["private.one"], "requestJsonPaths": ["$.a"]}
    made = clouds.gcp.create(MASK, inputs)
    clouds.gcp.create(MASK, {**inputs, "requestJsonPaths": ["$.by.hand"]})
    clouds.gcp.update(made, {**inputs, "variables": ["private.two"]})
    found = clouds.gcp.read(made)
    assert found is not None
    assert (found["variables"], found["requestJsonPaths"]) == (["private.two"], ["$.by.hand"])
