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
from sandbox.gateway.wire import LARGEST_BODY, check_verb, end_to_end, header_lines, text_lines


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

    Raises CallError and its subclasses, and Fault for a request that HTTP can't carry. Redirects are
    not followed.
    """
    check_verb(request)
    headers = header_lines(request)
    if request.query:
        url = f"{url}{'&' if '?' in url else '?'}{request.query}"
    try:
        outgoing = httpx.Request(
            request.verb,
            _parsed(url),
            headers=headers,
            content=request.content or None,
            extensions={"timeout": _limits(timeouts)},
        )
        async with asyncio.timeout(timeouts.total):
            answer = await client.send(outgoing, follow_redirects=False, stream=True)
            try:
                content = await _content(answer)
            finally:
                await answer.aclose()
    except (httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise ConnectTimeoutError(f"no connection within {timeouts.connect:g} s") from error
    except (httpx.TimeoutException, TimeoutError) as error:
        raise CallTimeoutError(f"no answer within {timeouts.total or timeouts.read:g} s") from error
    except (httpx.RemoteProtocolError, httpx.ReadError) as error:
        raise EndOfFileError(f"{type(error).__name__}: {error}") from error
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise CallError(f"{type(error).__name__}: {error}") from error
    return _received(answer, content)


async def _content(answer: httpx.Response) -> bytes:
    """The answer's content, read no further than to its limit. Raises TooLargeError."""
    content = bytearray()
    async for piece in answer.aiter_bytes():
        content += piece
        if len(content) > LARGEST_BODY:
            raise TooLargeError(f"the answer has more than {LARGEST_BODY:,} bytes")
    return bytes(content)


@lru_cache(maxsize=512)
def _parsed(url: str) -> httpx.URL:
    return httpx.URL(url)


@lru_cache(maxsize=64)
def _limits(timeouts: Timeouts) -> dict[str, float | None]:
    return httpx.Timeout(timeouts.read, connect=timeouts.connect).as_dict()


def _received(answer: httpx.Response, content: bytes) -> Message:
    response = Message("response")
    response.status = answer.status_code
    response.reason = answer.reason_phrase
    response.content = content
    # httpx has undone the content's coding, so the header would no longer be true.
    response.load_headers(
        (name, value)
        for name, value in text_lines(answer.headers.raw)
        if name.lower() != "content-encoding"
    )
    response.load_headers(end_to_end(response))
    return response
