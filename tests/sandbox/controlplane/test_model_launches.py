"""Launches at once, of different projects: whatever their order, each has what is its own only.

Create, Read, Update and Delete carry no provider id, so only the listener tells launches apart.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import world
from sandbox.cloud import Cloud
from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.rig import Clouds, Driver, Refused
from tests.sandbox.gateway.rig import pack, proxy_files, steps

_BUNDLE = "api.zip"
_numbers = itertools.count()


@dataclass(frozen=True)
class Launch:
    """An engine's two providers, and what they were configured with."""

    azure: Driver
    gcp: Driver
    location: str
    subscription: str
    project: str
    digest: str
    """Of the file that lies at the same path in every launch's working directory."""

    def group(self) -> None:
        """Subscription and location are the launch's."""
        inputs = {"resourceGroupName": f"group-{next(_numbers)}"}
        if self.subscription != world.SUBSCRIPTION_ID:
            with pytest.raises(Refused, match=self.subscription):
                self.azure.create(rig.GROUP, inputs)
            return
        assert self.azure.create(rig.GROUP, inputs)["location"] == self.location

    def account(self) -> None:
        """The project is the launch's."""
        inputs = {"accountId": f"account-{next(_numbers)}"}
        if self.project != world.PROJECT_ID:
            with pytest.raises(Refused, match=f"project {self.project}"):
                self.gcp.create(rig.ACCOUNT, inputs)
            return
        assert self.gcp.create(rig.ACCOUNT, inputs)["project"] == self.project

    def bundle(self) -> None:
        """The file is the one in the launch's directory."""
        name = f"api-{next(_numbers)}"
        inputs = {"orgId": world.ORGANIZATION, "name": name, "configBundle": _BUNDLE}
        made = self.gcp.create(rig.API, inputs)
        assert made["md5hash"] == self.digest
        assert self.gcp.diff(made, inputs).changed == set()


@pytest.fixture(scope="module")
def launches(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> Iterator[list[Launch]]:
    folder = tmp_path_factory.mktemp("launches")
    clouds = Clouds(Cloud.open(folder / "state.db", pki), folder)
    elsewhere = "00000000-0000-4000-8000-000000000000"
    yield [
        _launch(clouds, folder, "westeurope", world.SUBSCRIPTION_ID, world.PROJECT_ID),
        _launch(clouds, folder, "northeurope", world.SUBSCRIPTION_ID, "nowhere"),
        _launch(clouds, folder, "swedencentral", elsewhere, world.PROJECT_ID),
        _launch(clouds, folder, "uksouth", world.SUBSCRIPTION_ID, world.PROJECT_ID),
    ]
    clouds.close()


def _launch(clouds: Clouds, folder: Path, location: str, subscription: str, project: str) -> Launch:
    directory = folder / location
    directory.mkdir()
    fault = (
        f"<RaiseFault name='RF'><DisplayName>{location}</DisplayName><FaultResponse/></RaiseFault>"
    )
    bundle = pack(proxy_files(fault, request=steps("RF")))
    (directory / _BUNDLE).write_bytes(bundle)
    azure = {"subscriptionId": subscription, "location": location}
    return Launch(
        clouds.launch("azure-native", directory, azure),
        clouds.launch("gcp", directory, {"project": project}),
        location,
        subscription,
        project,
        base64.b64encode(hashlib.md5(bundle, usedforsecurity=False).digest()).decode(),
    )


_ACTIONS = st.sampled_from((Launch.group, Launch.account, Launch.bundle))


def test_launches_in_any_order_see_their_own_configuration_and_directory(
    launches: list[Launch],
) -> None:
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(st.sampled_from(launches), _ACTIONS), max_size=15))
    def interleaved(work: list[tuple[Launch, object]]) -> None:
        for launch, action in work:
            action(launch)  # type: ignore[operator]  # one of three methods

    interleaved()


def test_launches_at_once_see_their_own_configuration_and_directory(
    launches: list[Launch],
) -> None:
    def work(launch: Launch) -> None:
        for _ in range(5):
            launch.group()
            launch.account()
            launch.bundle()

    with ThreadPoolExecutor(len(launches)) as pool:
        list(pool.map(work, launches))
