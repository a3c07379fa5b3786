"""What must hold in any bundle, each rule as a function that lists what breaks it.

The rules of the shared flow `azure-key-vault` are in `flow_checks` and `kept_checks`. The linter's own
rules are not repeated here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml import etree

from tests.apigee.sources import Bundle, references

Check = Callable[[Bundle], list[str]]

POLICY_TYPES = {
    "AssignMessage",
    "ExtractVariables",
    "FlowCallout",
    "HMAC",
    "InvalidateCache",
    "KeyValueMapOperations",
    "LookupCache",
    "MessageLogging",
    "PopulateCache",
    "RaiseFault",
    "ServiceCallout",
}
# Entries of the declaration, and times and versions out of a secret-bearing answer: no secrets.
_PUBLIC = {
    f"private.kv.{name}"
    for name in (
        *("version", "exp", "fetched", "kept_exp"),
        *("cache_seconds", "stale_seconds", "absent_seconds", "refuse_expired"),
    )
}
_PUBLIC_PATHS = {"$.error", "$.error_codes[0]"}
_CARRIERS = {"googleRequest", "entraRequest", "entraResponse", "vaultRequest", "vaultResponse"}


def is_secret(variable: str) -> bool:
    """Whether a variable may hold a value, a token, an assertion or what a caller handed over."""
    if variable in _PUBLIC:
        return False
    message, _, part = variable.partition(".")
    return message == "private" or (message in _CARRIERS and part != "status.code")


def policies_are_attached(bundle: Bundle) -> list[str]:
    """Every policy file is run by a step somewhere."""
    used = {step.findtext("Name") for step in bundle.steps()}
    return [f"{name} is attached nowhere" for name in bundle.policies if name not in used]


def steps_name_policies(bundle: Bundle) -> list[str]:
    """Every step names a policy that exists, and a policy's file is named as it is."""
    found = [
        f"step {step.findtext('Name')} has no policy"
        for step in bundle.steps()
        if step.findtext("Name") not in bundle.policies
    ]
    return found + [
        f"{name} holds policy {root.get('name')}"
        for name, root in bundle.policies.items()
        if root.get("name") != name
    ]


def policy_types_are_known(bundle: Bundle) -> list[str]:
    """No scripts and no Java: only the types that the project has chosen."""
    return [
        f"{name} is a {root.tag}"
        for name, root in bundle.policies.items()
        if root.tag not in POLICY_TYPES
    ]


def no_clear_text_address(bundle: Bundle) -> list[str]:
    """Nothing is fetched without TLS."""
    return [
        f"{name}: {text.strip()}"
        for name, element in bundle.elements()
        for text in [element.text or "", *(str(value) for value in element.attrib.values())]
        if "http://" in text
    ]


def tls_is_enforced(bundle: Bundle) -> list[str]:
    """Every connection checks the server's certificate and name."""
    found = []
    for name, connection in bundle.elements():
        if connection.tag != "HTTPTargetConnection":
            continue
        found += [
            f"{name}: SSLInfo/{switch} is not true"
            for switch in ("Enabled", "Enforce")
            if connection.findtext(f"SSLInfo/{switch}") != "true"
        ]
        if connection.find(".//IgnoreValidationErrors") is not None:
            found.append(f"{name}: IgnoreValidationErrors")
    return found


def credentials_are_resolved(bundle: Bundle) -> list[str]:
    """A message that carries a credential fails without it, and is never sent with a hole."""
    found = []
    for name, root in bundle.policies.items():
        for part in root.iter("Set", "Add"):
            owner = part.getparent()
            if owner is None or root.tag == "RaiseFault":
                continue
            carries = any(is_secret(variable) for variable in references(part))
            carries = carries or part.find("Authentication") is not None
            if carries and owner.findtext("IgnoreUnresolvedVariables") != "false":
                found.append(f"{name}: IgnoreUnresolvedVariables is not false")
    return found


def secrets_stay_private(bundle: Bundle) -> list[str]:
    """What a secret is read into, copied to or joined with is a private variable."""
    found = []
    for name, root in bundle.policies.items():
        targets: list[str] = []
        if root.tag == "LookupCache":
            targets = [root.findtext("AssignTo") or ""]
        elif root.tag == "KeyValueMapOperations":
            targets = [str(get.get("assignTo")) for get in root.iter("Get")]
        elif root.tag == "ExtractVariables":
            targets = extracted(root)
        elif root.tag == "AssignMessage":
            targets = [
                assign.findtext("Name") or ""
                for assign in root.iter("AssignVariable")
                if any(is_secret(variable) for variable in references(assign))
            ]
        found += [f"{name} writes {t}" for t in targets if not t.startswith("private.")]
    return found


def extracted(root: etree._Element) -> list[str]:
    """The variables that an ExtractVariables policy writes and that may hold a secret."""
    prefix = root.findtext("VariablePrefix")
    names = [
        str(variable.get("name"))
        for variable in root.iter("Variable")
        if variable.find("XPath") is not None
        or variable.findtext("JSONPath", "") not in {"", *_PUBLIC_PATHS}
    ]
    for pattern in root.iter("Pattern"):
        names += re.findall(r"\{(\w+)\}", pattern.text or "")
    return [f"{prefix}.{name}" for name in names]


def nothing_secret_is_told(bundle: Bundle) -> list[str]:
    """Neither a log line nor a fault refers to a secret-bearing variable."""
    return [
        f"{name} tells {variable}"
        for name, root in bundle.policies.items()
        if root.tag in {"MessageLogging", "RaiseFault"}
        for variable in sorted(references(root))
        if is_secret(variable)
    ]


RULES: list[Check] = [
    policies_are_attached,
    steps_name_policies,
    policy_types_are_known,
    no_clear_text_address,
    tls_is_enforced,
    credentials_are_resolved,
    secrets_stay_private,
    nothing_secret_is_told,
]
