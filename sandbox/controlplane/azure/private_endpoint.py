"""`azure-native:network:PrivateEndpoint`, to vaults.

Rules from Microsoft Learn, "What is a private endpoint?" and "Integrate Key Vault with Azure Private
Link". The connection is approved at once, as for an owner of both ends; manual approval, fixed
addresses and edge zones aren't there. What an endpoint changes for callers is the data plane's.
"""

from __future__ import annotations

import re
import uuid

from sandbox.controlplane import errors
from sandbox.controlplane.azure import networks
from sandbox.controlplane.azure.arm import GROUP_PATH, AzureType, not_found
from sandbox.controlplane.azure.locks import check_unlocked
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

ENDPOINT = "azure-native:network:PrivateEndpoint"
_VAULT = "azure-native:keyvault:Vault"
_NAME = re.compile(r"[A-Za-z0-9]([\w.-]{0,78}\w)?", re.ASCII)
_NOT_HERE = (
    "applicationSecurityGroups",
    "customDnsConfigs",
    "extendedLocation",
    "id",
    "ipConfigurations",
    "manualPrivateLinkServiceConnections",
)


class PrivateEndpoint(AzureType):
    """An address in a subnet that leads to one vault."""

    sdk = "pulumi_azure_native.network.PrivateEndpoint"
    arm_type = "Microsoft.Network/privateEndpoints"
    path = f"{GROUP_PATH}/providers/Microsoft.Network/privateEndpoints/{{privateEndpointName}}"
    name_input = "privateEndpointName"
    replace_on = frozenset({"resourceGroupName", "privateEndpointName", "subnet"})
    children = ("azure-native:network:PrivateDnsZoneGroup",)

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        _check_inputs(inputs)
        connection = _connection(context, object_id, inputs, previous)
        vault = connection["privateLinkServiceId"]
        check_unlocked(context, _beneath(vault, object_id), "write")
        subnet_id = inputs.get("subnet", {}).get("id", "")
        subnet = networks.subnet(context, subnet_id, object_id)
        if networks.location(context, subnet_id) != inputs["location"]:
            raise networks.missing(subnet_id, object_id)
        address = previous["address"] if previous else self._free_address(context, subnet)
        name = vault.rsplit("/", 1)[1].lower()
        interface = previous["interface"] if previous else f"{object_id}.nic.{uuid.uuid4()}"
        return {
            "location": inputs["location"],
            "tags": inputs.get("tags", {}),
            "etag": f'W/"{uuid.uuid4()}"',
            "provisioningState": "Succeeded",
            "subnet": {"id": subnet.id},
            "privateLinkServiceConnections": [connection],
            "manualPrivateLinkServiceConnections": [],
            "applicationSecurityGroups": [],
            "ipConfigurations": [],
            "customNetworkInterfaceName": inputs.get("customNetworkInterfaceName", ""),
            "networkInterfaces": [{"id": _interface(inputs, object_id, interface)}],
            "customDnsConfigs": [{"fqdn": f"{name}.vault.azure.net", "ipAddresses": [address]}],
            # Not in the API: what the sandbox remembers.
            "vault": vault,
            "address": address,
            "interface": interface,
        }

    def _free_address(self, context: Context, subnet: StoredObject) -> str:
        taken = [
            endpoint.body["address"]
            for endpoint in context.all(self.token)
            if endpoint.body["subnet"]["id"].lower() == subnet.id.lower()
        ]
        return networks.free_address(subnet, taken)

    def before_delete(self, context: Context, found: StoredObject) -> None:
        check_unlocked(context, _beneath(found.body["vault"], found.id), "delete")
        super().before_delete(context, found)


