"""A load's schedule doesn't wait for answers, and what a request is charged with."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from benchmarks.open_loop import Load, Sent, answered, rate_of

_URL = "https://beta.api.example.com/orders/v1/invoices"


def test_requests_are_due_at_equal_distances_and_none_after_the_end() -> None:
    due = Load(_URL, rate=200, seconds=60).due()
    assert len(due) == 12_000
    assert {round(after - before, 9) for before, after in pairwise(due)} == {0.005}
    assert (due[0], due[-1]) == pytest.approx((0.0, 59.995))


def test_latency_counts_from_when_a_request_was_due() -> None:
    request = Sent(due=1.0, started=1.25, ended=1.5, failure=None)
    assert (request.latency, request.late) == pytest.approx((500.0, 250.0))


def test_the_rate_is_of_good_answers_until_the_last_one_came() -> None:
    sent = [
        Sent(due=0.0, started=0.0, ended=0.1, failure=None),
        Sent(due=0.5, started=0.5, ended=2.0, failure=None),
        Sent(due=1.0, started=1.0, ended=1.1, failure="status 503"),
    ]
    assert rate_of(sent) == pytest.approx(1.0)


def _read(answer: bytes) -> tuple[int, bytes]:
    """The status of the first answer in `answer`, and what is left for the next."""

    async def read() -> tuple[int, bytes]:
        reader = asyncio.StreamReader()
        reader.feed_data(answer)
        reader.feed_eof()
        return await answered(reader), await reader.read()

    return asyncio.run(read())


def test_an_answer_is_read_to_its_end_and_no_further() -> None:
    answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\nx: y\r\n\r\nhello"
    assert _read(answer + b"HTTP/1.1 200 OK") == (503, b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="the other side hung up"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell", id="a body cut off"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="no length"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", id="no number"),
    ],
)
def test_an_answer_that_is_not_whole_is_a_failure(answer: bytes) -> None:
    with pytest.raises((EOFError, ValueError)):
        _read(answer)
