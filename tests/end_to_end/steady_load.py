"""A steady load on the gateway, over TLS, that goes on beside a test and remembers what failed."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Self

import httpx

from sandbox.client import Sandbox

_CONNECTIONS = 6
# Seconds between an answer and the next request of a connection: some twenty requests a second.
_PAUSE = 0.2
_PATIENCE = 60  # seconds until a load that has stopped counts as a failure


class SteadyLoad:
    """GETs of each address in its turn, from several connections at once, while it is entered."""

    def __init__(self, sandbox: Sandbox, urls: Sequence[str]) -> None:
        self._sandbox = sandbox
        self._urls = urls
        self._stopping = threading.Event()
        self._held = ""
        self._answered = [0] * _CONNECTIONS
        self._failures: list[str] = []
        self._news = threading.Condition()
        self._threads = [
            threading.Thread(target=self._send, args=(number,)) for number in range(_CONNECTIONS)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, once every request is answered."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    @contextmanager
    def without(self, prefix: str) -> Iterator[None]:
        """For a while, leave out the addresses that begin so."""
        before, self._held = self._held, prefix
        try:
            self.turn(1)
            yield
        finally:
            self._held = before

    def turn(self, processors: int) -> None:
        """Wait until so many requests were begun and answered that each processor met each address.

        An address that is left out counts as answered.
        """
        # What a connection has under way may have begun before.
        more = 1 + math.ceil(len(self._urls) * processors / _CONNECTIONS)
        with self._news:
            enough = [answered + more for answered in self._answered]
            assert self._news.wait_for(lambda: self._reached(enough), _PATIENCE), "no answers"

    def check(self) -> None:
        """Fail if a request has failed since the last check: with its time, address, status and body."""
        with self._news:
            failures, self._failures = self._failures, []
        assert not failures, "\n".join(failures)

    def _reached(self, enough: Sequence[int]) -> bool:
        return all(has >= wanted for has, wanted in zip(self._answered, enough, strict=True))

    def _send(self, number: int) -> None:
        turns = islice(cycle(self._urls), number, None)
        with self._sandbox.http() as client:
            while not self._stopping.wait(_PAUSE):
                url = next(turns)
                held = bool(self._held) and url.startswith(self._held)
                self._record(number, None if held else self._failure(client, url))

    def _failure(self, client: httpx.Client, url: str) -> str | None:
        began = datetime.now(UTC).isoformat(timespec="milliseconds")
        try:
            answer = client.get(url)
        except httpx.HTTPError as error:
            return f"{began} {url}: {error!r}"
        if answer.status_code == httpx.codes.OK:
            return None
        return f"{began} {url}: {answer.status_code} {answer.text}"

    def _record(self, number: int, failure: str | None) -> None:
        with self._news:
            self._answered[number] += 1
            if failure is not None:
                self._failures.append(failure)
            self._news.notify_all()
