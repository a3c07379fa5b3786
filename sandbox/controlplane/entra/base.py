"""What all azuread types share: ids that Entra makes, what the provider adds, Graph's errors.

Behaviour follows the source of terraform-provider-azuread 3 (bridged by pulumi-azuread 6) and of
the Graph client that it uses.
"""

from __future__ import annotations

import json
import re
import uuid
from abc import abstractmethod
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from sandbox import directory, world
from sandbox.controlplane import errors
from sandbox.controlplane.bridge import BridgedType
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context, Naming
from sandbox.controlplane.values import UNKNOWN, Plain
from sandbox.store import StoredObject

APPLICATION = "azuread:index/application:Application"
SERVICE_PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
CREDENTIAL = (
    "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential"
)


class EntraType(BridgedType):
    """A type of Microsoft Graph. Its ids are GUIDs that Entra makes."""

    noun: ClassVar[str]
    """As the Graph client names it in errors: `Application`."""
    terraform: ClassVar[str]
    """The provider's own name of the type: `azuread_application`."""
    executed: ClassVar[frozenset[str]]
    """Optional inputs that the sandbox executes. Any other is refused."""
    provided: ClassVar[Mapping[str, Any]] = {}
    """Inputs to which the provider gives a default."""
    sets: ClassVar[frozenset[str]] = frozenset()
    """Inputs whose order means nothing."""

    # Check and diff

    def defaults(self, context: Context, naming: Naming, old: Plain, inputs: Plain) -> Plain:
        added = super().defaults(context, naming, old, inputs)
        own = {name: v for name, v in self.provided.items() if inputs.get(name) is None}
        return {**added, **own, "__defaults": sorted({*added["__defaults"], *own})}

    def refusals(self, context: Context, inputs: Plain) -> list[str]:
        declared = self.schema.inputs
        strange = [
            f"the sandbox doesn't execute '{name}' of {self.token}: leave it out, or add it in"
            " sandbox/controlplane/entra"
            for name, value in inputs.items()
            if name in declared
            and not declared[name].required
            and name not in self.executed
            and value is not None
        ]
        return [*strange, *self.invalid({n: v for n, v in inputs.items() if v is not UNKNOWN})]

    @abstractmethod
    def invalid(self, inputs: Plain) -> list[str]:
        """A reason for each known input that the provider's own validation refuses."""

    def compared(self, old: Plain, state: Plain, new: Plain) -> tuple[Plain, Plain]:
        before, after = super().compared(old, state, new)
        return self._sorted(before), self._sorted(after)

    def _sorted(self, inputs: Plain) -> Plain:
        return {
            name: sorted(value, key=repr)
            if name in self.sets and isinstance(value, list)
            else value
            for name, value in inputs.items()
        }

    # Operations

    def object_id(self, context: Context, inputs: Plain) -> str:
        """An id that nothing has yet."""
        _require_tenant(context)
        return self.path.format_map({**inputs, "id": uuid.uuid4()})

    @abstractmethod
    def find(self, context: Context, inputs: Plain) -> StoredObject | None:
        """The newest object that these inputs describe."""

    def existing(self, context: Context, inputs: Plain) -> StoredObject | None:
        _require_tenant(context)
        return self.find(context, inputs)

    def already_exists(self, object_id: str) -> CloudError:
        return errors.bridged(
            f'A resource with the ID "{guid(object_id)}" already exists: {self.to_be_imported()}'
        )

    def to_be_imported(self) -> str:
        """How the provider says what to do about an object that is there already."""
        return (
            "To be managed via Terraform, this resource needs to be imported into the State. Please"
            f' see the resource documentation for "{self.terraform}" for more information.'
        )

    def gone(self, object_id: str) -> CloudError:
        return self.not_there(f"Updating {self.named(object_id)}", object_id)

    def not_there(self, action: str, object_id: str) -> CloudError:
        """Graph's answer for an object that it doesn't have."""
        return graph(
            action,
            HTTPStatus.NOT_FOUND,
            "Request_ResourceNotFound",
            f"Resource '{guid(object_id)}' does not exist or one of its queried reference-property"
            " objects are not present.",
        )

    def named(self, object_id: str) -> str:
        """The object in the Graph client's words: `Application (Application: "…")`."""
        return f'{self.noun} ({self.noun}: "{guid(object_id)}")'

    def delete(self, context: Context, object_id: str, state: Plain) -> None:
        """Remove the object; unlike other providers', a second delete fails."""
        if context.find(self.token, object_id) is None:
            raise self.not_there(f"deleting {self.named(object_id)}", object_id)
        super().delete(context, object_id, state)

    def inputs(self, object_id: str, values: Plain) -> Plain:
        """Only what a program could give: empty and false are what absent inputs read back as."""
        wanted = {n for n, declared in self.schema.inputs.items() if declared.required}
        wanted |= self.executed
        found = {n: v for n, v in super().inputs(object_id, values).items() if n in wanted}
        kept = {*self.provided, *self.local}
        return {n: v for n, v in found.items() if n in kept or v not in ("", [], False)}


