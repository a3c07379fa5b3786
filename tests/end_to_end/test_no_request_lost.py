"""Whatever is deployed, no request is lost that was allowed before it and is allowed after it.

One deployed program, under a steady load through four message processors, for all changes, one `up`
each. The clouds' delays are on; the clock is moved in steps, between which each processor answers
each address: so caches end and changes spread under the load too.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from sandbox import delays
from sandbox.gateway.processors import COUNT_VARIABLE
from tests.end_to_end.bench import ROOT, STACK, Bench
from tests.end_to_end.steady_load import SteadyLoad
from tests.end_to_end.test_requests import get, write

_PROCESSORS = 4
_ALPHA = "https://alpha.api.example.com/orders/v1"
_BETA = "https://beta.api.example.com/orders/v1"
# A number of addresses that has no factor in common with that of processors, to which requests go
# in turn. Alpha's identity is a managed one, beta's an application; the last value is cached.
_URLS = (f"{_ALPHA}/orders", f"{_BETA}/orders", f"{_BETA}/invoices")
# How long a declaration, a token and a value are kept at most, in seconds.
_DECLARATION, _TOKEN, _VALUE = 60, 600, 300
# How Entra refuses a client whose credential, and Key Vault one whose role, hasn't spread.
_REFUSED = {("microsoftonline.com", 401), ("vault.azure.net", 403)}

Edit = Callable[[dict[str, Any]], object]


class Served:
    """A copy of the project, deployed and under load."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        self.project.mkdir()
        for name in ("Pulumi.yaml", f"Pulumi.{STACK}.yaml", "__main__.py"):
            shutil.copy(ROOT / name, self.project)
        shutil.copytree(ROOT / "apigee", self.project / "apigee")
        for name in ("components", ".venv"):
            (self.project / name).symlink_to(ROOT / name)
        self.bench = Bench(folder / "sandbox")
        self.load = SteadyLoad(self.bench.sandbox, _URLS)

    def declare(self, edit: Edit) -> None:
        """Change the stack's configuration and deploy it."""
        file = self.project / f"Pulumi.{STACK}.yaml"
        stack = yaml.safe_load(file.read_text())
        edit({key.removeprefix("apigee-keyvault:"): v for key, v in stack["config"].items()})
        file.write_text(yaml.safe_dump(stack))
        self.up()

    def up(self) -> None:
        self.bench.up(directory=self.project)

    def rewrite(self, file: str, old: str, new: str) -> None:
        """Change a text in a bundle's source."""
        path = self.project / "apigee" / file
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    def wait(self, seconds: float, steps: int = 1) -> None:
        """Move the clock, in equal steps, each processor answering each address after each."""
        for _ in range(steps):
            self.bench.sandbox.advance_clock(seconds / steps)
            self.load.turn(_PROCESSORS)

    def answers(self, url: str) -> list[tuple[int, str]]:
        """Status and message of as many answers in a row as there are processors."""
        found = []
        for _ in range(_PROCESSORS):
            answer, _ = get(self.bench, url)
            found.append((answer.status_code, answer.json()["error"]["message"]))
        return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(COUNT_VARIABLE, str(_PROCESSORS))
        made = Served(tmp_path_factory.mktemp("no-request-lost"))
    try:
        made.bench.pulumi("stack", "init", STACK, directory=made.project)
        made.declare(_prepare)
        made.bench.spread()
        for environment, secret in (
            ("alpha", "orders-backend-key"),
            ("beta", "orders-backend-key"),
            ("beta", "invoices-backend-key"),
        ):
            write(made.bench, environment, secret, made.bench.sandbox.issue_backend_key())
        with made.load:
            made.wait(0)
            yield made
    finally:
        made.bench.stop()


def _prepare(config: dict[str, Any]) -> None:
    config["audit"]["alerts"] = {"emails": ["on-call@example.com"]}
    config["environments"]["beta"]["identity"] = {"kind": "application"}


