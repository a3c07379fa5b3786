"""An Apigee environment that exists already: read, checked, and never changed.

Owns the checks of what would otherwise fail at run time, or leak. What is put into the environment
is `gateway_environment`'s.
"""

from collections.abc import Collection, Sequence
from functools import partial
from typing import TypeVar

import pulumi
import pulumi_gcp.apigee as apigee

# Runs no extensible policy (Google Cloud, 'Apigee environment types').
BASE = "BASE"

_Fact = TypeVar("_Fact")


def read(
    name: str, path: str, masked: Collection[str], opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """The environment's name, which fails the run where the environment won't do.

    Arguments:
        name: logical name of the component that reads it.
        path: the environment's path, `organizations/ORGANIZATION/environments/NAME`.
        masked: variables that its debug mask must hide. The mask is a singleton that any write
            overwrites, so it stays its owner's.
        opts: options of what is read.

    Raises:
        pulumi.RunError: by way of the output, when the type is BASE or the mask leaves out some of
            `masked`.
    """
    environment = apigee.Environment.get(f"{name}-environment", path, opts)
    mask = apigee.EnvironmentDebugmask.get(f"{name}-debug-mask", f"{path}/debugmask", opts)
    facts = pulumi.Output.all(
        environment.name, mask.name, _or_none(environment.type), _or_none(mask.variables)
    )
    return facts.apply(partial(_checked, path, masked))


async def _or_none(output: pulumi.Output[_Fact]) -> _Fact | None:
    """A property of what was read, None where it has none: in a preview the SDK says unknown."""
    return await output.future()


def mistakes(type_: str | None, hidden: Collection[str], masked: Collection[str]) -> list[str]:
    """What is wrong with an environment, and how to mend it.

    Arguments:
        type_: its type.
        hidden: the variables that its debug mask hides.
        masked: those that it must hide.
    """
    found = []
    if type_ == BASE:
        found.append(
            f"it is of type {BASE}, which doesn't run the shared flow: its owner has to change it"
            " to INTERMEDIATE or COMPREHENSIVE"
        )
    shown = sorted(set(masked) - set(hidden))
    if shown:
        found.append(
            "its debug mask would show secrets: its owner has to add the variables"
            f" {', '.join(shown)}"
        )
    return found


def _checked(
    path: str, masked: Collection[str], facts: tuple[str, str, str | None, Sequence[str] | None]
) -> str:
    name, _, type_, hidden = facts
    found = mistakes(type_, hidden or (), masked)
    if found:
        raise pulumi.RunError(f"{path} exists, but {'; and '.join(found)}")
    return name
