"""Checks of what stands where: elements that mean nothing, flows and policies that never run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from validation.bundles.check import DOCUMENTATION, POLICIES, Check, Hit
from validation.bundles.model import Bundle, text_of

_COMMON = "DisplayName Properties Description"
_CHANGES = "Add AssignVariable Copy Remove Set"
# By the path of the parent. Types that apigeelint knows the elements of are not here.
_CHILDREN = {
    path: frozenset(f"{names} {'' if '/' in path else _COMMON}".split())
    for path, names in {
        "FlowCallout": "Parameters SharedFlowBundle",
        "FlowCallout/Parameters": "Parameter",
        "InvalidateCache": "CacheContext CacheKey CacheResource PurgeChildEntries Scope",
        "InvalidateCache/CacheKey": "KeyFragment Prefix",
        "KeyValueMapOperations": (
            "Delete ExclusiveCache ExpiryTimeInSecs Get InitialEntries MapName Put Scope"
        ),
        "KeyValueMapOperations/Get": "Key",
        "KeyValueMapOperations/Put": "Key Value",
        "KeyValueMapOperations/Delete": "Key",
        "LookupCache": "AssignTo CacheKey CacheLookupTimeoutInSeconds CacheResource Scope",
        "LookupCache/CacheKey": "KeyFragment Prefix",
        "PopulateCache": "CacheKey CacheResource ExpirySettings Scope Source",
        "PopulateCache/CacheKey": "KeyFragment Prefix",
        "PopulateCache/ExpirySettings": "ExpiryDate TimeOfDay TimeoutInSec TimeoutInSeconds",
        "RaiseFault": "FaultResponse IgnoreUnresolvedVariables ShortFaultReason",
        "RaiseFault/FaultResponse": f"AssignTo {_CHANGES} IgnoreUnresolvedVariables",
        "RaiseFault/FaultResponse/Set": "Headers Payload ReasonPhrase StatusCode Version",
        "ServiceCallout": ("HTTPTargetConnection LocalTargetConnection Request Response Timeout"),
        "ServiceCallout/Request": f"{_CHANGES} IgnoreUnresolvedVariables",
        "ServiceCallout/Request/Set": (
            "FormParams Headers Path Payload QueryParams StatusCode Verb Version"
        ),
        "VerifyAPIKey": "APIKey CacheExpiryInSeconds",
    }.items()
}
_MAY_AUTHENTICATE = {
    "ExternalCallout": ("GrpcConnection",),
    "ServiceCallout": ("HTTPTargetConnection",),
    "TargetEndpoint": ("HTTPTargetConnection",),
}
# Newer policies have elements of that name with rules of their own.
_NEVER_AUTHENTICATE = (
    *("ExtractVariables", "FlowCallout", "InvalidateCache", "KeyValueMapOperations"),
    *("LookupCache", "MessageLogging", "PopulateCache", "ProxyEndpoint", "RaiseFault"),
)
_PATH_ASKED = re.compile(
    r"""proxy\.pathsuffix\s+(?:MatchesPath|~/)\s+"(?P<path>[^"]+)"|"""
    r"""request\.verb\s*(?:==?|equals)\s*"(?P<verb>\w+)\"""",
    re.IGNORECASE,
)
_TOKENS = ("GoogleAccessToken", "GoogleIDToken")


def _unknown_elements(bundle: Bundle) -> Iterator[Hit]:
    for policy in bundle.policies.values():
        for path, known in _CHILDREN.items():
            tag, _, below = path.partition("/")
            if policy.root.tag != tag:
                continue
            for parent in policy.root.iterfind(below) if below else iter([policy.root]):
                for child in parent.iterchildren("*"):
                    if child.tag not in known and not _is_left_to_others(child):
                        yield Hit(policy, child, f"<{child.tag}> means nothing in <{parent.tag}>")


def _is_left_to_others(child: etree._Element) -> bool:
    """What old editors wrote into every policy, and what the next check speaks of."""
    return (child.tag == "FaultRules" and len(child) == 0) or child.tag == "Authentication"


