from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
import uvloop
from starlette.responses import PlainTextResponse

from sandbox.dataplane import connect, server
from sandbox.pki import Authority
from tests.sandbox.dataplane.rig import HOST, TOKEN_URL, Rig, running, trusting

CERTS = "https://www.googleapis.com/oauth2/v3/certs"
CLOUD_HOST = "www.googleapis.com"


def dial(rig: Rig) -> socket.socket:
    return socket.create_connection(("127.0.0.1", rig.proxy.port), timeout=10)


def raw(rig: Rig, data: bytes, *, half_close: bool = False) -> bytes:
    """What the proxy answers to `data` until it hangs up."""
    with closing(dial(rig)) as connection:
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            return read_all(connection)
        except ConnectionError:
            return b""


def read_all(connection: socket.socket) -> bytes:
    received = b""
    while True:
        try:
            chunk = connection.recv(65_536)
        except (ConnectionError, ssl.SSLEOFError):
            return received
        if not chunk:
            return received
        received += chunk


def tunnel(rig: Rig, host: str = CLOUD_HOST) -> socket.socket:
    connection = dial(rig)
    connection.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
    assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    return connection


@contextmanager
def secure(rig: Rig, host: str = CLOUD_HOST) -> Iterator[ssl.SSLSocket]:
    context = trusting(rig)
    with (
        closing(tunnel(rig, host)) as plain,
        closing(context.wrap_socket(plain, server_hostname=host)) as encrypted,
    ):
        yield encrypted


def serves(rig: Rig) -> bool:
    """Whether the process still answers, on a connection of its own."""
    with httpx.Client(proxy=rig.proxy.url, verify=rig.authority.client_context()) as client:
        return client.get(CERTS).status_code == 200


def test_only_loopback_is_bound(rig: Rig) -> None:
    bound = [listening.getsockname()[0] for listening in rig.proxy._listener.sockets]
    assert bound == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("authority", "status", "reason"),
    [
        ("example.org:443", 403, "not a host of the sandbox"),
        ("127.0.0.1:443", 403, "not a host of the sandbox"),
        ("www.googleapis.com.evil.example:443", 403, "not a host of the sandbox"),
        ("evilvault.azure.net:443", 403, "not a host of the sandbox"),
        ("missing.vault.azure.net:443", 502, "no such host name"),
        ("a.kv-alpha.vault.azure.net:443", 502, "no such host name"),
        ("www.googleapis.com:80", 403, "port 443 only"),
        ("www.googleapis.com", 400, "host:port"),
        ("www.googleapis.com:99999999", 400, "host:port"),
    ],
)
def test_connect_serves_known_hosts_on_443_and_says_why_not(
    rig: Rig, authority: str, status: int, reason: str
) -> None:
    rig.vault()
    answer = raw(rig, f"CONNECT {authority} HTTP/1.1\r\n\r\n".encode())
    line, _, body = answer.partition(b"\r\n")
    assert line.startswith(f"HTTP/1.1 {status} ".encode())
    assert reason.encode() in line
    assert reason.encode() in body


def test_plain_http_is_not_proxied(rig: Rig) -> None:
    for url in ("http://www.googleapis.com/", "http://example.org/"):
        answer = rig.request("GET", url)
        assert answer.status_code == 403
        assert "https only" in answer.text


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,
        b"\x00" * 100,
        b"not http\r\n\r\n",
        b"CONNECT\r\n\r\n",
        b"CONNECT www.googleapis.com:443 HTTP/2.0\r\n\r\n",
        b"CONNECT www.googleapis.com:443 HTTP/1.1\r\n\r\nearly data",
        b"CONNECT \xff\xfe:443 HTTP/1.1\r\n\r\n",
        b"CONNECT a\r\nX: y\r\n:443 HTTP/1.1\r\n\r\n",
        b"CONNECT " + b"x" * 100_000,
    ],
)
def test_garbage_instead_of_connect_is_refused_and_harms_nothing(rig: Rig, data: bytes) -> None:
    answer = raw(rig, data)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 431 "))
    assert serves(rig)


def test_clients_that_hang_up_at_any_moment_harm_nothing(rig: Rig) -> None:
    raw(rig, b"", half_close=True)
    raw(rig, b"CONNECT www.goo", half_close=True)
    tunnel(rig).close()
    with closing(tunnel(rig)) as half:
        half.shutdown(socket.SHUT_WR)
        assert read_all(half) == b""
    with secure(rig) as encrypted:
        encrypted.sendall(b"GET /oauth2/v3/ce")
    with secure(rig) as encrypted:
        encrypted.sendall(
            b"POST / HTTP/1.1\r\nHost: www.googleapis.com\r\nContent-Length: 9\r\n\r\nhalf"
        )
    assert serves(rig)


