"""The base of every resource type: one subclass, one module, one set of rules.

A subclass says which SDK class it stands for, how its id is made of its inputs, what the cloud
stores and refuses (`body`), and which inputs replace it. Owns the create, read, update and delete
that all types share; the protocol itself is `provider.py`'s.
"""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from sandbox.cloud import Cloud
from sandbox.controlplane import diff, schema, sdk_classes
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.schema import Mistake, Schema
from sandbox.controlplane.values import UNKNOWN, Plain
from sandbox.store import StoredObject


@dataclass(frozen=True)
class Context:
    """One operation's surroundings.

    `directory` is where the engine was started for this launch (relative paths start there),
    `configuration` what this launch's provider was configured with.
    """

    cloud: Cloud
    directory: Path
    configuration: Mapping[str, Any]

    @property
    def now(self) -> float:
        """Seconds since 1970 on the sandbox's clock."""
        return self.cloud.clock.now()

    def find(self, type_: str, object_id: str) -> StoredObject | None:
        """An object of the clouds, or None."""
        return self.cloud.store.get(type_, object_id)

    def all(self, type_: str) -> list[StoredObject]:
        """Every object of a type."""
        return self.cloud.store.all(type_)


@dataclass(frozen=True)
class Naming:
    """What a default name is made of: the resource's own name and the engine's random seed."""

    resource: str
    seed: bytes

    def suffix(self, length: int) -> str:
        """`length` hexadecimal digits that stay the same between preview and update."""
        return hashlib.sha256(self.seed).hexdigest()[:length]


