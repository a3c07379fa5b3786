"""What a resource's neighbours tell of it: names for ids, and the environment that it belongs to.

Owns the look-ups over all states of a preview, before and after. An id that only the deployment
tells has no name yet; then the resource's own name stands for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from validation.preview.model import UNKNOWN, Preview, State, kind, logical_name

# The program's components that are named for one environment.
_OF_ENVIRONMENT: Final = frozenset(
    f"apigee-keyvault:components:{name}"
    for name in ("keyvault", "gatewayidentity", "vaultaccess", "gatewayenvironment")
)
# Identities: which output is the id that roles are assigned to, and which names them.
_PRINCIPALS: Final = {
    "azure-native:managedidentity:userassignedidentity": ("principalId", "name", "identity"),
    "azuread:index:serviceprincipal": ("objectId", "displayName", "application"),
}
_ACCOUNT: Final = "gcp:serviceaccount:account"


@dataclass(frozen=True)
class Surroundings:
    """Names by id, from every state that a preview shows.

    Attributes:
        principals: names of Entra's identities by their object id.
        accounts: emails of Google's service accounts by their unique id.
    """

    principals: Mapping[str, str]
    accounts: Mapping[str, str]


def surroundings(preview: Preview) -> Surroundings:
    """What all states of a preview tell together."""
    states = [s for step in preview.steps for s in (step.old, step.new) if s is not None]
    return Surroundings(principals=dict(_principals(states)), accounts=dict(_accounts(states)))


def known(value: object) -> str:
    """A value as text; nothing where only the deployment will tell it, or where it is no text."""
    return value if isinstance(value, str) and UNKNOWN not in value else ""


def environment_of(state: State) -> str:
    """The environment whose component made the resource, or nothing."""
    if not state.parent:
        return ""
    chain = state.parent.split("::")[2]
    if kind(chain.rsplit("$", 1)[-1]) not in _OF_ENVIRONMENT:
        return ""
    return logical_name(state.parent)


def _principals(states: Iterable[State]) -> Iterable[tuple[str, str]]:
    for state in states:
        if state.kind in _PRINCIPALS:
            id_, name, noun = _PRINCIPALS[state.kind]
            if principal := known(state.outputs.get(id_)):
                yield principal, f"{noun} {known(state.outputs.get(name)) or state.name}"


def _accounts(states: Iterable[State]) -> Iterable[tuple[str, str]]:
    for state in states:
        if state.kind == _ACCOUNT and (unique := known(state.outputs.get("uniqueId"))):
            yield unique, known(state.outputs.get("email")) or state.name
