"""What a gateway sends a secret to, it sends it to in private.

Owns target servers' TLS. Targets within bundles are for bundle checks.
"""

from collections.abc import Iterator

from ...certainty import Certainty, at, holds, is_true
from ...model import About, Context, Finding, Resource, ResourceRule


def judge(server: Resource, context: Context) -> Iterator[Finding]:
    """Finds a target server without TLS, or with TLS that takes any certificate.

    Args:
        server: a target server.
        context: of no use to this rule.
    """
    tls = server.properties.get("sSlInfo")
    lenient = holds(at(tls, "ignoreValidationErrors"), lambda value: value in (None, False))
    for certainty, why in (
        (is_true(at(tls, "enabled")), "sSlInfo.enabled isn't true"),
        (lenient, "sSlInfo.ignoreValidationErrors takes any certificate"),
    ):
        if certainty is not Certainty.YES:
            known = certainty is Certainty.NO
            yield Finding(
                server.urn,
                f"Target server '{server.name}': {why if known else 'it is not known whether ' + why}. Set "
                "sSlInfo.enabled=true, and leave ignoreValidationErrors out.",
                decided=known,
            )


RULE = ResourceRule(
    about=About(
        name="target-server-without-tls",
        description="Apigee's target servers are called by TLS, and their certificates are checked.",
        severity="high",
        controls=("MCSB DP-3",),
        remediation="1. Set sSlInfo with enabled true and without ignoreValidationErrors.",
    ),
    types=frozenset({"gcp:apigee:targetserver"}),
    judge=judge,
)
