"""`random:index/randomString:RandomString`: really random, and kept in the program's state only.

Defaults and the alphabet follow the documentation of Terraform's `random_string`.
"""

from __future__ import annotations

import secrets
import string

from sandbox.controlplane import errors
from sandbox.controlplane.bridge import BridgedType
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import UNKNOWN, Plain

_CLASSES = {
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "numeric": string.digits,
    "special": "!@#$%&*()-_=+[]{}<>:?",
}
_DEFAULTS: Plain = {
    **dict.fromkeys(_CLASSES, True),
    "number": True,
    "minLower": 0,
    "minUpper": 0,
    "minNumeric": 0,
    "minSpecial": 0,
}
_LONGEST = 65_536
"""The sandbox's own limit: a longer one would keep everybody else waiting."""


class RandomString(BridgedType):
    """No cloud holds it: its id is its value, and reading it returns the state unchanged."""

    sdk = "pulumi_random.RandomString"
    path = "{result}"
    replace_on = frozenset({"length", "keepers", "overrideSpecial", *(name for name in _DEFAULTS)})

    def refusals(self, context: Context, inputs: Plain) -> list[str]:
        settings = {**_DEFAULTS, **inputs}
        if any(value is UNKNOWN for value in settings.values()):
            return []
        least = max(sum(settings[f"min{name.capitalize()}"] for name in _CLASSES), 1)
        if settings["length"] < least:
            return [f"Attribute length value must be at least {least}, got: {settings['length']}"]
        if settings["length"] > _LONGEST:
            return [f"the sandbox makes no random string longer than {_LONGEST} characters"]
        if not any(settings[name] for name in _CLASSES):
            return ["at least one of lower, upper, numeric and special must be true"]
        return []

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        return {**_DEFAULTS, **inputs, "result": object_id}

    def object_id(self, context: Context, inputs: Plain) -> str:
        settings = {**_DEFAULTS, **inputs}
        alphabets = {**_CLASSES}
        if settings.get("overrideSpecial"):
            alphabets["special"] = settings["overrideSpecial"]
        chosen = [
            secrets.choice(alphabets[name])
            for name in _CLASSES
            for _ in range(settings[f"min{name.capitalize()}"])
        ]
        allowed = "".join(alphabets[name] for name in _CLASSES if settings[name])
        chosen += [secrets.choice(allowed) for _ in range(settings["length"] - len(chosen))]
        secrets.SystemRandom().shuffle(chosen)
        return "".join(chosen)

    def create(self, context: Context, inputs: Plain) -> str:
        return self.object_id(context, inputs)

    def read(self, context: Context, object_id: str, state: Plain) -> Plain:
        return {**_DEFAULTS, "length": len(object_id), **state, "result": object_id}

    def update(self, context: Context, object_id: str, inputs: Plain, state: Plain) -> None:
        """Every input replaces: there is nothing to update."""

    def delete(self, context: Context, object_id: str, state: Plain) -> None:
        """Nothing is kept anywhere."""

    def already_exists(self, object_id: str) -> CloudError:
        return errors.bridged("a random string never exists twice")

    gone = already_exists
