"""An environment is of a type that runs the shared flow.

Owns the types of Apigee environments: in a BASE one extensible policies (callouts, caches) don't run, so
a deployment there fails at the first request (Google Cloud, "Apigee environment types").
"""

from collections.abc import Iterator

from ...certainty import Certainty, is_one_of
from ...model import About, Context, Finding, Parameter, Resource, ResourceRule


def judge(environment: Resource, context: Context) -> Iterator[Finding]:
    """Finds an environment of a type that doesn't run the flow.

    Args:
        environment: an Apigee environment.
        context: with whether the organization has types at all.
    """
    if context.settings["subscription"] is True:
        return
    runs = is_one_of(environment.properties.get("type"), {"intermediate", "comprehensive"})
    if runs is not Certainty.YES:
        why = "type isn't INTERMEDIATE or COMPREHENSIVE, and absent stands for BASE"
        yield Finding(
            environment.urn,
            f"Environment '{environment.name}': {why if runs is Certainty.NO else 'type is not known'}. The "
            "shared flow's callouts don't run there. Set the type, or the rule's parameter subscription "
            "where the organization is billed by subscription.",
            decided=runs is Certainty.NO,
        )


RULE = ResourceRule(
    about=About(
        name="apigee-environment-type",
        description="Apigee environments are of a type that runs the shared flow.",
        severity="medium",
        controls=("MCSB PV-1",),
        remediation="1. Set type to INTERMEDIATE or COMPREHENSIVE.",
        parameters=(
            Parameter(
                "subscription",
                {"type": "boolean"},
                False,
                "Whether the organization is billed by subscription, where types mean nothing.",
            ),
        ),
    ),
    types=frozenset({"gcp:apigee:environment"}),
    judge=judge,
)
