"""What holds for the program as a whole: `__main__.py` under the local stack's declaration."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import get_args

import pulumi
import pytest
import yaml
from pydantic import BaseModel

from components import naming
from components.configuration.errors import ConfigurationError
from components.configuration.settings import Settings, parse
from components.gateway.gateway_environment import MASKED_VARIABLES
from components.stack import declaration
from components.stack.access_map import access_map
from tests.components.configurations import (
    SUBNET_ID,
    VAULT_ID,
    Tree,
    as_engine_gives,
    complete,
    valid,
)
from tests.components.recording import EXISTING, STACK, Recording, made_up_guid, record_main
from tests.components.resolving import resolved

ROOT = Path(__file__).parents[2]
MAIN = ROOT / "__main__.py"
ENVIRONMENTS = ("alpha", "beta")


@pytest.fixture
def recording(working_directory: Path, preview: bool) -> Recording:
    return record_main(MAIN, as_engine_gives(valid()), preview=preview)


@pytest.fixture
def deployed(working_directory: Path) -> Recording:
    return record_main(MAIN, as_engine_gives(valid()), preview=False)


def test_only_types_without_a_static_credential_are_registered(recording: Recording) -> None:
    assert {r.type for r in recording.resources if r.custom} == {
        "azure-native:authorization:RoleAssignment",
        "azure-native:keyvault:Vault",
        "azure-native:managedidentity:FederatedIdentityCredential",
        "azure-native:managedidentity:UserAssignedIdentity",
        "azure-native:monitor:DiagnosticSetting",
        "azure-native:operationalinsights:Workspace",
        "azure-native:resources:ResourceGroup",
        "gcp:apigee/api:Api",
        "gcp:apigee/envGroup:EnvGroup",
        "gcp:apigee/envGroupAttachment:EnvGroupAttachment",
        "gcp:apigee/environment:Environment",
        "gcp:apigee/environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment",
        "gcp:apigee/environmentDebugmask:EnvironmentDebugmask",
        "gcp:apigee/environmentKeyvaluemaps:EnvironmentKeyvaluemaps",
        "gcp:apigee/environmentKeyvaluemapsEntries:EnvironmentKeyvaluemapsEntries",
        "gcp:apigee/instanceAttachment:InstanceAttachment",
        "gcp:apigee/sharedflow:Sharedflow",
        "gcp:apigee/sharedflowDeployment:SharedflowDeployment",
        "gcp:projects/iAMMember:IAMMember",
        "gcp:projects/service:Service",
        "gcp:projects/serviceIdentity:ServiceIdentity",
        "gcp:serviceaccount/account:Account",
        "gcp:serviceaccount/iAMMember:IAMMember",
        "random:index/randomString:RandomString",
    }


def test_no_two_resources_have_the_same_urn(recording: Recording) -> None:
    urns = [r.urn for r in recording.resources]
    assert len(urns) == len(set(urns))


def test_each_identity_gets_a_role_on_its_own_vault_alone(recording: Recording) -> None:
    reached = {}
    for name in ENVIRONMENTS:
        grant = recording.one("RoleAssignment", f"{name}-gateway")
        reached[name] = (
            grant.property_dependencies["principalId"],
            grant.property_dependencies["scope"],
        )
    assert reached == {
        name: (
            frozenset({recording.one("UserAssignedIdentity", f"{name}-identity").urn}),
            frozenset({recording.one("Vault", f"{name}-vault").urn}),
        )
        for name in ENVIRONMENTS
    }
    assert len(recording.of("RoleAssignment")) == 4  # each environment's gateway and writer


def test_no_principal_may_read_two_vaults(deployed: Recording) -> None:
    read = [
        (g.inputs["principalId"], g.inputs["scope"])
        for g in deployed.of("RoleAssignment")
        if g.name.endswith("-gateway")
    ]
    assert len({principal for principal, _ in read}) == len({scope for _, scope in read}) == 2


def test_a_vault_is_recorded_before_anybody_may_read_it(recording: Recording) -> None:
    for grant in recording.of("RoleAssignment"):
        environment = grant.name.partition("-")[0]
        setting = recording.one("DiagnosticSetting", f"audit-{environment}")
        vault = recording.one("Vault", f"{environment}-vault")
        assert setting.property_dependencies["resourceUri"] == {vault.urn}
        assert setting.urn in grant.dependencies


def test_one_revision_of_the_flow_runs_in_each_environment_as_its_own_account(
    deployed: Recording,
) -> None:
    flows = [d.inputs for d in deployed.of("SharedflowDeployment")]
    assert [(f["environment"], f["revision"], f["serviceAccount"]) for f in flows] == [
        (name, "7", f"apigee-kv-{name}@sandbox-gateway.iam.gserviceaccount.com")
        for name in ENVIRONMENTS
    ]
    proxies = [d.inputs for d in deployed.of("EnvironmentApiRevisionDeployment")]
    assert [(p["environment"], p["serviceAccount"]) for p in proxies] == [
        (f["environment"], f["serviceAccount"]) for f in flows
    ]


def test_nothing_of_one_environment_waits_for_the_other(recording: Recording) -> None:
    for resource in recording.resources:
        other = {"alpha": "beta", "beta": "alpha"}.get(resource.name.partition("-")[0])
        if other and resource.custom:
            names = {urn.rpartition("::")[2] for urn in recording.after(resource)}
            assert not [n for n in names if n.startswith((f"{other}-", f"audit-{other}"))]


def test_the_map_of_each_environment_holds_its_own_declaration(deployed: Recording) -> None:
    settings = parse(as_engine_gives(valid()), (), STACK, ["orders-v1"])
    for name in ENVIRONMENTS:
        parent = deployed.one("GatewayEnvironment", name).urn
        entries = {
            e.inputs["name"]: e.inputs["value"]
            for e in deployed.of("EnvironmentKeyvaluemapsEntries")
            if e.parent == parent
        }
        vault = deployed.one("Vault", f"{name}-vault").inputs["vaultName"]
        assert entries == resolved(
            partial(
                declaration.key_value_map_entries,
                settings.environments[name],
                tenant_id=settings.tenant_id,
                client_ids={1: made_up_guid(f"client {name}-identity")},
                vault_host=f"{vault}.vault.azure.net",
            )
        )


def test_exports_are_what_people_and_scripts_need(deployed: Recording) -> None:
    outputs = deployed.exports
    vault = deployed.one("Vault", "alpha-vault").inputs["vaultName"]
    assert set(outputs) == {
        "accessMap",
        "environments",
        "keptAfterDestroy",
        "natAddresses",
        "workspaceCustomerId",
        "workspaceId",
    }
    assert set(outputs["environments"]) == set(ENVIRONMENTS)
    assert outputs["environments"]["alpha"] == {
        "endpoints": ["https://alpha.api.example.com"],
        "vaultId": "/made-up/azure-native:keyvault:Vault/alpha-vault",
        "vaultName": vault,
        "vaultUri": f"https://{vault}.vault.azure.net/",
        "clientId": made_up_guid("client alpha-identity"),
        "principalId": made_up_guid("principal alpha-identity"),
        "principalIds": {"1": made_up_guid("principal alpha-identity")},
        "googleServiceAccount": "apigee-kv-alpha@sandbox-gateway.iam.gserviceaccount.com",
        "sharedFlowRevision": "7",
    }
    assert outputs["accessMap"] == access_map(
        parse(as_engine_gives(valid()), (), STACK, ["orders-v1"])
    )
    assert outputs["keptAfterDestroy"]["alpha"].startswith(f"{vault}: ")
    assert outputs["natAddresses"] == []


def test_order_in_the_configuration_changes_no_resource(working_directory: Path) -> None:
    tree = valid()
    turned = dict(reversed(tree.items()))
    turned["apigee-keyvault:environments"] = {
        name: dict(reversed(environment.items()))
        for name, environment in reversed(tree["apigee-keyvault:environments"].items())
    }
    first, second = (
        {r.urn: r.inputs for r in record_main(MAIN, as_engine_gives(t), preview=False).resources}
        for t in (tree, turned)
    )
    assert first == second


def test_nothing_is_registered_when_the_configuration_is_wrong(
    working_directory: Path, preview: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered: list[str] = []
    construct: Callable[..., None] = pulumi.Resource.__init__

    def note(resource: pulumi.Resource, kind: str, *args: object, **kwargs: object) -> None:
        registered.append(kind)
        construct(resource, kind, *args, **kwargs)

    monkeypatch.setattr(pulumi.Resource, "__init__", note)
    tree = valid()
    tree["apigee-keyvault:audti"] = {}
    del tree["gcp:project"]
    with pytest.raises(pulumi.RunError) as caught:
        record_main(MAIN, as_engine_gives(tree), preview=preview)
    assert set(registered) == {"pulumi:pulumi:Stack"}
    assert str(caught.value).splitlines() == [
        "Pulumi.local.yaml has 2 mistakes; nothing was deployed:",
        "  - audti: is an unknown key; did you mean 'audit'?",
        "  - gcp:project: is missing; give the Google project's id",
    ]


def test_missing_bundle_sources_are_a_clean_error(working_directory: Path) -> None:
    (working_directory / "apigee/sharedflows/azure-key-vault/sharedflowbundle/bundle.xml").unlink()
    with pytest.raises(pulumi.RunError, match="sharedflowbundle: there are no files"):
        record_main(MAIN, as_engine_gives(valid()), preview=True)


def _complete(directory: Path, tree: Tree) -> Recording:
    """What the program registers where beta's environment and vault exist already."""
    existing = {
        **EXISTING,
        "organizations/sandbox-gateway/environments/beta": {
            "name": "beta",
            "type": "INTERMEDIATE",
        },
        "organizations/sandbox-gateway/environments/beta/debugmask": {
            "variables": MASKED_VARIABLES
        },
        VAULT_ID: {
            "name": "kv-platform",
            "properties": {
                "enableRbacAuthorization": True,
                "vaultUri": "https://kv-platform.vault.azure.net/",
            },
        },
    }
    return record_main(MAIN, as_engine_gives(tree), preview=False, existing=existing)


