"""What can't be changed in a vault or a key, and how a preview says so."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.vault import changes
from components.vault.declared_keys import VaultKey
from components.vault.key_vault import KeyVault, KeyVaultArgs
from tests.components.recording import record

Tree = dict[str, Any]


def _vault(location: str = "westeurope", days: int | None = 90) -> Tree:
    properties = {} if days is None else {"softDeleteRetentionInDays": days}
    return {"name": "kv-alpha-x", "location": location, "properties": properties}


def _vault_update(is_now: Tree, wanted: Tree) -> pulumi.ResourceHookArgs:
    return pulumi.ResourceHookArgs(
        "urn", "id", "alpha-vault", "Vault", old_outputs=is_now, new_inputs=wanted
    )


def test_a_vault_is_not_moved() -> None:
    with pytest.raises(pulumi.RunError, match="kv-alpha-x is in westeurope, not in northeurope"):
        changes._check_vault(_vault_update(_vault(), _vault("northeurope")))


def test_a_vault_keeps_its_soft_delete_days() -> None:
    with pytest.raises(pulumi.RunError, match="kv-alpha-x keeps it for 90 days, not 30"):
        changes._check_vault(_vault_update(_vault(), _vault(days=30)))


@pytest.mark.parametrize(
    ("is_now", "wanted"),
    [
        (_vault(), _vault()),
        (_vault(), _vault("West Europe")),
        (_vault(days=None), _vault()),
        (_vault(), {**_vault(), "tags": {"a": "b"}}),
        (_vault(), {**_vault(), "properties": {"softDeleteRetentionInDays": 90.0}}),
    ],
    ids=["equal", "another-spelling", "days-not-known", "tags", "numbers-as-floats"],
)
def test_whatever_else_changes_in_a_vault_is_let_through(is_now: Tree, wanted: Tree) -> None:
    changes._check_vault(_vault_update(is_now, wanted))


def test_a_key_is_not_changed_and_what_would_differ_is_named() -> None:
    was = {"kty": "RSA", "keySize": 2048, "keyOps": ["sign"]}
    wanted = {"kty": "RSA", "keySize": 3072, "keyOps": ["sign"], "attributes": {"expires": 1}}
    args = pulumi.ResourceHookArgs(
        "urn",
        "id",
        "alpha-key-signing",
        "Key",
        old_inputs={"properties": was},
        new_inputs={"properties": wanted},
    )
    with pytest.raises(pulumi.RunError, match="attributes, keySize of alpha-key-signing"):
        changes._check_key(args)


def test_vault_and_keys_are_checked_before_an_update_and_in_a_preview_too(
    preview: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered: dict[str, bool] = {}
    hook = pulumi.ResourceHook

    def watched(
        name: str, func: pulumi.ResourceHookFunction, opts: pulumi.ResourceHookOptions
    ) -> pulumi.ResourceHook:
        registered[name] = opts.on_dry_run
        return hook(name, func, opts)

    monkeypatch.setattr(pulumi, "ResourceHook", watched)
    args = KeyVaultArgs("alpha", "g", "westeurope", "t", {}, keys={"signing": VaultKey(("sign",))})
    recording = record(lambda: KeyVault("alpha", args), preview=preview)
    assert registered == {
        "alpha-vault-unchangeable": True,
        "alpha-key-signing-unchangeable": True,
    }
    for kind in ("Vault", "Key"):
        resource = recording.one(kind)
        assert list(resource.options.hooks.before_update) == [f"{resource.name}-unchangeable"]
