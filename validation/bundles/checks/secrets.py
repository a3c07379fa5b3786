"""Checks that a secret stays in a private variable, and is told nobody."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from validation.bundles.check import DOCUMENTATION, POLICIES, Check, Hit
from validation.bundles.model import Bundle, Document, is_true, text_of
from validation.bundles.naming import is_private, looks_secret, may_be_secret
from validation.bundles.variables import carriers, read_by, read_within, writes

_FROM_CLIENT = frozenset({"", "request", "message"})
_MESSAGES = ("request.", "response.", "message.", "error.")


def _stays_visible(bundle: Bundle) -> Iterator[Hit]:
    for use in writes(bundle):
        kind = use.document.root.tag
        if is_private(use.variable) or use.literal is not None:
            continue
        # A credential that is sent stands in its message, which no name makes private: masks do.
        if use.variable.startswith(_MESSAGES):
            continue
        if kind == "ExtractVariables":
            source = text_of(use.document.root, "Source")
            # What a client sent is in its request for all to see, whatever variable it goes to.
            if source in _FROM_CLIENT or not looks_secret(use.variable):
                continue
        elif kind == "LookupCache":
            if not looks_secret(use.variable) and not _cached_private(bundle, use.document):
                continue
        elif use.element.tag == "AssignVariable":
            copied = {name for name in read_within(use.element) if is_private(name)}
            if not looks_secret(use.variable) and not any(map(looks_secret, copied)):
                continue
        else:
            continue
        message = f"{use.variable} holds a secret that debug sessions show"
        yield Hit(use.document, use.element, message)


def _cached_private(bundle: Bundle, lookup: Document) -> bool:
    key = _key(lookup)
    return any(
        is_private(text_of(populate.root, "Source")) and _key(populate) == key
        for populate in bundle.policies_of("PopulateCache")
    )


def _key(policy: Document) -> list[tuple[str, str]]:
    key = policy.root.find("CacheKey")
    parts = [] if key is None else key.iterchildren(etree.Element)
    return [(str(part.get("ref")), text_of(part)) for part in parts]


def _key_value_stays_visible(bundle: Bundle) -> Iterator[Hit]:
    for policy in bundle.policies_of("KeyValueMapOperations"):
        mapped = str(policy.root.get("mapIdentifier") or text_of(policy.root, "MapName"))
        for get in policy.elements("Get"):
            target = str(get.get("assignTo"))
            names = [target, mapped, *(text_of(key) for key in get.iter("Parameter"))]
            if not is_private(target) and any(map(looks_secret, names)):
                yield Hit(policy, get, f"{target} gets an entry that a debug session then shows")


def _told_to_logs(bundle: Bundle) -> Iterator[Hit]:
    filled = carriers(bundle)
    for policy in bundle.policies_of("MessageLogging"):
        for element in policy.elements():
            for name in sorted(read_by(element)):
                if may_be_secret(name) or looks_secret(name) or _is_body_of(name, filled):
                    yield Hit(policy, element, f"{name} is written to a log")


def _is_body_of(name: str, messages: set[str]) -> bool:
    message, _, part = name.partition(".")
    return message in messages and part == "content"


def _told_to_clients(bundle: Bundle) -> Iterator[Hit]:
    filled = carriers(bundle)
    for policy in bundle.policies_of("RaiseFault", "AssignMessage"):
        if policy.root.tag == "AssignMessage" and not _writes_response(policy):
            continue
        for element in policy.elements():
            if element.tag == "AssignVariable" or any(
                parent.tag == "AssignVariable" for parent in element.iterancestors()
            ):
                continue
            for name in sorted(read_by(element)):
                if may_be_secret(name) or _is_body_of(name, filled):
                    yield Hit(policy, element, f"{name} goes to the client")


def _writes_response(policy: Document) -> bool:
    target = policy.root.find("AssignTo")
    if target is None:
        return False
    named = text_of(target)
    return named == "response" or (not named and target.get("type") == "response")


def _told_in_addresses(bundle: Bundle) -> Iterator[Hit]:
    for document in bundle.documents:
        for element in document.elements("URL", "QueryParam", "Path"):
            for name in sorted(read_by(element)):
                if is_private(name) and looks_secret(name):
                    yield Hit(document, element, f"{name} is part of an address")


def _sent_unresolved(bundle: Bundle) -> Iterator[Hit]:
    for policy in bundle.policies_of("AssignMessage", "ServiceCallout"):
        for switch in policy.elements("IgnoreUnresolvedVariables"):
            owner = switch.getparent()
            if owner is None or not is_true(switch) or _writes_response(policy):
                continue
            parts = [part for part in owner if part.tag in ("Set", "Add")]
            names = {name for part in parts for name in read_within(part)}
            for name in sorted(n for n in names if is_private(n) and looks_secret(n)):
                yield Hit(policy, switch, f"the message is sent without {name} where that is unset")


def _left_behind(bundle: Bundle) -> Iterator[Hit]:
    if bundle.kind != "sharedflowbundle":
        return
    steps = [bundle.policies.get(text_of(step, "Name")) for _, step in bundle.steps()]
    filled: dict[str, Document] = {}
    for policy in steps:
        if policy is None:
            continue
        target = policy.root.find("AssignTo")
        if policy.root.tag == "ServiceCallout":
            filled[text_of(policy.root, "Response")] = policy
        elif target is not None and policy.root.find("Set") is None:
            filled.pop(text_of(target), None)
    for message in sorted(carriers(bundle) & set(filled)):
        policy = filled[message]
        where = policy.root.find("Response")
        if where is not None:
            yield Hit(policy, where, f"{message} still holds the secret when the flow ends")


CHECKS = (
    Check(
        "AKV101",
        "error",
        "A secret is kept in a variable that is not private.",
        "Begin the variable's name with `private.`: debug sessions leave such variables out.",
        f"{DOCUMENTATION}/security/data-masking",
        _stays_visible,
    ),
    Check(
        "AKV102",
        "error",
        "A key value map's secret entry is read into a variable that is not private.",
        "Begin the name in `assignTo` with `private.`.",
        f"{POLICIES}/key-value-map-operations-policy",
        _key_value_stays_visible,
    ),
    Check(
        "AKV103",
        "error",
        "A secret is written to a log.",
        "Log what the secret is called, its version or the outcome; never a private variable, a "
        "credential header or the answer that it came in.",
        f"{POLICIES}/message-logging-policy",
        _told_to_logs,
    ),
    Check(
        "AKV104",
        "error",
        "A private variable is written into the response or a fault.",
        "Say what went wrong without the value.",
        f"{POLICIES}/raise-fault-policy",
        _told_to_clients,
    ),
    Check(
        "AKV105",
        "error",
        "A secret is part of an address: a path or query parameter.",
        "Send it in a header or the body: addresses are in access logs on both sides.",
        "https://www.rfc-editor.org/rfc/rfc9110#section-17.9",
        _told_in_addresses,
    ),
    Check(
        "AKV106",
        "error",
        "A message that carries a secret is sent even where the secret is missing.",
        "Set `<IgnoreUnresolvedVariables>` to false: then the policy fails instead.",
        f"{POLICIES}/assign-message-policy",
        _sent_unresolved,
    ),
    Check(
        "AKV108",
        "warning",
        "A shared flow leaves behind the answer that a secret was read from.",
        "Replace the message by an empty one after its last use: AssignMessage with "
        '`<AssignTo createNew="true">`, and nothing to set. Mask its content, too.',
        f"{DOCUMENTATION}/security/data-masking",
        _left_behind,
    ),
)