def test_every_setting_reaches_what_it_is_about(working_directory: Path) -> None:
    recording = _complete(working_directory, complete())
    vault = recording.one("Vault").inputs
    assert (vault["vaultName"], vault["properties"]["sku"]["name"]) == (
        "kv-alpha-abc123",
        "premium",
    )
    assert vault["properties"]["softDeleteRetentionInDays"] == 7
    assert vault["properties"]["createMode"] == "recover"
    assert {rule["value"] for rule in vault["properties"]["networkAcls"]["ipRules"]} == {
        "198.51.100.0/24",
        "203.0.113.7/32",
        "203.0.113.1/32",
        "203.0.113.2/32",
    }
    assert recording.one("PrivateEndpoint").inputs["subnet"] == {"id": SUBNET_ID}
    assert {k.inputs["keyName"] for k in recording.of("Key")} == {"signing", "wrapping"}
    assert {i.name for i in recording.of("UserAssignedIdentity")} == {
        "alpha-identity",
        "alpha-identity-2",
    }
    assert recording.one("Application").name.startswith("beta-")
    assert recording.one("Environment").inputs["type"] == "COMPREHENSIVE"
    assert recording.one("EnvironmentDebugmask").inputs["variables"][-1] == (
        "request.header.Authorization"
    )
    assert {store.inputs["name"] for store in recording.of("EnvKeystore")} == {
        "backend-client-a",
        "backend-client-b",
    }
    reference = recording.one("EnvReferences").inputs
    assert (reference["name"], reference["refers"]) == ("backend-client", "backend-client-a")
    assert recording.one("Workspace").inputs["retentionInDays"] == 365
    assert [r.name for r in recording.of("DiagnosticSetting")] == [
        "audit-alpha",
        "audit-log:sign-ins",
        "audit-vault:kv-platform",
    ]
    assert recording.one("Sharedflow").inputs["name"] == "azure-key-vault-team-a"
    assert recording.one("Api").inputs["name"] == "orders-v1-team-a"
    assert len(recording.of("NatAddress")) == 2
    assert "alpha-deployer" in {m.name for m in recording.of("IAMMember")}


