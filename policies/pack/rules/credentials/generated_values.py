"""What a program generates as a secret is in its state.

Owns generators of passwords and keys. `RandomString` and the like make names and are let be: what looks
like a credential elsewhere is `literal_values`'s.
"""

from collections.abc import Iterator

from ...model import About, Context, Finding, Resource, ResourceRule


def judge(generated: Resource, context: Context) -> Iterator[Finding]:
    """Finds every one.

    Args:
        generated: a generated password or private key.
        context: of no use to this rule.
    """
    yield Finding(
        generated.urn,
        f"'{generated.name}': it generates a secret that Pulumi's state keeps. Have the vault generate "
        "it (a key, a certificate), or its owner's rotation.",
    )


RULE = ResourceRule(
    about=About(
        name="generated-credential-in-state",
        description="No program generates passwords or private keys.",
        severity="high",
        controls=("MCSB IM-8",),
        remediation=(
            "1. For a key or certificate declare it in the vault, which makes it.\n"
            "2. For a password have the rotation make and write it."
        ),
    ),
    types=frozenset(
        {
            "random:index:randompassword",
            "random:index:randombytes",
            "tls:index:privatekey",
        }
    ),
    judge=judge,
)
