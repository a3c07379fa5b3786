"""What Azure never changes in a vault or a key: said at preview, not in the middle of an `up`.

The provider plans such a change as an update, which Azure then refuses halfway through. A hook that
runs before the update, in a preview too, refuses it with what to do instead (Pulumi, 'Resource
hooks'). Owns what can't be changed; replacements are not its business: the engine shows them, and
refuses those of a protected vault.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi

Properties = Mapping[str, Any]  # of a resource, as the engine hands them to a hook


def vault_hooks(name: str) -> pulumi.ResourceHookBinding:
    """Refuse to move a vault, or to change how long it keeps what was deleted.

    Arguments:
        name: the vault's logical name, which the hook is named after.
    """
    return _before_update(f"{name}-unchangeable", _check_vault)


def key_hooks(name: str) -> pulumi.ResourceHookBinding:
    """Refuse every change of a key: Azure Resource Manager only makes keys.

    Arguments:
        name: the key's logical name, which the hook is named after.
    """
    return _before_update(f"{name}-unchangeable", _check_key)


def _before_update(
    name: str, check: Callable[[pulumi.ResourceHookArgs], None]
) -> pulumi.ResourceHookBinding:
    hook = pulumi.ResourceHook(name, check, pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_update=[hook])


def _check_vault(args: pulumi.ResourceHookArgs) -> None:
    """Compare with what the vault is, not with what was last asked for: drift counts, too.

    Raises:
        pulumi.RunError: naming what can't be changed and what to do.
    """
    is_now, wanted = _known(args.old_outputs), _known(args.new_inputs)
    name = is_now.get("name", args.name)
    if _place(is_now) != _place(wanted):
        # Microsoft Learn, 'Move a key vault across regions'.
        raise pulumi.RunError(
            f"Azure moves no vault: {name} is in {is_now.get('location')}, not in"
            f" {wanted.get('location')}. Set its location back. To move it, in two steps: make a"
            " vault there and copy what is in this one; then declare that one by its id, which is"
            " in use before this one goes."
        )
    days, wanted_days = _retention(is_now), _retention(wanted)
    if days is not None and wanted_days is not None and days != wanted_days:
        # Microsoft Learn, 'Azure Key Vault soft-delete overview'.
        raise pulumi.RunError(
            f"Azure never changes how long a vault keeps what was deleted: {name} keeps it for"
            f" {days:g} days, not {wanted_days:g}. Set its soft-delete days back."
        )


def _check_key(args: pulumi.ResourceHookArgs) -> None:
    """An update is planned, so something differs from the key as it was declared.

    Raises:
        pulumi.RunError: naming what differs and what to do.
    """
    was = _known(_known(args.old_inputs).get("properties"))
    wanted = _known(_known(args.new_inputs).get("properties"))
    changed = sorted(k for k in {*was, *wanted} if was.get(k) != wanted.get(k))
    # Microsoft Learn, 'Keys - Create If Not Exist', 'az keyvault key rotation-policy update'.
    raise pulumi.RunError(
        f"Azure Resource Manager changes no key: {', '.join(changed) or 'inputs'} of {args.name}"
        f" would differ. Set {'it' if len(changed) == 1 else 'them'} back. For another type, size,"
        " curve or other operations, declare a key of another name and let its callers change over."
        " For another rotation, an owner of the vault runs `az keyvault key rotation-policy update`;"
        " then declare the same, and `pulumi refresh` takes it up."
    )


def _known(properties: Properties | None) -> Properties:
    return properties or {}


def _place(properties: Properties) -> str:
    """A location without case and spaces: `West Europe` is `westeurope`."""
    return str(properties.get("location")).replace(" ", "").lower()


def _retention(properties: Properties) -> float | None:
    days = _known(properties.get("properties")).get("softDeleteRetentionInDays")
    return None if days is None else float(days)
