"""Calls that leave the runtime: to a target, from a callout, to Google.

Owns the connection elements of bundles and how a message becomes a call; who calls decides what a
failure means.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import httpx

from sandbox.gateway.markup import Element
from sandbox.gateway.messages import Message
from sandbox.gateway.reading import template_of, whole_number
from sandbox.gateway.templates import Template

# These belong to one connection: never passed on (RFC 9110, 7.6.1).
_HOP_BY_HOP = {
    "connection",
    "content-length",
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
_URL = re.compile(r"https?://[^/?#\s]+\S*", re.IGNORECASE)
_CLASS = re.compile(r"[1-5](?:\d\d|xx)", re.IGNORECASE)
_DEFAULT_SUCCESS = ("1xx", "2xx", "3xx")


@dataclass(frozen=True)
class Timeouts:
    """Seconds to wait for a connection, and for each piece of the answer."""

    connect: float = 3.0
    read: float = 55.0


class CallError(Exception):
    """No answer came; the message says why."""


class CallTimeoutError(CallError):
    """No answer came in time."""


async def call(
    client: httpx.AsyncClient, request: Message, url: str, timeouts: Timeouts
) -> Message:
    """Send a request message to a URL and return the response message.

    Raises CallTimeoutError and CallError. Redirects are not followed.
    """
    if request.query:
        url = f"{url}{'&' if '?' in url else '?'}{request.query}"
    headers = [
        (name, value) for name, value in request.header_items() if name.lower() not in _HOP_BY_HOP
    ]
    try:
        outgoing = httpx.Request(
            request.verb,
            _parsed(url),
            headers=headers,
            content=request.content or None,
            extensions={"timeout": _limits(timeouts)},
        )
        answer = await client.send(outgoing, follow_redirects=False)
    except httpx.TimeoutException as error:
        raise CallTimeoutError(f"no answer within {timeouts.read:g} seconds") from error
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise CallError(f"{type(error).__name__}: {error}") from error
    return _received(answer)


@lru_cache(maxsize=512)
def _parsed(url: str) -> httpx.URL:
    return httpx.URL(url)


@lru_cache(maxsize=64)
def _limits(timeouts: Timeouts) -> dict[str, float | None]:
    return httpx.Timeout(timeouts.read, connect=timeouts.connect).as_dict()


def _received(answer: httpx.Response) -> Message:
    response = Message("response")
    response.status = answer.status_code
    response.reason = answer.reason_phrase
    response.content = answer.content
    # httpx has undone the content's coding, so the header would no longer be true.
    response.load_headers(
        (name, value)
        for name, value in answer.headers.multi_items()
        if name.lower() not in _HOP_BY_HOP and name.lower() != "content-encoding"
    )
    return response


def read_connection(
    element: Element,
) -> tuple[Template, Callable[[int], bool], Timeouts]:
    """URL, success codes and timeouts of an `<HTTPTargetConnection>`.

    Raises BundleError, for a scheme that is a variable and for TLS without validation too.
    """
    url = element.need("URL")
    text = url.text()
    if not _URL.fullmatch(text):
        raise url.error(f"{text!r} is no URL: the scheme must be a literal http:// or https://")
    tls = element.child("SSLInfo")
    if tls is not None:
        _check_tls(tls)
    codes: tuple[str, ...] = _DEFAULT_SUCCESS
    timeouts = Timeouts()
    properties = element.child("Properties")
    for item in properties.children("Property") if properties is not None else ():
        name = item.required("name")
        value = item.text()
        if name == "success.codes":
            codes = _codes(item, value)
        elif name == "io.timeout.millis":
            timeouts = replace(timeouts, read=whole_number(item, value, 1, 600_000) / 1000)
        elif name == "connect.timeout.millis":
            timeouts = replace(timeouts, connect=whole_number(item, value, 1, 600_000) / 1000)
        else:
            raise item.error(f'property "{name}" is not supported by the sandbox\'s runtime')
    return template_of(url, text), success_test(codes), timeouts


def _check_tls(element: Element) -> None:
    """Validation is always on in the sandbox: what would switch it off is refused."""
    for tag, wanted in (
        ("Enabled", True),
        ("Enforce", True),
        ("IgnoreValidationErrors", False),
        ("ClientAuthEnabled", False),
    ):
        child = element.child(tag)
        if child is not None and child.boolean(default=wanted) is not wanted:
            raise child.error(f"only {str(wanted).lower()} is supported by the sandbox's runtime")


def _codes(element: Element, text: str) -> tuple[str, ...]:
    codes = tuple(code.strip().lower() for code in text.split(","))
    for code in codes:
        if not _CLASS.fullmatch(code):
            raise element.error(f"{code!r} is neither a status code nor a class such as 2xx")
    return codes


def success_test(codes: tuple[str, ...]) -> Callable[[int], bool]:
    """A test for status codes, given as `204` or as a class, `2xx`."""
    classes = frozenset(int(code[0]) for code in codes if code.endswith("xx"))
    single = frozenset(int(code) for code in codes if not code.endswith("xx"))
    return lambda status: status // 100 in classes or status in single
