"""A debug session shows no secret.

Owns debug masks: an environment to which something is deployed has one that hides the messages of the
shared flow `azure-key-vault`. What other proxies hand on is for whoever declares them to mask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ...certainty import Certainty, holds
from ...model import About, Context, Finding, Parameter, Resource, StackRule
from ...values import UNKNOWN

_MASK: Final = "gcp:apigee:environmentdebugmask"
_FLOW: Final = "gcp:apigee:sharedflowdeployment"
# Lower-cased: the flow's messages that carry a token, an assertion or a value.
_HIDDEN: Final = (
    "entrarequest.content",
    "entraresponse.content",
    "googlerequest.header.x-google-id-token",
    "vaultrequest.content",
    "vaultrequest.header.authorization",
    "vaultresponse.content",
)


def judge(resources: Mapping[str, Sequence[Resource]], context: Context) -> Iterator[Finding]:
    """Finds a shared flow in an environment whose debug sessions would show what it carries.

    Args:
        resources: deployments of shared flows and debug masks, by normalised type.
        context: with the flow's name and the environments that are adopted.
    """
    masks = [(_environment(m), m.properties.get("variables")) for m in resources.get(_MASK, ())]
    for deployment in resources.get(_FLOW, ()):
        place = deployment.properties.get("environment")
        if not _is_the_flow(deployment, context) or str(place).lower() in context.texts("adopted"):
            continue
        hides = _hides(place, masks)
        if hides is Certainty.UNDECIDED:
            yield _finding(
                deployment, "it isn't known what its environment's debug mask hides", False
            )
        elif hides is Certainty.NO:
            yield _finding(
                deployment, "its environment has no debug mask that hides the flow's messages"
            )


def _hides(place: object, masks: Sequence[tuple[object, object]]) -> Certainty:
    """Whether every mask of an environment hides all, and there is one.

    Before an environment is made, its mask's path isn't known: such a mask may be anyone's.
    """
    here = [variables for where, variables in masks if where == place]
    certainties = [holds(variables, _has_all) for variables in here]
    if place is UNKNOWN or (not here and any(where is UNKNOWN for where, _ in masks)):
        return Certainty.UNDECIDED
    return min(certainties, default=Certainty.NO)


def _has_all(variables: object) -> bool:
    return isinstance(variables, list) and set(_HIDDEN) <= {str(v).lower() for v in variables}


def _is_the_flow(deployment: Resource, context: Context) -> bool:
    name = deployment.properties.get("sharedflowId")
    return not isinstance(name, str) or any(
        name.lower().startswith(flow) for flow in context.texts("flows")
    )


def _environment(mask: Resource) -> object:
    path = mask.properties.get("envId")
    return path.rstrip("/").rpartition("/")[2] if isinstance(path, str) else path


def _finding(deployment: Resource, why: str, decided: bool = True) -> Finding:
    return Finding(
        deployment.urn,
        f"Shared flow '{deployment.name}': {why}. Give the environment an EnvironmentDebugmask whose "
        f"variables hold {', '.join(_HIDDEN)}.",
        decided,
    )


RULE = StackRule(
    about=About(
        name="apigee-debug-mask",
        description="Where the shared flow is deployed, a debug mask hides what it carries.",
        severity="high",
        controls=("MCSB DP-2",),
        remediation="1. Add an EnvironmentDebugmask with the shared flow's variables.",
        parameters=(
            Parameter(
                "flows",
                {"type": "array", "items": {"type": "string", "minLength": 1}},
                ["azure-key-vault"],
                "What the names of such shared flows begin with.",
            ),
            Parameter(
                "adopted",
                {"type": "array", "items": {"type": "string", "minLength": 1}},
                [],
                "Environments that are adopted, whose masks their owner answers for.",
            ),
        ),
    ),
    types=frozenset({_MASK, _FLOW}),
    judge=judge,
)