def test_in_a_shared_vault_only_what_is_declared_is_granted(working_directory: Path) -> None:
    scopes = {
        grant.inputs["scope"].removeprefix(VAULT_ID)
        for grant in _complete(working_directory, complete()).of("RoleAssignment")
        if grant.name.startswith("beta-")
    }
    assert scopes == {"/secrets/invoices-backend-key", "/secrets/orders-backend-key"}


def test_environments_in_one_vault_record_it_once_whichever_of_them_is_there(
    working_directory: Path,
) -> None:
    tree = complete()
    both = tree["apigee-keyvault:environments"]
    both["alpha"] |= {"vault": {"id": VAULT_ID, "shared": True}, "secrets": {}}
    recorded = {
        setting.urn
        for environments in (both, {"alpha": both["alpha"]}, {"beta": both["beta"]})
        for setting in _complete(
            working_directory, {**tree, "apigee-keyvault:environments": environments}
        ).of("DiagnosticSetting")
        if "log" not in setting.name
    }
    assert len(recorded) == 1


STACK_FILES = {"local": ["alpha", "beta"], "dev": ["dev", "test"], "prod": ["prod"]}


def _stack_file(stack: str) -> Tree:
    tree: Tree = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    return tree


@pytest.mark.parametrize(("stack", "environments"), STACK_FILES.items())
def test_each_stack_file_is_a_valid_configuration(stack: str, environments: list[str]) -> None:
    try:
        settings = parse(as_engine_gives(_stack_file(stack)), (), stack, ["orders-v1"])
    except ConfigurationError as error:
        pytest.fail(str(error))
    assert sorted(settings.environments) == environments


