"""Talks to the running sandbox: its administration, and the clouds' hosts through its proxy."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

import httpx

from sandbox.paths import Paths
from sandbox.process import Running, SandboxError


class Sandbox:
    """A handle on a running sandbox, for the command line, the demo and tests."""

    def __init__(self, paths: Paths, running: Running) -> None:
        self.paths = paths
        self.running = running

    def environment(self) -> dict[str, str]:
        """Variables that point any client on the machine at the sandbox: proxy and CA, nothing else."""
        bundle = str(self.paths.ca_certificate)
        proxy = f"http://{self.running.proxy}"
        # Both spellings: curl reads only the lower-case one for http, requests either, Node its own.
        return {
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "NO_PROXY": "localhost,127.0.0.1",
            "no_proxy": "localhost,127.0.0.1",
            "SSL_CERT_FILE": bundle,
            "REQUESTS_CA_BUNDLE": bundle,
            "CURL_CA_BUNDLE": bundle,
            "NODE_EXTRA_CA_CERTS": bundle,
        }

    def http(self) -> httpx.Client:
        """An HTTPS client behind the sandbox's proxy that trusts its CA only."""
        context = ssl.create_default_context(cafile=str(self.paths.ca_certificate))
        return httpx.Client(
            proxy=f"http://{self.running.proxy}", verify=context, trust_env=False, timeout=60
        )

    def status(self) -> dict[str, Any]:
        """Process id, clock, peak memory, number of calls so far."""
        return dict(self._get("/status"))

    def calls_after(self, sequence: int) -> list[dict[str, Any]]:
        """Calls that reached the clouds' endpoints after number `sequence`."""
        return list(self._get(f"/calls?after={sequence}"))

    def audit_rows(self) -> list[dict[str, Any]]:
        """Rows of AZKVAuditLogs that can be queried by now."""
        return list(self._get("/audit"))

    def log_entries(self) -> list[dict[str, Any]]:
        """Entries in Cloud Logging."""
        return list(self._get("/logs"))

    def advance_clock(self, seconds: float) -> None:
        """Move the sandbox's time forward."""
        self._post("/clock", {"seconds": seconds})

    def identity_token(self, service_account: str, audience: str) -> str:
        """A Google ID token for a workload that runs as `service_account` (an email)."""
        body = {"serviceAccount": service_account, "audience": audience}
        return str(self._post("/identity-token", body)["token"])

    def issue_backend_key(self) -> str:
        """A new key that the sample backend accepts beside the earlier ones."""
        return str(self._post("/backend-key", {})["key"])

    def existing(
        self, type_: str, inputs: Mapping[str, Any], configuration: Mapping[str, str]
    ) -> str | None:
        """The id of the object that a resource of these inputs would be, if the clouds have it.

        `configuration` is the provider's (the part of the stack's that bears its package's name).
        """
        body = {"type": type_, "inputs": inputs, "configuration": configuration}
        found = self._post("/existing", body)["id"]
        return None if found is None else str(found)

    def _get(self, path: str) -> Any:
        return self._ask("GET", path, None)

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return dict(self._ask("POST", path, body))

    def _ask(self, method: str, path: str, sent: Mapping[str, Any] | None) -> Any:
        headers = {"Authorization": f"Bearer {self.running.token}"}
        url = f"http://{self.running.admin}{path}"
        try:
            response = httpx.request(method, url, json=sent, headers=headers, trust_env=False)
        except httpx.HTTPError as error:
            raise SandboxError(
                f"the sandbox (process {self.running.pid}) doesn't answer: {error};"
                f" `python -m sandbox down` and `up` restart it, {self.paths.log} may say why"
            ) from error
        body = response.json()
        if response.status_code != httpx.codes.OK:
            raise SandboxError(str(body.get("error", body)))
        return body
