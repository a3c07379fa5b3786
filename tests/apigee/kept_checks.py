"""What must hold for what the shared flow `azure-key-vault` keeps, and for what it leaves behind."""

from __future__ import annotations

import re

from tests.apigee.checks import Check, extracted, is_secret
from tests.apigee.flow_checks import CODES
from tests.apigee.sources import Bundle, references, texts

CACHE_PREFIX = "azure-key-vault"
# What says nothing of the vault: the caller's mistakes, and its lack of a grant.
DENIED = {"not-allowed", "bad-call"}
PARAMETERS = {
    "secret.requested_version",
    "secret.operation",
    "secret.algorithm",
    "private.secret.input",
    "private.secret.signature",
}

_DROPPED = {"Token", "Value", "LastGood"}


def cache_keys_match(bundle: Bundle) -> list[str]:
    """LC-x, PC-x and, for a secret, IC-x exist and have one key, under the flow's own prefix."""
    keys: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for name, root in bundle.policies.items():
        key = root.find("CacheKey")
        if key is not None:
            verb, _, subject = name.partition("-")
            parts = [(str(part.tag) + str(part.get("ref")), part.text or "") for part in key]
            keys.setdefault(subject, {})[verb] = parts
    # Two policies make one entry, and what holds nothing secret needs no end before its time.
    keys["Young"] |= keys.pop("Renewing")
    found = []
    for subject, by_verb in keys.items():
        if set(by_verb) - {"IC"} != {"LC", "PC"} or ("IC" in by_verb) != (subject in _DROPPED):
            found.append(f"{subject} has {sorted(by_verb)} only")
        if len({tuple(parts) for parts in by_verb.values()}) != 1:
            found.append(f"{subject}: keys differ")
        if any(parts[:1] != [("PrefixNone", CACHE_PREFIX)] for parts in by_verb.values()):
            found.append(f"{subject}: no prefix {CACHE_PREFIX}")
    return found


def lifetimes_are_bounded(bundle: Bundle) -> list[str]:
    """Only whole seconds from 1 to the bound are a lifetime; a token must outlive its entry."""
    found = []
    for step, variable, bound in (
        ("AM-TokenSeconds", "token_seconds", 600),
        ("LC-Value", "cache_seconds", 3600),
        ("PC-Value", "cache_seconds", 3600),
        ("LC-LastGood", "stale_seconds", 86_400),
        ("PC-LastGood", "stale_seconds", 86_400),
        ("LC-Absent", "absent_seconds", 60),
        ("PC-Absent", "absent_seconds", 60),
    ):
        condition = bundle.step(step).findtext("Condition") or ""
        pattern = re.search(rf'private\.kv\.{variable} ~~ "([^"]+)"', condition)
        candidates = [*map(str, range(100_000)), "", "-1", "1.5", "060", " 60", "60\n", "null"]
        admitted = {text for text in candidates if pattern and re.fullmatch(pattern[1], text)}
        if admitted != {str(seconds) for seconds in range(1, bound + 1)}:
            found.append(f"{step} admits other lifetimes than 1 to {bound}")
    for step_element in bundle.steps():
        condition = step_element.findtext("Condition") or ""
        if step_element.findtext("Name") == "PC-Token" and "expires_in >= 900" not in condition:
            found.append("PC-Token keeps tokens that end too soon")
    if bundle.policy("KVM-Declaration").findtext("ExpiryTimeInSecs") != "60":
        found.append("the declaration is not read anew after 60 seconds")
    return found


_DROPS = [
    ("AM-Drop", 'kv.step = "refused" and kv.operation = "read" and not (secret.source = "cached")'),
    ("AM-Drop", 'kv.step = "outage" and kv.operation = "read" and kv.refusal = "met"'),
    ("IC-Value", 'kv.drop = "kept"'),
    ("IC-LastGood", 'kv.drop = "kept"'),
    ("IC-Value", 'kv.drop = "latest"'),
    ("IC-LastGood", 'kv.drop = "latest"'),
]


def refusals_drop_the_value(bundle: Bundle) -> list[str]:
    """Every refusal but the allow-list's reaches IC-Value; an outage does not."""
    found = []
    steps = [(step.findtext("Name"), step.findtext("Condition")) for step in bundle.steps()]
    if [step for step in steps if step[0] in {name for name, _ in _DROPS}] != _DROPS:
        found.append("what is kept is not dropped on refusals")
    for name, root in bundle.policies.items():
        values = {
            assign.findtext("Name"): assign.findtext("Value")
            for assign in root.iter("AssignVariable")
        }
        code = values.get("secret.outcome")
        if code in CODES and "kv.step" in values:
            wanted = "outage" if code == "outage" else "denied" if code in DENIED else "refused"
            if values.get("kv.step") != wanted:
                found.append(f"{name} does not end as {wanted}")
    return found


def carriers_are_emptied(bundle: Bundle) -> list[str]:
    """A message that carried a token, an assertion or a value is replaced by an empty one afterwards."""
    filled: dict[str, bool] = {}
    for step in bundle.steps():
        root = bundle.policies[step.findtext("Name") or ""]
        written = [(root.find("Request"), "variable"), (root.find("AssignTo"), None)]
        for element, attribute in written:
            if element is None or root.tag not in {"ServiceCallout", "AssignMessage"}:
                continue
            message = str(element.get(attribute)) if attribute else element.text or ""
            parts = [element.find("Set"), root.find("Set")]
            told = {name for part in parts if part is not None for name in references(part)}
            is_minted = root.find(".//Authentication") is not None
            is_empty = not is_minted and not any(map(is_secret, told))
            filled[message] = not is_empty
        if root.tag == "ServiceCallout":
            filled[root.findtext("Response") or ""] = True
    return [f"{message} is left filled" for message in sorted(filled) if filled[message]]


def private_variables_are_forgotten(bundle: Bundle) -> list[str]:
    """AM-Forget clears every private variable of the flow, and runs at both ends of it."""
    used = {
        word
        for _, element in bundle.elements()
        for text in texts(element)
        for word in re.findall(r"private\.kv\.(\w+)", text)
    }
    for root in bundle.policies.values():
        if root.findtext("VariablePrefix") == "private.kv":
            used |= {name.partition("private.kv.")[2] for name in extracted(root)}
    used -= {"id_host", "id_name"}  # the pattern needs a name for them; nothing reads them
    cleared = {
        (assign.findtext("Name") or "").partition("private.kv.")[2]
        for assign in bundle.policy("AM-Forget").iter("AssignVariable")
        if assign.find("Value") is not None and not assign.findtext("Value")
    }
    found = [f"private.kv.{name} is not cleared" for name in sorted(used - cleared)]
    steps = [step for step in bundle.steps() if step.find("Condition") is None]
    names = [step.findtext("Name") for step in steps]
    if names[:1] != ["AM-Forget"] or names.count("AM-Forget") != 2:
        found.append("AM-Forget does not run first and last")
    return found


def parameters_are_for_one_call(bundle: Bundle) -> list[str]:
    """AM-End empties what the caller handed over: the next call in the request has its own."""
    emptied = {
        assign.findtext("Name")
        for assign in bundle.policy("AM-End").iter("AssignVariable")
        if assign.find("Value") is not None and not assign.findtext("Value")
    }
    return [f"{name} outlives the call" for name in sorted(PARAMETERS - emptied)]


RULES: list[Check] = [
    cache_keys_match,
    lifetimes_are_bounded,
    refusals_drop_the_value,
    carriers_are_emptied,
    private_variables_are_forgotten,
    parameters_are_for_one_call,
]
