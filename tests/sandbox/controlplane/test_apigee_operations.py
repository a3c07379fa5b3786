"""An organization runs one long-running operation at a time; the provider waits for its turn."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.controlplane.apigee import TYPES, operations
from sandbox.controlplane.apigee.base import ApigeeType
from tests.sandbox.controlplane.rig import (
    ENV_GROUP,
    ENV_GROUP_ATTACHMENT,
    ENVIRONMENT,
    INSTANCE_ATTACHMENT,
    KVM,
    NAT_ADDRESS,
    ORGANIZATION,
    Clouds,
    Plain,
)

_INSTANCE = f"{ORGANIZATION}/instances/europe-west1"
_ALPHA: Plain = {"orgId": ORGANIZATION, "name": "alpha", "type": "INTERMEDIATE"}
_MOMENT = 0.2
"""Seconds in which a call that didn't wait would have ended long ago; one that waits never does."""


def test_calls_that_are_operations_are_those_the_provider_waits_for() -> None:
    apigee_types = [type_() for type_ in TYPES]
    found = {
        type_.token: set(type_.operations)
        for type_ in apigee_types
        if isinstance(type_, ApigeeType) and type_.operations
    }
    assert found == {
        NAT_ADDRESS: {"create", "update", "delete"},
        ENVIRONMENT: {"create", "delete"},
        INSTANCE_ATTACHMENT: {"create", "delete"},
        ENV_GROUP: {"create", "update", "delete"},
        ENV_GROUP_ATTACHMENT: {"create", "delete"},
    }


def test_create_waits_while_another_operation_of_its_organization_runs(clouds: Clouds) -> None:
    with ThreadPoolExecutor(1) as pool:
        with operations.running(clouds.cloud.store, ORGANIZATION):
            waiting = pool.submit(clouds.gcp.create, ENVIRONMENT, _ALPHA)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=_MOMENT)
            assert clouds.cloud.store.all(ENVIRONMENT) == []
        assert waiting.result(timeout=30)["name"] == "alpha"


def test_delete_waits_too(clouds: Clouds) -> None:
    made = clouds.gcp.create(ENVIRONMENT, _ALPHA)
    with ThreadPoolExecutor(1) as pool:
        with operations.running(clouds.cloud.store, ORGANIZATION):
            waiting = pool.submit(clouds.gcp.delete, made)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=_MOMENT)
            assert clouds.gcp.read(made) is not None
        waiting.result(timeout=30)
    assert clouds.gcp.read(made) is None


def test_calls_that_are_no_operations_and_other_organizations_do_not_wait(clouds: Clouds) -> None:
    environment = clouds.gcp.create(ENVIRONMENT, _ALPHA)
    with operations.running(clouds.cloud.store, ORGANIZATION):
        clouds.gcp.create(KVM, {"envId": environment.id, "name": "m"})
        clouds.gcp.update(environment, {**_ALPHA, "description": "changed meanwhile"})
        clouds.gcp.preview(ENVIRONMENT, {**_ALPHA, "name": "beta"})
    with operations.running(clouds.cloud.store, "organizations/other"):
        clouds.gcp.create(ENVIRONMENT, {**_ALPHA, "name": "beta"})


def test_failed_operation_lets_the_next_one_in(clouds: Clouds) -> None:
    clouds.gcp.create(ENVIRONMENT, _ALPHA)
    for _ in range(2):
        with pytest.raises(Exception, match="already exists"):
            clouds.gcp.create(ENVIRONMENT, _ALPHA)
    clouds.gcp.create(ENVIRONMENT, {**_ALPHA, "name": "beta"})


def test_many_operations_of_two_launches_at_once_all_succeed(clouds: Clouds) -> None:
    launches = (clouds.gcp, clouds.launch("gcp"))
    together = threading.Barrier(8)

    def make(index: int) -> str:
        gcp, name = launches[index % 2], f"env-{index}"
        together.wait(timeout=30)
        gcp.create(ENVIRONMENT, {**_ALPHA, "name": name}, name)
        gcp.create(INSTANCE_ATTACHMENT, {"instanceId": _INSTANCE, "environment": name}, name)
        hosts = {"orgId": ORGANIZATION, "name": name, "hostnames": [f"{name}.example.com"]}
        group = gcp.create(ENV_GROUP, hosts, name)
        gcp.create(ENV_GROUP_ATTACHMENT, {"envgroupId": group.id, "environment": name}, name)
        address = {"instanceId": _INSTANCE, "name": name, "activate": True}
        return str(gcp.create(NAT_ADDRESS, address, name)["ipAddress"])

    with ThreadPoolExecutor(8) as pool:
        addresses = list(pool.map(make, range(8)))
    assert len(set(addresses)) == 8
    assert len(clouds.cloud.store.all(ENV_GROUP_ATTACHMENT)) == 8
