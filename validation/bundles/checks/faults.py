"""Checks that what fails is noticed, and told as a failure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from validation.bundles import conditions
from validation.bundles.check import DOCUMENTATION, POLICIES, Check, Hit
from validation.bundles.model import Bundle, Document, continues_on_error, text_of
from validation.bundles.variables import reads

_FAULTS = f"{DOCUMENTATION}/fundamentals/fault-handling"
_GUARDS = frozenset(
    (
        *("AccessControl", "HMAC", "JSONThreatProtection", "OASValidation"),
        *("RegularExpressionProtection", "ValidateSAMLAssertion", "VerifyAPIKey", "VerifyJWS"),
        *("VerifyJWT", "XMLThreatProtection"),
    )
)
# Set by whichever policy of the type failed, without its name.
_FAILED = {"JSONThreatProtection": "jsonattack.failed", "XMLThreatProtection": "xmlattack.failed"}
_STATUS = frozenset({"error.status.code", "message.status.code", "response.status.code"})


def _no_default(bundle: Bundle) -> Iterator[Hit]:
    for document in (*bundle.proxies, *bundle.targets):
        if document.root.find("DefaultFaultRule") is not None:
            continue
        for rules in document.elements("FaultRules"):
            found = list(rules.iterchildren("FaultRule"))
            if found and all(text_of(rule, "Condition") for rule in found):
                yield Hit(document, rules, "a fault that no rule is for goes out as it is")


def _guard_lets_pass(bundle: Bundle) -> Iterator[Hit]:
    asked = _asked(bundle)
    for policy in bundle.policies.values():
        if continues_on_error(policy) and _is_guard(policy) and not _is_asked_for(policy, asked):
            message = f"{policy.name} lets pass what it refuses, and no condition asks for it"
            yield Hit(policy, policy.root, message)


def _is_guard(policy: Document) -> bool:
    kind = str(policy.root.tag)
    if kind == "OAuthV2":
        return text_of(policy.root, "Operation") == "VerifyAccessToken"
    if kind == "BasicAuthentication":
        return text_of(policy.root, "Operation") == "Decode"
    return kind in _GUARDS


def _asked(bundle: Bundle) -> set[str]:
    """Variables that conditions read."""
    texts = [condition.text or "" for _, condition in bundle.conditions()]
    return {name for text in texts for name in conditions.variables(text)}


def _is_asked_for(policy: Document, asked: set[str]) -> bool:
    """Whether a condition reads one of the policy's variables, or the last fault's name."""
    shared = _FAILED.get(str(policy.root.tag), "fault.name")
    return any(policy.name in name.split(".") or name in (shared, "fault.name") for name in asked)


def _told_as_success(bundle: Bundle) -> Iterator[Hit]:
    for document in bundle.endpoints:
        for rule in document.elements("FaultRule", "DefaultFaultRule"):
            for step in rule.iter("Step"):
                policy = bundle.policies.get(text_of(step, "Name"))
                if policy is not None and _sets_success(policy):
                    yield Hit(document, step, f"{policy.name} answers a fault with a success")


def _sets_success(policy: Document) -> bool:
    codes = [text_of(code) for code in policy.elements("StatusCode")]
    codes += [
        text_of(assign, "Value")
        for assign in policy.elements("AssignVariable")
        if text_of(assign, "Name") in _STATUS
    ]
    return any(re.fullmatch(r"2\d\d", code) for code in codes)


def _failure_unnoticed(bundle: Bundle) -> Iterator[Hit]:
    asked = _asked(bundle)
    read = {use.variable for use in reads(bundle)}
    for policy in bundle.policies_of("ServiceCallout"):
        answer = text_of(policy.root, "Response")
        if not continues_on_error(policy) or not answer or _is_asked_for(policy, asked):
            continue
        if answer in bundle.scripts:
            continue
        if _is_part_of(answer, {*read, *_sources(bundle)}) and not _is_part_of(answer, asked):
            message = f"{answer} is used without asking whether {policy.name} failed"
            yield Hit(policy, policy.root, message)


def _is_part_of(message: str, names: set[str]) -> bool:
    return any(name.partition(".")[0] == message for name in names)


def _sources(bundle: Bundle) -> set[str]:
    elements: list[etree._Element] = []
    for policy in bundle.policies.values():
        elements += policy.elements("Source")
    return {text_of(element) for element in elements}


CHECKS = (
    Check(
        "AKV601",
        "note",
        "Fault rules all have conditions, and there is no default.",
        "Add a `<DefaultFaultRule>`: what no rule is for goes out as Apigee worded it.",
        _FAULTS,
        _no_default,
    ),
    Check(
        "AKV602",
        "error",
        "A policy that refuses bad requests lets them pass.",
        'Remove `continueOnError="true"`, or ask for the policy\'s outcome in a condition.',
        _FAULTS,
        _guard_lets_pass,
    ),
    Check(
        "AKV603",
        "error",
        "A fault rule answers with a status of success.",
        "Answer a fault with 4xx or 5xx: callers, caches and monitors go by it. In a proxy that "
        "calls `azure-key-vault` such a rule hides the flow's refusal.",
        _FAULTS,
        _told_as_success,
    ),
    Check(
        "AKV604",
        "warning",
        "A callout's failure goes unnoticed, and its answer is used all the same.",
        "Ask for `servicecallout.NAME.failed` or the answer's status before the answer is used.",
        f"{POLICIES}/service-callout-policy",
        _failure_unnoticed,
    ),
)
