"""An Entra identity trusts one Google service account, or one pipeline, and nobody else.

Owns what a federated credential names: issuer, subject, audience (Microsoft Learn, "Overview of
federated identity credentials"; "Federated identity credentials considerations": matching is exact,
case included). How many of them an identity has is another rule's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final

from ...certainty import Certainty, certain, holds
from ...model import About, Context, Finding, Parameter, Resource, ResourceRule
from ...values import UNKNOWN

_GOOGLE: Final = "https://accounts.google.com"
_AUDIENCE: Final = "api://AzureADTokenExchange"
# A service account's unique id: digits alone (Google Cloud, "Service accounts overview").
_ACCOUNT: Final = re.compile(r"[1-9][0-9]{14,24}")
_FLEXIBLE: Final = "azuread:index:applicationflexiblefederatedidentitycredential"
# What a pattern for subjects must hold, so that not every repository or environment fits.
_WILD: Final = re.compile(r"[*?\[]")


def judge(credential: Resource, context: Context) -> Iterator[Finding]:
    """Finds a credential that trusts more, or something else, than one declared workload.

    Args:
        credential: a federated credential of a managed identity or an application.
        context: with the issuers other than Google.
    """
    properties = credential.properties
    if (
        "flexible" in credential.token.lower()
        or properties.get("claimsMatchingExpression") is not None
    ):
        yield _finding(
            credential, "it matches subjects by an expression, so more than one fits", True
        )
        return
    issuer, subject = properties.get("issuer"), properties.get("subject")
    audiences = properties.get("audiences")
    trusted, subject_fits = _trusted(issuer, subject, context)
    for certainty, why in (
        (trusted, f"issuer isn't exactly \"{_GOOGLE}\", nor one of the rule's parameter issuers"),
        (
            subject_fits,
            "subject isn't the numeric id of one service account, nor one of the issuer's",
        ),
        (_audience(audiences), f'audiences isn\'t exactly ["{_AUDIENCE}"]'),
    ):
        if certainty is not Certainty.YES:
            known = certainty is Certainty.NO
            yield _finding(credential, why if known else f"it isn't known yet whether {why}", known)


def _trusted(issuer: object, subject: object, context: Context) -> tuple[Certainty, Certainty]:
    if issuer is UNKNOWN:
        return Certainty.UNDECIDED, Certainty.YES
    if issuer == _GOOGLE:
        return Certainty.YES, holds(
            subject, lambda value: isinstance(value, str) and _ACCOUNT.fullmatch(value) is not None
        )
    patterns = _issuers(context).get(str(issuer))
    if patterns is None:
        return Certainty.NO, Certainty.YES
    return Certainty.YES, holds(
        subject,
        lambda value: (
            isinstance(value, str)
            and _WILD.search(value) is None
            and any(fnmatchcase(value, pattern) for pattern in patterns)
        ),
    )


def _issuers(context: Context) -> Mapping[str, Sequence[str]]:
    entries = context.settings["issuers"]
    assert isinstance(entries, list)
    return {str(entry["issuer"]): [str(s) for s in entry["subjects"]] for entry in entries}


def _audience(audiences: object) -> Certainty:
    if audiences is UNKNOWN:
        return Certainty.UNDECIDED
    if not isinstance(audiences, list | str):
        return Certainty.NO
    # An application's credential has its audience in a list as well; azuread takes one text too.
    listed = [audiences] if isinstance(audiences, str) else audiences
    exact = min((holds(value, lambda known: known == _AUDIENCE) for value in listed), default=None)
    return certain(False) if exact is None or len(listed) > 1 else exact


def _finding(credential: Resource, why: str, decided: bool) -> Finding:
    return Finding(
        credential.urn,
        f"Federated credential '{credential.name}': {why}. Name one workload exactly: whoever has a "
        "token that fits is this identity.",
        decided,
    )


RULE = ResourceRule(
    about=About(
        name="federated-credential",
        description="A federated credential names one workload: issuer, subject and audience, exactly.",
        severity="critical",
        controls=(
            "MCSB IM-3",
            "Azure Policy 2571b7c3",
            "Azure Policy fd1a8e20",
            "Azure Policy ae62c456",
            "Checkov CKV_AZURE_249",
        ),
        remediation=(
            f'1. Set issuer to "{_GOOGLE}", subject to the unique id of the service account, audiences '
            f'to ["{_AUDIENCE}"].\n'
            "2. For a pipeline list its issuer and subjects in the parameter issuers, with repository "
            "and environment in the subject."
        ),
        parameters=(
            Parameter(
                "issuers",
                {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "issuer": {"type": "string", "pattern": "^https://"},
                            "subjects": {
                                "type": "array",
                                "minItems": 1,
                                # Neither everything, nor every repository of an owner.
                                "items": {"type": "string", "pattern": "^[^*?]{8,}"},
                            },
                        },
                        "required": ["issuer", "subjects"],
                        "additionalProperties": False,
                    },
                },
                [],
                "Issuers of pipelines: `issuer`, and `subjects` (patterns that begin with the repository "
                "and hold its environment, such as `repo:org/repository:environment:prod`).",
            ),
        ),
    ),
    types=frozenset(
        {
            "azure-native:managedidentity:federatedidentitycredential",
            "azuread:index:applicationfederatedidentitycredential",
            _FLEXIBLE,
        }
    ),
    judge=judge,
)
