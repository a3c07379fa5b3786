"""The bootstrap program on the real engine: a deployer's rights, made once and taken back."""

from __future__ import annotations

from collections import Counter

from sandbox import world
from tests.end_to_end.bench import ROOT, STACK, Bench

_BOOTSTRAP = ROOT / "bootstrap"
_ROLE = "azure-native:authorization:RoleDefinition"
_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
_CUSTOM_ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"
_MEMBER = "gcp:projects/iAMMember:IAMMember"


def test_a_deployers_rights_are_made_stay_as_they_are_and_go(bench: Bench) -> None:
    before = bench.objects()
    bench.pulumi("stack", "init", STACK, directory=_BOOTSTRAP)
    bench.up(directory=_BOOTSTRAP)
    made = bench.objects() - before
    assert Counter(type_ for type_, _ in made) == {
        _ROLE: 1,
        _ASSIGNMENT: 2,
        _CUSTOM_ROLE: 2,
        _MEMBER: 2,
    }
    assert all(
        id_.startswith(f"{world.SUBSCRIPTION}/providers/Microsoft.Authorization/")
        for type_, id_ in made
        if type_ in (_ROLE, _ASSIGNMENT)
    )

    bench.up("--expect-no-changes", directory=_BOOTSTRAP)
    refresh = ("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", STACK)
    bench.pulumi(*refresh, directory=_BOOTSTRAP)

    destroy = ("destroy", "--yes", "--skip-preview", "--stack", STACK)
    bench.pulumi(*destroy, directory=_BOOTSTRAP)
    # Google keeps a deleted role for a week, marked so; the next bootstrap takes it back.
    assert {type_ for type_, _ in bench.objects() - before} == {_CUSTOM_ROLE}
    bench.up(directory=_BOOTSTRAP)
    assert bench.objects() - before == made


def test_a_person_and_what_is_unknown_are_refused_before_anything_is_made(bench: Bench) -> None:
    before = bench.objects()
    bench.pulumi("stack", "init", STACK, directory=_BOOTSTRAP)
    for key, value, message in (
        ("member", "user:alice@example.com", "member 'user:alice@example.com' is no workload"),
        ("owner", "alice", "owner is an unknown key"),
    ):
        path = f"apigee-keyvault-bootstrap:deployer.{key}"
        bench.pulumi(
            *("config", "set", "--path", path, value, "--stack", STACK), directory=_BOOTSTRAP
        )
        result = bench.pulumi("preview", "--stack", STACK, directory=_BOOTSTRAP, fails=True)
        said = f"{result.stdout}{result.stderr}"
        assert message in said
        assert "Traceback" not in said
    assert bench.objects() == before