@pytest.mark.exhaustive
def test_a_release_of_the_shared_flow_and_the_proxy(served: Served) -> None:
    flow = "sharedflows/azure-key-vault/sharedflowbundle/policies/AM-Start.xml"
    proxy = "proxies/orders-v1/apiproxy/policies/RF-UnknownPath.xml"
    served.rewrite(flow, "may not have this secret", "may not have that secret")
    served.rewrite(proxy, "unknown-path", "no-such-path")
    served.up()
    served.wait(delays.DEPLOYMENT, steps=4)
    served.wait(_DECLARATION)
    served.load.check()
    denied = {message for _, message in served.answers(f"{_ALPHA}/invoices")}
    assert all("may not have that secret" in message for message in denied)
    assert get(served.bench, f"{_ALPHA}/nothing")[0].json()["error"]["code"] == "no-such-path"


@pytest.mark.exhaustive
def test_a_grant_of_another_secret_that_comes_and_goes(served: Served) -> None:
    def grant(config: dict[str, Any]) -> None:
        secrets = config["environments"]["alpha"]["secrets"]
        secrets["invoices-backend-key"] = {"callers": ["orders-v1"]}

    def revoke(config: dict[str, Any]) -> None:
        del config["environments"]["alpha"]["secrets"]["invoices-backend-key"]

    for edit, status in ((grant, 404), (revoke, 403)):
        served.declare(edit)
        served.wait(_DECLARATION)
        assert {status for status, _ in served.answers(f"{_ALPHA}/invoices")} == {status}
        served.wait(_TOKEN)
    served.load.check()


@pytest.mark.exhaustive
def test_a_changed_lifetime_of_a_cached_value(served: Served) -> None:
    def shorten(config: dict[str, Any]) -> None:
        secret = config["environments"]["beta"]["secrets"]["invoices-backend-key"]
        secret["cache"]["seconds"] = 60

    served.declare(shorten)
    served.wait(_DECLARATION)
    served.wait(_VALUE, steps=5)
    served.load.check()


@pytest.mark.exhaustive
def test_an_environment_that_is_added(served: Served) -> None:
    def add(config: dict[str, Any]) -> None:
        environments = config["environments"]
        environments["gamma"] = {**environments["beta"], "hostnames": ["gamma.api.example.com"]}

    served.declare(add)
    served.wait(delays.DEPLOYMENT, steps=4)
    served.wait(delays.ROLE_ASSIGNMENT)
    gamma = "https://gamma.api.example.com/orders/v1/orders"
    assert {status for status, _ in served.answers(gamma)} == {404}
    served.load.check()


@pytest.mark.exhaustive
def test_an_alert_that_is_changed(served: Served) -> None:
    def change(config: dict[str, Any]) -> None:
        config["audit"]["alerts"] = {"emails": ["platform@example.com"]}

    served.declare(change)
    served.wait(_DECLARATION)
    served.load.check()


def _refusals(bench: Bench, before: int) -> set[tuple[str, int]]:
    """Which clouds refused a call since call number `before`, by domain, and with which status."""
    return {
        (str(call["host"]).partition(".")[2], int(call["status"]))
        for call in bench.sandbox.calls_after(before)
        if call["status"] >= httpx.codes.BAD_REQUEST
    }


def test_identities_of_both_kinds_that_are_rotated(served: Served) -> None:
    def generations(*numbers: int) -> Edit:
        def edit(config: dict[str, Any]) -> None:
            for environment in ("alpha", "beta"):
                identity = config["environments"][environment].setdefault("identity", {})
                identity["generations"] = list(numbers)

        return edit

    # Without a token the newer generation is asked first: alpha before the new credentials have
    # spread, beta before the new roles have.
    with served.load.without(_BETA):
        with served.load.without("https://"):
            served.wait(_TOKEN)
            before = served.bench.sandbox.status()["calls"]
            served.declare(generations(1, 2))
        served.wait(0)
        served.wait(delays.FEDERATED_CREDENTIAL)
    served.wait(delays.ROLE_ASSIGNMENT - delays.FEDERATED_CREDENTIAL, steps=4)
    assert _refusals(served.bench, before) >= _REFUSED
    # The older generation goes before the tokens that it was given end.
    served.wait(_TOKEN / 2)
    served.declare(generations(2))
    served.wait(delays.ROLE_ASSIGNMENT, steps=4)
    served.wait(_TOKEN)
    served.load.check()
