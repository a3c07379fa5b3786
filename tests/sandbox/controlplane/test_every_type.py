"""What must hold for every resource type: checked over all of them, by the SDK's own words."""

from __future__ import annotations

import pytest

from sandbox import world
from sandbox.controlplane.registry import PACKAGES
from sandbox.controlplane.resource_type import ResourceType
from sandbox.controlplane.values import Secret
from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.rig import Clouds, Deployed, Driver, Plain, Refused
from tests.sandbox.gateway.rig import pack, proxy_files, shared_files, steps

_RAISE = "<RaiseFault name='RF'><FaultResponse/></RaiseFault>"
TYPES = {token: type_ for package in PACKAGES.values() for token, type_ in package.types.items()}

# Declared as always there, though the cloud returns them for few objects only.
_RARE = {(rig.VAULT, "properties.hsmPoolResourceId")}


@pytest.fixture
def all_types(clouds: Clouds) -> dict[str, tuple[Driver, Deployed]]:
    """One object of every type, in the order of their dependencies."""
    made: dict[str, tuple[Driver, Deployed]] = {}

    def create(driver: Driver, token: str, inputs: Plain) -> Deployed:
        deployed = driver.create(token, inputs)
        made[token] = (driver, deployed)
        return deployed

    _azure(clouds, create)
    _google(clouds, create)
    create(clouds.random, rig.RANDOM_STRING, {"length": 6})
    return made


def _azure(clouds: Clouds, create: rig.Create) -> None:
    azure = clouds.azure
    create(azure, rig.GROUP, {"resourceGroupName": "group"})
    vault = create(azure, rig.VAULT, rig.vault())
    identity = create(azure, rig.IDENTITY, {"resourceGroupName": "group", "resourceName": "reader"})
    create(azure, rig.CREDENTIAL, rig.credential())
    grant = {
        "scope": vault.id,
        "principalId": identity["principalId"],
        "principalType": "ServicePrincipal",
        "roleDefinitionId": rig.SECRETS_USER,
    }
    create(azure, rig.ASSIGNMENT, grant)
    logs = create(azure, rig.WORKSPACE, {"resourceGroupName": "group", "workspaceName": "logs"})
    setting = {
        "resourceUri": vault.id,
        "name": "audit",
        "workspaceId": logs.id,
        "logs": [{"categoryGroup": "audit", "enabled": True}],
    }
    create(azure, rig.SETTING, setting)


def _google(clouds: Clouds, create: rig.Create) -> None:
    gcp = clouds.gcp
    account = create(gcp, rig.ACCOUNT, {"accountId": "runtime"})
    creator = {"role": "roles/iam.serviceAccountTokenCreator", "member": account["member"]}
    create(gcp, rig.ACCOUNT_MEMBER, {**creator, "serviceAccountId": account["name"]})
    writer = {"role": "roles/logging.logWriter", "member": account["member"]}
    create(gcp, rig.PROJECT_MEMBER, {**writer, "project": world.PROJECT_ID})
    create(gcp, rig.SERVICE, {"service": "logging.googleapis.com"})
    environment = create(
        gcp, rig.ENVIRONMENT, {"orgId": rig.ORGANIZATION, "name": "alpha", "type": "INTERMEDIATE"}
    )
    instance = f"{rig.ORGANIZATION}/instances/{world.INSTANCE}"
    create(gcp, rig.INSTANCE_ATTACHMENT, {"instanceId": instance, "environment": "alpha"})
    group = create(
        gcp, rig.ENV_GROUP, {"orgId": rig.ORGANIZATION, "name": "g", "hostnames": ["a.example.com"]}
    )
    create(gcp, rig.ENV_GROUP_ATTACHMENT, {"envgroupId": group.id, "environment": "alpha"})
    kvm = create(gcp, rig.KVM, {"envId": environment.id, "name": "m"})
    create(gcp, rig.ENTRY, {"envKeyvaluemapId": kvm.id, "name": "token:seconds", "value": "600"})
    create(gcp, rig.MASK, {"envId": environment.id, "variables": ["private.x"]})
    _bundles(clouds, create)


def _bundles(clouds: Clouds, create: rig.Create) -> None:
    gcp, bare = clouds.gcp, {"orgId": world.ORGANIZATION}
    flow = pack(shared_files(_RAISE, steps=steps("RF")))
    (clouds.directory / "flow.zip").write_bytes(flow)
    (clouds.directory / "api.zip").write_bytes(pack(proxy_files(_RAISE, request=steps("RF"))))
    create(gcp, rig.FLOW, {**bare, "name": "flow", "configBundle": "flow.zip"})
    create(gcp, rig.API, {**bare, "name": "api", "configBundle": "api.zip"})
    place = {**bare, "environment": "alpha"}
    create(gcp, rig.FLOW_DEPLOYMENT, {**place, "sharedflowId": "flow", "revision": "1"})
    create(gcp, rig.API_DEPLOYMENT, {**place, "api": "api", "revision": 1, "override": True})


def _absent(type_: ResourceType, outputs: Plain) -> set[str]:
    """Outputs declared as always there that aren't."""
    return {
        name
        for name, declared in type_.schema.outputs.items()
        if declared.required and name not in outputs
    }


def test_every_type_is_covered(all_types: dict[str, tuple[Driver, Deployed]]) -> None:
    assert set(all_types) == set(TYPES)


def test_state_is_exactly_the_declared_outputs(
    all_types: dict[str, tuple[Driver, Deployed]],
) -> None:
    for token, (_, made) in all_types.items():
        declared = TYPES[token].schema
        assert set(made.outputs) <= set(declared.outputs), token
        assert _absent(TYPES[token], made.outputs) == set(), token
        as_type = type(declared)(inputs=declared.outputs, outputs=declared.outputs)
        wrong = {(token, mistake.path) for mistake in as_type.mistakes(made.outputs)} - _RARE
        assert wrong == set(), token


def test_refresh_after_create_changes_nothing(
    all_types: dict[str, tuple[Driver, Deployed]],
) -> None:
    for token, (driver, made) in all_types.items():
        again = driver.read(made)
        assert again is not None, token
        assert (again.inputs, again.outputs) == (made.inputs, made.outputs), token


def test_same_inputs_again_are_no_change(all_types: dict[str, tuple[Driver, Deployed]]) -> None:
    for token, (driver, made) in all_types.items():
        given = {k: v for k, v in made.inputs.items() if not k.startswith("__")}
        given.pop("azureApiVersion", None)
        assert driver.diff(made, given).changed == set(), token


def test_import_by_id_has_every_required_input_and_replaces_nothing(
    all_types: dict[str, tuple[Driver, Deployed]],
) -> None:
    for token, (driver, made) in all_types.items():
        imported = driver.import_(token, made.id)
        assert imported is not None, token
        required = {n for n, p in TYPES[token].schema.inputs.items() if p.required}
        # The API never tells where a bundle came from.
        assert required - {"configBundle"} <= set(imported.inputs), token
        given = {k: v for k, v in made.inputs.items() if not k.startswith("__")}
        given.pop("azureApiVersion", None)
        assert driver.diff(imported, given).replaced == set(), token


def test_reading_something_gone_is_an_empty_answer(
    all_types: dict[str, tuple[Driver, Deployed]],
) -> None:
    # Left by design: a mask can't be deleted, an API stays enabled, a string is only in the state.
    stay = {rig.MASK, rig.SERVICE, rig.RANDOM_STRING}
    for token, (driver, made) in reversed(all_types.items()):
        driver.delete(made)
        assert (driver.read(made) is None) == (token not in stay), token
    for driver, made in reversed(all_types.values()):
        driver.delete(made)


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
