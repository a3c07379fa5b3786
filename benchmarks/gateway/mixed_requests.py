"""Ten thousand mixed requests while all goes wrong: none answered wrongly, none telling a secret.

Outages, throttling, refusals, rotations, changed declarations and steps of the clock, at random (the same
in every run), over two environments of two secrets and two message processors. Each answer is judged by
the model that the property-based tests have: what may be served is decided there, not by the flow.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import psutil

from benchmarks.figures import Figure, MeasurementError, Target
from tests.apigee import scene as scenes
from tests.apigee.model import ENVIRONMENTS, OUTAGES, PATHS, REFUSALS, Model, Place

_REQUESTS, _WARM_UP = 10_000, 20_000
_SEED = 20_261_125
# A sequence begins anew where nothing of the one before it counts.
_SEQUENCE = 200
_SECONDS = (0.0, 0.2, 1.1, 9.0, 31.0, 61.0, 130.0, 400.0, 700.0, 3700.0)
_CACHE = (None, "1", "30", "600")
_STALE = (None, "45", "700", "86400")
_NAME = f"{_REQUESTS:,} mixed requests with faults"
_PLACES: list[Place] = [(environment, name) for environment in ENVIRONMENTS for name in PATHS]

# What flat means: two hundred bytes a request would be more. What is bounded (debug sessions, the
# database's pages, the interpreter's own heap) is full after the warm-up.
_FLAT = Target(2, inclusive=False)


def measure(progress: Callable[[str], None]) -> list[Figure]:
    """One run. Raises MeasurementError when the model isn't there to judge."""
    progress(_NAME)
    with tempfile.TemporaryDirectory(prefix="apigee-keyvault-bench-") as text:
        folder = Path(text)
        (folder / "keys").mkdir()
        scene = scenes.open_scene(folder, folder / "keys", environments=ENVIRONMENTS)
        try:
            return _judged(Model(scene))
        finally:
            scene.cloud.store.close()


def _judged(model: Model) -> list[Figure]:
    chooser = random.Random(_SEED)  # noqa: S311 - the same choice in every run
    process, wrong, leaks, start = psutil.Process(), 0, 0, 0.0
    for number in range(_WARM_UP + _REQUESTS):
        if number == _WARM_UP:
            start = process.memory_info().rss / 2**20
        if number % _SEQUENCE == 0:
            leaks += number > 0 and model.leaks()
            model.begin([(p, chooser.choice(_CACHE), chooser.choice(_STALE)) for p in _PLACES])
        place = chooser.choice(_PLACES)
        _change(model, chooser)
        try:
            model.request(place)
        except AssertionError:
            wrong += 1
    leaks += model.leaks()
    kinds = {kind for kind, requests in model.sources.items() if requests >= _REQUESTS / 1_000}
    if not {"served/fetched", "served/cached", "served/stale", "outage/fetched"} <= kinds:
        raise MeasurementError(f"the mix has too little of what it is to have: {sorted(kinds)}")
    growth = process.memory_info().rss / 2**20 - start
    none = Target(0, inclusive=True)
    return [
        Figure(f"{_NAME}: answered wrongly", "calls", (wrong,), none),
        Figure(f"{_NAME}: sequences that told a secret", "calls", (leaks,), none),
        Figure(f"{_NAME}: memory's growth", "MB", (growth,), _FLAT),
    ]


def _change(model: Model, chooser: random.Random) -> None:
    """One thing changes, or nothing, and some time passes."""
    place = chooser.choice(_PLACES)
    kind = chooser.choice(_KINDS)
    if kind == "rotate":
        model.rotate(place)
    elif kind == "vault":
        model.secrets[place].vault = chooser.choice([*OUTAGES, *REFUSALS])
    elif kind == "heal":
        for each in _PLACES:
            model.secrets[each].vault = "ok"
    elif kind in {"entra", "google"}:
        setattr(model, kind, chooser.choice(_ANSWERS[kind]))
    elif kind in _SETTINGS:
        model.declare(place, kind, chooser.choice(_SETTINGS[kind]))
    model.scene.cloud.clock.advance(chooser.choice(_SECONDS))


_KINDS = ("nothing", "rotate", "vault", "heal", "entra", "google", "cache", "stale", "grant")
_ANSWERS = {"entra": ("ok", "ok", *OUTAGES[:2], "refused"), "google": ("ok", "ok", "down")}
_SETTINGS = {"cache": _CACHE, "stale": _STALE, "grant": ("allowed", "allowed", None)}
