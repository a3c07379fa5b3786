"""MessageLogging: writes an entry to Cloud Logging, after the response, as the deploy account.

Apigee documentation, "MessageLogging policy". What goes wrong on the way to Cloud Logging reaches
no request: the line is lost.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox.gateway import outgoing
from sandbox.gateway.context import Context
from sandbox.gateway.markup import Element
from sandbox.gateway.messages import Message
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import template_of

if TYPE_CHECKING:
    from sandbox.gateway.runtime import Runtime

_log = logging.getLogger(__name__)
_ENDPOINT = "https://logging.googleapis.com/v2/entries:write"
_TIMEOUTS = outgoing.Timeouts(read=10.0)


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    target = element.need("CloudLogging")
    log_name_element = target.need("LogName")
    log_name = template_of(log_name_element, log_name_element.text())
    message = target.need("Message")
    content_type = message.attribute("contentType") or "text/plain"
    if content_type not in ("text/plain", "application/json"):
        raise message.error(f'contentType "{content_type}" is neither text nor JSON')
    text = template_of(message, message.text())

    def run(ctx: Context) -> None:
        entry: dict[str, object] = {
            "logName": log_name(ctx, True),
            "resource": {"type": "global"},
            "timestamp": datetime.fromtimestamp(ctx.runtime.now(), UTC).isoformat(),
            **_payload(text(ctx, True), content_type),
        }
        account = ctx.deployed.service_account
        runtime = ctx.runtime
        ctx.after.append(lambda: runtime.later(_write(runtime, account, entry)))

    return Compiled(run)


def _payload(text: str, content_type: str) -> dict[str, object]:
    """A JSON object as `jsonPayload`; anything else, and JSON that isn't any, as text."""
    if content_type == "application/json":
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            return {"textPayload": text}
        if isinstance(parsed, dict):
            return {"jsonPayload": parsed}
    return {"textPayload": text}


async def _write(runtime: Runtime, account: str | None, entry: dict[str, object]) -> None:
    if account is None:
        _log.warning("a log line is lost: the proxy is deployed without a service account")
        return
    request = Message("request")
    request.verb = "POST"
    token = runtime.access_token(account)
    request.set_header("Authorization", f"Bearer {token}")
    request.set_header("Content-Type", "application/json")
    request.content = json.dumps({"entries": [entry]}).encode()
    try:
        answer = await outgoing.call(runtime.client, request, _ENDPOINT, _TIMEOUTS)
    except outgoing.CallError as error:
        _log.warning("a log line is lost: %s", error)
        return
    if answer.status >= 300:
        _log.warning("a log line is lost: Cloud Logging answered %d", answer.status)
