"""Key Vault's data plane: the host of each vault, and what lies in it.

`app` answers requests, `vaults` finds the vault behind a host, `caller` checks tokens, `network`
and `throttle` addresses and amounts, `operations` names what a path asks for, `authorization`
decides; `secrets`, `keys` and `certificates` do it, `deletion` what all three have alike; `errors`
words refusals. Backup, import of keys, encryption and managed storage accounts are not served.
"""

from sandbox.dataplane.key_vault.app import HOSTS, TOO_LARGE, app
from sandbox.dataplane.key_vault.vaults import host_names

__all__ = ["HOSTS", "TOO_LARGE", "app", "host_names"]
