"""Which resource types give access, and by which reader each is read.

Owns the table, and that none is passed over in silence: a type that gives access by its name, and
that no reader knows, is told as what must be looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from validation.access_diff.model import Access, Danger
from validation.access_diff.previewed import apigee, azure, entra, google
from validation.access_diff.previewed.surroundings import (
    Surroundings,
    environment_of,
    surroundings,
)
from validation.preview.model import Preview, State

_Reader = Callable[[State, Surroundings], Iterator[Access]]

_READERS: Final[Mapping[str, _Reader]] = {
    "azure-native:authorization:roleassignment": azure.role_assignment,
    "azure-native:keyvault:accesspolicy": azure.access_policy,
    "azure-native:keyvault:vault": azure.vault,
    "azure-native:network:privateendpoint": azure.private_endpoint,
    "azure-native:managedidentity:federatedidentitycredential": entra.federated_credential,
    "azuread:index:applicationfederatedidentitycredential": entra.federated_credential,
    "gcp:apigee:environmentapirevisiondeployment": apigee.deployment,
    "gcp:apigee:environmentkeyvaluemapsentries": apigee.map_entry,
    "gcp:apigee:sharedflowdeployment": apigee.deployment,
}
# Google's IAM types end alike, whatever they are about.
_GOOGLE: Final[Mapping[str, _Reader]] = {
    "iammember": google.member,
    "iambinding": google.binding,
    "iampolicy": google.policy,
}
_CLOUDS: Final = {"azure-native": "Azure", "azuread": "Entra", "gcp": "Google"}
# Words in the names of types that give somebody a right or a secret of their own.
_GIVES: Final = re.compile(
    r"iam|role|member|owner|accesspolic|grant|delegat|federat|eligib|consent|password"
    r"|serviceaccount:key$|certificate$"
)
# What such a word stands in, and yet nobody is given anything.
_GIVES_NOTHING: Final = frozenset(
    {"azure-native:authorization:roledefinition", "gcp:projects:iamcustomrole"}
)


def accesses(preview: Preview) -> tuple[set[Access], set[Access]]:
    """What the resources of a preview give, before and after.

    Arguments:
        preview: the preview, with the resources that stay the same (`--show-sames`).
    """
    around = surroundings(preview)
    return (
        {a for state in preview.before.values() for a in _of(state, around)},
        {a for state in preview.after.values() for a in _of(state, around)},
    )


def _of(state: State, around: Surroundings) -> Iterator[Access]:
    reader = _READERS.get(state.kind)
    package, module, name = state.kind.split(":")
    if reader is None and package == "gcp":
        reader = next((r for end, r in _GOOGLE.items() if name.endswith(end)), None)
    if reader is not None:
        yield from reader(state, around)
    elif (
        package in _CLOUDS
        and _GIVES.search(f"{module}:{name}")
        and state.kind not in _GIVES_NOTHING
    ):
        yield Access(
            *(Danger.PERSON, _CLOUDS[package], environment_of(state)),
            *(f"whoever {state.name} names", "be given access by", f"a {state.type}: look at it"),
        )
