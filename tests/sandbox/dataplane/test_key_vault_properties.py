"""Random sequences of secret operations against a model that is simple enough to be right."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from json import dumps
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.sandbox.dataplane.rig import API, GROUP, Rig
from tests.sandbox.dataplane.test_key_vault import ADMINISTRATOR, version_of

DAY = 86_400
RETENTION = 7
_vaults = itertools.count()

NAMES = st.sampled_from(["orders", "Orders", "api-key"])
VALUES = st.text(max_size=20).filter(lambda text: text.encode("utf-8", "ignore").decode() == text)
DATES = st.none() | st.integers(0, 2**33)


@dataclass
class Secret:
    """What the model knows of a secret: its versions, oldest first, and when it was deleted."""

    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    purge_at: float | None = None

    @property
    def newest(self) -> str:
        return list(self.versions)[-1]


class Secrets(RuleBasedStateMachine):
    """A vault of its own for every sequence."""

    def __init__(self, rig: Rig) -> None:
        super().__init__()
        self.rig = rig
        self.known: dict[str, Secret] = {}

    @initialize(purge_protected=st.booleans())
    def start(self, purge_protected: bool) -> None:
        self.purge_protected = purge_protected
        name = f"kv-{next(_vaults)}-x"
        self.host = f"{name}.vault.azure.net"
        id_ = f"{GROUP}/providers/Microsoft.KeyVault/vaults/{name}"
        protection = {"enablePurgeProtection": True} if purge_protected else {}
        self.rig.vault(id_, softDeleteRetentionInDays=RETENTION, **protection)
        self.rig.assign(ADMINISTRATOR, id_)

    def call(self, method: str, path: str, json: object = None) -> httpx.Response:
        # Past the throttling interval, and what is due to be purged is.
        now = self.rig.cloud.clock.advance(10)
        for name, secret in list(self.known.items()):
            if secret.purge_at is not None and secret.purge_at <= int(now):
                del self.known[name]
        token = self.rig.cloud.entra_key.sign(self.rig.vault_claims())
        answer = self.rig.request(
            method,
            f"https://{self.host}{path}?{API}",
            headers={"authorization": f"Bearer {token}"},
            json=json,
        )
        assert answer.status_code < 500, answer.text
        return answer

    def secret(self, name: str, live: bool = True) -> Secret | None:
        found = self.known.get(name.lower())
        return found if found and (found.purge_at is None) == live else None

    @rule(name=NAMES, value=VALUES, enabled=st.booleans(), expires=DATES)
    def write(self, name: str, value: str, enabled: bool, expires: int | None) -> None:
        attributes = {"enabled": enabled, "exp": expires}
        answer = self.call(
            "PUT", f"/secrets/{name}", json={"value": value, "attributes": attributes}
        )
        if self.secret(name, live=False):
            assert answer.status_code == 409
            return
        assert answer.status_code == 200
        secret = self.known.setdefault(name.lower(), Secret())
        made = {"value": value, "enabled": enabled, "exp": expires}
        secret.versions[version_of(answer.json())] = made

    @rule(name=NAMES, data=st.data(), enabled=st.none() | st.booleans(), expires=DATES)
    def update(
        self, name: str, data: st.DataObject, enabled: bool | None, expires: int | None
    ) -> None:
        secret = self.secret(name)
        version = data.draw(st.sampled_from(list(secret.versions))) if secret else ""
        changes = {"enabled": enabled, "exp": expires}
        answer = self.call("PATCH", f"/secrets/{name}/{version}", json={"attributes": changes})
        if secret is None:
            assert answer.status_code == 404
            return
        assert answer.status_code == 200
        secret.versions[version] |= {k: v for k, v in changes.items() if v is not None}

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        answer = self.call("DELETE", f"/secrets/{name}")
        secret = self.secret(name)
        assert answer.status_code == (200 if secret else 404)
        if secret:
            secret.purge_at = answer.json()["deletedDate"] + RETENTION * DAY
            assert answer.json()["scheduledPurgeDate"] == secret.purge_at

    @rule(name=NAMES)
    def recover(self, name: str) -> None:
        answer = self.call("POST", f"/deletedsecrets/{name}/recover")
        secret = self.secret(name, live=False)
        assert answer.status_code == (200 if secret else 404)
        if secret:
            secret.purge_at = None

    @rule(name=NAMES)
    def purge(self, name: str) -> None:
        answer = self.call("DELETE", f"/deletedsecrets/{name}")
        if self.secret(name, live=False) is None:
            assert answer.status_code == 404
        elif self.purge_protected:
            assert answer.status_code == 403
        else:
            assert answer.status_code == 204
            del self.known[name.lower()]

    @rule(days=st.sampled_from([1, RETENTION]))
    def wait(self, days: int) -> None:
        self.rig.cloud.clock.advance(days * DAY)

    @invariant()
    def every_version_is_served_as_it_was_left(self) -> None:
        if not hasattr(self, "host"):
            return
        self.listings_are_complete()
        for name, secret in list(self.known.items()):
            if secret.purge_at is not None:
                assert self.call("GET", f"/secrets/{name}").status_code == 404
                continue
            for version, expected in secret.versions.items():
                self.is_served(f"/secrets/{name}/{version}", version, expected)
            self.is_served(f"/secrets/{name}", secret.newest, secret.versions[secret.newest])

    def is_served(self, path: str, version: str, expected: dict[str, Any]) -> None:
        answer = self.call("GET", path)
        if not expected["enabled"]:
            assert answer.json()["error"]["innererror"]["code"] == "SecretDisabled"
            return
        read = answer.json()
        assert (read["value"], version_of(read)) == (expected["value"], version)
        assert read["attributes"].get("exp") == expected["exp"]

    def listings_are_complete(self) -> None:
        live = self.names("/secrets")
        deleted = self.names("/deletedsecrets")
        assert live == {n for n, s in self.known.items() if s.purge_at is None}
        assert deleted == {n for n, s in self.known.items() if s.purge_at is not None}
        for name in live:
            listed = self.call("GET", f"/secrets/{name}/versions").json()["value"]
            assert {version_of(item) for item in listed} == set(self.known[name].versions)

    def names(self, path: str) -> set[str]:
        return {version_of(item).lower() for item in self.call("GET", path).json()["value"]}


def test_no_version_is_ever_lost_and_nothing_is_a_server_error(rig: Rig) -> None:
    limits = settings(
        max_examples=20,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    # Any callable will do, says Hypothesis's documentation; its annotation wants a class.
    run_state_machine_as_test(lambda: Secrets(rig), settings=limits)  # type: ignore[arg-type]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
MEMBERS = st.sampled_from(
    [
        *("value", "attributes", "tags", "contentType", "policy", "pwd"),
        *("kty", "key_size", "key_ops", "crv", "alg", "digest"),
    ]
)
PARTS = st.sampled_from(
    [
        *("secrets", "keys", "certificates", "deletedsecrets", "deletedkeys"),
        *("orders", "0123456789abcdef0123456789abcdef", "%00", ""),
        *("versions", "create", "import", "policy", "pending", "recover", "restore"),
        *("sign", "verify", "wrapkey", "unwrapkey", "rotate", "rotationpolicy"),
    ]
)


def test_no_request_is_a_server_error(rig: Rig) -> None:
    rig.vault()
    rig.assign(ADMINISTRATOR)

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        method=st.sampled_from(["GET", "PUT", "PATCH", "POST", "DELETE"]),
        parts=st.lists(PARTS, max_size=4),
        body=st.dictionaries(MEMBERS, JSON, max_size=4) | JSON,
    )
    def ask(method: str, parts: list[str], body: object) -> None:
        rig.cloud.clock.advance(10)
        content = dumps(body).encode()
        headers = {"content-type": "application/json"}
        path = "/" + "/".join(parts)
        answer = rig.vault_call(method, path, content=content, headers=headers)
        assert answer.status_code < 500 or answer.status_code == 501, (answer.text, path)
        if answer.content:
            assert answer.json()

    ask()


def some(*names: str, leaves: st.SearchStrategy[Any] = JSON) -> st.SearchStrategy[dict[str, Any]]:
    """An object with some of these members, whatever they are."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, leaves))


