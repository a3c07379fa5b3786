"""What holds for each component, used on its own."""

from collections.abc import Callable

import pulumi
import pytest

from components.audit.audit_trail import AuditTrail, AuditTrailArgs
from components.gateway.apigee_gateway import ApigeeGateway, ApigeeGatewayArgs
from components.gateway.gateway_environment import GatewayEnvironment, GatewayEnvironmentArgs
from components.identity.gateway_identity import GatewayIdentity, GatewayIdentityArgs
from components.vault.declared_keys import OPERATIONS, VaultKey
from components.vault.dns_zone import VaultDnsZone, VaultDnsZoneArgs
from components.vault.key_vault import KeyVault, KeyVaultArgs
from components.vault.network import PrivateEndpoint, VaultNetwork
from components.vault.vault_access import VaultAccess, VaultAccessArgs
from tests.components.recording import Recording, record

TENANT = "11111111-1111-4111-8111-111111111111"
SUBSCRIPTION = "22222222-2222-4222-8222-222222222222"
GATEWAY = "55555555-5555-4555-8555-555555555555"
CI = "33333333-3333-4333-8333-333333333333"
VAULT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v"
_NETWORKS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Network"
SUBNET = f"{_NETWORKS}/virtualNetworks/n/subnets/s"
ZONE = f"{_NETWORKS}/privateDnsZones/privatelink.vaultcore.azure.net"
AGENT = "service-100000000001@gcp-sa-apigee.iam.gserviceaccount.com"
ACCOUNT = "apigee-kv-alpha@sandbox-gateway.iam.gserviceaccount.com"


def _vault() -> KeyVault:
    endpoint = PrivateEndpoint(SUBNET, ZONE)
    args = KeyVaultArgs(
        environment="alpha",
        resource_group_name="g",
        location="westeurope",
        tenant_id=TENANT,
        tags={"a": "b"},
        network=VaultNetwork(["203.0.113.0/24"], private_endpoint=endpoint),
        keys={"signing": VaultKey(OPERATIONS["sign"])},
    )
    return KeyVault("alpha", args)


def _zone() -> VaultDnsZone:
    return VaultDnsZone("vaults", VaultDnsZoneArgs("g", [SUBNET], {"a": "b"}))


def _identity() -> GatewayIdentity:
    args = GatewayIdentityArgs("alpha", "sandbox-gateway", AGENT, "g", "westeurope", {"a": "b"})
    return GatewayIdentity("alpha", args)


def _access(opts: pulumi.ResourceOptions | None = None) -> VaultAccess:
    return VaultAccess(
        "alpha", VaultAccessArgs(SUBSCRIPTION, VAULT, {"1": GATEWAY}, {"ci": CI}), opts
    )


def _audit() -> AuditTrail:
    args = AuditTrailArgs("w", "g", "westeurope", 90, {"alpha": VAULT}, {"a": "b"})
    return AuditTrail("audit", args)


def _gateway() -> ApigeeGateway:
    args = ApigeeGatewayArgs("sandbox-gateway", "flow.zip", {"orders-v1": "orders.zip"})
    return ApigeeGateway("gateway", args)


def _environment(opts: pulumi.ResourceOptions | None = None) -> GatewayEnvironment:
    args = GatewayEnvironmentArgs(
        environment="alpha",
        project="sandbox-gateway",
        instance="europe-west1",
        hostnames=["alpha.api.example.com"],
        key_value_map_entries={"grant.key.orders-v1": "allowed", "token.seconds": "600"},
        service_account=ACCOUNT,
        shared_flow="azure-key-vault",
        shared_flow_revision="7",
        proxy_revisions={"orders-v1": "3"},
    )
    return GatewayEnvironment("alpha", args, opts)


COMPONENTS: list[Callable[[], pulumi.ComponentResource]] = [
    _vault,
    _zone,
    _identity,
    _access,
    _audit,
    _gateway,
    _environment,
]


def _named(component: Callable[[], pulumi.ComponentResource]) -> str:
    return component.__name__.removeprefix("_")


@pytest.mark.parametrize("component", COMPONENTS, ids=_named)
def test_every_child_has_the_component_as_parent(
    component: Callable[[], pulumi.ComponentResource], preview: bool
) -> None:
    recording = record(component, preview=preview)
    parents = [r for r in recording.resources if not r.custom]
    children = [r for r in recording.resources if r.custom]
    assert len(parents) == 1
    assert parents[0].type.startswith("apigee-keyvault:components:")
    assert children
    assert {child.parent for child in children} == {parents[0].urn}
    assert all(f"::{parents[0].type}$" in child.urn for child in children)


