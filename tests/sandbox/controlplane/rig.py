"""Drives the providers over real gRPC, as the engine does; and what several tests deploy first."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox import world
from sandbox.cloud import Cloud
from sandbox.controlplane import values
from sandbox.controlplane.launches import Launches
from sandbox.controlplane.registry import PACKAGES

TENANT = world.TENANT_ID
ORGANIZATION = f"organizations/{world.ORGANIZATION}"

GROUP = "azure-native:resources:ResourceGroup"
VAULT = "azure-native:keyvault:Vault"
KEY = "azure-native:keyvault:Key"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
WORKSPACE = "azure-native:operationalinsights:Workspace"
SETTING = "azure-native:monitor:DiagnosticSetting"
ENTRA_SETTING = "azure-native:aadiam:DiagnosticSetting"
ACTION_GROUP = "azure-native:monitor:ActionGroup"
QUERY_RULE = "azure-native:monitor:ScheduledQueryRule"
SAVED_SEARCH = "azure-native:operationalinsights:SavedSearch"
WORKBOOK = "azure-native:applicationinsights:Workbook"
LOCK = "azure-native:authorization:ManagementLockByScope"
ROLE = "azure-native:authorization:RoleDefinition"
ENDPOINT = "azure-native:network:PrivateEndpoint"
ZONE_GROUP = "azure-native:network:PrivateDnsZoneGroup"
ZONE = "azure-native:privatedns:PrivateZone"
ZONE_LINK = "azure-native:privatedns:VirtualNetworkLink"
APPLICATION = "azuread:index/application:Application"
SERVICE_PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
APPLICATION_CREDENTIAL = (
    "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential"
)
ACCOUNT = "gcp:serviceaccount/account:Account"
ACCOUNT_MEMBER = "gcp:serviceaccount/iAMMember:IAMMember"
PROJECT_MEMBER = "gcp:projects/iAMMember:IAMMember"
PROJECT_BINDING = "gcp:projects/iAMBinding:IAMBinding"
SERVICE = "gcp:projects/service:Service"
CUSTOM_ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"
SERVICE_IDENTITY = "gcp:projects/serviceIdentity:ServiceIdentity"
ENVIRONMENT = "gcp:apigee/environment:Environment"
INSTANCE_ATTACHMENT = "gcp:apigee/instanceAttachment:InstanceAttachment"
ENV_GROUP = "gcp:apigee/envGroup:EnvGroup"
ENV_GROUP_ATTACHMENT = "gcp:apigee/envGroupAttachment:EnvGroupAttachment"
KVM = "gcp:apigee/environmentKeyvaluemaps:EnvironmentKeyvaluemaps"
ENTRY = "gcp:apigee/environmentKeyvaluemapsEntries:EnvironmentKeyvaluemapsEntries"
MASK = "gcp:apigee/environmentDebugmask:EnvironmentDebugmask"
FLOW = "gcp:apigee/sharedflow:Sharedflow"
FLOW_DEPLOYMENT = "gcp:apigee/sharedflowDeployment:SharedflowDeployment"
API = "gcp:apigee/api:Api"
API_DEPLOYMENT = "gcp:apigee/environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment"
ORGANIZATION_TYPE = "gcp:apigee/organization:Organization"
INSTANCE = "gcp:apigee/instance:Instance"
NAT_ADDRESS = "gcp:apigee/natAddress:NatAddress"
FLOW_HOOK = "gcp:apigee/flowhook:Flowhook"
KEYSTORE = "gcp:apigee/envKeystore:EnvKeystore"
ALIAS = "gcp:apigee/keystoresAliasesKeyCertFile:KeystoresAliasesKeyCertFile"
REFERENCE = "gcp:apigee/envReferences:EnvReferences"
TARGET_SERVER = "gcp:apigee/targetServer:TargetServer"
PRODUCT = "gcp:apigee/apiProduct:ApiProduct"
DEVELOPER = "gcp:apigee/developer:Developer"
APP = "gcp:apigee/developerApp:DeveloperApp"
RANDOM_STRING = "random:index/randomString:RandomString"

SECRETS_USER = (
    "/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6"
)
SECRETS_OFFICER = (
    "/providers/Microsoft.Authorization/roleDefinitions/b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
)

Plain = dict[str, Any]
CONFIGURATION = {
    "azure-native": {
        "subscriptionId": world.SUBSCRIPTION_ID,
        "tenantId": world.TENANT_ID,
        "location": "westeurope",
    },
    "azuread": {"tenantId": world.TENANT_ID},
    "gcp": {"project": world.PROJECT_ID, "region": "europe-west1"},
    "random": {},
}


class Refused(Exception):
    """What the engine would print: a failed check or a provider's error."""


