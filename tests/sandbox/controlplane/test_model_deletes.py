"""Every delete by itself, and everything that can be asked after it, over one object of every type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.examples.every import EXAMPLES
from tests.sandbox.controlplane.examples.example import Example
from tests.sandbox.controlplane.model import (
    Effect,
    Snapshot,
    World,
    check_delete,
    full_world,
)
from tests.sandbox.controlplane.model_inputs import SECOND
from tests.sandbox.controlplane.rig import Refused

_OURS = "the sandbox failed in"
_MADE = tuple(example for example in EXAMPLES if not example.adopted)
_SERVED = (rig.API_DEPLOYMENT, rig.FLOW_HOOK, rig.FLOW_DEPLOYMENT)
_BLOCKED_BY: Mapping[str, tuple[str, ...]] = {
    rig.GROUP: (rig.LOCK,),
    rig.IDENTITY: (rig.LOCK,),
    rig.CREDENTIAL: (rig.LOCK,),
    rig.ZONE: (rig.ZONE_LINK,),
    rig.ENVIRONMENT: (*_SERVED, rig.INSTANCE_ATTACHMENT, rig.ENV_GROUP_ATTACHMENT),
    rig.ENV_GROUP: (rig.ENV_GROUP_ATTACHMENT,),
    rig.KEYSTORE: (rig.TARGET_SERVER, rig.REFERENCE),
    rig.REFERENCE: (rig.TARGET_SERVER,),
    rig.FLOW: (rig.FLOW_HOOK, rig.FLOW_DEPLOYMENT),
    rig.FLOW_DEPLOYMENT: (rig.FLOW_HOOK,),
    rig.API: (rig.API_DEPLOYMENT,),
}
"""What must be deleted first, in this order."""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> Iterator[World]:
    with full_world(tmp_path_factory.mktemp("deletes"), pki) as world:
        yield world


def _attempt(full: World, call: Callable[[], object]) -> bool:
    """Whether it was accepted; a refusal is a cloud's and without effect."""
    before, refusal = Snapshot.of(full.clouds), ""
    try:
        call()
        return True
    except Refused as refused:
        refusal = str(refused)
    assert _OURS not in refusal
    assert Snapshot.of(full.clouds) == before
    return False


def _delete(full: World, token: str) -> bool:
    made = full.made[token]
    return _attempt(full, lambda: full.clouds.driver(token).delete(made))


def _create(full: World, token: str, inputs: Mapping[str, object]) -> bool:
    return _attempt(full, lambda: full.clouds.driver(token).create(token, inputs))


def _second(full: World, example: Example) -> dict[str, object]:
    return {**example.given(full.made), **SECOND.get(example.token, {})}


@pytest.mark.parametrize("example", _MADE, ids=lambda example: example.token)
def test_a_delete_removes_exactly_the_object_and_what_goes_with_it(
    full: World, example: Example
) -> None:
    full.restore()
    for blocker in _BLOCKED_BY.get(example.token, ()):
        assert not _delete(full, example.token), blocker
        assert _delete(full, blocker)
    # Another one of the type, where there can be one, must outlive it.
    _create(full, example.token, _second(full, example))
    before = Snapshot.of(full.clouds).objects
    assert _delete(full, example.token)
    effect = Effect.between(before, Snapshot.of(full.clouds).objects)
    check_delete(full.made[example.token], before, effect)


def test_what_belongs_to_another_application_stays(full: World) -> None:
    full.restore()
    entra = full.clouds.entra
    other = entra.create(rig.APPLICATION, {"displayName": "second"})
    theirs = [
        entra.create(rig.SERVICE_PRINCIPAL, {"clientId": other["clientId"]}),
        entra.create(
            rig.APPLICATION_CREDENTIAL,
            {**full.made[rig.APPLICATION_CREDENTIAL].inputs, "applicationId": other.id},
        ),
    ]
    assert _delete(full, rig.APPLICATION)
    assert all(entra.read(item) for item in theirs)


def test_what_belongs_to_another_account_stays(full: World) -> None:
    full.restore()
    gcp = full.clouds.gcp
    other = gcp.create(rig.ACCOUNT, {"accountId": "second"})
    grants = [(rig.ACCOUNT_MEMBER, "serviceAccountId", "name"), (rig.PROJECT_MEMBER, "", "")]
    theirs = [
        gcp.create(
            token,
            {
                **full.made[token].inputs,
                "member": other["member"],
                **({resource: other[name]} if resource else {}),
            },
        )
        for token, resource, name in grants
    ]
    assert _delete(full, rig.ACCOUNT)
    assert all(gcp.read(item) for item in theirs)


def _ask(full: World, example: Example) -> None:
    """Whatever an engine that hasn't heard of a delete elsewhere may ask of one object."""
    token, made, driver = example.token, full.made, full.clouds.driver(example.token)
    before = Snapshot.of(full.clouds)
    for inputs in (example.given(made), _second(full, example)):
        _attempt(full, lambda inputs=inputs: driver.preview(token, inputs))  # type: ignore[misc]
        _attempt(full, lambda inputs=inputs: driver.diff(made[token], inputs))  # type: ignore[misc]
    _attempt(full, lambda: driver.read(made[token]))
    _attempt(full, lambda: driver.import_(token, made[token].id))
    assert Snapshot.of(full.clouds) == before, token
    _create(full, token, example.given(made))
    _create(full, token, _second(full, example))
    _delete(full, token)
    _delete(full, token)


@pytest.mark.parametrize(
    "example",
    [
        pytest.param(
            example,
            id=example.token,
            marks=() if example.token == rig.GROUP else pytest.mark.exhaustive,
        )
        for example in _MADE
    ],
)
def test_after_a_delete_whatever_is_asked_is_refused_whole_or_done(
    full: World, example: Example
) -> None:
    full.restore()
    for token in (*_BLOCKED_BY.get(example.token, ()), example.token):
        assert _delete(full, token)
    for other in EXAMPLES:
        _ask(full, other)
