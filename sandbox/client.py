"""Talks to the running sandbox: its administration, and the clouds' hosts through its proxy."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

import httpx

from sandbox.interruptions import Interruption, Moment, Victim
from sandbox.paths import Paths
from sandbox.process import Running, SandboxError

# For a machine that has much else to do: the sandbox itself answers in milliseconds.
_SECONDS = 60


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
            proxy=f"http://{self.running.proxy}", verify=context, trust_env=False, timeout=_SECONDS
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

    def start_debug(self, environment: str, proxy: str, count: int = 10) -> str:
        """Begin a debug session for the proxy's deployed revision; the id of the session.

        It records the next `count` requests (15 at most) of the next ten minutes.
        """
        body = {"environment": environment, "proxy": proxy, "count": count}
        return str(self._post("/debug/start", body)["session"])

    def debug_transactions(self, session: str) -> list[dict[str, Any]]:
        """What a debug session has recorded, one object a request."""
        return list(self._get(f"/debug?session={session}"))

    def advance_clock(self, seconds: float) -> None:
        """Move the sandbox's time forward."""
        self._post("/clock", {"seconds": seconds})

    def access_token(self, service_account: str) -> str:
        """A Google access token, as a workload under that account would get it."""
        return str(self._post("/access-token", {"serviceAccount": service_account})["token"])

    def identity_token(self, service_account: str, audience: str) -> str:
        """A Google ID token for a workload that runs as `service_account` (an email)."""
        body = {"serviceAccount": service_account, "audience": audience}
        return str(self._post("/identity-token", body)["token"])

    def issue_backend_key(self) -> str:
        """A new key that the sample backend accepts beside the earlier ones."""
        return str(self._post("/backend-key", {})["key"])

    def fault(
        self, host: str, kind: str, value: int | None = None, requests: int | None = None
    ) -> None:
        """Let a fault befall `host`: kinds, values and limits as `sandbox.faults` has them."""
        body = {"host": host, "kind": kind, "value": value, "requests": requests}
        self._post("/faults/on", body)

    def faults(self) -> list[dict[str, Any]]:
        """The faults that are on."""
        return list(self._get("/faults"))

    def clear_faults(self, host: str | None = None) -> int:
        """Switch off the faults of `host` (None: all) and say how many there were."""
        return int(self._post("/faults/clear", {"host": host})["cleared"])

    def interrupt(self, victim: Victim, moment: Moment, spared: int = 0) -> None:
        """Kill the engine or the sandbox at an operation that wasn't struck at before.

        `spared`: how many operations may pass first.
        """
        self._post("/interrupt", {"victim": victim, "moment": moment, "spared": spared})

    def interruptions(self) -> list[Interruption]:
        """Every operation that was struck at, in its order."""
        return [Interruption(**past) for past in self._get("/interruptions")]

    def existing(
        self, type_: str, inputs: Mapping[str, Any], configuration: Mapping[str, str]
    ) -> str | None:
        """The id of the object that a resource of these inputs would be, if the clouds have it.

        `configuration` is the provider's (the part of the stack's that bears its package's name).
        """
        body = {"type": type_, "inputs": inputs, "configuration": configuration}
        found = self._post("/existing", body)["id"]
        return None if found is None else str(found)

    def recover_vault(self, name: str) -> bool:
        """Recover the soft-deleted vault of that name, as it was; False where that can't be done."""
        return self._post("/recover-vault", {"name": name})["id"] is not None

    def _get(self, path: str) -> Any:
        return self._ask("GET", path, None)

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return dict(self._ask("POST", path, body))

    def _ask(self, method: str, path: str, sent: Mapping[str, Any] | None) -> Any:
        headers = {"Authorization": f"Bearer {self.running.token}"}
        url = f"http://{self.running.admin}{path}"
        try:
            response = httpx.request(
                method, url, json=sent, headers=headers, trust_env=False, timeout=_SECONDS
            )
        except httpx.HTTPError as error:
            raise SandboxError(
                f"the sandbox (process {self.running.pid}) doesn't answer: {error};"
                f" `python -m sandbox down` and `up` restart it, {self.paths.log} may say why"
            ) from error
        try:
            body = response.json()
        except ValueError as error:
            raise SandboxError(
                f"the sandbox failed at {path} (status {response.status_code});"
                f" {self.paths.log} says why"
            ) from error
        if response.status_code != httpx.codes.OK:
            raise SandboxError(str(body.get("error", body)))
        return body