class ResourceType(ABC):
    """One resource type of a provider."""

    sdk: ClassVar[str]
    """The installed SDK's resource class, `pulumi_gcp.apigee.Api`: loaded when it is first asked for."""
    path: ClassVar[str]
    """The id with inputs in braces: `{orgId}/environments/{name}`."""
    replace_on: ClassVar[frozenset[str]] = frozenset()
    """Inputs whose change replaces: `location`, `properties.tenantId`."""
    name_input: ClassVar[str | None] = None
    """The input that gets a default name when absent."""
    told_apart_by: ClassVar[tuple[str, ...]] = ()
    """Where the cloud makes up an object's name: the inputs that only one object can have."""
    local: ClassVar[Mapping[str, Any]] = {}
    """Inputs that only the provider's state keeps, with their defaults (None: no default)."""

    @property
    def token(self) -> str:
        """The unversioned type token; also the type in the store."""
        return sdk_classes.token(self.sdk)

    @property
    def schema(self) -> Schema:
        """The SDK's inputs and outputs."""
        return schema.of(sdk_classes.load(self.sdk))

    # Check and diff

    @abstractmethod
    def explain(self, mistake: Mistake) -> str:
        """A mistake in the provider's words."""

    @abstractmethod
    def defaults(self, context: Context, naming: Naming, old: Plain, inputs: Plain) -> Plain:
        """Inputs that the provider adds where the program gives none. `old`: the last inputs."""

    def refusals(self, context: Context, inputs: Plain) -> list[str]:
        """A reason for each input that the provider itself refuses before any call."""
        return []

    def compared(self, old: Plain, state: Plain, new: Plain) -> tuple[Plain, Plain]:
        """Old and new inputs as the provider compares them. `state`: the last outputs."""
        return old, new

    def also_changed(self, context: Context, state: Plain, inputs: Plain) -> frozenset[str]:
        """Inputs that count as changed though equal: a file's content, say."""
        return frozenset()

    def unknown_after(self, changed: frozenset[str]) -> frozenset[str]:
        """Outputs that an update of the `changed` inputs will compute anew."""
        return frozenset()

    @abstractmethod
    def deletes_first(self, old: Plain, new: Plain) -> bool:
        """Whether a replacement deletes the old object before it makes the new one."""

    def exclusive(
        self, context: Context, operation: str, values: Plain
    ) -> AbstractContextManager[None]:
        """What an operation ("create", "update", "delete") waits for before it starts.

        Entered before the transaction. `values`: the inputs, or for a delete the last outputs and
        the object's `id`. Raises CloudError where the cloud refuses what happens at once.
        """
        return nullcontext()

    # Operations: all run inside one transaction of the store

    @abstractmethod
    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        """What the cloud stores for these inputs. `previous` is None for a create.

        Raises CloudError for what the cloud refuses.
        """

    @abstractmethod
    def already_exists(self, object_id: str) -> CloudError:
        """The refusal to create what is there."""

    @abstractmethod
    def gone(self, object_id: str) -> CloudError:
        """The refusal to update what isn't there."""

    def object_id(self, context: Context, inputs: Plain) -> str:
        """The id that these inputs make. Raises CloudError where the cloud has no such place."""
        return self.path.format_map(inputs)

    def existing(self, context: Context, inputs: Plain) -> StoredObject | None:
        """The object that a resource of these inputs would be, if the clouds have it."""
        if not self.told_apart_by:
            return context.find(self.token, self.object_id(context, inputs))
        wanted = {name: inputs[name] for name in self.told_apart_by}
        for found in context.all(self.token):
            if wanted.items() <= found.body.items():
                return found
        return None

    def create(self, context: Context, inputs: Plain) -> str:
        """Make the object and return its id. Raises CloudError."""
        object_id = self.object_id(context, inputs)
        if context.find(self.token, object_id):
            raise self.already_exists(object_id)
        body = self.body(context, object_id, inputs, None)
        context.cloud.store.insert(self.token, object_id, body, context.now)
        return object_id

    def read(self, context: Context, object_id: str, state: Plain) -> Plain | None:
        """What the cloud returns, or None when there is nothing. `state`: what the engine knows."""
        found = context.find(self.token, object_id)
        return None if found is None else found.body

    def update(self, context: Context, object_id: str, inputs: Plain, state: Plain) -> None:
        """Change the object in place. `state`: the last outputs. Raises CloudError."""
        found = context.find(self.token, object_id)
        if found is None:
            raise self.gone(object_id)
        body = self.body(context, object_id, inputs, found.body)
        context.cloud.store.replace(self.token, object_id, body, context.now)

    def delete(self, context: Context, object_id: str, state: Plain) -> None:
        """Remove the object; nothing to do is a success. Raises CloudError."""
        found = context.find(self.token, object_id)
        if found is not None:
            self.before_delete(context, found)
            context.cloud.store.remove(self.token, object_id, context.now)

    def before_delete(  # noqa: B027 - most types have nothing to do here
        self, context: Context, found: StoredObject
    ) -> None:
        """Refuse a delete (raise CloudError), or remove what goes with it."""

    # State

    def preview(self, inputs: Plain) -> Plain:
        """The outputs that a create will have, as far as the provider knows before."""
        return self.schema.preview({**self.local, **inputs})

    def preview_update(self, context: Context, old: Plain, state: Plain, inputs: Plain) -> Plain:
        """The outputs that an update will have. `old`: the last inputs, `state`: the last outputs."""
        changed = frozenset(change.name for change in diff.changes(old, inputs))
        changed |= self.also_changed(context, state, inputs)
        unknown = dict.fromkeys(self.unknown_after(changed), UNKNOWN)
        dropped = {name: None for name in old if name not in inputs}
        return self.schema.project({**state, **dropped, **inputs, **unknown})

    def outputs(self, body: Plain, kept: Plain) -> Plain:
        """The declared outputs: the cloud's body and what only the provider keeps (`kept`)."""
        local = {name: kept.get(name, default) for name, default in self.local.items()}
        return self.schema.project({**local, **body})

    def inputs(self, object_id: str, values: Plain) -> Plain:
        """Full inputs, as an import needs them, of a body or of outputs."""
        found = schema.project(self.schema.inputs, values)
        for name, value in self.parameters(object_id).items():
            if name in self.schema.inputs:
                found.setdefault(name, value)
        return found

    def import_id(self, object_id: str, body: Plain) -> str | None:
        """What an import names the object by; None where the provider can't import the type."""
        return object_id

    def imported(self, context: Context, import_id: str) -> str:
        """The id of what an import names. Raises CloudError where it names nothing."""
        return import_id

    def check_id(self, object_id: str) -> None:
        """Refuse an id that can't be told apart into the inputs it is made of.

        Ids of both clouds are paths, so none of the names in one is empty or holds a slash. Most
        types' own rules say so before. Raises CloudError.
        """
        if _pattern(self.path).fullmatch(object_id) is None:
            raise CloudError(
                f"'{object_id}' can't be the id of a {self.token}: the names in"
                f" {self.path} must be neither empty nor hold a slash"
            )

    def parameters(self, object_id: str) -> Plain:
        """The inputs that an id of this type names."""
        match = _pattern(self.path).fullmatch(object_id)
        assert match is not None, f"{object_id} was made by {self.path}"
        return dict(match.groupdict())


def _pattern(path: str) -> re.Pattern[str]:
    """A template as a pattern; its first input may hold slashes (a scope), the others not."""
    parts = re.split(r"{(\w+)}", path)
    pattern = ""
    for index, part in enumerate(parts):
        if index % 2 == 0:
            pattern += re.escape(part)
        else:
            pattern += f"(?P<{part}>{'.+' if index == 1 and not parts[0] else '[^/]+'})"
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


def known(value: Any) -> bool:
    """Whether an input is given and not unknown."""
    return value is not None and value is not UNKNOWN
