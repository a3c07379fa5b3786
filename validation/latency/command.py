"""The command `latency`: read the lines, count, judge, print. Owns the order and the exit code."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from components.configuration.contents import Cache
from components.configuration.errors import ConfigurationError
from components.configuration.settings import Settings
from validation import stack_file
from validation.latency import report, sources
from validation.latency.caching import LIFETIMES, advise
from validation.latency.lines import Call, LineError, read
from validation.latency.tally import tally

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Question:
    """What the user asks.

    Attributes:
        stack: the stack, whose declaration says where the lines are and which caches there are;
            None: a file's lines are judged without it.
        file: the lines' file, `-` for standard input; None: Cloud Logging.
        since: how far back, such as `24h`; None: a day of Cloud Logging, all of a file.
        environment: one environment's lines alone; None: all.
        as_json: whether the report is for a program.
    """

    stack: str | None
    file: Path | None
    since: str | None
    environment: str | None
    as_json: bool


def measure(question: Question, folder: Path) -> int:
    """Print the report on standard output, and what couldn't be read on standard error.

    Arguments:
        question: what is asked.
        folder: the program's folder.

    Returns:
        0 when no declaration should change, 1 for findings, 2 when there was nothing to look at.
    """
    try:
        settings = stack_file.load(question.stack, folder) if question.stack else None
        begin = _begin(question)
        declared = _declared(settings)
        unread: Counter[str] = Counter()
        calls = _calls(_records(question, settings, begin), unread)
        counted = tally(
            (call for call in calls if _is_asked_for(call, question.environment, begin)),
            tuple(sorted({*LIFETIMES, *(cache.seconds for cache in declared.values())})),
        )
    except (stack_file.StackFileError, ConfigurationError, sources.SourceError) as error:
        print(f"couldn't look: {error}", file=sys.stderr)
        return 2
    for what, lines in sorted(unread.items()):
        print(f"left out: {lines} line{'s' * (lines != 1)}: {what}", file=sys.stderr)
    if not counted:
        print(_nothing(question), file=sys.stderr)
        return 2
    made = report.Report(
        {
            subject: (found, advise(subject, found, declared.get(subject[:2])))
            for subject, found in sorted(counted.items())
        },
        unread,
    )
    print(report.as_json(made) if question.as_json else report.text(made))
    return 1 if any(advice.is_finding for _, advice in made.subjects.values()) else 0


def since(text: str, now: datetime) -> datetime:
    """The moment that a duration such as `90m`, `24h` or `7d` leads back to.

    Raises:
        SourceError: it is no such duration.
    """
    match = re.fullmatch(r"([1-9]\d{0,3})([mhd])", text)
    if match is None:
        raise sources.SourceError(f"--since {text!r} is no duration: give 90m, 24h or 7d")
    return now - timedelta(**{_UNITS[match[2]]: int(match[1])})


def _begin(question: Question) -> datetime | None:
    """The moment from which calls count; None: all do."""
    text = question.since or (None if question.file else "24h")
    return since(text, datetime.now(UTC)) if text else None


def _records(
    question: Question, settings: Settings | None, begin: datetime | None
) -> Iterable[object]:
    if question.file is not None:
        return sources.from_file(question.file)
    if settings is None or begin is None:
        raise sources.SourceError("give a stack (-s STACK) or a file of lines (--file LINES)")
    from validation.latency import cloud  # noqa: PLC0415 (takes a second to load)

    return cloud.lines(settings.project, begin, question.environment)


def _calls(records: Iterable[object], unread: Counter[str]) -> Iterator[Call]:
    for record in records:
        try:
            yield read(record)
        except LineError as error:
            unread[str(error)] += 1


def _is_asked_for(call: Call, environment: str | None, begin: datetime | None) -> bool:
    return environment in (None, call.environment) and (
        begin is None or call.start >= begin.timestamp()
    )


def _declared(settings: Settings | None) -> Mapping[tuple[str, str], Cache]:
    """Every declared cache, by environment and secret."""
    environments = settings.environments if settings else {}
    return {
        (environment, name): secret.cache
        for environment, block in environments.items()
        for name, secret in block.secrets.items()
        if secret.cache is not None
    }


def _nothing(question: Question) -> str:
    where = question.file or f"Cloud Logging, log {sources.LOG}"
    when = f", the last {question.since or '24h'}" if question.since or not question.file else ""
    which = f" of the environment {question.environment}" if question.environment else ""
    return f"couldn't look: no call of the shared flow{which} in {where}{when}"
