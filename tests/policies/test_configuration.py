"""What a stack's owner sets holds, and what the pack doesn't know is refused by name."""

from collections.abc import Mapping
from typing import Any

import grpc
import pytest

from tests.policies.fixtures import FixtureResource, Phase
from tests.policies.served_pack import ServedPack

PERSON = FixtureResource("azure-native:authorization:RoleAssignment", "grant", {}, {})
ENTRY = {
    "rule": "person-scoped-role-assignment",
    "resource": "*:RoleAssignment::grant",
    "reason": "until the break-glass process exists",
    "owner": "platform",
    "expires": "2999-12-31",
}


def _refusal(pack: ServedPack, config: Mapping[str, object]) -> str:
    with pytest.raises(grpc.RpcError) as refused:
        pack.set(config)
    error: Any = refused.value
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    return str(error.details())


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (
            {"person-scoped-role-asignment": "advisory"},
            "'person-scoped-role-asignment'; did you mean 'person-scoped-role-assignment'?",
        ),
        (
            {"exceptions": {"entires": []}},
            "exceptions: there is no parameter 'entires'; did you mean 'entries'?",
        ),
        (
            {"vault-without-audit-logs": {"days": 3}},
            "vault-without-audit-logs: there is no parameter 'days'; it has none.",
        ),
        (
            {"exceptions": {"entries": [{**ENTRY, "rule": "exception"}]}},
            "exceptions.entries[0]: there is no rule 'exception'; did you mean 'exceptions'?",
        ),
        (
            {"exceptions": {"entries": [ENTRY, {**ENTRY, "resource": "**::*"}]}},
            "exceptions.entries[1]: resource '**::*' would excuse every resource",
        ),
        (
            {"exceptions": {"entries": [{**ENTRY, "expires": "2026-02-30"}]}},
            "exceptions.entries[0]: expires '2026-02-30' is no date",
        ),
    ],
)
def test_what_the_pack_does_not_know_is_refused_with_the_nearest_name(
    packs: dict[Phase, ServedPack], config: Mapping[str, object], told: str
) -> None:
    assert told in _refusal(packs["update"], config)


def test_all_mistakes_are_told_at_once(packs: dict[Phase, ServedPack]) -> None:
    told = _refusal(packs["update"], {"one": "advisory", "two": "advisory"})
    assert "'one'" in told
    assert "'two'" in told


@pytest.mark.parametrize(("level", "mandatory"), [("advisory", False), ("mandatory", True)])
def test_a_level_that_is_set_is_the_verdicts(
    packs: dict[Phase, ServedPack], level: str, mandatory: bool
) -> None:
    packs["update"].set({"person-scoped-role-assignment": level})
    (verdict,) = [
        found
        for found in packs["update"].analyze_each([PERSON])
        if found.policy == "person-scoped-role-assignment"
    ]
    assert verdict.mandatory is mandatory


def test_a_disabled_rule_is_not_run(packs: dict[Phase, ServedPack]) -> None:
    packs["update"].set({"person-scoped-role-assignment": "disabled"})
    found = packs["update"].analyze_each([PERSON])
    assert "person-scoped-role-assignment" not in {verdict.policy for verdict in found}


def test_a_level_for_all_rules_is_no_unknown_rule(packs: dict[Phase, ServedPack]) -> None:
    packs["update"].set({"all": "mandatory"})


def test_a_refused_configuration_leaves_the_one_before_it_in_force(
    packs: dict[Phase, ServedPack],
) -> None:
    packs["update"].set({"person-scoped-role-assignment": "advisory"})
    _refusal(packs["update"], {"nonsense": "advisory"})
    verdicts = packs["update"].analyze_each([PERSON])
    assert {v.mandatory for v in verdicts if v.policy == "person-scoped-role-assignment"} == {False}
