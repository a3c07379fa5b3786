"""Key Vault's data plane: the host of each vault, and secrets in it.

`app` answers requests, `vaults` finds the vault behind a host, `caller` checks tokens,
`authorization` decides, `secrets` keeps values, `errors` words refusals. Keys, certificates,
deletion and backup are not served.
"""

from sandbox.dataplane.key_vault.app import HOSTS, TOO_LARGE, app
from sandbox.dataplane.key_vault.vaults import host_names

__all__ = ["HOSTS", "TOO_LARGE", "app", "host_names"]
