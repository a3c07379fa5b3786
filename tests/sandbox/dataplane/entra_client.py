"""Gets a token with azure-identity, unmodified; prints it, or what went wrong.

Reads one JSON object from stdin: tenant, client, assertion. Run by tests in a process of its own,
with a proxy and a CA bundle in its environment and nothing else.
"""

from __future__ import annotations

import json
import sys

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientAssertionCredential

SCOPE = "https://vault.azure.net/.default"


def main() -> None:
    asked = json.load(sys.stdin)
    credential = ClientAssertionCredential(
        asked["tenant"], asked["client"], lambda: str(asked["assertion"])
    )
    try:
        found = credential.get_token(SCOPE)
        # Once more: from its cache, not from the network.
        again = credential.get_token(SCOPE)
    except ClientAuthenticationError as error:
        print(json.dumps({"message": error.message}))
    else:
        print(json.dumps({"token": found.token, "cached": found.token == again.token}))


if __name__ == "__main__":
    main()
