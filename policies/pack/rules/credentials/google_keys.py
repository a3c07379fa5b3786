"""No key of a service account, and no other key that stands for one.

Google Cloud, "Best practices for managing service account keys": use keys only if there is no other way.
"""

from collections.abc import Iterator

from ...model import About, Context, Finding, Resource, ResourceRule


def judge(key: Resource, context: Context) -> Iterator[Finding]:
    """Finds every one.

    Args:
        key: a key of a service account, an HMAC key or an API key.
        context: of no use to this rule.
    """
    yield Finding(
        key.urn,
        f"Key '{key.name}': whoever holds it is the account, from anywhere, and Pulumi's state has it. "
        "Let the workload run as the account, or federate it (Workload Identity Federation).",
    )


RULE = ResourceRule(
    about=About(
        name="static-google-credential",
        description="Service accounts have no keys; no HMAC keys, no API keys.",
        severity="critical",
        controls=("MCSB IM-3", "MCSB IM-8", "Checkov CKV_GCP_42"),
        remediation=(
            "1. Run the workload as the service account, or federate its own platform's identity.\n"
            "2. Remove the key, and whoever's copy of it."
        ),
    ),
    types=frozenset(
        {
            "gcp:serviceaccount:key",
            "gcp:storage:hmackey",
            "gcp:projects:apikey",
        }
    ),
    judge=judge,
)
