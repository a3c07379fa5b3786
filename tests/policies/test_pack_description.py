"""What the served pack says of itself."""

from pulumi.runtime.proto import analyzer_pb2

from tests.policies.fixtures import Phase
from tests.policies.served_pack import ServedPack


def test_pack_has_its_name_and_each_rule_twice(packs: dict[Phase, ServedPack]) -> None:
    info = packs["update"].info()
    assert info.name == "apigee-keyvault"
    assert [policy.name for policy in info.policies] == [
        "person-scoped-role-assignment",
        "person-scoped-role-assignment-undecided",
        "vault-without-audit-logs",
        "vault-without-audit-logs-undecided",
    ]


def test_rules_are_mandatory_and_undecided_is_advisory(packs: dict[Phase, ServedPack]) -> None:
    for policy in packs["update"].info().policies:
        undecided = policy.name.endswith("-undecided")
        level = analyzer_pb2.ADVISORY if undecided else analyzer_pb2.MANDATORY
        assert policy.enforcementLevel == level, policy.name


def test_severity_tells_how_bad_a_violation_is(packs: dict[Phase, ServedPack]) -> None:
    assert {policy.name: policy.severity for policy in packs["update"].info().policies} == {
        "person-scoped-role-assignment": analyzer_pb2.POLICY_SEVERITY_CRITICAL,
        "person-scoped-role-assignment-undecided": analyzer_pb2.POLICY_SEVERITY_LOW,
        "vault-without-audit-logs": analyzer_pb2.POLICY_SEVERITY_HIGH,
        "vault-without-audit-logs-undecided": analyzer_pb2.POLICY_SEVERITY_LOW,
    }


def test_every_policy_says_which_controls_it_covers_and_how_to_mend(
    packs: dict[Phase, ServedPack],
) -> None:
    references = {}
    for policy in packs["update"].info().policies:
        assert policy.framework.name == "Microsoft cloud security benchmark"
        assert policy.remediation_steps.startswith("1. ")
        references[policy.name] = (policy.framework.reference, list(policy.tags))
    assert references["person-scoped-role-assignment"] == (
        "PA-4",
        ["CIS Azure Foundations: 5.3.5", "PSRule for Azure: AZR-000203"],
    )
    assert references["vault-without-audit-logs"] == (
        "LT-3",
        [
            "Microsoft cloud security benchmark: DP-8",
            "CIS Azure Foundations: 6.1.1.4",
            "PSRule for Azure: AZR-000119",
            "Azure Policy: cf820ca0",
        ],
    )
