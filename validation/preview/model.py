"""A preview: its steps, the states before and after, and what the policy pack says of them.

Owns the shape alone, and what follows from one URN or state. `reading` makes it from events.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine writes for a value that only the deployment will tell (Pulumi, `UnknownString`)."""

# The engine's words for steps (Pulumi, `deploy.StepOp`). Those of a replacement come in twos or
# threes for one resource; `replace` alone is logical, the others are what is done.
SAME: Final = frozenset({"same", "read", "refresh", "read-discard"})
CREATED: Final = frozenset({"create", "create-replacement", "import", "import-replacement"})
DELETED: Final = frozenset({"delete", "delete-replaced", "discard", "discard-replaced"})
REPLACED: Final = frozenset({"replace", "create-replacement", "import-replacement"})


@dataclass(frozen=True)
class State:
    """A resource as it is, or as it is to be.

    Attributes:
        urn: its URN.
        type: its type token.
        inputs: what the program declares.
        outputs: what the provider told; nothing of what isn't made yet.
        parent: its parent's URN, or nothing.
        provider: reference of its provider, `URN::ID`, or nothing for a component.
        protect: whether Pulumi refuses to delete it.
    """

    urn: str
    type: str
    inputs: Mapping[str, object]
    outputs: Mapping[str, object]
    parent: str = ""
    provider: str = ""
    protect: bool = False

    @property
    def name(self) -> str:
        """The logical name, which the program gave."""
        return logical_name(self.urn)

    @property
    def kind(self) -> str:
        """The type without API version and former names: `azure-native:keyvault:vault`."""
        return kind(self.type)

    def value(self, key: str) -> object:
        """A property as declared, or else as the provider told it."""
        return self.inputs[key] if key in self.inputs else self.outputs.get(key)

    def text(self, key: str) -> str:
        """A property that is text; nothing where it is absent or no text."""
        value = self.value(key)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class Step:
    """One thing that would be done.

    Attributes:
        op: the engine's word for it.
        urn: URN of the resource.
        old, new: its state before and after.
        changed: paths of the properties that differ, with the kind of difference by path.
        replacing: paths of the properties for which it is replaced.
    """

    op: str
    urn: str
    old: State | None
    new: State | None
    changed: Mapping[str, str] = field(default_factory=dict)
    replacing: Sequence[str] = ()

    @property
    def type(self) -> str:
        """The resource's type token."""
        state = self.new or self.old
        return state.type if state else ""

    @property
    def name(self) -> str:
        """The resource's logical name."""
        return logical_name(self.urn)


@dataclass(frozen=True, order=True)
class Finding:
    """What a policy pack says of a resource, or of the whole stack.

    Attributes:
        level: `mandatory` or `advisory`.
        rule: the policy's name.
        urn: URN of the resource; the stack's where it is about no single one.
        message: why, and how to mend it.
        pack: the pack's name.
    """

    level: str
    rule: str
    urn: str
    message: str
    pack: str


@dataclass(frozen=True)
class Preview:
    """All of a preview.

    Attributes:
        stack, project: names of both; empty where nothing was previewed at all.
        steps: in the engine's order.
        findings: of all packs, sorted.
        packs: version by name of each pack that ran.
        errors: what the engine or the program reported as errors.
        complete: whether the preview came to its end and may be deployed.
    """

    stack: str
    project: str
    steps: Sequence[Step]
    findings: Sequence[Finding]
    packs: Mapping[str, str]
    errors: Sequence[str]
    complete: bool

    @property
    def changes(self) -> Iterator[Step]:
        """The steps that would change something."""
        return (step for step in self.steps if step.op not in SAME)

    @property
    def before(self) -> dict[str, State]:
        """What is deployed, by URN."""
        return {step.urn: step.old for step in self.steps if step.old is not None}

    @property
    def after(self) -> dict[str, State]:
        """What would be deployed, by URN. A resource that isn't made yet has no outputs."""
        after: dict[str, State] = {}
        for step in self.steps:
            if step.op not in DELETED and step.new is not None:
                after[step.urn] = step.new
        return after


def kind(token: str) -> str:
    """A type token in lower case, as `package:module:type`, whatever its API version or alias.

    `azure-native:keyvault/v20230701:Vault` and `azure-native_keyvault_v20230701:keyvault:Vault` are
    both `azure-native:keyvault:vault` (Pulumi, 'Azure Native: versioning').
    """
    package, _, rest = token.lower().partition(":")
    module, _, name = rest.rpartition(":")
    return f"{package.partition('_')[0]}:{module.partition('/')[0]}:{name}"


def logical_name(urn: str) -> str:
    """The last part of a URN. The parts before it hold no `::`."""
    return urn.split("::", 3)[-1]
