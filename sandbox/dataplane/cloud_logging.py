"""Cloud Logging: entries kept in the sandbox's state, and the API methods that write and list them.

Owns the entries' table, and both methods ("Method: entries.write", "Method: entries.list"). What a
filter may say is `log_filter`'s.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
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
from sandbox.dataplane.log_filter import FilterError, compile_filter, time_of
from sandbox.store import Store

HOSTS = ("logging.googleapis.com",)
TOO_LARGE = too_large()

_WRITE, _LIST = "logging.logEntries.create", "logging.logEntries.list"
_ADMIN = "https://www.googleapis.com/auth/logging.admin"
_SCOPES = {
    _WRITE: (_ADMIN, "https://www.googleapis.com/auth/logging.write"),
    _LIST: (_ADMIN, "https://www.googleapis.com/auth/logging.read"),
}
_MOST_LISTED, _LISTED = 1_000, 50
_RESOURCE = "global"
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
    return {
        "logName": log_name,
        "resource": {"type": _RESOURCE, "labels": {"project_id": world.PROJECT_ID}},
        "timestamp": timestamp,
        kind: payload,
    }


def _listed(entries: LogEntries, asked: Mapping[str, Any]) -> dict[str, Any]:
    """A page of entries. Raises GoogleError (400)."""
    resources = asked.get("resourceNames")
    if resources != [f"projects/{world.PROJECT_ID}"]:
        raise GoogleError.invalid_argument(
            f"resourceNames: the sandbox has projects/{world.PROJECT_ID} alone."
        )
    order = asked.get("orderBy") or "timestamp asc"
    if order not in ("timestamp asc", "timestamp desc"):
        raise GoogleError.invalid_argument(f"orderBy: {order!r} is none.")
    size = asked.get("pageSize") or _LISTED
    token = asked.get("pageToken") or "0"
    if not isinstance(size, int) or not 0 <= size <= _MOST_LISTED:
        raise GoogleError.invalid_argument(f"page_size: a number up to {_MOST_LISTED}.")
    if not str(token).isdecimal():
        raise GoogleError.invalid_argument(f"page_token: {token!r} came with no page.")
    try:
        holds = compile_filter(str(asked.get("filter") or ""))
        found = [entry for entry in entries.entries() if holds(entry)]
    except FilterError as error:
        raise GoogleError.invalid_argument(str(error)) from error
    # Sorting is stable: entries of one moment stay as they came.
    found.sort(key=lambda entry: time_of(entry["timestamp"]), reverse=order.endswith("desc"))
    begin, end = int(token), int(token) + size
    page: dict[str, Any] = {"entries": found[begin:end]}
    return page | ({"nextPageToken": str(end)} if end < len(found) else {})


def app(cloud: Cloud) -> Starlette:
    """The endpoint's app."""
    entries = LogEntries(cloud.store)

    async def body_of(request: Request, permission: str) -> bytes:
        caller = google_access.caller(cloud, request, HOSTS[0], _SCOPES[permission])
        google_access.require_api(cloud.store, HOSTS[0], "Cloud Logging API")
        _authorize(cloud.store, caller, permission)
        return await request.body()

    async def list_(request: Request) -> JSONResponse:
        try:
            asked = _object(await body_of(request, _LIST))
            return JSONResponse(_listed(entries, asked))
        except GoogleError as error:
            return error.response()

    async def write(request: Request) -> JSONResponse:
        try:
            asked = _asked(await body_of(request, _WRITE))
        except GoogleError as error:
            return error.response()
        with cloud.store.transaction():
            for log_name, payload in asked:
                entries.write(log_name, payload, cloud.clock.now())
        return JSONResponse({})

    return Starlette(
        routes=[
            Route("/v2/entries:write", write, methods=["POST"]),
            Route("/v2/entries:list", list_, methods=["POST"]),
            not_served(),
        ],
    )


def _authorize(store: Store, caller: str, permission: str) -> None:
    if not google_iam.has_on_project(store, caller, permission):
        raise GoogleError.permission_denied(
            f"Permission '{permission}' denied on resource (or it may not exist).",
            reason="IAM_PERMISSION_DENIED",
            domain="iam.googleapis.com",
            metadata={"permission": permission, "resource": f"projects/{world.PROJECT_ID}"},
        )


def _object(body: bytes) -> dict[str, Any]:
    """A request's JSON object. Raises GoogleError (400)."""
    try:
        asked: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise GoogleError.invalid_argument(f"Invalid JSON payload received. {error}") from error
    if not isinstance(asked, dict):
        raise GoogleError.invalid_argument("Invalid JSON payload received. An object is required.")
    return asked


def _asked(body: bytes) -> list[tuple[str, Payload]]:
    """The entries of a request: log name and payload of each. Raises GoogleError (400)."""
    asked = _object(body)
    listed = asked.get("entries")
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
    resource = entry.get("resource") or {"type": _RESOURCE}
    if not isinstance(resource, dict) or resource.get("type") != _RESOURCE:
        raise GoogleError.invalid_argument(
            f"resource: the sandbox has the type {_RESOURCE} alone, not {resource!r}."
        )
    json_payload, text_payload = entry.get("jsonPayload"), entry.get("textPayload")
    if isinstance(json_payload, dict) and text_payload is None:
        return named[0], json_payload
    if isinstance(text_payload, str) and json_payload is None:
        return named[0], text_payload
    raise GoogleError.invalid_argument(
        "An entry has one payload: jsonPayload (object) or textPayload."
    )
