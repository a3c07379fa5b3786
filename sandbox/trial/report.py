"""Tries all bundles of a folder and prints what came of it: one table, then the summary.

A bundle runs where all of it is executed; that its requests can be answered is another matter, and
is told for each.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sandbox.gateway.bundle import Bundle
from sandbox.trial.readme import requests
from sandbox.trial.samples import Found, Sample, find
from sandbox.trial.scenarios import run_features
from sandbox.trial.settings import read_settings
from sandbox.trial.stage import Answer, Stage
from sandbox.trial.survey import Refusal, survey
from sandbox.trial.trials import OUTCOMES, Trial

_WIDTH = 150
_PROPERTY = re.compile(r'property "([^"]+)"')


@dataclass(frozen=True)
class Result:
    """One bundle: what is refused in it, and where it runs, what its requests came to."""

    found: Found
    refusals: list[Refusal]
    trials: list[Trial]


def run(folder: Path) -> int:
    """Try the bundles beneath `folder` and print the report. Returns the exit code, always 0.

    Raises SandboxError where the folder can't be read.
    """
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    with tempfile.TemporaryDirectory(prefix="apigee-keyvault-trial-") as keys:
        samples = find(folder)
        results = [result for sample in samples for result in try_sample(sample, Path(keys))]
    table = Table("bundle", "", "where", "what")
    for column in table.columns:
        column.overflow = "fold"
    for result in results:
        path = result.found.path
        for kind, where, what in _rows(result):
            table.add_row(*map(escape, (path, kind, where, what)))
            path = ""
        table.add_section()
    console.print(table)
    for line in summary(results):
        console.print(line, markup=False)
    return 0


def try_sample(sample: Sample, keys: Path) -> list[Result]:
    """Load a sample's bundles, deploy those that can run, and send the sample's requests.

    `keys` is a folder for signing keys.
    """
    surveyed = [(found, *survey(found.files, found.kind)) for found in sample.bundles]
    results = []
    deployed: set[str] = set()
    with Stage(keys) as stage:
        for found, bundle, refusals in surveyed:
            trials: list[Trial] = []
            if bundle is not None:
                refusals.extend(_absent(found, bundle, deployed))
            if bundle is not None and not refusals:
                stage.deploy(found)
                if found.kind == "sharedflow":
                    deployed.add(found.name)
                else:
                    trials = list(_trials(sample, bundle, stage))
            results.append(Result(found, refusals, trials))
    return results


def _absent(found: Found, bundle: Bundle, deployed: set[str]) -> Iterator[Refusal]:
    """The shared flows that a bundle calls and that aren't there; Apigee refuses to deploy it then.

    Shared flows come first, and those of the samples call no others.
    """
    for name in sorted(bundle.shared_flows - deployed):
        why = f'calls the shared flow "{name}", which is refused or not in the sample'
        yield Refusal(found.path, "FlowCallout/SharedFlowBundle", "", why)


def _trials(sample: Sample, bundle: Bundle, stage: Stage) -> Iterator[Trial]:
    """The requests of a sample that go to this proxy's base paths."""
    settings = read_settings(sample.folder)
    bases = [proxy.basepath for proxy in bundle.proxies]

    def is_ours(path: str) -> bool:
        plain = path.partition("?")[0]
        return any(plain == base or plain.startswith(f"{base}/") for base in bases)

    def send(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        return stage.request(method, path, headers, body)

    yield from run_features(sample.folder, settings, send, is_ours)
    for request in requests(sample.folder, settings):
        if not is_ours(request.path):
            continue
        if request.blocked:
            yield Trial(request.where, "not sent", request.blocked)
            continue
        answer = send(request.method, request.path, request.headers, request.body.encode())
        if answer.out_of_reach:
            detail = f"{', '.join(answer.out_of_reach)}; answered {answer.status}"
            yield Trial(request.where, "needs", detail)
        else:
            yield Trial(request.where, "answered", f"{answer.status}, nothing is stated")


def _rows(result: Result) -> Iterator[tuple[str, str, str]]:
    """What to print of one bundle: a word, a place, an explanation."""
    for refusal in result.refusals:
        yield "refused", refusal.where, refusal.message
    if result.refusals:
        return
    yield "runs", "", "" if result.trials else "no request comes with it that can be read"
    for trial in result.trials:
        yield trial.outcome, trial.where, trial.detail


def summary(results: list[Result]) -> Iterator[str]:
    """Counts of bundles, of requests by outcome, and of reasons by the bundles that have them."""
    refused = [result for result in results if result.refusals]
    yield f"{len(results)} bundles: {len(results) - len(refused)} run, {len(refused)} are refused"
    yield "requests and scenarios of those that run:"
    outcomes = Counter(trial.outcome for result in results for trial in result.trials)
    for outcome, meaning in OUTCOMES.items():
        yield f"{outcomes[outcome]:3} {meaning}"
    hosts = Counter(
        host
        for result in results
        for trial in result.trials
        if trial.outcome == "needs"
        for host in trial.detail.partition(";")[0].split(", ")
    )
    if hosts:
        yield "out of reach: " + ", ".join(f"{host} ({n})" for host, n in hosts.most_common())
    reasons = Counter(reason for result in refused for reason in set(map(_reason, result.refusals)))
    yield "reasons, by the number of bundles:"
    for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {count:3}  {reason}"


def _reason(refusal: Refusal) -> str:
    """What a refusal has in common with others: the policy, the kind of file, the element."""
    if not refusal.element:
        folder = "/".join(refusal.file.split("/")[1:3]) if "/resources/" in refusal.file else ""
        return f"file in {folder}" if folder else refusal.message
    if "/" not in refusal.element and refusal.message.startswith("this policy"):
        return f"policy {refusal.element}"
    named = _PROPERTY.search(refusal.message)
    if named is not None:
        return f"property {named[1]} of an endpoint or a callout"
    return f"{refusal.element}{f' @{refusal.attribute}' if refusal.attribute else ''}"
