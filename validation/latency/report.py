"""The latency report, as text to read or as JSON. Owns the layout, not the figures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from validation.latency.caching import Advice
from validation.latency.lines import GOOD
from validation.latency.tally import PERCENTILES, READ, Subject, Tally


@dataclass(frozen=True)
class Report:
    """What was measured.

    Attributes:
        subjects: by environment, secret and operation, what was counted and what follows for a
            cache; in the order in which they are told.
        unread: lines that are none of the shared flow's, by what is wrong with them.
    """

    subjects: Mapping[Subject, tuple[Tally, Advice]]
    unread: Counter[str]


def text(report: Report) -> str:
    """The report for a reader."""
    parts = ("\n".join(_part(subject, *found)) for subject, found in report.subjects.items())
    return "\n\n".join(parts)


def as_json(report: Report) -> str:
    """The report for a program: the same figures."""
    return json.dumps(
        {
            "secrets": [_object(subject, *found) for subject, found in report.subjects.items()],
            "unread": dict(sorted(report.unread.items())),
        },
        indent=2,
    )


def _object(subject: Subject, counted: Tally, advice: Advice) -> dict[str, object]:
    return {
        **subject._asdict(),
        "first": _moment(counted.first),
        "last": _moment(counted.last),
        "calls": [
            {"outcome": outcome, "source": source, "calls": calls}
            for (outcome, source), calls in sorted(counted.outcomes.items())
        ],
        "legs": [
            {
                "leg": leg,
                "answer": answer,
                "calls": len(times),
                **{f"p{percent}": times.percentile(percent) for percent in PERCENTILES},
            }
            for leg, answer, times in counted.rows()
        ],
        "reads": counted.reads,
        "fetchesWithCache": [
            {"seconds": lifetime, "fetches": counted.fetches_with[lifetime]}
            for lifetime in counted.lifetimes
        ],
        "finding": advice.is_finding,
        "advice": advice.text,
        "cache": advice.cache.model_dump(by_alias=True) if advice.cache else None,
    }


def _part(subject: Subject, counted: Tally, advice: Advice) -> Iterator[str]:
    environment, secret, operation = subject
    yield f"{environment} / {secret}" + ("" if operation == READ else f" ({operation})")
    calls = ", ".join(
        f"{number} {outcome}" + (f" ({source})" if outcome in GOOD or source == "cached" else "")
        for (outcome, source), number in sorted(counted.outcomes.items())
    )
    yield f"  {_moment(counted.first)} to {_moment(counted.last)}: {calls}"
    heads = "".join(f"{f'p{percent}':>8}" for percent in PERCENTILES)
    yield f"  {'leg':<8}{'answer':<9}{'calls':>8}{heads}  ms"
    for leg, answer, times in counted.rows():
        figures = "".join(f"{times.percentile(percent):>8}" for percent in PERCENTILES)
        yield f"  {leg:<8}{answer:<9}{len(times):>8}{figures}"
    yield f"  {advice.text}"
    if advice.cache is not None:
        yield f"  Under secrets, {secret}, of the environment {environment}:"
        block = advice.cache
        yield (
            f"    cache: {{seconds: {block.seconds}, "
            f"measuredMilliseconds: {block.measured_milliseconds:g}}}"
        )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