@pytest.mark.parametrize("component", COMPONENTS, ids=_named)
def test_every_child_is_named_after_the_component_and_unique(
    component: Callable[[], pulumi.ComponentResource], preview: bool
) -> None:
    recording = record(component, preview=preview)
    (parent,) = (r for r in recording.resources if not r.custom)
    children = [r for r in recording.resources if r.custom]
    assert all(c.name == parent.name or c.name.startswith(f"{parent.name}-") for c in children)
    assert len({c.urn for c in children}) == len(children)


@pytest.mark.parametrize("component", COMPONENTS, ids=_named)
def test_every_component_registers_its_outputs(
    component: Callable[[], pulumi.ComponentResource], preview: bool
) -> None:
    recording = record(component, preview=preview)
    (parent,) = (r for r in recording.resources if not r.custom)
    assert parent.urn in recording.outputs


@pytest.mark.parametrize("component", COMPONENTS, ids=_named)
def test_every_name_and_location_is_explicit(
    component: Callable[[], pulumi.ComponentResource], preview: bool
) -> None:
    named = {
        "Vault": "vaultName",
        "Key": "keyName",
        "PrivateEndpoint": "privateEndpointName",
        "PrivateDnsZoneGroup": "privateDnsZoneGroupName",
        "PrivateZone": "privateZoneName",
        "VirtualNetworkLink": "virtualNetworkLinkName",
        "UserAssignedIdentity": "resourceName",
        "FederatedIdentityCredential": "federatedIdentityCredentialResourceName",
        "RoleAssignment": "roleAssignmentName",
        "Workspace": "workspaceName",
        "DiagnosticSetting": "name",
        "Account": "accountId",
        "Sharedflow": "name",
        "Api": "name",
        "Environment": "name",
        "EnvGroup": "name",
        "EnvironmentKeyvaluemaps": "name",
        "EnvironmentKeyvaluemapsEntries": "name",
    }
    located = {"Vault", "PrivateEndpoint", "UserAssignedIdentity", "Workspace"}
    for child in record(component, preview=preview).resources:
        kind = child.type.rpartition(":")[2]
        assert kind not in named or named[kind] in child.inputs
        assert kind not in located or child.inputs["location"] == "westeurope"


def test_federated_credential_pins_one_issuer_one_audience_and_the_numeric_subject() -> None:
    recording = record(_identity, preview=False)
    credential = recording.one("FederatedIdentityCredential").inputs
    assert credential == {
        "federatedIdentityCredentialResourceName": "apigee-kv-alpha",
        "resourceName": "apigee-kv-alpha",
        "resourceGroupName": "g",
        "issuer": "https://accounts.google.com",
        "audiences": ["api://AzureADTokenExchange"],
        "subject": "100200300400500600700",
    }


def test_federated_credential_follows_the_account_in_a_preview_too(preview: bool) -> None:
    recording = record(_identity, preview=preview)
    credential = recording.one("FederatedIdentityCredential")
    assert credential.property_dependencies["subject"] == {recording.one("Account").urn}
    assert credential.property_dependencies["resourceName"] == {
        recording.one("UserAssignedIdentity").urn
    }


def test_only_apigee_may_act_as_the_account_and_the_account_may_only_log() -> None:
    recording = record(_identity, preview=False)
    grants = {r.name: r.inputs for r in recording.of("IAMMember")}
    assert grants == {
        "alpha-token-creator": {
            "serviceAccountId": f"projects/sandbox-gateway/serviceAccounts/{ACCOUNT}",
            "role": "roles/iam.serviceAccountTokenCreator",
            "member": f"serviceAccount:{AGENT}",
        },
        "alpha-log-writer": {
            "project": "sandbox-gateway",
            "role": "roles/logging.logWriter",
            "member": f"serviceAccount:{ACCOUNT}",
        },
    }


def _after_audit() -> None:
    _access(pulumi.ResourceOptions(depends_on=[_audit().settings["alpha"]]))


def test_every_assignment_waits_for_what_the_access_depends_on(preview: bool) -> None:
    recording = record(_after_audit, preview=preview)
    setting = recording.one("DiagnosticSetting")
    for grant in recording.of("RoleAssignment"):
        assert setting.urn in grant.dependencies