def connections(context: Context, vault_id: str) -> list[Plain]:
    """The vault's side of the endpoints that lead to it, as its API returns them."""
    found = []
    for endpoint in context.all(ENDPOINT):
        state = endpoint.body["privateLinkServiceConnections"][0][
            "privateLinkServiceConnectionState"
        ]
        if endpoint.body["vault"].lower() == vault_id.lower() and state["status"] == "Approved":
            found.append(
                {
                    "id": f"{vault_id}/privateEndpointConnections/{endpoint.body['name']}",
                    "privateEndpoint": {"id": endpoint.id},
                    "privateLinkServiceConnectionState": {
                        "status": "Approved",
                        "actionsRequired": "None",
                    },
                    "provisioningState": "Succeeded",
                }
            )
    return found


def disconnect(context: Context, vault_id: str) -> None:
    """The vault goes: its endpoints stay, and lead nowhere even when a vault comes back."""
    for endpoint in context.all(ENDPOINT):
        if endpoint.body["vault"].lower() == vault_id.lower():
            connection = endpoint.body["privateLinkServiceConnections"][0]
            connection["privateLinkServiceConnectionState"]["status"] = "Disconnected"
            context.cloud.store.replace(ENDPOINT, endpoint.id, endpoint.body, context.now)


def _beneath(vault_id: str, endpoint_id: str) -> str:
    """What an endpoint writes to the vault: a lock there holds for it."""
    return f"{vault_id}/privateEndpointConnectionProxies/{endpoint_id.rsplit('/', 1)[1]}"


def _interface(inputs: Plain, object_id: str, interface: str) -> str:
    group = object_id.split("/providers/", 1)[0]
    name = inputs.get("customNetworkInterfaceName") or interface.rsplit("/", 1)[1]
    return f"{group}/providers/Microsoft.Network/networkInterfaces/{name}"


def _check_inputs(inputs: Plain) -> None:
    name = inputs["privateEndpointName"]
    if not _NAME.fullmatch(name):
        raise errors.arm(
            400,
            "InvalidResourceName",
            f"Resource name {name} is invalid. The name can be up to 80 characters long. It must"
            " begin with a word character, and it must end with a word character or with '_'. The"
            " name may contain word characters or '.', '-', '_'.",
        )
    for other in _NOT_HERE:
        if inputs.get(other):
            raise CloudError(
                f"the sandbox's private endpoints have no {other}: one subnet, one approved"
                " connection to a vault, an address that the subnet gives"
            )


def _connection(context: Context, object_id: str, inputs: Plain, previous: Plain | None) -> Plain:
    given = inputs.get("privateLinkServiceConnections", [])
    if len(given) != 1:
        raise errors.arm(
            400,
            "PrivateEndpointConnectionCountInvalid",
            f"Private endpoint {object_id} must have exactly one private link service connection,"
            f" not {len(given)}.",
        )
    target = given[0].get("privateLinkServiceId", "")
    if context.find(_VAULT, target) is None:
        raise not_found(target)
    groups = given[0].get("groupIds", [])
    if groups != ["vault"]:
        raise errors.arm(
            400,
            "PrivateEndpointGroupIdInvalid",
            f"The group ids {groups} of private endpoint {object_id} are invalid: a vault's private"
            " link resource has the one group id 'vault'.",
        )
    if previous and previous["vault"].lower() != target.lower():
        raise errors.arm(
            400,
            "PrivateEndpointConnectionCannotBeChanged",
            f"Private endpoint {object_id} leads to {previous['vault']}: another target needs"
            " another private endpoint.",
        )
    name = given[0].get("name") or inputs["privateEndpointName"]
    return {
        "name": name,
        "privateLinkServiceId": target,
        "groupIds": groups,
        "requestMessage": given[0].get("requestMessage", ""),
        "id": f"{object_id}/privateLinkServiceConnections/{name}",
        "etag": f'W/"{uuid.uuid4()}"',
        "type": "Microsoft.Network/privateEndpoints/privateLinkServiceConnections",
        "provisioningState": "Succeeded",
        "privateLinkServiceConnectionState": {
            "status": "Approved",
            "description": "",
            "actionsRequired": "None",
        },
    }
