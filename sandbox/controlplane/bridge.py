"""What types of bridged providers (gcp, random) share: how the bridge checks and replaces.

Follows the source of pulumi-terraform-bridge 3 and the Terraform plugin SDK's messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.controlplane.resource_type import Context, Naming, ResourceType
from sandbox.controlplane.schema import Mistake
from sandbox.controlplane.values import Plain


class BridgedType(ResourceType):
    """A type of a bridged provider."""

    preset: ClassVar[Mapping[str, Any]] = {}
    """Defaults that the provider's schema gives inputs which the cloud keeps."""
    unordered: ClassVar[frozenset[str]] = frozenset()
    """Lists that are sets to Terraform: another order is no change."""

    def explain(self, mistake: Mistake) -> str:
        where = f"Examine values at '{mistake.path}'."
        if mistake.kind == "missing":
            return (
                f'Missing required argument. The argument "{mistake.path}" is required, but no'
                f" definition was found.. {where}"
            )
        if mistake.kind == "type":
            return f"expected a value of type {mistake.expected}, got {mistake.got}. {where}"
        if mistake.kind == "enum":
            return f"expected one of {list(mistake.choices)}, got {mistake.got}. {where}"
        return f"Invalid or unknown key. {where} {self.token} has {', '.join(mistake.choices)}."

    def defaults(self, context: Context, naming: Naming, old: Plain, inputs: Plain) -> Plain:
        added: Plain = {
            name: value
            for name, value in {**self.local, **self.preset}.items()
            if value is not None and inputs.get(name) is None
        }
        name = self.name_input
        if name is not None and inputs.get(name) is None:
            kept = old.get(name) if name in old.get("__defaults", []) else None
            added[name] = kept or f"{naming.resource}-{naming.suffix(7)}"
        return {**added, "__defaults": sorted(added)}

    def compared(self, old: Plain, state: Plain, new: Plain) -> tuple[Plain, Plain]:
        """Where an input is optional and its output is always there, absent means "as it is".

        To Terraform's SDK, which has no nulls, an empty text is absent.
        """
        kept = {name: state[name] for name in self.computed() if name in state}
        given = {n: value for n, value in new.items() if not (n in kept and value == "")}
        return self._sorted({**old, **kept}), self._sorted({**kept, **given})

    def _sorted(self, inputs: Plain) -> Plain:
        return {
            name: sorted(value, key=repr)
            if name in self.unordered and isinstance(value, list)
            else value
            for name, value in inputs.items()
        }

    def computed(self) -> list[str]:
        """Inputs that Terraform calls optional and computed, told by the SDK's types."""
        inputs, outputs = self.schema.inputs, self.schema.outputs
        return [
            name
            for name, declared in inputs.items()
            if not declared.required and name in outputs and outputs[name].required
        ]

    def deletes_first(self, old: Plain, new: Plain) -> bool:
        """An explicit name that stays the same leaves no room for both."""
        name = self.name_input
        if name is None or name in new.get("__defaults", []):
            return False
        return bool(old.get(name) == new.get(name))
