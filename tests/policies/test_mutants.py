"""For every rule, turning one of its conditions round makes a fixture fail."""

from __future__ import annotations

import ast
import importlib
import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from policies.pack.catalogue import RULES
from policies.pack.configuration import Configuration, Entry
from policies.pack.exceptions import EXCEPTIONS
from policies.pack.judging import UNDECIDED, Judge, Verdict
from policies.pack.model import Resource, Rule
from policies.pack.values import plain
from tests.policies.fixtures import Case, FixtureResource, Phase, cases
from tests.policies.mutants import Mutant, mutants
from tests.policies.served_pack import _struct

SURVIVORS: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("surviving_mutants.json").read_text()
)
_MODULES = sorted({sys.modules[rule.judge.__module__] for rule in RULES}, key=lambda m: m.__name__)
Found = set[tuple[str, str, str, str, str]]


def _today() -> date:
    return datetime.now(UTC).date()


@cache
def _inputs(number: int) -> list[Resource]:
    return [_resource(r, r.inputs, {}) for r in _cases()[number].resources.values()]


@cache
def _outputs(number: int) -> list[Resource]:
    case = _cases()[number]
    urns = {name: resource.urn for name, resource in case.resources.items()}
    return [
        _resource(r, r.outputs, {k: tuple(urns.get(s, s) for s in v) for k, v in r.sources.items()})
        for r in case.resources.values()
    ]


@cache
def _cases() -> list[Case]:
    return list(cases())


def _resource(given: FixtureResource, properties: Any, sources: Any) -> Resource:  # noqa: ANN401
    values = plain(_struct(properties))
    return Resource(given.urn, given.name, given.kind, values, sources, given.protect)


def _found(rules: list[Rule]) -> Found:
    """What these rules say of every case, in both phases."""
    found: Found = set()
    abouts = [EXCEPTIONS, *(rule.about for rule in RULES)]
    for number, case in enumerate(_cases()):
        entries = {
            name: Entry(None, dict(value))
            for name, value in case.config.items()
            if isinstance(value, dict)
        }
        configuration = Configuration(abouts, entries)
        for phase in case.phases:
            judge = Judge(rules, configuration, phase == "preview")
            found |= _of(judge, number, phase)
    return found


def _of(judge: Judge, number: int, phase: Phase) -> Found:
    verdicts = [
        verdict
        for resource in _inputs(number)
        for verdict in judge.resource(resource.token, _today(), lambda r=resource: r)  # type: ignore[misc]
    ]
    listed: list[tuple[str, Callable[[], Resource]]] = [
        (resource.token, lambda r=resource: r)  # type: ignore[misc]
        for resource in _outputs(number)
    ]
    verdicts += [v for v in judge.stack(listed, _today()) if v.rule is not EXCEPTIONS]
    case = _cases()[number]
    return {(case.rule, case.name, phase, v.urn, _said(v)) for v in verdicts}


def _said(verdict: Verdict) -> str:
    """What a fixture can tell of a verdict: not its wording."""
    if "itself failed" in verdict.message:
        return "failed"
    undecided = verdict.message.startswith(UNDECIDED)
    return "undecided" if undecided else verdict.level


def _mutated(module: ModuleType, mutant: Mutant) -> Rule:
    assert module.__file__
    changed = ModuleType(module.__name__)
    changed.__package__ = module.__package__
    changed.__file__ = module.__file__
    # Dataclasses look for their module by name.
    original, sys.modules[module.__name__] = sys.modules[module.__name__], changed
    try:
        exec(compile(mutant.tree, module.__file__, "exec"), changed.__dict__)  # noqa: S102
    finally:
        sys.modules[module.__name__] = original
    return changed.RULE  # type: ignore[no-any-return]


@pytest.mark.exhaustive
@pytest.mark.parametrize("module", _MODULES, ids=lambda m: ".".join(m.__name__.split(".")[-2:]))
def test_every_mutant_is_noticed_but_those_that_are_listed(module: ModuleType) -> None:
    name = ".".join(module.__name__.split(".")[-2:])
    assert module.__file__
    own = importlib.import_module(module.__name__).RULE
    usual = _found([own])
    survivors = set()
    for mutant in mutants(Path(module.__file__).read_text()):
        try:
            rule = _mutated(module, mutant)
        except Exception:  # noqa: BLE001, S112 - a module that can't be loaded is noticed
            continue
        if rule.about != own.about or rule.types != own.types:
            continue
        if _found([rule]) == usual:
            survivors.add(mutant.name)
    assert survivors == set(SURVIVORS.get(name, {}))


def test_a_mutant_differs_in_one_place() -> None:
    source = "def f(a, b):\n    return not a < 3 and (max(a, b) if b else True)\n"
    names = [mutant.name.split(":")[0] for mutant in mutants(source)]
    assert sorted(names) == [
        "Lt to LtE",
        "branches changed over",
        "max to min",
        "not taken away",
        "to False",
        "to or",
    ]
    assert len({ast.unparse(mutant.tree) for mutant in mutants(source)}) == len(names)