@dataclass
class Deployed:
    """One resource in the engine's state."""

    token: str
    name: str
    id: str
    inputs: Plain
    outputs: Plain

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - an output of any type
        return self.outputs[name]


@dataclass(frozen=True)
class Difference:
    """What a diff said; `dropped` are those of `changed` that the new inputs don't have."""

    changed: set[str]
    dropped: set[str]
    replaced: set[str]
    deletes_first: bool


@dataclass
class Driver:
    """One launch of one provider, used as the engine uses it."""

    stub: provider_pb2_grpc.ResourceProviderStub
    port: int
    state: list[Deployed] = field(default_factory=list)

    def configure(self, settings: Mapping[str, Any]) -> None:
        self._call("Configure", provider_pb2.ConfigureRequest(args=values.encode(settings)))

    def check(
        self, token: str, name: str, inputs: Mapping[str, Any], old: Mapping[str, Any] | None = None
    ) -> Plain:
        """Checked inputs. Raises Refused with every failure, one a line."""
        answer = self._call(
            "Check",
            provider_pb2.CheckRequest(
                urn=_urn(token, name),
                news=values.encode(inputs),
                olds=None if old is None else values.encode(old),
                randomSeed=f"seed of {name}".encode(),
            ),
        )
        if answer.failures:
            raise Refused("\n".join(f"{f.property}: {f.reason}" for f in answer.failures))
        return values.decode(answer.inputs)

    def create(self, token: str, inputs: Mapping[str, Any], name: str = "it") -> Deployed:
        checked = self.check(token, name, inputs)
        request = provider_pb2.CreateRequest(
            urn=_urn(token, name), properties=values.encode(checked)
        )
        answer = self._call("Create", request)
        made = Deployed(token, name, answer.id, checked, values.decode(answer.properties))
        self.state.append(made)
        return made

    def preview(self, token: str, inputs: Mapping[str, Any], name: str = "it") -> Plain:
        """Outputs of a create's preview."""
        request = provider_pb2.CreateRequest(
            urn=_urn(token, name),
            properties=values.encode(self.check(token, name, inputs)),
            preview=True,
        )
        return values.decode(self._call("Create", request).properties)

    def diff(
        self, made: Deployed, inputs: Mapping[str, Any], ignore: Sequence[str] = ()
    ) -> Difference:
        answer = self._call(
            "Diff",
            provider_pb2.DiffRequest(
                id=made.id,
                urn=_urn(made.token, made.name),
                olds=values.encode(made.outputs),
                old_inputs=values.encode(made.inputs),
                news=values.encode(self.check(made.token, made.name, inputs, made.inputs)),
                ignoreChanges=ignore,
            ),
        )
        kinds = provider_pb2.PropertyDiff.Kind
        return Difference(
            changed=set(answer.detailedDiff),
            dropped={
                path
                for path, found in answer.detailedDiff.items()
                if found.kind in (kinds.DELETE, kinds.DELETE_REPLACE)
            },
            replaced=set(answer.replaces),
            deletes_first=answer.deleteBeforeReplace,
        )

    def update(self, made: Deployed, inputs: Mapping[str, Any], preview: bool = False) -> Plain:
        checked = self.check(made.token, made.name, inputs, made.inputs)
        answer = self._call(
            "Update",
            provider_pb2.UpdateRequest(
                id=made.id,
                urn=_urn(made.token, made.name),
                olds=values.encode(made.outputs),
                old_inputs=values.encode(made.inputs),
                news=values.encode(checked),
                preview=preview,
            ),
        )
        outputs = values.decode(answer.properties)
        if not preview:
            made.inputs, made.outputs = checked, outputs
        return outputs

    def read(self, made: Deployed) -> Deployed | None:
        """As a refresh reads."""
        return self._read(made.token, made.name, made.id, made.inputs, made.outputs)

    def import_(self, token: str, object_id: str, name: str = "it") -> Deployed | None:
        """As an import reads: by its id alone."""
        return self._read(token, name, object_id, {}, {})

    def _read(
        self, token: str, name: str, object_id: str, inputs: Plain, outputs: Plain
    ) -> Deployed | None:
        answer = self._call(
            "Read",
            provider_pb2.ReadRequest(
                id=object_id,
                urn=_urn(token, name),
                inputs=values.encode(inputs),
                properties=values.encode(outputs),
            ),
        )
        if not answer.id:
            return None
        return Deployed(
            token, name, answer.id, values.decode(answer.inputs), values.decode(answer.properties)
        )

    def delete(self, made: Deployed) -> None:
        request = provider_pb2.DeleteRequest(
            id=made.id, urn=_urn(made.token, made.name), properties=values.encode(made.outputs)
        )
        self._call("Delete", request)

    def invoke(self, token: str, arguments: Plain) -> None:
        self._call("Invoke", provider_pb2.InvokeRequest(tok=token, args=values.encode(arguments)))

    def _call(self, method: str, request: Any) -> Any:  # noqa: ANN401 - one of many messages
        try:
            return getattr(self.stub, method)(request)
        except grpc.RpcError as error:
            raise Refused(error.details()) from error


