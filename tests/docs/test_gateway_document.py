"""The API developers' page: every code, parameter and block of it is the flow's own."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from lxml import etree

from components.configuration.environment import Environment
from tests.apigee import sources
from tests.apigee.test_samples import MASKS
from tests.docs import documents

FLOW = sources.read(sources.SHARED_FLOW)
_SETS = ("secret.outcome", "kv.status")


def _assigned(policy: etree._Element) -> dict[str, str]:
    return {
        str(variable.findtext("Name")): variable.findtext("Value") or ""
        for variable in policy.iter("AssignVariable")
    }


def _codes() -> set[tuple[str, str]]:
    """Status and code of every fault that the flow can raise."""
    found = set()
    for policy in FLOW.policies.values():
        assigned = _assigned(policy)
        if set(_SETS) <= assigned.keys():
            found.add((assigned["kv.status"], assigned["secret.outcome"]))
    return found


def _blocks(language: str) -> list[str]:
    return documents.blocks("gateway", language)


def test_the_table_has_every_answer_and_no_other() -> None:
    rows = documents.table("gateway", "## When it fails")
    assert sorted((row[0], documents.code(row[1])[0]) for row in rows) == sorted(_codes())
    assert all(meaning and mend for _, _, meaning, mend in rows)


def test_the_parameters_are_those_that_the_flow_reads() -> None:
    named = {documents.code(row[0])[0] for row in documents.table("gateway", "### Parameters")}
    conditions = " ".join(step.findtext("Condition") or "" for step in FLOW.steps())
    for name in named:
        assert re.search(rf"\b{re.escape(name)}\b", conditions), name
    read = set(re.findall(r"\b(?:private\.)?secret\.[a-z_]+", conditions))
    assert read - named == {"secret.outcome", "secret.source"}


def test_the_variables_are_those_that_the_flow_sets() -> None:
    named = {documents.code(row[0])[0] for row in documents.table("gateway", "### What you get")}
    started = _assigned(FLOW.policy("AM-Start")).keys()
    assert named == {name for name in started if "secret." in name}


@pytest.mark.parametrize("block", _blocks("xml"))
def test_every_policy_is_whole_and_has_known_elements(block: str) -> None:
    policy = etree.fromstring(block)
    if policy.tag == "FlowCallout":
        assert policy.findtext("SharedFlowBundle") == "azure-key-vault"
        parameters = {str(p.get("name")) for p in policy.iter("Parameter")}
        rows = documents.table("gateway", "### Parameters")
        assert parameters <= {documents.code(row[0])[0] for row in rows}
    elif policy.tag != "SSLInfo":
        assert policy.get("name")


def test_policies_that_samples_have_are_the_samples_own() -> None:
    shown = {etree.fromstring(b).get("name"): b for b in _blocks("xml")}
    sample = sources.PROXY / "policies"
    for name in ("FC-OrdersKey", "AM-BackendKey"):
        whole = etree.parse(sample / f"{name}.xml").getroot()
        assert _squeezed(etree.fromstring(shown[name])) == _squeezed(whole)


def _squeezed(policy: etree._Element) -> list[tuple[str, dict[str, str], str]]:
    elements = policy.iter(etree.Element)
    return [(str(e.tag), {**e.attrib}, (e.text or "").strip()) for e in elements]  # type: ignore[dict-item]


@pytest.mark.parametrize("block", _blocks("yaml"))
def test_every_setting_is_one_of_an_environments(block: str) -> None:
    tree = yaml.safe_load(block)
    environment = tree["environments"]["dev"] if "environments" in tree else tree
    whole = {"hostnames": ["dev.api.example.com"], **environment}
    Environment.model_validate_json(json.dumps(whole))


def test_the_samples_and_what_they_mask_are_the_tested_ones() -> None:
    rows = documents.table("gateway", "## Samples to copy")
    folders = {documents.code(row[0])[0] for row in rows}
    assert folders == {f"apigee/proxies/{root.parent.name}" for root in sources.PROXIES}
    masks = {documents.code(row[0])[0].rsplit("/", 1)[1]: documents.code(row[2]) for row in rows}
    for proxy, masked in MASKS.items():
        assert tuple(masks[proxy]) == masked
