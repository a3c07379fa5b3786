"""What the served pack says of itself."""

import re

from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2

from policies.pack.catalogue import RULES
from policies.pack.controls import CONTROLS
from policies.pack.exceptions import EXCEPTIONS
from policies.pack.model import About, ResourceRule
from tests.policies.fixtures import Phase
from tests.policies.served_pack import ServedPack

ABOUTS: list[About] = [*(rule.about for rule in RULES), EXCEPTIONS]
_LEVELS = {"advisory": analyzer_pb2.ADVISORY, "mandatory": analyzer_pb2.MANDATORY}
_SEVERITIES = {
    "low": analyzer_pb2.POLICY_SEVERITY_LOW,
    "medium": analyzer_pb2.POLICY_SEVERITY_MEDIUM,
    "high": analyzer_pb2.POLICY_SEVERITY_HIGH,
    "critical": analyzer_pb2.POLICY_SEVERITY_CRITICAL,
}


def test_pack_has_its_name_and_every_rule_once(packs: dict[Phase, ServedPack]) -> None:
    info = packs["update"].info()
    assert info.name == "apigee-keyvault"
    assert info.supportsConfig
    assert [policy.name for policy in info.policies] == [about.name for about in ABOUTS]
    assert len({about.name for about in ABOUTS}) == len(ABOUTS)


def test_each_rule_is_served_as_it_is_written(packs: dict[Phase, ServedPack]) -> None:
    kinds = {r.about.name: isinstance(r, ResourceRule) for r in RULES} | {EXCEPTIONS.name: False}
    for policy, about in zip(packs["update"].info().policies, ABOUTS, strict=True):
        assert policy.description == about.description
        assert policy.enforcementLevel == _LEVELS[about.level]
        assert policy.severity == _SEVERITIES[about.severity]
        assert list(policy.tags) == list(about.controls)
        assert policy.url == f"docs/policies.md#{about.name}"
        kind = "RESOURCE" if kinds[about.name] else "STACK"
        assert policy.policy_type == analyzer_pb2.PolicyType.Value(f"POLICY_TYPE_{kind}")


def test_the_first_control_is_the_rules_framework(packs: dict[Phase, ServedPack]) -> None:
    for policy, about in zip(packs["update"].info().policies, ABOUTS, strict=True):
        first = CONTROLS[about.controls[0]] if about.controls else None
        assert policy.framework.name == (first.framework if first else "")
        assert policy.framework.reference == (first.reference if first else "")
        assert policy.framework.specification == (first.title if first else "")


def test_every_parameter_is_served_with_its_schema_and_default(
    packs: dict[Phase, ServedPack],
) -> None:
    for policy, about in zip(packs["update"].info().policies, ABOUTS, strict=True):
        served = json_format.MessageToDict(policy.configSchema.properties)
        assert served == {p.name: {**p.schema, "default": p.default} for p in about.parameters}


def test_every_rule_says_what_must_hold_and_how_to_mend() -> None:
    for about in ABOUTS:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+|exceptions", about.name)
        assert about.description.endswith(".")
        assert about.description.count("\n") == 0
        assert about.remediation.startswith("1. ")
        assert set(about.controls) <= CONTROLS.keys()
        assert not about.controls or about.controls[0].startswith("MCSB ")
        assert all(parameter.description.endswith(".") for parameter in about.parameters)
