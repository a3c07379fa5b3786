"""Previews compared: the bare program registers what the program does, and what figures say of both."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pytest

from benchmarks import many_environments
from benchmarks.figures import MeasurementError
from benchmarks.many_environments import Configuration
from benchmarks.previews import Compared, Preview, growth, overhead
from benchmarks.start_up import imports
from tests.components.configurations import as_engine_gives
from tests.components.recording import Recording, record_main

_ROOT = Path(__file__).resolve().parents[2]
_SIZE = (2, 3)  # environments, secrets in each

# Type and name, what it is given, and what has to be there before it.
Facts = dict[tuple[str, str], tuple[dict[str, object], set[tuple[str, str]]]]


def _facts(main: Path, configuration: Configuration) -> Facts:
    """What a program registers in a preview, components left out: unknown inputs are None."""
    recording = record_main(main, as_engine_gives(configuration), preview=True)
    return {
        (resource.type, resource.name): (
            {
                name: None if isinstance(value, pulumi.output.Unknown) else value
                for name, value in resource.inputs.items()
            },
            _named(recording, resource.dependencies),
        )
        for resource in recording.resources
        if resource.custom
    }


def _named(recording: Recording, urns: frozenset[str]) -> set[tuple[str, str]]:
    """Types and names of what has those URNs, components left out."""
    components = {resource.urn for resource in recording.resources if not resource.custom}
    parts = [urn.split("::", 3) for urn in urns - components]
    return {(types.rpartition("$")[2], name) for _, _, types, name in parts}


def test_the_bare_program_registers_what_the_program_does_in_the_same_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "apigee").symlink_to(_ROOT / "apigee")
    monkeypatch.chdir(tmp_path)  # where the program packs its bundles
    with_components = _facts(_ROOT / "__main__.py", many_environments.of_program(*_SIZE))
    bare = _facts(
        _ROOT / "benchmarks" / "bare" / "__main__.py", many_environments.of_bare_program(*_SIZE)
    )
    assert bare.keys() == with_components.keys()
    assert len(bare) > 50
    for resource, facts in with_components.items():
        assert bare[resource] == facts, resource


def _compared(environments: int, bare: float, with_components: float, resources: int) -> Compared:
    """One size, at which either program takes so many seconds, and as many megabytes."""
    components = 2 + 4 * environments
    return Compared(
        environments,
        (Preview(bare, bare, bare, resources + 1),) * 3,
        (Preview(with_components, with_components, with_components, resources + 1 + components),),
    )


def _missed(compared: Compared) -> list[str]:
    return [figure.name.rpartition(" of the ")[2] for figure in overhead(compared) if figure.missed]


def test_components_may_add_15_per_cent_to_time_and_memory_and_no_more() -> None:
    assert _missed(_compared(1, 10, 11.5, 52)) == []
    assert _missed(_compared(1, 10, 11.6, 52)) == ["time", "program's peak memory"]


def test_a_preview_may_grow_as_fast_as_the_resources_and_no_faster() -> None:
    fewer = _compared(10, 10, 10, 400)
    assert not any(figure.missed for figure in growth(fewer, _compared(50, 50, 50, 2_000)))
    assert all(figure.missed for figure in growth(fewer, _compared(50, 51, 51, 2_000)))


def test_programs_that_register_other_resources_are_not_compared() -> None:
    compared = _compared(1, 10, 10, 52)
    compared.check()
    other = Compared(1, compared.bare, (Preview(10, 10, 10, 60),))
    with pytest.raises(MeasurementError, match="the bare one 53, and there are 6 components"):
        other.check()


def test_only_the_imports_of_a_program_are_its_start_up() -> None:
    source = '"""Text."""\nimport sys\nfrom os import path as p\n\nprint(p, sys)\n'
    assert imports(source) == "import sys\nfrom os import path as p"