def test_audit_events_of_the_vault_go_to_the_workspace(preview: bool) -> None:
    recording = record(_audit, preview=preview)
    setting, workspace = recording.one("DiagnosticSetting"), recording.one("Workspace")
    assert setting.inputs["resourceUri"] == VAULT
    assert setting.inputs["logs"] == [{"category": "AuditEvent", "enabled": True}]
    assert setting.property_dependencies["workspaceId"] == {workspace.urn}
    assert workspace.inputs["retentionInDays"] == 90
    assert workspace.inputs["features"] == {"disableLocalAuth": True}


def test_services_stay_on_when_the_stack_goes(preview: bool) -> None:
    services = [r.inputs for r in record(_gateway, preview=preview).of("Service")]
    assert {s["service"] for s in services} == {
        "iam.googleapis.com",
        "iamcredentials.googleapis.com",
        "logging.googleapis.com",
    }
    assert {s["disableOnDestroy"] for s in services} == {False}


def test_bundles_are_registered_under_the_names_that_callouts_use(preview: bool) -> None:
    recording = record(_gateway, preview=preview)
    assert recording.one("Sharedflow").inputs == {
        "name": "azure-key-vault",
        "orgId": "sandbox-gateway",
        "configBundle": "flow.zip",
    }
    assert recording.one("Api").inputs == {
        "name": "orders-v1",
        "orgId": "sandbox-gateway",
        "configBundle": "orders.zip",
    }


def _deployments(recording: Recording) -> list[str]:
    flow = recording.one("SharedflowDeployment")
    proxy = recording.one("EnvironmentApiRevisionDeployment")
    return [flow.urn, proxy.urn]


def test_nothing_is_deployed_before_all_it_relies_on_is_there(preview: bool) -> None:
    def program() -> None:
        _environment(pulumi.ResourceOptions(depends_on=[_identity(), _access()]))

    recording = record(program, preview=preview)
    flow, proxy = (
        next(r for r in recording.resources if r.urn == u) for u in _deployments(recording)
    )
    relied_on = {
        r.urn
        for kind in (
            "EnvironmentKeyvaluemapsEntries",
            "EnvironmentDebugmask",
            "InstanceAttachment",
            "EnvGroupAttachment",
            "RoleAssignment",
            "FederatedIdentityCredential",
            "IAMMember",
        )
        for r in recording.of(kind)
    }
    assert len(relied_on) == 10
    assert relied_on <= recording.after(flow)
    assert relied_on | {flow.urn} <= recording.after(proxy)


def test_deployments_run_as_the_environments_account_and_never_undeploy_first(
    preview: bool,
) -> None:
    recording = record(_environment, preview=preview)
    flow = recording.one("SharedflowDeployment")
    proxy = recording.one("EnvironmentApiRevisionDeployment")
    common = {"orgId": "sandbox-gateway", "environment": "alpha", "serviceAccount": ACCOUNT}
    assert flow.inputs == {**common, "sharedflowId": "azure-key-vault", "revision": "7"}
    assert proxy.inputs == {**common, "api": "orders-v1", "revision": 3, "override": True}
    assert not flow.options.deleteBeforeReplace
    assert not proxy.options.deleteBeforeReplace


def test_organization_is_prefixed_where_the_provider_wants_a_path(preview: bool) -> None:
    recording = record(_environment, preview=preview)
    assert recording.one("Environment").inputs == {
        "name": "alpha",
        "orgId": "organizations/sandbox-gateway",
        "type": "INTERMEDIATE",
    }
    assert recording.one("EnvGroup").inputs == {
        "name": "alpha",
        "orgId": "organizations/sandbox-gateway",
        "hostnames": ["alpha.api.example.com"],
    }
    instance = recording.one("InstanceAttachment").inputs
    assert instance["instanceId"] == "organizations/sandbox-gateway/instances/europe-west1"


def test_each_entry_of_the_declaration_becomes_one_entry_of_the_map(preview: bool) -> None:
    recording = record(_environment, preview=preview)
    entries = recording.of("EnvironmentKeyvaluemapsEntries")
    assert {e.inputs["name"]: e.inputs["value"] for e in entries} == {
        "grant.key.orders-v1": "allowed",
        "token.seconds": "600",
    }
    key_value_map = recording.one("EnvironmentKeyvaluemaps")
    assert key_value_map.inputs["name"] == "azure-key-vault"
    assert all(e.property_dependencies["envKeyvaluemapId"] == {key_value_map.urn} for e in entries)
