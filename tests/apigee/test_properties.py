"""Whatever happens in whatever order: no value is another's, too old, refused, revoked or told.

Sequences of requests, outages, refusals, rotations, changed declarations and clock steps, over two
environments of two secrets and two message processors; `model` judges each answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.apigee import scene as scenes
from tests.apigee.model import ENVIRONMENTS, OUTAGES, PATHS, REFUSALS, Kept, Model, Place

# What changes (if anything), for which secret, to what; the seconds until it is asked for; how often.
Step = tuple[tuple[str, str | None], Place, float, int]

_PLACES: list[Place] = [(environment, name) for environment in ENVIRONMENTS for name in PATHS]
_SECONDS = st.sampled_from([0.0, 0.2, 1.1, 9.0, 31.0, 61.0, 130.0, 400.0, 700.0, 3700.0])
_CACHE = st.sampled_from([None, "1", "30", "600"])
_STALE = st.sampled_from([None, "45", "700", "86400"])
_CHANGES = st.one_of(
    st.just(("nothing", None)),
    st.just(("rotate", None)),
    st.tuples(st.just("vault"), st.sampled_from(OUTAGES)),
    st.tuples(st.just("vault"), st.sampled_from(["ok", *REFUSALS])),
    st.tuples(st.just("entra"), st.sampled_from(["ok", "ok", *OUTAGES[:2], "refused"])),
    st.tuples(st.just("google"), st.sampled_from(["ok", "down"])),
    st.tuples(st.just("cache"), _CACHE),
    st.tuples(st.just("stale"), _STALE),
    st.tuples(st.just("grant"), st.sampled_from(["allowed", "allowed", None])),
)
_STEPS = st.tuples(_CHANGES, st.sampled_from(_PLACES), _SECONDS, st.integers(1, 2))
_KEPT = st.tuples(*[st.tuples(st.just(place), _CACHE, _STALE) for place in _PLACES])
_KINDS = ("served/fetched", "served/cached", "served/stale", "outage/fetched", "not-allowed/none")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> Iterator[Model]:
    """One for all sequences: each begins where nothing of the one before it counts."""
    folder = tmp_path_factory.mktemp("properties")
    scene = scenes.open_scene(folder, pki, environments=ENVIRONMENTS)
    yield Model(scene)
    scene.cloud.store.close()


def _run(model: Model, kept: Sequence[Kept], steps: list[Step]) -> None:
    model.begin(kept)
    for (kind, value), place, seconds, times in steps:
        if kind == "rotate":
            model.rotate(place)
        elif kind == "vault":
            model.secrets[place].vault = value or "ok"
        elif kind in {"entra", "google"}:
            setattr(model, kind, value)
        elif kind != "nothing":
            model.declare(place, kind, value)
        model.scene.cloud.clock.advance(seconds)
        for _ in range(times):
            model.request(place)
        # Else every sequence would stand still at its first token.
        model.google = "ok"
        model.entra = "ok" if model.entra == "refused" else model.entra
    assert not model.leaks()


_SETTINGS = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def _try(model: Model, examples: int, longest: int) -> None:
    """Run that many sequences of at most that many steps."""

    @settings(_SETTINGS, max_examples=examples)
    @given(kept=_KEPT, steps=st.lists(_STEPS, min_size=longest // 3, max_size=longest))
    def run(kept: Sequence[Kept], steps: list[Step]) -> None:
        _run(model, kept, steps)

    run()


def test_no_sequence_serves_what_it_must_not(model: Model) -> None:
    model.sources.clear()
    _try(model, 60, 24)
    assert [kind for kind in _KINDS if model.sources[kind] < 5] == []


@pytest.mark.exhaustive
def test_no_long_sequence_serves_what_it_must_not(model: Model) -> None:
    _try(model, 600, 80)
