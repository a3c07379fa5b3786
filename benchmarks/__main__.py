"""Measures, shows, judges: exit code 1 when a target is missed or something couldn't be measured."""

from __future__ import annotations

import sys

import httpx

from benchmarks import (
    commands,
    in_sandbox,
    machine,
    many_resources,
    policy_pack,
    previews,
    start_up,
    sustained_load,
)
from benchmarks.figures import Figure, MeasurementError
from benchmarks.gateway import external_calls, mixed_requests, outages
from benchmarks.report import Report
from sandbox.demo.narrator import NotAsTold
from sandbox.process import SandboxError
from tools.setup.engine import EngineError

# Those of minutes come last.
_SUBJECTS = (
    start_up.measure,
    in_sandbox.measure,
    sustained_load.measure,
    policy_pack.measure,
    external_calls.measure,
    mixed_requests.measure,
    outages.measure,
    commands.measure_demo,
    commands.measure_test,
    previews.measure,
    many_resources.measure,
)


def main() -> int:
    """Measure everything; returns the exit code."""
    report = Report()
    try:
        described = machine.describe()
    except EngineError as error:
        report.failure(str(error))
        return 1
    figures: list[Figure] = []
    failed = False
    for measure in _SUBJECTS:
        try:
            figures += measure(report.progress)
        except (MeasurementError, NotAsTold, SandboxError, httpx.HTTPError) as error:
            report.failure(str(error))
            failed = True
    report.figures(described, figures)
    return 1 if failed or any(figure.missed for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
