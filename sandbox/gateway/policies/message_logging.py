"""MessageLogging: writes an entry to Cloud Logging, after the response, as the deploy account.

Apigee documentation, "MessageLogging policy". What goes wrong on the way to Cloud Logging reaches
no request: the line is lost. `<Syslog>` is refused.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from sandbox.gateway.context import Context
from sandbox.gateway.log_lines import Entry
from sandbox.gateway.markup import Element
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import template_of

_log = logging.getLogger(__name__)
_MOST_LABELS = 64

_Labels = Callable[[Context], dict[str, str]]


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    target = element.need("CloudLogging")
    log_name_element = target.need("LogName")
    log_name = template_of(log_name_element, log_name_element.text())
    message = target.need("Message")
    content_type = message.attribute("contentType") or "text/plain"
    if content_type not in ("text/plain", "application/json"):
        raise message.error(f'contentType "{content_type}" is neither text nor JSON', "contentType")
    text = template_of(message, message.text())
    labels = _labels(target.child("Labels"))
    resource = _resource(target.child("ResourceType"))

    def run(ctx: Context) -> None:
        entry: Entry = {
            "logName": log_name(ctx, True),
            "resource": {"type": resource},
            "timestamp": datetime.fromtimestamp(ctx.runtime.now(), UTC).isoformat(),
            **_payload(text(ctx, True), content_type),
        }
        found = labels(ctx)
        if found:
            entry["labels"] = found
        account = ctx.deployed.service_account
        if account is None:
            _log.warning("a log line is lost: the proxy is deployed without a service account")
            return
        lines = ctx.runtime.log_lines
        ctx.after.append(lambda: lines.write(account, entry))

    return Compiled(run)


def _labels(element: Element | None) -> _Labels:
    """`<Label>` elements with a `<Key>` and a `<Value>`, which may hold variables."""
    pairs = []
    for child in element.children("Label") if element is not None else ():
        key, value = child.need("Key"), child.need("Value")
        pairs.append((template_of(key, key.text()), template_of(value, value.text())))
    if element is not None and len(pairs) > _MOST_LABELS:
        raise element.error(f"an entry has at most {_MOST_LABELS} labels")
    return lambda ctx: {key(ctx, True): value(ctx, True) for key, value in pairs}


def _resource(element: Element | None) -> str:
    """The monitored resource's type. Others need labels that the policy has no place for."""
    if element is not None and element.text() != "global":
        raise element.error("only the resource type global is supported by the sandbox's runtime")
    return "global"


def _payload(text: str, content_type: str) -> Entry:
    """A JSON object as `jsonPayload`; anything else, and JSON that isn't any, as text."""
    if content_type == "application/json":
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            return {"textPayload": text}
        if isinstance(parsed, dict):
            return {"jsonPayload": parsed}
    return {"textPayload": text}
