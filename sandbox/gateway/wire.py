"""What of a message goes over the wire, in either direction: header lines as bytes, limits.

Header bytes are ISO-8859-1 (RFC 9110, 5.5), so that what came in leaves as it came. Apigee's
documentation names no encoding. Owns what HTTP can't carry; who calls decides what a failure means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sandbox.gateway.faults import Fault
from sandbox.gateway.messages import Message

LARGEST_BODY = 10 * 1024 * 1024
"""Bytes of a request's or a response's content. Apigee documentation, "Limits"."""

# These belong to one connection: never passed on (RFC 9110, 7.6.1). An expectation has been met by
# the time the request has arrived whole.
_HOP_BY_HOP = {
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def text_lines(lines: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[str, str]]:
    """Header lines that came over the wire, as a message holds them."""
    return ((name.decode("latin-1"), value.decode("latin-1")) for name, value in lines)


def header_lines(message: Message) -> list[tuple[bytes, bytes]]:
    """The lines to send, without those that belong to one connection.

    Raises Fault for a name or a value that a policy has made and that HTTP can't carry: a line
    break, a control character, a letter outside ISO-8859-1. The code is the sandbox's own.
    """
    lines = []
    for name, value in end_to_end(message):
        if not _TOKEN.fullmatch(name):
            raise _invalid(f"{name[:40]!r} is no header's name")
        text = value.strip(" \t")
        if not _VALUE.fullmatch(text):
            raise _invalid(f"header {name} has a character that HTTP can't carry")
        lines.append((name.encode("ascii"), text.encode("latin-1")))
    return lines


def check_verb(message: Message) -> None:
    """Raise Fault for a request whose verb is none."""
    if not _TOKEN.fullmatch(message.verb):
        raise Fault("messaging.runtime.InvalidVerb", f"{message.verb[:40]!r} is no verb")


def _invalid(text: str) -> Fault:
    return Fault("messaging.runtime.InvalidHeader", text)


def end_to_end(message: Message) -> list[tuple[str, str]]:
    """The header lines that may be passed on: not those that belong to one connection."""
    named = {
        name.strip().lower()
        for value in message.header_values("connection")
        for name in value.split(",")
    }
    return [
        (name, value)
        for name, value in message.header_items()
        if name.lower() not in _HOP_BY_HOP and name.lower() not in named
    ]
