"""Random operations on every resource type, right and wrong, in any order, against the model.

Whatever a program asks for: the sandbox refuses it in a cloud's words and leaves everything as it
was, or does exactly that and can tell it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from sandbox.controlplane.values import Plain
from tests.sandbox.controlplane import model_inputs
from tests.sandbox.controlplane.examples.every import EXAMPLES, TYPES
from tests.sandbox.controlplane.examples.example import Example, Made
from tests.sandbox.controlplane.model import (
    Effect,
    Model,
    Snapshot,
    World,
    check_delete,
    check_write,
    full_world,
    goes_with,
    kept_by_design,
    key_of,
)
from tests.sandbox.controlplane.rig import Deployed, Difference, Refused

_OURS = "the sandbox failed in"
_RULES = st.sampled_from(EXAMPLES)
_DAY = 86_400.0


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> Iterator[World]:
    with full_world(tmp_path_factory.mktemp("model"), pki) as world:
        yield world


class Operations(RuleBasedStateMachine):
    """What engines do, over all types at once."""

    def __init__(self, full: World) -> None:
        super().__init__()
        self.full, self.clouds = full, full.clouds

    @initialize()
    def start(self) -> None:
        self.full.restore()
        self.model = Model()
        self.made = Made(self.full.made.directory)
        for token, found in self.full.made.objects.items():
            self.made.objects[token] = Deployed(
                token, found.name, found.id, found.inputs, found.outputs
            )
            self.model.put(self.made[token])

    # What a program gives

    def given(self, data: st.DataObject, example: Example, other: bool) -> Plain:
        """The example's inputs, or another object's, with edits."""
        inputs = example.given(self.made)
        if other:
            inputs |= model_inputs.SECOND.get(example.token, {})
        declared = TYPES[example.token].schema.inputs
        return data.draw(model_inputs.edited(inputs, declared), label=example.token)

    def attempt(self, call: Callable[[], object]) -> bool:
        """Whether it was accepted. Refused, it must be in a cloud's words and without effect."""
        before, refusal = Snapshot.of(self.clouds), ""
        try:
            call()
            return True
        except Refused as refused:
            refusal = str(refused)
        assert _OURS not in refusal
        assert Snapshot.of(self.clouds).tables == before.tables
        return False

    # What changes nothing

    @rule(data=st.data(), example=_RULES, other=st.booleans())
    def preview(self, data: st.DataObject, example: Example, other: bool) -> None:
        driver, inputs = self.clouds.driver(example.token), self.given(data, example, other)
        before = Snapshot.of(self.clouds)
        self.attempt(lambda: driver.preview(example.token, inputs))
        found = self.made[example.token]
        if not example.adopted:
            self.attempt(lambda: driver.update(found, inputs, preview=True))
        self.attempt(lambda: driver.diff(found, inputs))
        assert Snapshot.of(self.clouds).tables == before.tables

    @rule(data=st.data())
    def refresh(self, data: st.DataObject) -> None:
        found = data.draw(st.sampled_from(sorted(self.model.live)))
        example = _EXAMPLE[found[0]]
        driver, made = self.clouds.driver(found[0]), self.model.live[found]
        before = Snapshot.of(self.clouds)
        accepted = self.attempt(lambda: self.exists(driver.read(made)))
        assert accepted or example.unreadable
        named = TYPES[found[0]].import_id(made.id, made.outputs)
        if named is not None:
            self.attempt(lambda: driver.import_(found[0], named))
        assert Snapshot.of(self.clouds).tables == before.tables

    def exists(self, found: Deployed | None) -> None:
        assert found is not None

    @rule(data=st.data())
    def read_what_is_gone(self, data: st.DataObject) -> None:
        if not self.model.gone:
            return
        made = data.draw(st.sampled_from(self.model.gone))
        if key_of(made) in self.model.live or _EXAMPLE[made.token].stays:
            return
        driver = self.clouds.driver(made.token)
        refused = _EXAMPLE[made.token].unreadable

        def read() -> None:
            assert driver.read(made) is None

        assert self.attempt(read) != bool(refused)

    @rule(example=_RULES, name=st.sampled_from(model_inputs.TEXTS))
    def import_what_is_not_there(self, example: Example, name: str) -> None:
        driver = self.clouds.driver(example.token)
        self.attempt(lambda: driver.import_(example.token, f"{self.made[example.token].id}{name}"))
        self.attempt(lambda: driver.import_(example.token, name))

    # What changes something

    @rule(data=st.data(), example=_RULES, other=st.booleans())
    def create(self, data: st.DataObject, example: Example, other: bool) -> None:
        inputs = self.given(data, example, other)
        if model_inputs.has_unknown(inputs):
            return
        driver, made = self.clouds.driver(example.token), list[Deployed]()
        before = Snapshot.of(self.clouds).objects
        if self.attempt(lambda: made.append(driver.create(example.token, inputs))):
            effect = Effect.between(before, Snapshot.of(self.clouds).objects)
            check_write(made[0], effect, key_of(made[0]) not in before)
            self.accepted(made[0], inputs, effect)

    @rule(data=st.data())
    def update(self, data: st.DataObject) -> None:
        made = self.model.live[data.draw(st.sampled_from(sorted(self.model.live)))]
        example, driver = _EXAMPLE[made.token], self.clouds.driver(made.token)
        inputs = self.given(data, example, other=False)
        if model_inputs.has_unknown(inputs) or example.adopted:
            return
        found = list[Difference]()
        if not self.attempt(lambda: found.append(driver.diff(made, inputs))) or found[0].replaced:
            return
        before = Snapshot.of(self.clouds).objects
        if self.attempt(lambda: driver.update(made, inputs)):
            effect = Effect.between(before, Snapshot.of(self.clouds).objects)
            check_write(made, effect, is_new=False)
            self.accepted(made, inputs, effect)

    def accepted(self, made: Deployed, inputs: Plain, effect: Effect) -> None:
        """What was accepted can be read, refreshes to no change, and is no change when repeated."""
        driver = self.clouds.driver(made.token)
        again = driver.read(made)
        assert again is not None, made.id
        assert (again.inputs, again.outputs) == (made.inputs, made.outputs), made.token
        assert driver.diff(made, inputs).changed == set(), made.token
        self.model.drop(effect.removed)
        self.model.put(made)

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        made = self.model.live[data.draw(st.sampled_from(sorted(self.model.live)))]
        before = Snapshot.of(self.clouds).objects
        if self.attempt(lambda: self.clouds.driver(made.token).delete(made)):
            check_delete(made, before, Effect.between(before, Snapshot.of(self.clouds).objects))
            if not kept_by_design(made):
                self.model.drop(goes_with(made, before) | {key_of(made)})

    @rule(data=st.data())
    def delete_again(self, data: st.DataObject) -> None:
        if not self.model.gone:
            return
        made = data.draw(st.sampled_from(self.model.gone))
        if key_of(made) in self.model.live:
            return
        before = Snapshot.of(self.clouds)
        accepted = self.attempt(lambda: self.clouds.driver(made.token).delete(made))
        if not kept_by_design(made):
            assert accepted != bool(_EXAMPLE[made.token].gone), made.token
        assert Snapshot.of(self.clouds).objects == before.objects

    @rule(days=st.sampled_from((0.001, 1, 100)))
    def wait(self, days: float) -> None:
        self.clouds.cloud.clock.advance(days * _DAY)


_EXAMPLE = {example.token: example for example in EXAMPLES}


def _explore(full: World, examples: int, steps: int) -> None:
    limits = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    # Any callable will do, says Hypothesis's documentation; its annotation wants a class.
    run_state_machine_as_test(lambda: Operations(full), settings=limits)  # type: ignore[arg-type]


def test_random_operations_do_what_the_model_says_or_nothing(full: World) -> None:
    _explore(full, examples=25, steps=20)


@pytest.mark.exhaustive
def test_many_random_operations_do_what_the_model_says_or_nothing(full: World) -> None:
    _explore(full, examples=300, steps=50)
