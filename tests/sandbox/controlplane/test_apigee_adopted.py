"""What a user has before: the organization and its instance are read, never made or changed."""

from __future__ import annotations

import pytest

from sandbox import world
from tests.sandbox.controlplane.rig import (
    ENVIRONMENT,
    INSTANCE,
    ORGANIZATION,
    ORGANIZATION_TYPE,
    Clouds,
    Plain,
    Refused,
)

_INSTANCE = f"{ORGANIZATION}/instances/{world.INSTANCE}"


def test_organization_tells_its_billing(clouds: Clouds) -> None:
    found = clouds.gcp.import_(ORGANIZATION_TYPE, ORGANIZATION)
    assert found is not None
    assert (found["billingType"], found["projectId"]) == ("PAYG", world.PROJECT_ID)


def test_instance_tells_its_place(clouds: Clouds) -> None:
    found = clouds.gcp.import_(INSTANCE, _INSTANCE)
    assert found is not None
    assert (found["orgId"], found["location"]) == (ORGANIZATION, world.INSTANCE)


@pytest.mark.parametrize(
    ("token", "object_id"),
    [(ORGANIZATION_TYPE, "organizations/other"), (INSTANCE, f"{ORGANIZATION}/instances/other")],
)
def test_what_is_not_there_is_an_empty_answer(clouds: Clouds, token: str, object_id: str) -> None:
    assert clouds.gcp.import_(token, object_id) is None


@pytest.mark.parametrize(
    ("token", "object_id", "inputs"),
    [
        (ORGANIZATION_TYPE, ORGANIZATION, {"projectId": world.PROJECT_ID}),
        (INSTANCE, _INSTANCE, {"orgId": ORGANIZATION, "name": "i", "location": "europe-west1"}),
    ],
)
def test_neither_is_made_changed_or_deleted(
    clouds: Clouds, token: str, object_id: str, inputs: Plain
) -> None:
    found = clouds.gcp.import_(token, object_id)
    assert found is not None
    with pytest.raises(Refused, match=r"doesn't make .*\.get"):
        clouds.gcp.create(token, inputs)
    with pytest.raises(Refused, match="doesn't change"):
        clouds.gcp.update(found, inputs)
    with pytest.raises(Refused, match="doesn't delete"):
        clouds.gcp.delete(found)


def test_environment_that_exists_can_be_adopted_by_its_id(clouds: Clouds) -> None:
    inputs = {"orgId": ORGANIZATION, "name": "alpha", "type": "INTERMEDIATE"}
    made = clouds.gcp.create(ENVIRONMENT, inputs)
    found = clouds.gcp.import_(ENVIRONMENT, made.id)
    assert found is not None
    assert found.outputs == made.outputs
    assert clouds.gcp.diff(found, inputs).changed <= {"deletionPolicy"}
