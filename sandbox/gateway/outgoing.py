"""Calls that leave the runtime: to a target, from a callout, to Google.

Owns how a message becomes a call, and what may come back; `connection` owns the elements of bundles,
and who calls decides what a failure means.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import lru_cache

import httpx

from sandbox.gateway.messages import Message

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


# Apigee documentation, "Limits".
LARGEST_BODY = 10 * 1024 * 1024


@dataclass(frozen=True)
class Timeouts:
    """Seconds to wait for a connection, for each piece of the answer and, if given, for all of it.

    The defaults are Apigee's ("Endpoint properties reference").
    """

    connect: float = 3.0
    read: float = 55.0
    total: float | None = None


class CallError(Exception):
    """No answer came; the message says why."""


class CallTimeoutError(CallError):
    """A connection was made, but no answer came in time."""


class ConnectTimeoutError(CallError):
    """No connection was made in time."""


class EndOfFileError(CallError):
    """The other side hung up before its answer was complete."""


class TooLargeError(CallError):
    """The answer's body is over 10 MB."""


async def call(
    client: httpx.AsyncClient, request: Message, url: str, timeouts: Timeouts
) -> Message:
    """Send a request message to a URL and return the response message.

    Raises CallError and its subclasses. Redirects are not followed.
    """
    if request.query:
        url = f"{url}{'&' if '?' in url else '?'}{request.query}"
    try:
        outgoing = httpx.Request(
            request.verb,
            _parsed(url),
            headers=end_to_end(request),
            content=request.content or None,
            extensions={"timeout": _limits(timeouts)},
        )
        async with asyncio.timeout(timeouts.total):
            answer = await client.send(outgoing, follow_redirects=False)
    except (httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise ConnectTimeoutError(f"no connection within {timeouts.connect:g} s") from error
    except (httpx.TimeoutException, TimeoutError) as error:
        raise CallTimeoutError(f"no answer within {timeouts.total or timeouts.read:g} s") from error
    except (httpx.RemoteProtocolError, httpx.ReadError) as error:
        raise EndOfFileError(f"{type(error).__name__}: {error}") from error
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise CallError(f"{type(error).__name__}: {error}") from error
    if len(answer.content) > LARGEST_BODY:
        raise TooLargeError(f"the answer has {len(answer.content):,} bytes")
    return _received(answer)


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
        if name.lower() != "content-encoding"
    )
    response.load_headers(end_to_end(response))
    return response
