"""The bundles keep every rule of `checks`, and every rule notices what it is there to notice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from components.gateway.gateway_environment import MASKED_VARIABLES
from tests.apigee import checks, flow_checks, kept_checks
from tests.apigee.sources import PROXIES, PROXY, SHARED_FLOW, Bundle, read, references

Defect = Callable[[Bundle], None]
FLOW_RULES = [*flow_checks.RULES, *kept_checks.RULES]


@pytest.mark.parametrize("check", checks.RULES, ids=lambda check: check.__name__)
@pytest.mark.parametrize("root", [SHARED_FLOW, *PROXIES], ids=lambda root: root.parent.name)
def test_every_bundle_keeps_the_rule(check: checks.Check, root: Path) -> None:
    assert check(read(root)) == []


@pytest.mark.parametrize("check", FLOW_RULES, ids=lambda check: check.__name__)
def test_the_shared_flow_keeps_the_rule(check: checks.Check) -> None:
    assert check(read(SHARED_FLOW)) == []


def _text(policy: str, path: str, text: str) -> Defect:
    """A defect that replaces an element's text."""

    def seed(bundle: Bundle) -> None:
        element = bundle.policy(policy).find(path)
        assert element is not None
        element.text = text

    return seed


def _attribute(policy: str, path: str, name: str, value: str) -> Defect:
    """A defect that replaces an attribute."""

    def seed(bundle: Bundle) -> None:
        element = bundle.policy(policy).find(path)
        assert element is not None
        element.set(name, value)

    return seed


def _without(policy: str, path: str) -> Defect:
    """A defect that takes an element out."""

    def seed(bundle: Bundle) -> None:
        element = bundle.policy(policy).find(path)
        assert element is not None
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)

    return seed


def _condition(step: str, condition: str) -> Defect:
    """A defect that replaces the condition of the first step that runs the policy."""

    def seed(bundle: Bundle) -> None:
        element = bundle.step(step).find("Condition")
        assert element is not None
        element.text = condition

    return seed


def _unattached(policy: str, everywhere: bool = True) -> Defect:
    """A defect that takes a policy's steps (or the first only) out of the flows."""

    def seed(bundle: Bundle) -> None:
        steps = [step for step in bundle.steps() if step.findtext("Name") == policy]
        for step in steps if everywhere else steps[:1]:
            parent = step.getparent()
            assert parent is not None
            parent.remove(step)

    return seed


def _moved_to_front(policy: str) -> Defect:
    """A defect that runs a policy's step before all others."""

    def seed(bundle: Bundle) -> None:
        step = bundle.step(policy)
        parent = step.getparent()
        assert parent is not None
        parent.insert(0, step)

    return seed


def _removed(policy: str) -> Defect:
    """A defect that deletes a policy's file."""

    def seed(bundle: Bundle) -> None:
        del bundle.policies[policy]

    return seed


def _script(bundle: Bundle) -> None:
    bundle.policies["AM-Start"] = etree.Element("Javascript", name="AM-Start")