def _urn(token: str, name: str) -> str:
    return f"urn:pulumi:test::project::some:component:Type${token}::{name}"


class Clouds:
    """A sandbox's control plane in this process."""

    def __init__(self, cloud: Cloud, directory: Path) -> None:
        self.cloud = cloud
        self.directory = directory
        self.launches = Launches(cloud)
        self._channels: list[grpc.Channel] = []
        self._drivers = {name: self.launch(name) for name in PACKAGES}
        self.azure = self._drivers["azure-native"]
        self.entra = self._drivers["azuread"]
        self.gcp = self._drivers["gcp"]
        self.random = self._drivers["random"]

    def driver(self, token: str) -> Driver:
        """The provider that a type's token names, as the fixture launched it."""
        return self._drivers[token.split(":", 1)[0]]

    def launch(
        self,
        package: str,
        directory: Path | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Driver:
        port = self.launches.open(package, directory or self.directory, os.getpid())
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._channels.append(channel)
        driver = Driver(provider_pb2_grpc.ResourceProviderStub(channel), port)
        driver.configure(CONFIGURATION[package] if settings is None else settings)
        return driver

    def close(self) -> None:
        for channel in self._channels:
            channel.close()
        self.launches.close_all()
        self.cloud.store.close()


def vault(name: str = "kv-alpha", group: str = "group", **properties: object) -> dict[str, object]:
    """A vault's inputs."""
    return {
        "resourceGroupName": group,
        "vaultName": name,
        "properties": {
            "tenantId": TENANT,
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": True,
            **properties,
        },
    }


def key(name: str = "signing", **properties: object) -> dict[str, object]:
    """A key's inputs."""
    return {
        "resourceGroupName": "group",
        "vaultName": "kv-alpha",
        "keyName": name,
        "properties": {"kty": "EC", **properties},
    }


def credential(name: str = "trust", subject: str = "1", **other: object) -> dict[str, object]:
    """A federated credential's inputs."""
    return {
        "resourceGroupName": "group",
        "resourceName": "reader",
        "federatedIdentityCredentialResourceName": name,
        "issuer": world.GOOGLE_ISSUER,
        "subject": subject,
        "audiences": [world.EXCHANGE_AUDIENCE],
        **other,
    }
