"""What must hold for the course of the shared flow `azure-key-vault`: its order, ends and codes."""

from __future__ import annotations

from tests.apigee.checks import Check
from tests.apigee.sources import Bundle

# What each code means is told to callers and counted by alerts: an exact set.
CODES = {
    "not-allowed": "403",
    "google-identity": "500",
    "federation": "500",
    "vault-token": "500",
    "vault-role": "500",
    "vault-firewall": "500",
    "vault-refused": "500",
    "disabled": "409",
    "expired": "409",
    "invalid-signature": "401",
    "bad-call": "500",
    "not-found": "404",
    "outage": "503",
}
SERVED = {"served", "expired"}
NAME_PATTERN = 'secret.name ~~ "^[0-9a-zA-Z-]{1,127}$"'


def codes_are_exact(bundle: Bundle) -> list[str]:
    """The outcomes that attached policies declare are the table's, each with its status."""
    attached = {step.findtext("Name") or "" for step in bundle.steps()}
    declared: dict[str, set[str]] = {}
    for name in sorted(attached & set(bundle.policies)):
        values = {
            assign.findtext("Name"): assign.findtext("Value") or ""
            for assign in bundle.policies[name].iter("AssignVariable")
        }
        is_end = values.get("secret.outcome") not in SERVED or "kv.status" in values
        if "secret.outcome" in values and is_end:
            declared.setdefault(values["secret.outcome"], set()).add(values.get("kv.status", "?"))
    wanted = {code: {status} for code, status in CODES.items()}
    return [
        f"{code}: {sorted(declared.get(code, set()))}, not {sorted(wanted.get(code, set()))}"
        for code in sorted(wanted.keys() | declared.keys())
        if declared.get(code) != wanted.get(code)
    ]


def faults_have_one_shape(bundle: Bundle) -> list[str]:
    """One body for all faults, Retry-After for outages alone, a fault for every end but a value."""
    faults = {name: root for name, root in bundle.policies.items() if root.tag == "RaiseFault"}
    found = []
    if len({root.findtext(".//Payload") for root in faults.values()}) != 1:
        found.append("bodies differ")
    for name, root in faults.items():
        waits = root.find(".//Header[@name='Retry-After']") is not None
        if waits != (name == "RF-Outage"):
            found.append(f"{name}: Retry-After")
    last = list(bundle.steps())[-1]
    if (last.findtext("Name"), last.findtext("Condition")) != (
        "RF-Refused",
        'not (kv.step = "served")',
    ):
        found.append("the last step lets an end without a value pass")
    return found


def nothing_escapes_the_log(bundle: Bundle) -> list[str]:
    """Policies that can fail do so into the flow, and the log line stands before every fault."""
    found = []
    for name, root in bundle.policies.items():
        fails = root.tag not in {"AssignMessage", "RaiseFault"}
        fails = fails or root.find(".//Authentication") is not None
        if fails and root.get("continueOnError") != "true":
            found.append(f"{name}: continueOnError is not true")
    steps = list(bundle.steps())
    names = [step.findtext("Name") or "" for step in steps]
    logs = [at for at, name in enumerate(names) if bundle.policies[name].tag == "MessageLogging"]
    faults = [at for at, name in enumerate(names) if bundle.policies[name].tag == "RaiseFault"]
    if len(logs) != 1 or steps[logs[0]].find("Condition") is not None:
        found.append("the log line is not written once, always")
    elif faults and min(faults) < logs[0]:
        found.append("a fault comes before the log line")
    return found


def absent_fields_are_no_faults(bundle: Bundle) -> list[str]:
    """An answer never has all fields: the flow judges what is absent, not the policy that reads."""
    return [
        f"{name}: IgnoreUnresolvedVariables is not true"
        for name, root in bundle.policies.items()
        if root.tag == "ExtractVariables" and root.findtext("IgnoreUnresolvedVariables") != "true"
    ]


_LISTED = [
    'kv.step = "named" and private.kv.grant = "allowed"',
    'kv.step = "named" and private.kv.client_grant = "allowed" and private.kv.client = "allowed"',
]


def names_are_checked_first(bundle: Bundle) -> list[str]:
    """No key and no path is built from a name that the pattern does not admit."""
    found = []
    if bundle.step("AM-Keys").findtext("Condition") != NAME_PATTERN:
        found.append("AM-Keys does not check the name")
    named = [
        name
        for name, root in bundle.policies.items()
        for assign in root.iter("AssignVariable")
        if (assign.findtext("Name"), assign.findtext("Value")) == ("kv.step", "named")
    ]
    if named != ["AM-Keys"]:
        found.append(f"{named} let a name through")
    for name, step in (
        *((name, "named") for name in ("AM-ClientKey", "AM-Sign", "AM-Unwrap", "AM-Version")),
        *(("KVM-Declaration", "named"), ("AM-Granted", "listed"), ("AM-Allowed", "granted")),
    ):
        condition = bundle.step(name).findtext("Condition") or ""
        if not f"{condition} and ".startswith(f'kv.step = "{step}" and '):
            found.append(f"{name} does not need the step before it")
    listed = [
        step.findtext("Condition")
        for step in bundle.steps()
        if step.findtext("Name") == "AM-Listed"
    ]
    if listed != _LISTED:
        found.append("AM-Listed does not need the entries")
    openers = [
        name
        for name, root in bundle.policies.items()
        for assign in root.iter("AssignVariable")
        if (assign.findtext("Name"), assign.findtext("Value")) == ("kv.step", "mint")
    ]
    if openers != ["AM-Allowed", "AM-MintAgain"]:
        found.append(f"{openers} let a call through")
    return found


def both_fetches_are_equal(bundle: Bundle) -> list[str]:
    """The second fetch, whatever it is for, is the first one again, step by step."""
    steps = [(step.findtext("Name"), step.findtext("Condition")) for step in bundle.steps()]
    starts = [at for at, (name, _) in enumerate(steps) if name == "AM-GoogleToken"]
    ends = [at for at, (name, _) in enumerate(steps) if name == "AM-Answered"]
    if len(starts) != 2 or len(ends) != 2:
        return [f"{len(starts)} fetches, not two"]
    first, second = (steps[start : end + 1] for start, end in zip(starts, ends, strict=True))
    return [] if first == second else ["the fetches differ"]


RULES: list[Check] = [
    codes_are_exact,
    faults_have_one_shape,
    nothing_escapes_the_log,
    absent_fields_are_no_faults,
    names_are_checked_first,
    both_fetches_are_equal,
]