def _misplaced_authentication(bundle: Bundle) -> Iterator[Hit]:
    for document in bundle.documents:
        kind = str(document.root.tag)
        for element in document.elements("Authentication"):
            parent = element.getparent()
            if parent is None:
                continue
            allowed = _MAY_AUTHENTICATE.get(kind, ())
            is_known = kind in _MAY_AUTHENTICATE or kind in _NEVER_AUTHENTICATE
            # Where it may stand in AssignMessage apigeelint knows.
            if parent.tag not in allowed and is_known and kind != "AssignMessage":
                message = f"<Authentication> means nothing in <{parent.tag}>"
                yield Hit(document, element, message)
            elif kind == "AssignMessage" and sum(child.tag in _TOKENS for child in element) != 1:
                yield Hit(document, element, "exactly one kind of token is needed")


def _shadowed(bundle: Bundle) -> Iterator[Hit]:
    for document in (*bundle.proxies, *bundle.targets):
        for flows in document.elements("Flows"):
            earlier: list[tuple[str, str, str]] = []
            for flow in flows.iterchildren("Flow"):
                taken = _path_and_verb(text_of(flow, "Condition"))
                if taken is None:
                    continue
                for name, path, verb in earlier:
                    # The same condition twice is apigeelint's finding.
                    if (path, verb) != taken and verb in ("", taken[1]) and _covers(path, taken[0]):
                        message = f'flow "{name}" takes all requests of flow "{flow.get("name")}"'
                        yield Hit(document, flow, message)
                        break
                earlier.append((str(flow.get("name")), *taken))


def _path_and_verb(condition: str) -> tuple[str, str] | None:
    """What a condition asks for, if it asks for a path and perhaps a verb, and for nothing else."""
    path = verb = ""
    for part in re.split(r"\s+and\s+|&&", condition, flags=re.IGNORECASE):
        found = _PATH_ASKED.fullmatch(part.strip().strip("() "))
        if found is None or (path and found["path"]) or (verb and found["verb"]):
            return None
        path, verb = found["path"] or path, found["verb"] or verb
    return (path, verb) if path else None


def _covers(wide: str, narrow: str) -> bool:
    """Whether a path pattern matches all that another one does: `*` one segment, `**` any number."""
    left, right = (pattern.strip("/").split("/") for pattern in (wide, narrow))
    for at, segment in enumerate(left):
        if segment == "**" and at == len(left) - 1:
            return len(right) > at
        if at >= len(right) or right[at] == "**" or "*" in segment.replace("*", "", 1):
            return False
        if segment not in ("*", right[at]):
            return False
    return len(left) == len(right)


def _disabled(bundle: Bundle) -> Iterator[Hit]:
    attached = {text_of(step, "Name") for _, step in bundle.steps()}
    for policy in bundle.policies.values():
        if policy.root.get("enabled") == "false" and policy.name in attached:
            yield Hit(policy, policy.root, f"{policy.name} is attached, and switched off")


CHECKS = (
    Check(
        "AKV501",
        "error",
        "An element means nothing where it stands, so Apigee refuses or ignores it.",
        "Correct its name or its place.",
        f"{POLICIES}/reference-overview-policy",
        _unknown_elements,
    ),
    Check(
        "AKV502",
        "error",
        "`<Authentication>` stands where it has no effect, or without one kind of token.",
        "Put it into `<Set>` of AssignMessage, or into the connection of a callout or target.",
        f"{DOCUMENTATION}/security/google-auth/overview",
        _misplaced_authentication,
    ),
    Check(
        "AKV503",
        "error",
        "A flow is never reached: one before it takes all of its requests.",
        "Put the flow with the narrower path first.",
        f"{DOCUMENTATION}/fundamentals/what-are-flows",
        _shadowed,
    ),
    Check(
        "AKV504",
        "warning",
        "A policy is attached and never runs: it is switched off.",
        'Remove `enabled="false"`, or the policy with its steps.',
        f"{POLICIES}/verify-api-key-policy",
        _disabled,
    ),
)
