"""Environments, groups, attachments, key value maps and debug masks."""

from __future__ import annotations

import pytest

from tests.sandbox.controlplane.rig import (
    ENTRY,
    ENV_GROUP,
    ENV_GROUP_ATTACHMENT,
    ENVIRONMENT,
    INSTANCE_ATTACHMENT,
    KVM,
    MASK,
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


@pytest.mark.parametrize(
    "change", [{"type": "LARGE"}, {"name": "Alpha"}, {"deploymentType": "OTHER"}]
)
def test_bad_environment_is_refused(clouds: Clouds, change: Plain) -> None:
    with pytest.raises(Refused, match="Error 400"):
        clouds.gcp.create(ENVIRONMENT, {**_ALPHA, **change})


def test_environments_description_changes_in_place(clouds: Clouds, alpha: Deployed) -> None:
    described = {**_ALPHA, "description": "for trying"}
    assert clouds.gcp.diff(alpha, described).replaced == set()
    clouds.gcp.update(alpha, described)
    assert (alpha["description"], alpha["apiProxyType"]) == ("for trying", "PROGRAMMABLE")


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
    with pytest.raises(Refused, match="is in use by"):
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


def test_bad_host_name_is_refused(clouds: Clouds) -> None:
    with pytest.raises(Refused, match="invalid hostname"):
        clouds.gcp.create(
            ENV_GROUP, {"orgId": ORGANIZATION, "name": "one", "hostnames": ["https://a.b"]}
        )


def test_group_with_attachments_cannot_be_deleted(clouds: Clouds, alpha: Deployed) -> None:
    group = clouds.gcp.create(ENV_GROUP, {"orgId": ORGANIZATION, "name": "one"})
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


@pytest.fixture
def kvm(clouds: Clouds, alpha: Deployed) -> Deployed:
    return clouds.gcp.create(KVM, {"envId": alpha.id, "name": "azure-key-vault"})


def test_entry_never_changes_and_the_old_one_goes_first(clouds: Clouds, kvm: Deployed) -> None:
    inputs = {"envKeyvaluemapId": kvm.id, "name": "token:seconds", "value": "600"}
    made = clouds.gcp.create(ENTRY, inputs)
    changed = clouds.gcp.diff(made, {**inputs, "value": "300"})
    assert (changed.replaced, changed.deletes_first) == ({"value"}, True)


def test_existing_entry_is_refused(clouds: Clouds, kvm: Deployed) -> None:
    inputs = {"envKeyvaluemapId": kvm.id, "name": "token:seconds", "value": "600"}
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


def test_entries_go_with_their_map_and_maps_with_their_environment(
    clouds: Clouds, alpha: Deployed, kvm: Deployed
) -> None:
    entry = clouds.gcp.create(ENTRY, {"envKeyvaluemapId": kvm.id, "name": "k", "value": "v"})
    clouds.gcp.delete(alpha)
    assert clouds.gcp.read(kvm) is None
    assert clouds.gcp.read(entry) is None


def test_mask_is_overwritten_without_a_word_and_never_deleted(
    clouds: Clouds, alpha: Deployed
) -> None:
    clouds.gcp.create(MASK, {"envId": alpha.id, "variables": ["private.one"]})
    made = clouds.gcp.create(MASK, {"envId": alpha.id, "variables": ["private.two"]})
    assert made["variables"] == ["private.two"]
    clouds.gcp.delete(made)
    assert clouds.gcp.read(made) is not None
