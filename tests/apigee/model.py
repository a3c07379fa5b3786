"""Two environments under random requests, outages, refusals, rotations and clocks, with an oracle.

Owns what happened and what may follow from it; which sequences are tried is the tests' business.
Each answer is judged by what its log line claims and by what the clouds really said, in order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.apigee.answers import ASSERTION, NAME, entra_answer, entra_refusal
from tests.apigee.scene import Scene, get

ENVIRONMENTS = ("alpha", "beta")
PATHS = {NAME: "/orders/v1/orders", "invoices-backend-key": "/orders/v1/invoices"}
KVM_SECONDS = 60
# For so long a message processor goes by what it has read, whatever another one has dropped.
PROCESSOR_SECONDS = 1
OUTAGES = ("timeout", "lost", "429", "503", "unreadable")
REFUSALS = ("401", "ForbiddenByRbac", "ForbiddenByConnection", "SecretDisabled", "404")
_FAR = 100_000.0
_REFUSING = {"not-found": 404, "disabled": 409, "expired": 409, "not-allowed": 403, "outage": 503}

Place = tuple[str, str]
"""An environment and a secret's name."""

Kept = tuple[Place, str | None, str | None]
"""A secret, and for how many seconds it may be cached and served stale."""


@dataclass
class Setting:
    """An entry of a declaration, with the values that the gateway may still go by."""

    value: str | None = None
    former: list[tuple[str | None, float]] = field(default_factory=list)

    def change(self, value: str | None, now: float) -> None:
        self.former.append((self.value, now))
        self.value = value

    def possible(self, now: float) -> set[str | None]:
        """What the gateway may take for the value at that time."""
        late = {value for value, until in self.former if now < until + KVM_SECONDS + 1}
        return {self.value, *late}


@dataclass
class Secret:
    """What its vault has, and what was said of it last."""

    value: str
    vault: str = "ok"
    fetched: float | None = None
    refused: float | None = None


