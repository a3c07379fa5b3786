"""Cloud Logging: entries kept in the sandbox's state, and the API method that writes them.

Owns the entries' table. `entries:write` is served ("Method: entries.write"); reading over HTTPS is
not.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox import google_iam, world
from sandbox.cloud import Cloud
from sandbox.dataplane import google_access
from sandbox.dataplane.google_errors import GoogleError, not_served, too_large
from sandbox.store import Store

HOSTS = ("logging.googleapis.com",)
TOO_LARGE = too_large()

_PERMISSION = "logging.logEntries.create"
_SCOPES = (
    "https://www.googleapis.com/auth/logging.admin",
    "https://www.googleapis.com/auth/logging.write",
)
_LOG_NAME = re.compile(r"projects/([^/]+)/logs/([A-Za-z0-9_./-]{1,511})")
_TABLE = """
CREATE TABLE IF NOT EXISTS log_entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, log TEXT NOT NULL, time REAL NOT NULL,
    payload TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS log_entries_by_log ON log_entries (log, id);
"""

Payload = dict[str, Any] | str
"""`jsonPayload` (an object) or `textPayload`."""


class LogEntries:
    """The project's log entries."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.ensure(_TABLE)

    def write(self, log_name: str, payload: Payload, now: float) -> None:
        """Add an entry to `log_name` (`projects/{project}/logs/{log}`)."""
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO log_entries (log, time, payload) VALUES (?, ?, ?)",
                (log_name, now, json.dumps(payload)),
            )

    def entries(self, log_name: str | None = None) -> list[dict[str, Any]]:
        """Entries of `log_name` (None: of every log), oldest first, as the API's `LogEntry`."""
        with self._store.transaction() as connection:
            rows = connection.execute(
                "SELECT log, time, payload FROM log_entries WHERE ? IN (log, '') ORDER BY id",
                (log_name or "",),
            ).fetchall()
        return [_wire(row["log"], row["time"], json.loads(row["payload"])) for row in rows]


def _wire(log_name: str, time: float, payload: Payload) -> dict[str, Any]:
    kind = "textPayload" if isinstance(payload, str) else "jsonPayload"
    timestamp = datetime.fromtimestamp(time, UTC).isoformat().replace("+00:00", "Z")
    return {"logName": log_name, "timestamp": timestamp, kind: payload}


def app(cloud: Cloud) -> Starlette:
    """The endpoint's app."""
    entries = LogEntries(cloud.store)

    async def write(request: Request) -> JSONResponse:
        try:
            caller = google_access.caller(cloud, request, HOSTS[0], _SCOPES)
            google_access.require_api(cloud.store, HOSTS[0], "Cloud Logging API")
            asked = _asked(await request.body())
            _authorize(cloud.store, caller)
        except GoogleError as error:
            return error.response()
        with cloud.store.transaction():
            for log_name, payload in asked:
                entries.write(log_name, payload, cloud.clock.now())
        return JSONResponse({})

    return Starlette(
        routes=[Route("/v2/entries:write", write, methods=["POST"]), not_served()],
    )


def _authorize(store: Store, caller: str) -> None:
    if not google_iam.has_on_project(store, caller, _PERMISSION):
        raise GoogleError.permission_denied(
            f"Permission '{_PERMISSION}' denied on resource (or it may not exist).",
            reason="IAM_PERMISSION_DENIED",
            domain="iam.googleapis.com",
            metadata={"permission": _PERMISSION, "resource": f"projects/{world.PROJECT_ID}"},
        )


def _asked(body: bytes) -> list[tuple[str, Payload]]:
    """The entries of a request: log name and payload of each. Raises GoogleError (400)."""
    try:
        asked: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise GoogleError.invalid_argument(f"Invalid JSON payload received. {error}") from error
    listed = asked.get("entries") if isinstance(asked, dict) else None
    if not isinstance(listed, list) or not listed:
        raise GoogleError.invalid_argument("entries: a non-empty list is required.")
    return [_entry(entry, asked.get("logName")) for entry in listed]


def _entry(entry: object, default_log: object) -> tuple[str, Payload]:
    if not isinstance(entry, dict):
        raise GoogleError.invalid_argument("entries: each must be an object.")
    log_name = entry.get("logName", default_log)
    named = _LOG_NAME.fullmatch(unquote(log_name)) if isinstance(log_name, str) else None
    if named is None or named[1] != world.PROJECT_ID:
        raise GoogleError.invalid_argument(
            f"Invalid log name {log_name!r}: it must be projects/{world.PROJECT_ID}/logs/LOG_ID."
        )
    json_payload, text_payload = entry.get("jsonPayload"), entry.get("textPayload")
    if isinstance(json_payload, dict) and text_payload is None:
        return named[0], json_payload
    if isinstance(text_payload, str) and json_payload is None:
        return named[0], text_payload
    raise GoogleError.invalid_argument(
        "An entry has one payload: jsonPayload (object) or textPayload."
    )
