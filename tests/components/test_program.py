"""What holds for the program as a whole: `__main__.py` under the local stack's declaration."""

from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest
import yaml

from components import declaration, naming
from components.config_errors import ConfigurationError
from components.settings import parse
from tests.components.configurations import as_engine_gives, valid
from tests.components.recording import STACK, Recording, made_up_guid, record_main

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
        assert entries == declaration.key_value_map_entries(
            settings.environments[name],
            tenant_id=settings.tenant_id,
            client_id=made_up_guid(f"client {name}-identity"),
            vault_host=f"{vault}.vault.azure.net",
        )


def test_exports_are_what_people_and_scripts_need(deployed: Recording) -> None:
    outputs = deployed.exports
    vault = deployed.one("Vault", "alpha-vault").inputs["vaultName"]
    assert set(outputs) == {"environments", "workspaceId", "workspaceCustomerId"}
    assert set(outputs["environments"]) == set(ENVIRONMENTS)
    assert outputs["environments"]["alpha"] == {
        "endpoints": ["https://alpha.api.example.com"],
        "vaultId": "/made-up/azure-native:keyvault:Vault/alpha-vault",
        "vaultName": vault,
        "vaultUri": f"https://{vault}.vault.azure.net/",
        "clientId": made_up_guid("client alpha-identity"),
        "principalId": made_up_guid("principal alpha-identity"),
        "googleServiceAccount": "apigee-kv-alpha@sandbox-gateway.iam.gserviceaccount.com",
        "sharedFlowRevision": "7",
    }


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


def test_the_local_stack_is_a_valid_configuration() -> None:
    tree = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())["config"]
    try:
        settings = parse(as_engine_gives(tree), (), "local", ["orders-v1"])
    except ConfigurationError as error:
        pytest.fail(str(error))
    assert sorted(settings.environments) == ["alpha", "beta"]


def test_the_schema_declares_every_key_and_leaves_the_report_to_the_program() -> None:
    schema = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    assert schema["name"] == naming.PROJECT
    assert set(schema["config"]) == {"apigee", "audit", "environments"}
    assert all(
        key["type"] == "object" and key["default"] == {} for key in schema["config"].values()
    )
    assert all(key["description"] for key in schema["config"].values())


def test_start_up_imports_no_more_of_the_sdks_than_is_used() -> None:
    assert "import pulumi_azure_native\n" not in MAIN.read_text()
    for module in (ROOT / "components").glob("*.py"):
        source = module.read_text()
        assert "import pulumi_azure_native\n" not in source
        assert "import pulumi_gcp\n" not in source
        # It would break the analysis of components for packages.
        assert "from __future__ import annotations" not in source