DEFECTS: list[tuple[checks.Check, Defect]] = [
    (checks.policies_are_attached, _unattached("PC-Value")),
    (checks.steps_name_policies, _removed("AM-Ask")),
    (checks.steps_name_policies, _attribute("AM-Ask", ".", "name", "AM-Other")),
    (checks.policy_types_are_known, _script),
    (checks.no_clear_text_address, _text("SC-Vault", ".//URL", "http://{private.kv.vault_host}/")),
    (checks.tls_is_enforced, _text("SC-Vault", ".//Enforce", "false")),
    (checks.tls_is_enforced, _without("SC-Entra", ".//Enforce")),
    (
        checks.credentials_are_resolved,
        _text("SC-Vault", ".//IgnoreUnresolvedVariables", "true"),
    ),
    (checks.credentials_are_resolved, _without("AM-GoogleToken", "IgnoreUnresolvedVariables")),
    (checks.secrets_stay_private, _text("LC-Token", "AssignTo", "kv.token")),
    (checks.secrets_stay_private, _text("EV-Token", "VariablePrefix", "kv")),
    (checks.secrets_stay_private, _text("EV-Assertion", "VariablePrefix", "kv")),
    (checks.secrets_stay_private, _text("AM-Served", "AssignVariable/Name", "secret.value")),
    (checks.secrets_stay_private, _attribute("KVM-Declaration", "Get", "assignTo", "kv.grant")),
    (
        checks.nothing_secret_is_told,
        _text("ML-Call", ".//Message", '{"value":"{escapeJSON(private.secret.value)}"}'),
    ),
    (checks.nothing_secret_is_told, _text("RF-Refused", ".//Payload", "{vaultResponse.content}")),
    (
        kept_checks.cache_keys_match,
        _attribute("PC-Value", ".//KeyFragment[3]", "ref", "secret.nam"),
    ),
    (kept_checks.cache_keys_match, _without("IC-Token", ".//Prefix")),
    (kept_checks.cache_keys_match, _removed("IC-Value")),
    (kept_checks.cache_keys_match, _removed("IC-LastGood")),
    (kept_checks.cache_keys_match, _text("PC-Renewing", ".//KeyFragment", "token")),
    (flow_checks.codes_are_exact, _unattached("AM-Disabled")),
    (flow_checks.codes_are_exact, _text("AM-NotFound", "AssignVariable[2]/Value", "403")),
    (flow_checks.codes_are_exact, _text("AM-VaultRole", "AssignVariable/Value", "vault-rule")),
    (flow_checks.faults_have_one_shape, _text("RF-Outage", ".//Payload", "{}")),
    (flow_checks.faults_have_one_shape, _without("RF-Outage", ".//Headers")),
    (flow_checks.faults_have_one_shape, _condition("RF-Refused", 'kv.step = "refused"')),
    (flow_checks.nothing_escapes_the_log, _attribute("SC-Entra", ".", "continueOnError", "false")),
    (
        flow_checks.nothing_escapes_the_log,
        _attribute("AM-GoogleToken", ".", "continueOnError", "false"),
    ),
    (flow_checks.nothing_escapes_the_log, _unattached("ML-Call")),
    (flow_checks.nothing_escapes_the_log, _moved_to_front("RF-Refused")),
    (
        flow_checks.absent_fields_are_no_faults,
        _without("EV-Answer", "IgnoreUnresolvedVariables"),
    ),
    (kept_checks.carriers_are_emptied, _unattached("AM-VaultEnd")),
    (kept_checks.carriers_are_emptied, _unattached("AM-End")),
    (kept_checks.carriers_are_emptied, _text("AM-AgeMessage", ".//Payload", "{private.kv.entry}")),
    (kept_checks.private_variables_are_forgotten, _without("AM-Forget", "AssignVariable[8]")),
    (kept_checks.private_variables_are_forgotten, _unattached("AM-Forget", everywhere=False)),
    (flow_checks.names_are_checked_first, _condition("AM-Keys", 'secret.name ~~ ".+"')),
    (flow_checks.names_are_checked_first, _condition("AM-Allowed", 'kv.step = "denied"')),
    (flow_checks.names_are_checked_first, _condition("AM-Granted", 'kv.step = "named"')),
    (flow_checks.names_are_checked_first, _condition("AM-Listed", 'kv.step = "named"')),
    (flow_checks.names_are_checked_first, _condition("AM-Sign", 'secret.operation = "sign"')),
    (flow_checks.names_are_checked_first, _text("AM-Start", "AssignVariable[10]/Value", "named")),
    (kept_checks.parameters_are_for_one_call, _without("AM-End", "AssignVariable[2]")),
    (flow_checks.names_are_checked_first, _text("AM-Granted", "AssignVariable/Value", "mint")),
    (flow_checks.both_fetches_are_equal, _condition("PC-Token", 'kv.step = "mint"')),
    (flow_checks.both_fetches_are_equal, _unattached("SC-Vault", everywhere=False)),
    (kept_checks.lifetimes_are_bounded, _condition("PC-Token", "private.kv.expires_in >= 90")),
    (
        kept_checks.lifetimes_are_bounded,
        _condition("LC-Value", 'private.kv.cache_seconds ~~ "[0-9]+"'),
    ),
    (kept_checks.lifetimes_are_bounded, _text("KVM-Declaration", "ExpiryTimeInSecs", "300")),
    (kept_checks.refusals_drop_the_value, _condition("IC-Value", 'secret.outcome = "vault-role"')),
    (kept_checks.refusals_drop_the_value, _condition("AM-Drop", 'kv.step = "refused"')),
    (
        kept_checks.refusals_drop_the_value,
        _text("AM-BadVersion", "AssignVariable[3]/Value", "refused"),
    ),
    (
        kept_checks.refusals_drop_the_value,
        _text("AM-VaultRole", "AssignVariable[3]/Value", "outage"),
    ),
]


@pytest.mark.parametrize(
    ("check", "defect"),
    DEFECTS,
    ids=[f"{check.__name__}-{at}" for at, (check, _) in enumerate(DEFECTS)],
)
def test_a_seeded_defect_is_noticed(check: checks.Check, defect: Defect) -> None:
    bundle = read(SHARED_FLOW)
    defect(bundle)
    assert check(bundle) != []


def test_every_rule_has_a_seeded_defect() -> None:
    assert {check for check, _ in DEFECTS} == {*checks.RULES, *FLOW_RULES}


def _carried(bundle: Bundle) -> set[str]:
    """Names of the message variables that hold a credential or a value at some moment."""
    found = set()
    for root in bundle.policies.values():
        target = root.find("AssignTo" if root.tag == "AssignMessage" else "Request")
        if target is None or root.tag not in {"AssignMessage", "ServiceCallout"}:
            continue
        message = target.get("variable") or target.text
        for header in root.iter("Header"):
            if any(map(checks.is_secret, references(header))):
                found.add(f"{message}.header.{header.get('name')}")
        for header_name in root.iter("HeaderName"):
            found.add(f"{message}.header.{header_name.text}")
        for payload in root.iter("Payload"):
            if any(map(checks.is_secret, references(payload))):
                found.add(f"{message}.content")
        if root.tag == "ServiceCallout":
            found.add(f"{root.findtext('Response')}.content")
    return found


@pytest.mark.parametrize("root", [SHARED_FLOW, PROXY], ids=lambda root: root.parent.name)
def test_every_message_that_carries_a_secret_is_masked_in_debug_sessions(root: Path) -> None:
    carried = _carried(read(root))
    assert carried
    assert carried <= set(MASKED_VARIABLES)