class Model:
    """A scene in two environments and what has happened in it since `begin`."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.sources: Counter[str] = Counter()
        self._number = 0
        self._asked: Place = ("", "")
        scene.google, scene.entra = [self._google], [self._entra]
        scene.vault = [self._vault]

    def begin(self, kept: Sequence[Kept]) -> None:
        """Everything is forgotten and works; each secret has a value that there never was before.

        Arguments:
            kept: seconds as text for which values may be cached and served stale.
        """
        self.scene.cloud.clock.advance(_FAR)
        self.google = self.entra = "ok"
        self.secrets: dict[Place, Secret] = {}
        self.settings: dict[tuple[Place, str], Setting] = {}
        for environment in ENVIRONMENTS:
            for name in PATHS:
                place = environment, name
                self.secrets[place] = Secret("")
                self.rotate(place)
                for kind in ("cache", "stale"):
                    self.declare(place, kind, None)
                self.declare(place, "grant", "allowed")
        for place, cache, stale in kept:
            self.declare(place, "cache", cache)
            self.declare(place, "stale", stale)
        self.scene.cloud.clock.advance(2 * KVM_SECONDS)
        self.debugged = [self.scene.debug(environment) for environment in ENVIRONMENTS]

    def rotate(self, place: Place) -> None:
        """Give a secret a new value."""
        self._number += 1
        self.secrets[place].value = f"canary-{'-'.join(place)}-{self._number}"

    def declare(self, place: Place, kind: str, value: str | None) -> None:
        """Change an entry: `grant` (allowed or None), `cache` or `stale` (seconds as text or None)."""
        environment, name = place
        key = f"grant.{name}.orders-v1" if kind == "grant" else f"{kind}.{name}"
        self.scene.declare(key, value, environment)
        setting = self.settings.setdefault((place, kind), Setting())
        setting.change(value, self._now())

    def request(self, place: Place) -> None:
        """Ask for a secret and judge the answer."""
        environment, name = place
        self._asked = place
        self.scene.sent.clear()
        self.scene.lines.clear()
        before = self._now()
        refused_before = self.secrets[place].refused
        response = get(self.scene, PATHS[name], environment=environment)
        (line,) = self.scene.lines
        self.sources[f"{line['outcome']}/{line['source']}"] += 1
        self._judge_calls()
        assert "canary" not in response.text
        if response.status_code == 200:
            self._judge_value(place, line, before, refused_before)
        else:
            self._judge_refusal(place, response, line, before)

    def leaks(self) -> bool:
        """Whether a debug session has shown a value, a token or an assertion."""
        return any("canary" in told() for told in self.debugged)

    def _judge_calls(self) -> None:
        names = [name for name, _ in self.scene.sent if name != "backend"]
        assert names.count("vault") <= 2
        assert len(names) <= 6
        if "401" not in {secret.vault for secret in self.secrets.values()}:
            assert len(names) <= 3

    def _judge_value(
        self, place: Place, line: dict[str, Any], before: float, refused_before: float | None
    ) -> None:
        """A value is that secret's, was good when the line says so, and may still be used."""
        secret, now = self.secrets[place], self._now()
        got = self.scene.request("backend").headers["x-api-key"]
        assert got.startswith(f"canary-{'-'.join(place)}-")
        assert "canary" not in str(line)
        assert "allowed" in self.settings[place, "grant"].possible(before)
        source, fetched = line["source"], line["fetched"] / 1000
        if source == "fetched":
            assert (secret.vault, got) == ("ok", secret.value)
            assert secret.fetched is not None
            return
        kind = {"cached": "cache", "stale": "stale"}[source]
        bounds = [int(v) for v in self.settings[place, kind].possible(before) if v]
        assert bounds
        assert before - fetched < max(bounds) + 0.01
        if source == "stale":
            assert secret.vault in OUTAGES or self.entra in OUTAGES
        # The line has whole milliseconds: a renewal refused just before may seem to come after.
        if refused_before is not None and fetched + 0.001 <= refused_before:
            assert before - refused_before < PROCESSOR_SECONDS
        # No refusal came in this very request.
        assert secret.refused == refused_before or (secret.refused or 0) <= fetched
        assert now >= fetched

    def _judge_refusal(
        self, place: Place, response: httpx.Response, line: dict[str, Any], before: float
    ) -> None:
        """Every answer without a value has its status and a reason; a warm one is no outage."""
        secret, code = self.secrets[place], response.json()["error"]["code"]
        assert line["outcome"] == code
        assert response.status_code == _REFUSING.get(code, 500)
        if code == "not-allowed":
            assert None in self.settings[place, "grant"].possible(before)
            return
        everything_works = (secret.vault, self.entra, self.google) == ("ok", "ok", "ok")
        assert not everything_works
        if code == "outage" and secret.fetched is not None:
            bounds = self.settings[place, "stale"].possible(secret.fetched - KVM_SECONDS)
            bounds |= self.settings[place, "stale"].possible(before)
            is_warm = None not in bounds and self._now() - secret.fetched < min(
                int(bound) for bound in bounds if bound is not None
            )
            is_refused = secret.refused is not None and secret.refused >= secret.fetched - 1
            assert is_refused or not is_warm

    def _now(self) -> float:
        return self.scene.cloud.clock.now()

    def _refuse(self) -> None:
        self.secrets[self._asked].refused = self._now()

    def _google(self, request: httpx.Request) -> httpx.Response:
        if self.google == "ok":
            return httpx.Response(200, json={"token": ASSERTION})
        self._refuse()
        return httpx.Response(503)

    def _entra(self, request: httpx.Request) -> httpx.Response | type[Exception]:
        if self.entra == "ok":
            return entra_answer()
        if self.entra in OUTAGES:
            return _outage(self.entra)
        self._refuse()
        return entra_refusal(401, "invalid_client")

    def _vault(self, request: httpx.Request) -> httpx.Response | type[Exception]:
        place = request.url.host.split(".")[0].removeprefix("kv-"), request.url.path.split("/")[2]
        assert place == self._asked
        secret = self.secrets[place]
        if secret.vault in OUTAGES:
            return _outage(secret.vault)
        if secret.vault != "ok":
            self._refuse()
            code = secret.vault
            error = {"error": {"code": "Refused", "innererror": {"code": code}}}
            return httpx.Response(int(code) if code.isdigit() else 403, json=error)
        secret.fetched = self._now()
        version = f"{self._number:032x}"
        body = {"value": secret.value, "id": f"https://{request.url.host}/secrets/x/{version}"}
        return httpx.Response(200, json=body)


def _outage(kind: str) -> httpx.Response | type[Exception]:
    if kind in {"timeout", "lost"}:
        return httpx.ReadTimeout if kind == "timeout" else httpx.ConnectError
    if kind == "unreadable":
        return httpx.Response(200, html="<p>")
    return httpx.Response(int(kind))
