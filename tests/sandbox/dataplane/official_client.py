"""Runs Azure's own clients against whatever the environment points them at; prints what they met.

Reads one JSON object from stdin: tenant, client, assertion, vault (URL), and steps; each step is
the name of a function below. Run by tests in a process of its own, with a proxy and a CA bundle in
its environment and nothing else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from azure.core.exceptions import AzureError, HttpResponseError
from azure.identity import ClientAssertionCredential
from azure.keyvault.secrets import SecretClient


def set_and_get(client: SecretClient) -> object:
    made = client.set_secret("orders", "canary-1", content_type="text/plain", tags={"a": "b"})
    read = client.get_secret("orders")
    return [read.value, read.properties.version == made.properties.version, read.properties.tags]


def versions(client: SecretClient) -> object:
    old = client.get_secret("orders").properties.version
    client.set_secret("orders", "canary-2")
    listed = list(client.list_properties_of_secret_versions("orders", max_page_size=1))
    return [client.get_secret("orders", old).value, client.get_secret("orders").value, len(listed)]


def listing(client: SecretClient) -> object:
    for number in range(3):
        client.set_secret(f"more-{number}", "canary")
    return sorted(str(p.name) for p in client.list_properties_of_secrets(max_page_size=2))


def disable(client: SecretClient) -> object:
    client.update_secret_properties("orders", enabled=False)
    return client.get_secret("orders").value


def get(client: SecretClient) -> object:
    return client.get_secret("orders").value


def missing(client: SecretClient) -> object:
    return client.get_secret("missing").value


STEPS: dict[str, Callable[[SecretClient], object]] = {
    step.__name__: step for step in (set_and_get, versions, listing, disable, get, missing)
}


def outcome(step: Callable[[SecretClient], object], client: SecretClient) -> object:
    try:
        return step(client)
    except HttpResponseError as error:
        inner = error.error.innererror if error.error else None
        return {
            "type": type(error).__name__,
            "status": error.status_code,
            "inner": (inner or {}).get("code"),
            "message": error.message,
        }
    except AzureError as error:
        return {"type": type(error).__name__, "message": str(error)}


def main() -> None:
    asked = json.load(sys.stdin)
    credential = ClientAssertionCredential(
        asked["tenant"], asked["client"], lambda: str(asked["assertion"])
    )
    with SecretClient(asked["vault"], credential, retry_total=0) as client:
        print(json.dumps([outcome(STEPS[name], client) for name in asked["steps"]]))


if __name__ == "__main__":
    main()
