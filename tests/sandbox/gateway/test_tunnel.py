"""What the runtime's calls travel by: connections through the proxy, their reuse, their failures.

The other side is a proxy whose host says what the test tells it, byte by byte.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx
import pytest
import trustme

from sandbox.gateway.tunnel import Tunnel

ADDRESS = "203.0.113.9"
URL = "https://target.example.com/path?q=1"
OK = b"HTTP/1.1 200 Fine\r\ncontent-length: 2\r\n\r\nok"
SHORT = {"connect": 20.0, "read": 0.05, "write": 20.0, "pool": 20.0}


@dataclass
class Peer:
    """The other side: what it says to each request, and what it got."""

    answers: list[bytes]
    hangs_up: bool = False
    refusal: bytes | None = None
    connects: list[bytes] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    tls: ssl.SSLContext | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.connects.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self.refusal or b"HTTP/1.1 200 Connection established\r\n\r\n")
            if self.refusal is None:
                assert self.tls is not None
                await writer.drain()
                await writer.start_tls(self.tls)
                await self._answer(reader, writer)
        except (OSError, EOFError):
            pass
        finally:
            writer.transport.abort() if self.refusal is None else writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self.answers.pop(0) if self.answers else OK)
            await writer.drain()
            if self.hangs_up:
                writer.close()
                return


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def run(
    peer: Peer, authority: trustme.CA, act: Callable[[httpx.AsyncClient], Awaitable[None]]
) -> None:
    """Let `act` use a client whose calls travel through the tunnel to `peer`."""
    peer.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("target.example.com", "other.example.com").configure_cert(peer.tls)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)

    async def main() -> None:
        server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
        async with server:
            tunnel = Tunnel(server.sockets[0].getsockname()[1], ADDRESS, trusted)
            async with httpx.AsyncClient(transport=tunnel, timeout=20) as client:
                await act(client)

    asyncio.run(asyncio.wait_for(main(), 60))


def test_the_proxy_is_told_the_host_and_where_the_call_comes_from(authority: trustme.CA) -> None:
    peer = Peer([])

    async def act(client: httpx.AsyncClient) -> None:
        answer = await client.get(URL)
        assert (answer.status_code, answer.reason_phrase, answer.text) == (200, "Fine", "ok")

    run(peer, authority, act)
    credentials = base64.b64encode(f"{ADDRESS}:".encode())
    assert peer.connects[0].startswith(b"CONNECT target.example.com:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic " + credentials in peer.connects[0]
    assert peer.requests[0].startswith(b"GET /path?q=1 HTTP/1.1\r\n")
    assert b"Proxy-Authorization" not in peer.requests[0]


def test_a_connection_serves_one_host_again_and_again(authority: trustme.CA) -> None:
    peer = Peer([])

    async def act(client: httpx.AsyncClient) -> None:
        for _ in range(3):
            await client.get(URL)
        await client.get("https://other.example.com/")

    run(peer, authority, act)
    assert [connect.split()[1] for connect in peer.connects] == [
        b"target.example.com:443",
        b"other.example.com:443",
    ]


def test_calls_at_once_never_share_a_connection(authority: trustme.CA) -> None:
    peer = Peer([])

    async def act(client: httpx.AsyncClient) -> None:
        answers = await asyncio.gather(*(client.get(URL) for _ in range(20)))
        assert [answer.text for answer in answers] == ["ok"] * 20

    run(peer, authority, act)
    assert len(peer.requests) == 20


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(OK[:-1], id="an answer that isn't whole"),
        pytest.param(
            OK.replace(b"Fine\r\n", b"Fine\r\nconnection: close\r\n"), id="asked to close"
        ),
    ],
)
def test_a_connection_is_left_where_its_exchange_did_not_end(
    authority: trustme.CA, answer: bytes
) -> None:
    peer = Peer([answer])

    async def act(client: httpx.AsyncClient) -> None:
        async with client.stream("GET", URL):
            pass
        assert (await client.get(URL)).text == "ok"

    run(peer, authority, act)
    assert len(peer.connects) == 2


def test_a_connection_that_the_other_side_closed_is_not_used_again(authority: trustme.CA) -> None:
    peer = Peer([], hangs_up=True)

    async def act(client: httpx.AsyncClient) -> None:
        for number in range(1, 4):
            assert (await client.get(URL)).text == "ok"
            while len(asyncio.all_tasks()) > 2:  # until the peer's end of it is over
                await asyncio.sleep(0)
            assert len(peer.connects) == number

    run(peer, authority, act)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        pytest.param(
            b"HTTP/1.1 103 Early\r\nlink: x\r\n\r\n" + OK, "ok", id="after an interim one"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "ok",
            id="chunked",
        ),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", "", id="without a body"),
    ],
)
def test_an_answer_is_framed_as_http_frames_it(
    authority: trustme.CA, answer: bytes, text: str
) -> None:
    peer = Peer([answer])

    async def act(client: httpx.AsyncClient) -> None:
        assert (await client.get(URL)).text == text
        assert (await client.get(URL)).text == "ok"

    run(peer, authority, act)
    assert len(peer.connects) == 1


def test_the_answer_to_a_head_request_has_no_body(authority: trustme.CA) -> None:
    peer = Peer([b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n"])

    async def act(client: httpx.AsyncClient) -> None:
        assert (await client.head(URL)).headers["content-length"] == "500"
        assert (await client.get(URL)).text == "ok"

    run(peer, authority, act)
    assert len(peer.connects) == 1


def test_what_the_proxy_refuses_is_told_in_its_words(authority: trustme.CA) -> None:
    peer = Peer([], refusal=b"HTTP/1.1 502 target.example.com: no such host name\r\n\r\n")

    async def act(client: httpx.AsyncClient) -> None:
        with pytest.raises(httpx.ProxyError, match=r"502 target\.example\.com: no such host name"):
            await client.get(URL)

    run(peer, authority, act)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\n", OK[:-1]])
def test_an_answer_that_is_cut_off_is_a_protocol_error(
    authority: trustme.CA, answer: bytes
) -> None:
    peer = Peer([answer], hangs_up=True)

    async def act(client: httpx.AsyncClient) -> None:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await client.get(URL)

    run(peer, authority, act)


def test_what_is_not_http_is_a_protocol_error(authority: trustme.CA) -> None:
    peer = Peer([b"SSH-2.0-OpenSSH\r\n\r\n"])

    async def act(client: httpx.AsyncClient) -> None:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(URL)

    run(peer, authority, act)


@pytest.mark.parametrize("answer", [b"", OK[:-1]])
def test_no_more_of_an_answer_in_time_is_a_read_timeout(
    authority: trustme.CA, answer: bytes
) -> None:
    peer = Peer([answer])

    async def act(client: httpx.AsyncClient) -> None:
        request = client.build_request("GET", URL, extensions={"timeout": SHORT})
        with pytest.raises(httpx.ReadTimeout):
            await client.send(request)
        assert (await client.get(URL)).text == "ok"

    run(peer, authority, act)
    assert len(peer.connects) == 2


def test_a_header_that_would_break_out_of_its_line_is_refused_and_nothing_is_sent(
    authority: trustme.CA,
) -> None:
    peer = Peer([])

    async def act(client: httpx.AsyncClient) -> None:
        request = client.build_request("GET", URL)
        request.headers = httpx.Headers([(b"a", b"b\r\nhost: evil")])
        with pytest.raises(httpx.LocalProtocolError):
            await client.send(request)

    run(peer, authority, act)
    assert peer.requests == []


def test_a_host_with_another_ones_certificate_is_not_trusted(authority: trustme.CA) -> None:
    peer = Peer([])

    async def act(client: httpx.AsyncClient) -> None:
        with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
            await client.get("https://third.example.com/")

    run(peer, authority, act)
    assert peer.requests == []


def test_a_place_is_free_again_after_every_kind_of_end(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.gateway.tunnel._MOST_CONNECTIONS", 1)
    peer = Peer([OK, b"no http\r\n\r\n", OK])

    async def act(client: httpx.AsyncClient) -> None:
        async with client.stream("GET", URL):
            request = client.build_request("GET", URL, extensions={"timeout": {"pool": 0.05}})
            with pytest.raises(httpx.PoolTimeout):
                await client.send(request)
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(URL)
        with pytest.raises(httpx.ConnectError):
            await client.get("https://third.example.com/")
        assert (await client.get(URL)).text == "ok"

    run(peer, authority, act)