def test_production_alone_is_protected(working_directory: Path) -> None:
    assert {
        stack: sorted(
            r.name.partition("-")[2]
            for r in record_main(MAIN, as_engine_gives(_stack_file(stack)), preview=False).resources
            if r.options.protect
        )
        for stack in STACK_FILES
    } == {"local": [], "dev": [], "prod": ["environment", "nat-1", "nat-2", "vault", "workspace"]}


def test_the_schema_declares_every_key_and_leaves_the_report_to_the_program() -> None:
    schema = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    assert schema["name"] == naming.PROJECT
    ours = {field.alias for field in Settings.model_fields.values()}
    assert set(schema["config"]) == {alias for alias in ours if alias and ":" not in alias}
    for key in schema["config"].values():
        assert (key["type"], key["default"]) in (("object", {}), ("boolean", False))
        assert key["description"]


def _settings_of(block: type[BaseModel]) -> Iterator[str]:
    """Every key that can be written in a block or in the blocks within it."""
    for field in block.model_fields.values():
        assert field.alias
        assert field.description
        yield field.alias
        for kind in _blocks_in(field.annotation):
            yield from _settings_of(kind)


def _blocks_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _blocks_in(part)


def test_the_schema_describes_every_setting() -> None:
    schema = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    described = " ".join(f"{key} {value['description']}" for key, value in schema.items())
    ours = {alias for alias in _settings_of(Settings) if ":" not in alias}
    # What is in a private endpoint or for an alert's receivers is left to the reference.
    assert ours - set(re.findall(r"\w+", described)) == {"subnetId", "dnsZoneId"}


def test_start_up_imports_no_more_of_the_sdks_than_is_used() -> None:
    assert "import pulumi_azure_native\n" not in MAIN.read_text()
    for module in (ROOT / "components").rglob("*.py"):
        source = module.read_text()
        assert "import pulumi_azure_native\n" not in source
        assert "import pulumi_gcp\n" not in source
        # It would break the analysis of components for packages.
        assert "from __future__ import annotations" not in source