def graph(action: str, status: HTTPStatus, code: str, message: str) -> CloudError:
    """An error answer of Microsoft Graph, as azuread prints it.

    `action` is the provider's own prefix ("Could not create application").
    """
    return errors.bridged(
        f"{action}: unexpected status {status.value} ({status.value} {status.phrase}) with error:"
        f" {code}: {message}"
    )


def guid(object_id: str) -> str:
    """The last part of an id: the object id that Entra made."""
    return object_id.rsplit("/", 1)[1]


def check_owners(context: Context, action: str, owners: list[str]) -> None:
    """Refuse an owner that the tenant doesn't have (raise CloudError)."""
    for owner in owners:
        if directory.principal_type(context.cloud, owner) is None:
            raise graph(
                action,
                HTTPStatus.NOT_FOUND,
                "Request_ResourceNotFound",
                f"Resource '{owner}' does not exist or one of its queried reference-property"
                " objects are not present.",
            )


def not_a_guid(path: str, value: object) -> list[str]:
    """The provider's words for a text that should be a GUID; nothing for one that is."""
    if value is None or value is UNKNOWN:
        return []
    try:
        uuid.UUID(str(value))
    except ValueError:
        reason = f'expected "{snake(path)}" to be a valid UUID, got {value}.{examine(path)}'
        return [reason]
    return []


def not_one_of(path: str, value: object, choices: tuple[str, ...]) -> list[str]:
    """The provider's words for a text that is none of `choices`."""
    if value is None or value in choices:
        return []
    listed = " ".join(json.dumps(choice) for choice in choices)
    return [f"expected {snake(path)} to be one of [{listed}], got {value}.{examine(path)}"]


def snake(path: str) -> str:
    """A property as Terraform spells it: `sign_in_audience`, `owners.0`."""
    return re.sub(r"(?<=[a-z])[A-Z]", lambda match: f"_{match[0].lower()}", path)


def examine(path: str) -> str:
    """What the bridge adds to Terraform's words."""
    return f" Examine values at '{path}'."


def feature_tags(tags: list[str]) -> Plain:
    """The `featureTags` block that the provider reads out of tags."""
    lowered = {tag.lower() for tag in tags}
    return {
        "customSingleSignOn": "windowsazureactivedirectorycustomsinglesignonapplication" in lowered,
        "enterprise": "windowsazureactivedirectoryintegratedapp" in lowered,
        "gallery": "windowsazureactivedirectorygalleryapplicationnonprimaryv1" in lowered,
        "hide": "hideapp" in lowered,
    }


def _require_tenant(context: Context) -> None:
    configured = context.configuration.get("tenantId", world.TENANT_ID)
    if str(configured).lower() != world.TENANT_ID:
        raise CloudError(
            f"the provider is configured for the tenant {configured}, and the sandbox has only"
            f" {world.TENANT_ID}: set it with 'pulumi config set azuread:tenantId"
            f" {world.TENANT_ID}'"
        )
