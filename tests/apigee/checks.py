"""What must hold in a bundle, each rule as a function that lists what breaks it.

Rules that hold for any bundle come first, those of the shared flow `azure-key-vault` after them.
The linter's own rules are not repeated here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml import etree

from tests.apigee.sources import Bundle, references, texts

Check = Callable[[Bundle], list[str]]

POLICY_TYPES = {
    "AssignMessage",
    "ExtractVariables",
    "FlowCallout",
    "InvalidateCache",
    "KeyValueMapOperations",
    "LookupCache",
    "MessageLogging",
    "PopulateCache",
    "RaiseFault",
    "ServiceCallout",
}
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
            targets = _extracted(root)
        elif root.tag == "AssignMessage":
            targets = [
                assign.findtext("Name") or ""
                for assign in root.iter("AssignVariable")
                if any(is_secret(variable) for variable in references(assign))
            ]
        found += [f"{name} writes {t}" for t in targets if not t.startswith("private.")]
    return found


def _extracted(root: etree._Element) -> list[str]:
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
            used |= {name.partition("private.kv.")[2] for name in _extracted(root)}
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


ANY_BUNDLE: list[Check] = [
    policies_are_attached,
    steps_name_policies,
    policy_types_are_known,
    no_clear_text_address,
    tls_is_enforced,
    credentials_are_resolved,
    secrets_stay_private,
    nothing_secret_is_told,
]
SHARED_FLOW_ONLY: list[Check] = [
    cache_keys_match,
    codes_are_exact,
    faults_have_one_shape,
    nothing_escapes_the_log,
    absent_fields_are_no_faults,
    carriers_are_emptied,
    private_variables_are_forgotten,
    parameters_are_for_one_call,
    names_are_checked_first,
    both_fetches_are_equal,
    lifetimes_are_bounded,
    refusals_drop_the_value,
]
