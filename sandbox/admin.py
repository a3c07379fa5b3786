"""What the sandbox's owner may do that no cloud offers: move the clock, read what happened, play Google.

A plain HTTP listener on loopback, opened by the token in `run.json`. Owns no rules of the clouds.
"""

from __future__ import annotations

import hmac
import os
import resource
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import google_tokens
from sandbox.cloud import Cloud
from sandbox.controlplane import registry
from sandbox.controlplane.azure import vault
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context
from sandbox.dataplane import backend
from sandbox.dataplane.audit import AuditLog
from sandbox.dataplane.cloud_logging import LogEntries
from sandbox.faults import Faults
from sandbox.gateway.debug_sessions import DebugSessions
from sandbox.interruptions import Moment, Victim

Handler = Callable[[Request], Awaitable[Response]]


def app(cloud: Cloud, faults: Faults, debug: DebugSessions, token: str) -> Starlette:
    """The administration interface, answering only bearers of `token`."""

    def guarded(handler: Callable[[Request, dict[str, Any]], object]) -> Handler:
        async def endpoint(request: Request) -> Response:
            sent = request.headers.get("authorization", "")
            if not hmac.compare_digest(sent.encode(), f"Bearer {token}".encode()):
                return JSONResponse({"error": "not the sandbox's owner"}, status_code=401)
            try:
                body = await request.json() if request.method == "POST" else {}
                return JSONResponse(handler(request, body))
            except KeyError as error:
                return JSONResponse({"error": f"{error} is missing"}, status_code=400)
            except (TypeError, ValueError) as error:
                return JSONResponse({"error": str(error)}, status_code=400)
            except sqlite3.Error as error:
                # Nothing of it was done: each handler writes in one transaction.
                reason = f"the sandbox can't use its state: {error}"
                return JSONResponse({"error": reason}, status_code=500)

        return endpoint

    admin = _Admin(cloud, faults, debug)
    return Starlette(
        routes=[
            Route("/status", guarded(admin.status)),
            Route("/calls", guarded(admin.calls)),
            Route("/audit", guarded(admin.audit)),
            Route("/logs", guarded(admin.logs)),
            Route("/debug", guarded(admin.transactions)),
            Route("/debug/start", guarded(admin.start_debug), methods=["POST"]),
            Route("/clock", guarded(admin.advance), methods=["POST"]),
            Route("/identity-token", guarded(admin.identity_token), methods=["POST"]),
            Route("/access-token", guarded(admin.access_token), methods=["POST"]),
            Route("/existing", guarded(admin.existing), methods=["POST"]),
            Route("/recover-vault", guarded(admin.recover_vault), methods=["POST"]),
            Route("/interruptions", guarded(admin.interruptions)),
            Route("/interrupt", guarded(admin.interrupt), methods=["POST"]),
            Route("/backend-key", guarded(admin.backend_key), methods=["POST"]),
            Route("/faults", guarded(admin.faults)),
            Route("/faults/on", guarded(admin.fault), methods=["POST"]),
            Route("/faults/clear", guarded(admin.clear_faults), methods=["POST"]),
        ]
    )


class _Admin:
    def __init__(self, cloud: Cloud, faults: Faults, debug: DebugSessions) -> None:
        self._cloud = cloud
        self._faults = faults
        self._debug = debug

    def status(self, _: Request, __: dict[str, Any]) -> dict[str, object]:
        return {
            "pid": os.getpid(),
            "now": self._cloud.clock.now(),
            "clockOffsetSeconds": self._cloud.clock.offset,
            "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "calls": self._cloud.journal.sequence,
        }

    def calls(self, request: Request, _: dict[str, Any]) -> list[dict[str, Any]]:
        after = int(request.query_params.get("after", "0"))
        return [call.as_json() for call in self._cloud.journal.after(after)]

    def audit(self, _: Request, __: dict[str, Any]) -> list[dict[str, Any]]:
        return AuditLog(self._cloud.store).rows(self._cloud.clock.now())

    def logs(self, _: Request, __: dict[str, Any]) -> list[dict[str, Any]]:
        return LogEntries(self._cloud.store).entries()

    def start_debug(self, _: Request, body: dict[str, Any]) -> dict[str, str]:
        now = self._cloud.clock.now()
        environment, proxy = str(body["environment"]), str(body["proxy"])
        return {"session": self._debug.start(environment, proxy, now, int(body["count"]))}

    def transactions(self, request: Request, _: dict[str, Any]) -> list[dict[str, Any]]:
        return self._debug.transactions(request.query_params.get("session", ""))

    def advance(self, _: Request, body: dict[str, Any]) -> dict[str, float]:
        return {"now": self._cloud.clock.advance(float(body["seconds"]))}

    def identity_token(self, _: Request, body: dict[str, Any]) -> dict[str, str]:
        """As Google's metadata server would for a workload that runs under that account."""
        token = google_tokens.mint_id_token(
            self._cloud, str(body["serviceAccount"]), str(body["audience"]), include_email=False
        )
        return {"token": token}

    def access_token(self, _: Request, body: dict[str, Any]) -> dict[str, str]:
        """As Google's metadata server would for a workload that runs under that account."""
        email = str(body["serviceAccount"])
        return {"token": google_tokens.mint_access_token(self._cloud, email)}

    def existing(self, _: Request, body: dict[str, Any]) -> dict[str, str | None]:
        """What an import names the object by that a resource of these inputs would be, or null."""
        token = str(body["type"])
        context = Context(self._cloud, Path.cwd(), body["configuration"])
        try:
            type_ = registry.package(token.partition(":")[0]).type(token)
            found = type_.existing(context, body["inputs"])
        except (CloudError, KeyError):
            # No such place in the clouds, or an input that isn't known yet: nothing to find.
            return {"id": None}
        return {"id": None if found is None else type_.import_id(found.id, found.body)}

    def recover_vault(self, _: Request, body: dict[str, Any]) -> dict[str, str | None]:
        return {"id": vault.recover(Context(self._cloud, Path.cwd(), {}), str(body["name"]))}

    def interrupt(self, _: Request, body: dict[str, Any]) -> dict[str, object]:
        self._cloud.interruptions.arm(
            Victim(body["victim"]), Moment(body["moment"]), int(body["spared"])
        )
        return {}

    def interruptions(self, _: Request, __: dict[str, Any]) -> list[dict[str, str]]:
        return [asdict(interruption) for interruption in self._cloud.interruptions.past()]

    def backend_key(self, _: Request, __: dict[str, Any]) -> dict[str, str]:
        return {"key": backend.issue_key(self._cloud.store, self._cloud.clock.now())}

    def faults(self, _: Request, __: dict[str, Any]) -> list[dict[str, Any]]:
        return [fault.as_json() for fault in self._faults.switched_on()]

    def fault(self, _: Request, body: dict[str, Any]) -> dict[str, Any]:
        fault = self._faults.switch_on(
            str(body["host"]), str(body["kind"]), body["value"], body["requests"]
        )
        return fault.as_json()

    def clear_faults(self, _: Request, body: dict[str, Any]) -> dict[str, int]:
        return {"cleared": self._faults.clear(body["host"])}
