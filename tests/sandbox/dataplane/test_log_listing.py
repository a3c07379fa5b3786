"""Cloud Logging lists what was written: filtered, in order, a page at a time, to who may read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import google_tokens, world
from sandbox.dataplane.cloud_logging import LogEntries
from sandbox.dataplane.log_filter import FilterError, compile_filter
from tests.sandbox.dataplane.rig import ACCOUNT, Rig
from tests.sandbox.dataplane.test_google import LOG, enable, refusal

CLIENT = Path(__file__).with_name("logging_client.py")
PROJECT = f"projects/{world.PROJECT_ID}"
ENTRY: dict[str, Any] = {
    "logName": LOG,
    "timestamp": "2026-11-25T07:00:00.500000Z",
    "resource": {"type": "global", "labels": {"project_id": "p"}},
    "jsonPayload": {
        "environment": "dev",
        "start": 5,
        "nested": {"yes": True},
        "quoted": 'a "b"',
        "sizes": [6, 9],
    },
}


def allow_reader(rig: Rig) -> None:
    body = {
        "project": world.PROJECT_ID,
        "role": "roles/logging.viewer",
        "member": f"serviceAccount:{ACCOUNT}",
    }
    rig.insert("gcp:projects/iAMMember:IAMMember", "log-reader", body)


@pytest.fixture
def readable(rig: Rig) -> Rig:
    enable(rig, "logging.googleapis.com")
    allow_reader(rig)
    entries, now = LogEntries(rig.cloud.store), rig.cloud.clock.now()
    for number in range(7):
        entries.write(LOG, {"n": number, "environment": ("dev", "test")[number % 2]}, now + number)
    entries.write(f"{PROJECT}/logs/other", "text", now + 10)
    return rig


def ask(rig: Rig, **asked: object) -> httpx.Response:
    return rig.request(
        "POST",
        "https://logging.googleapis.com/v2/entries:list",
        headers={"authorization": f"Bearer {google_tokens.mint_access_token(rig.cloud, ACCOUNT)}"},
        json={"resourceNames": [PROJECT], **asked},
    )


def _numbers(answer: httpx.Response) -> list[int]:
    return [entry["jsonPayload"]["n"] for entry in answer.json()["entries"]]


def test_entries_are_listed_only_with_the_api_and_the_role(rig: Rig) -> None:
    assert refusal(ask(rig)) == (403, "PERMISSION_DENIED")
    enable(rig, "logging.googleapis.com")
    assert refusal(ask(rig)) == (403, "PERMISSION_DENIED")
    allow_reader(rig)
    assert ask(rig).json() == {"entries": []}


def test_a_filter_and_an_order_hold_over_all_pages(readable: Rig) -> None:
    wanted = {
        "filter": f'logName="{LOG}" AND jsonPayload.environment="dev"',
        "orderBy": "timestamp desc",
        "pageSize": 3,
    }
    first = ask(readable, **wanted)
    assert _numbers(first) == [6, 4, 2]
    second = ask(readable, **wanted, pageToken=first.json()["nextPageToken"])
    assert _numbers(second) == [0]
    assert "nextPageToken" not in second.json()


@pytest.mark.parametrize(
    "asked",
    [
        {"resourceNames": ["projects/other"]},
        {"resourceNames": []},
        {"orderBy": "severity"},
        {"pageSize": -1},
        {"pageSize": 1001},
        {"pageSize": "x"},
        {"pageToken": "x"},
        {"filter": "severity>=ERROR"},
        {"filter": 'a OR logName="x"'},
    ],
)
def test_what_it_cannot_answer_is_refused(readable: Rig, asked: dict[str, object]) -> None:
    assert refusal(ask(readable, **asked)) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    "text",
    [
        "",
        f'logName="{LOG}"',
        f"logName={LOG}",
        'timestamp>="2026-11-25T07:00:00Z"',
        'timestamp<"2026-11-25T08:30:00+01:00" AND timestamp > "2026-11-25T06:59:00Z"',
        'jsonPayload.environment="dev" jsonPayload.start=5',
        "jsonPayload.start>4.5 AND jsonPayload.start<=5",
        'jsonPayload.environment:"DE"',
        'jsonPayload.environment!="test"',
        'jsonPayload.environment="DEV"',
        "jsonPayload.environment:*",
        "jsonPayload.start:5",
        "jsonPayload.sizes<7",
        'textPayload!="x"',
        'textPayload=""',
        'resource.type="global" AND resource.labels.project_id=p',
        "jsonPayload.nested.yes=True",
        r'jsonPayload.quoted="a \"b\""',
    ],
)
def test_a_filter_is_true_of_what_it_says(text: str) -> None:
    assert compile_filter(text)(ENTRY)


@pytest.mark.parametrize(
    "text",
    [
        'logName="projects/p/logs/other"',
        'timestamp>"2026-11-25T07:00:01Z"',
        'jsonPayload.environment="test"',
        'jsonPayload.environment="dev" AND jsonPayload.start=6',
        'jsonPayload.absent="x"',
        'jsonPayload.absent!="x"',
        "jsonPayload.absent:*",
        "textPayload:*",
        "jsonPayload.start>=x",
        "jsonPayload.nested!=x",
        "jsonPayload.nested.yes!=x",
        "jsonPayload.sizes<6",
        'resource.type="api"',
        "resource.labels.location!=x",
        "jsonPayload.nested.yes=false",
        "textPayload:x",
    ],
)
def test_a_filter_is_false_of_what_it_does_not_say(text: str) -> None:
    assert not compile_filter(text)(ENTRY)


@pytest.mark.parametrize(
    "text",
    [
        "error",
        'logName="x" OR logName="y"',
        'NOT logName="x"',
        '(logName="x")',
        'logName=~"x"',
        "severity=ERROR",
        "resource=global",
        "jsonPayload.environment=d*",
        "jsonPayload.environment=dev:x",
        'logName="x" -- a comment',
        'logName="x" AND',
        "AND",
        'timestamp>"yesterday"',
        'timestamp>"2026-11-25T07:00:00"',
        'jsonPayload="x"',
        'logName="x',
        "sample(insertId, 0.1)",
    ],
)
def test_a_filter_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(FilterError, match="Unparseable filter"):
        compile_filter(text)(ENTRY)


def test_googles_own_client_lists_every_page(readable: Rig) -> None:
    token = google_tokens.mint_access_token(readable.cloud, ACCOUNT)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(CLIENT), world.PROJECT_ID, LOG],
        env={
            **{k: v for k, v in os.environ.items() if k == "PATH"},
            "HTTPS_PROXY": readable.proxy.url,
            "REQUESTS_CA_BUNDLE": str(readable.authority.certificate),
            "TOKEN": token,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == list(range(7))
