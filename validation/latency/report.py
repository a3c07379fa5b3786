"""The latency report, as text to read or as JSON. Owns the layout, not the figures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from validation.latency.caching import Advice
from validation.latency.tally import PERCENTILES, SecretTally


@dataclass(frozen=True)
class Report:
    """What was measured.

    Attributes:
        secrets: by environment and secret (or key), what was counted and what follows for a cache;
            in the order in which they are told.
        unread: lines that are none of the shared flow's, by what is wrong with them.
    """

    secrets: Mapping[tuple[str, str], tuple[SecretTally, Advice]]
    unread: Counter[str]


def text(report: Report) -> str:
    """The report for a reader."""
    parts = [
        "\n".join(_secret(environment, secret, *found))
        for (environment, secret), found in report.secrets.items()
    ]
    return "\n\n".join(parts)


def as_json(report: Report) -> str:
    """The report for a program: the same figures."""
    return json.dumps(
        {
            "secrets": [
                {
                    "environment": environment,
                    "secret": secret,
                    "first": _moment(counted.first),
                    "last": _moment(counted.last),
                    "calls": [
                        {"outcome": outcome, "source": source, "calls": calls}
                        for (outcome, source), calls in sorted(counted.outcomes.items())
                    ],
                    "legs": [
                        {
                            "leg": leg,
                            "source": source,
                            "calls": len(times),
                            **{f"p{percent}": times.percentile(percent) for percent in PERCENTILES},
                        }
                        for leg, source, times in counted.rows()
                    ],
                    "finding": advice.is_finding,
                    "advice": advice.text,
                    "cache": advice.cache.model_dump(by_alias=True) if advice.cache else None,
                }
                for (environment, secret), (counted, advice) in report.secrets.items()
            ],
            "unread": dict(sorted(report.unread.items())),
        },
        indent=2,
    )


def _secret(environment: str, secret: str, counted: SecretTally, advice: Advice) -> Iterator[str]:
    yield f"{environment} / {secret}"
    calls = ", ".join(
        f"{number} {outcome}" + (f" ({source})" if source != "none" else "")
        for (outcome, source), number in sorted(counted.outcomes.items())
    )
    yield f"  {_moment(counted.first)} to {_moment(counted.last)}: {calls}"
    heads = "".join(f"{f'p{percent}':>8}" for percent in PERCENTILES)
    yield f"  {'leg':<8}{'source':<9}{'calls':>8}{heads}  ms"
    for leg, source, times in counted.rows():
        figures = "".join(f"{times.percentile(percent):>8}" for percent in PERCENTILES)
        yield f"  {leg:<8}{source:<9}{len(times):>8}{figures}"
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