WORDS = JSON | st.sampled_from(["RSA", "EC", "P-256", "CN=x", "application/x-pem-file"])
POLICY = st.fixed_dictionaries(
    {"issuer": st.just({"name": "Self"})},
    optional={
        "key_props": some("kty", "key_size", "crv", "exportable", "reuse_key", leaves=WORDS) | JSON,
        "secret_props": some("contentType", leaves=WORDS) | JSON,
        "x509_props": JSON
        | st.fixed_dictionaries(
            {"subject": st.just("CN=x") | WORDS},
            optional={
                "sans": some("dns_names", "emails", "uris") | JSON,
                "ekus": st.lists(JSON, max_size=2) | JSON,
                "key_usage": st.lists(st.just("digitalSignature") | JSON, max_size=2) | JSON,
                "validity_months": st.integers() | JSON,
            },
        ),
        "lifetime_actions": JSON,
    },
)
ATTRIBUTES = some("enabled", "nbf", "exp", "exportable") | JSON
BODIES = {
    "/certificates/x/create": st.fixed_dictionaries(
        {"policy": POLICY}, optional={"attributes": ATTRIBUTES, "tags": JSON}
    ),
    "/certificates/x/import": some("value", "pwd", "policy", "attributes", "tags", leaves=WORDS),
    "/keys/x/create": st.fixed_dictionaries(
        {"kty": st.just("EC") | WORDS},
        optional={"crv": WORDS, "key_size": WORDS, "key_ops": JSON, "attributes": ATTRIBUTES},
    ),
    "/keys/signer/sign": some("alg", "value", leaves=WORDS | st.just("ES256")),
    "/keys/signer/verify": some("alg", "value", "digest", leaves=WORDS | st.just("ES256")),
    "/keys/signer/wrapkey": some("alg", "value", leaves=WORDS | st.just("RSA-OAEP")),
}


def test_no_body_of_a_key_or_certificate_is_a_server_error(rig: Rig) -> None:
    rig.vault()
    rig.assign(ADMINISTRATOR)
    rig.vault_call("POST", "/keys/signer/create", json={"kty": "EC"})

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(sorted(BODIES)).flatmap(lambda p: st.tuples(st.just(p), BODIES[p])))
    def ask(asked: tuple[str, dict[str, Any]]) -> None:
        rig.cloud.clock.advance(10)
        path, body = asked
        headers = {"content-type": "application/json"}
        answer = rig.vault_call("POST", path, content=dumps(body).encode(), headers=headers)
        assert answer.status_code < 500 or answer.status_code == 501, answer.text

    ask()