def test_garbage_instead_of_tls_harms_nothing(rig: Rig) -> None:
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\x00" * 70_000):
        with closing(tunnel(rig)) as connection:
            # The proxy may hang up before all of it is sent.
            with suppress(OSError):
                connection.sendall(garbage)
                connection.shutdown(socket.SHUT_WR)
            read_all(connection)
    assert serves(rig)


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_request_in_the_handshakes_last_packet_is_answered(
    tmp_path: Path, pki: Path, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    # Of the two loops, asyncio's hands such data over before it says that TLS is up.
    with running(tmp_path, pki, new_loop) as rig:
        _finish_and_ask_at_once(rig)


def _finish_and_ask_at_once(rig: Rig) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = trusting(rig).wrap_bio(incoming, outgoing, server_hostname=CLOUD_HOST)
    with closing(tunnel(rig)) as plain:
        while True:
            try:
                session.do_handshake()
                break
            except ssl.SSLWantReadError:
                plain.sendall(outgoing.read())
                incoming.write(plain.recv(65_536))
        # The client's Finished is still in `outgoing`: it leaves together with the request.
        session.write(b"GET /oauth2/v3/certs HTTP/1.1\r\nHost: www.googleapis.com\r\n\r\n")
        plain.sendall(outgoing.read())
        answer = b""
        while b"200 OK" not in answer:
            incoming.write(plain.recv(65_536))
            with suppress(ssl.SSLWantReadError):
                answer += session.read(65_536)


def test_a_silent_client_is_let_go(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "_SECONDS", 0.2)
    monkeypatch.setattr(server, "_HEAD_SECONDS", 0.2)
    with closing(dial(rig)) as silent:
        assert read_all(silent) == b""
    with closing(tunnel(rig)) as silent:
        assert read_all(silent) == b""
    with secure(rig) as slow:
        slow.sendall(b"GET /oauth2/v3/certs HTTP/1.1\r\nX-Slow: ")
        assert read_all(slow) == b""


def test_a_body_that_never_ends_times_out(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_BODY_SECONDS", 0.2)
    with secure(rig) as slow:
        head = b"POST /x HTTP/1.1\r\nHost: www.googleapis.com\r\nContent-Length: 10\r\n\r\n"
        slow.sendall(head + b"abc")
        assert read_all(slow).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"\x00\x01\x02\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: login.microsoftonline.com\r\n\r\n", 421),
        (b"GET /\xff HTTP/1.1\r\nHost: www.googleapis.com\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: www.googleapis.com\r\nX: " + b"x" * 70_000, 431),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: www.googleapis.com\r\n\r\n", 431),
    ],
)
def test_a_malformed_request_is_refused_and_harms_nothing(
    rig: Rig, request_head: bytes, status: int
) -> None:
    with secure(rig) as encrypted:
        encrypted.sendall(request_head)
        assert encrypted.recv(4096).startswith(f"HTTP/1.1 {status} ".encode())
    assert serves(rig)


def test_an_oversized_body_gets_the_clouds_answer(rig: Rig) -> None:
    rig.vault()
    big = b"x" * (3 * 1024 * 1024)

    def chunks() -> Iterator[bytes]:
        yield from (big[:65_536] for _ in range(48))

    for content in (big, chunks()):
        answer = rig.request("PUT", f"https://{HOST}/secrets/a", content=content)
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "RequestEntityTooLarge"
    assert rig.request("POST", TOKEN_URL, content=big).json()["error"] == "invalid_request"
    answer = rig.request("POST", CERTS, content=big)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, 413)
    assert serves(rig)


def test_a_host_gets_its_own_certificate_and_an_unknown_name_none(rig: Rig) -> None:
    rig.vault()
    for host in (CLOUD_HOST, HOST):
        with secure(rig, host) as encrypted:
            names = encrypted.getpeercert() or {}
            assert names["subjectAltName"] == (("DNS", host),)
    for name in ("example.org", "missing.vault.azure.net"):
        with closing(tunnel(rig)) as plain, pytest.raises((ssl.SSLError, ConnectionError)):
            trusting(rig).wrap_socket(plain, server_hostname=name)


def test_the_authority_is_kept_closed_and_survives_a_restart(tmp_path: Path) -> None:
    with running(tmp_path, tmp_path) as first:
        context = trusting(first)
        assert serves(first)
    for name in ("authority.pem", "ca.pem"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    with running(tmp_path, tmp_path) as second, closing(tunnel(second)) as plain:
        context.wrap_socket(plain, server_hostname=CLOUD_HOST).close()


def test_a_damaged_authority_says_how_to_mend_it(tmp_path: Path) -> None:
    (tmp_path / "authority.pem").write_text("damaged")
    with pytest.raises(ValueError, match=r"authority\.pem .* `python -m sandbox reset`"):
        Authority(tmp_path)


def test_every_exchange_is_in_the_journal_without_its_query(rig: Rig) -> None:
    before = rig.cloud.journal.sequence
    rig.request("GET", f"{CERTS}?canary=1")
    rig.request("POST", TOKEN_URL, data={"client_assertion": "canary"})
    calls = rig.cloud.journal.after(before)
    assert [(c.host, c.method, c.path, c.status) for c in calls] == [
        (CLOUD_HOST, "GET", "/oauth2/v3/certs", 200),
        ("login.microsoftonline.com", "POST", TOKEN_URL.partition(".com")[2], 400),
    ]
    assert "canary" not in repr(calls)


def test_an_app_that_raises_answers_500_and_the_next_request_is_served(rig: Rig) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("canary-fault")

    rig.hosts.mount(lambda: {"broken.example.com"}, broken, 1024, "{}")
    answer = rig.request("GET", "https://broken.example.com/")
    assert answer.status_code == 500
    assert "canary-fault" not in answer.text
    assert serves(rig)


def test_mounted_hosts_come_and_go_and_never_shadow_a_cloud(rig: Rig) -> None:
    teapot = PlainTextResponse("mounted", 418)
    names = {"alpha.api.example.com", CLOUD_HOST}
    rig.hosts.mount(lambda: names, teapot, 10, '{"fault": "too big"}')
    url = "https://alpha.api.example.com/"
    assert rig.request("GET", url).status_code == 418
    assert rig.request("POST", url, content=b"x" * 11).json() == {"fault": "too big"}
    assert rig.request("GET", CERTS).status_code == 200
    names.clear()
    with pytest.raises(httpx.ProxyError, match="403"):
        rig.request("GET", url)
