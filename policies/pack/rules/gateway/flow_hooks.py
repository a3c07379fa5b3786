"""A flow hook that fails ends the request.

Owns flow hooks: what a hook checks is not checked where its failure is passed over.
"""

from collections.abc import Iterator

from ...certainty import Certainty, holds
from ...model import About, Context, Finding, Resource, ResourceRule


def judge(hook: Resource, context: Context) -> Iterator[Finding]:
    """Finds a hook that fails open.

    Args:
        hook: a flow hook.
        context: of no use to this rule.
    """
    closed = holds(hook.properties.get("continueOnError"), lambda value: value is False)
    if closed is not Certainty.YES:
        why = "continueOnError isn't false, and absent stands for true"
        yield Finding(
            hook.urn,
            f"Flow hook '{hook.name}': {why if closed is Certainty.NO else 'continueOnError is not known'}."
            " Set continueOnError=false: a request that the hook couldn't check ends.",
            decided=closed is Certainty.NO,
        )


RULE = ResourceRule(
    about=About(
        name="apigee-flow-hook-open",
        description="Apigee's flow hooks fail closed.",
        severity="high",
        controls=("MCSB NS-2",),
        remediation="1. Set continueOnError to false.",
    ),
    types=frozenset({"gcp:apigee:flowhook"}),
    judge=judge,
)
