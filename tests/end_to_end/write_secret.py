"""Writes a secret with Azure's own clients, in a process whose environment alone says where Azure is.

Reads one JSON object from stdin: tenant, client, assertion, vault (URL), name, value.
"""

from __future__ import annotations

import json
import sys

from azure.identity import ClientAssertionCredential
from azure.keyvault.secrets import SecretClient


def main() -> None:
    asked = json.load(sys.stdin)
    credential = ClientAssertionCredential(
        asked["tenant"], asked["client"], lambda: str(asked["assertion"])
    )
    with SecretClient(asked["vault"], credential) as client:
        client.set_secret(asked["name"], asked["value"])


if __name__ == "__main__":
    main()
