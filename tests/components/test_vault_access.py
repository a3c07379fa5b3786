"""Who is granted what on a vault, and under which names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pytest

from components.vault.vault_access import VaultAccess, VaultAccessArgs
from tests.components.recording import Recording, record

SUBSCRIPTION = "22222222-2222-4222-8222-222222222222"
FIRST = "55555555-5555-4555-8555-555555555555"
SECOND = "66666666-6666-4666-8666-666666666666"
CI = "33333333-3333-4333-8333-333333333333"
ROTATION = "77777777-7777-4777-8777-777777777777"
VAULT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
SECRETS_OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
CRYPTO_USER = "12338af0-0e69-4776-bea7-57ae8d297424"

Grant = tuple[str, str, str]  # principal, role, where beneath the vault


def _access(
    *,
    readers: Mapping[str, pulumi.Input[str]] | None = None,
    writers: Mapping[str, pulumi.Input[str]] | None = None,
    secrets: Sequence[str] | None = None,
    keys: Sequence[str] = (),
    vault: pulumi.Input[str] = VAULT,
) -> VaultAccess:
    args = VaultAccessArgs(
        SUBSCRIPTION, vault, readers or {"1": FIRST}, writers or {}, secrets, keys
    )
    return VaultAccess("alpha", args)


def _grants(recording: Recording) -> dict[str, Grant]:
    grants = {}
    for made in recording.of("RoleAssignment"):
        principal, scope = made.inputs["principalId"], made.inputs["scope"]
        role = made.inputs["roleDefinitionId"].rpartition("/")[2]
        assert scope.startswith(VAULT)
        grants[made.name] = (principal, role, scope.removeprefix(VAULT))
    return grants


def test_a_vault_of_its_own_is_granted_as_a_whole_with_the_least_role_for_each(
    preview: bool,
) -> None:
    recording = record(lambda: _access(writers={"ci": CI}), preview=preview)
    assert _grants(recording) == {
        "alpha-gateway": (FIRST, SECRETS_USER, ""),
        "alpha-writer-ci": (CI, SECRETS_OFFICER, ""),
    }


def test_in_a_shared_vault_readers_and_writers_reach_the_declared_secrets_alone(
    preview: bool,
) -> None:
    recording = record(
        lambda: _access(writers={"ci": CI}, secrets=["key-a", "key-b"]), preview=preview
    )
    assert _grants(recording) == {
        "alpha-gateway:key-a": (FIRST, SECRETS_USER, "/secrets/key-a"),
        "alpha-gateway:key-b": (FIRST, SECRETS_USER, "/secrets/key-b"),
        "alpha-writer-ci:key-a": (CI, SECRETS_OFFICER, "/secrets/key-a"),
        "alpha-writer-ci:key-b": (CI, SECRETS_OFFICER, "/secrets/key-b"),
    }


def test_in_a_shared_vault_nothing_declared_is_nothing_granted(preview: bool) -> None:
    recording = record(lambda: _access(writers={"ci": CI}, secrets=[]), preview=preview)
    assert _grants(recording) == {}


def test_keys_are_usable_only_where_some_are_declared(preview: bool) -> None:
    without = record(_access, preview=preview)
    with_keys = record(lambda: _access(keys=["signing"]), preview=preview)
    shared = record(lambda: _access(secrets=["key-a"], keys=["signing"]), preview=preview)
    assert CRYPTO_USER not in {role for _, role, _ in _grants(without).values()}
    assert _grants(with_keys) == {
        "alpha-gateway": (FIRST, SECRETS_USER, ""),
        "alpha-gateway-keys": (FIRST, CRYPTO_USER, ""),
    }
    assert _grants(shared) == {
        "alpha-gateway:key-a": (FIRST, SECRETS_USER, "/secrets/key-a"),
        "alpha-gateway-keys:signing": (FIRST, CRYPTO_USER, "/keys/signing"),
    }


def test_writers_may_not_use_keys(preview: bool) -> None:
    recording = record(lambda: _access(writers={"ci": CI}, keys=["signing"]), preview=preview)
    assert {role for principal, role, _ in _grants(recording).values() if principal == CI} == {
        SECRETS_OFFICER
    }


def test_two_generations_read_and_the_first_keeps_its_name(preview: bool) -> None:
    recording = record(
        lambda: _access(readers={"1": FIRST, "2": SECOND}, keys=["signing"]), preview=preview
    )
    assert _grants(recording) == {
        "alpha-gateway": (FIRST, SECRETS_USER, ""),
        "alpha-gateway-keys": (FIRST, CRYPTO_USER, ""),
        "alpha-gateway-2": (SECOND, SECRETS_USER, ""),
        "alpha-gateway-2-keys": (SECOND, CRYPTO_USER, ""),
    }


def test_every_principal_is_sent_as_a_workload(preview: bool) -> None:
    recording = record(
        lambda: _access(writers={"ci": CI}, secrets=["key-a"], keys=["signing"]), preview=preview
    )
    assignments = recording.of("RoleAssignment")
    assert len(assignments) == 3
    assert {a.inputs["principalType"] for a in assignments} == {"ServicePrincipal"}


def _names(recording: Recording) -> list[str]:
    return [made.inputs["roleAssignmentName"] for made in recording.of("RoleAssignment")]


def test_the_same_assignment_has_the_same_name_in_every_run_and_in_any_case() -> None:
    first = _names(record(lambda: _access(secrets=["key-a"]), preview=False))
    again = _names(record(lambda: _access(secrets=["key-a"]), preview=False))
    other_case = _names(
        record(lambda: _access(secrets=["key-a"], vault=VAULT.lower()), preview=False)
    )
    assert first == again == other_case


@pytest.mark.parametrize(
    "other",
    [
        lambda: _access(secrets=["key-b"]),
        _access,
        lambda: _access(readers={"1": SECOND}, secrets=["key-a"]),
        lambda: _access(secrets=["key-a"], vault=f"{VAULT}2"),
        lambda: _access(secrets=[], keys=["key-a"]),
    ],
    ids=["secret", "vault", "principal", "other-vault", "role"],
)
def test_whatever_would_replace_an_assignment_changes_its_name(other: object) -> None:
    assert callable(other)
    name = _names(record(lambda: _access(secrets=["key-a"]), preview=False))
    assert set(name).isdisjoint(_names(record(other, preview=False)))


def test_a_replaced_assignment_is_made_before_the_old_one_is_taken_away(preview: bool) -> None:
    recording = record(lambda: _access(secrets=["key-a"], keys=["signing"]), preview=preview)
    for grant in recording.of("RoleAssignment"):
        assert grant.options.deleteBeforeReplaceDefined
        assert not grant.options.deleteBeforeReplace
