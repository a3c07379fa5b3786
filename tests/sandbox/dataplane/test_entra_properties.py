"""Whatever is sent to Entra's token endpoint: an answer it documents, and no token without trust."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import world
from sandbox.cloud import Cloud
from sandbox.dataplane import entra

URL = f"https://login.microsoftonline.com/{world.TENANT_ID}/oauth2/v2.0/token"
FORM = {"content-type": "application/x-www-form-urlencoded"}
FIELDS = (
    "grant_type",
    "client_id",
    "scope",
    "client_assertion",
    "client_assertion_type",
    "client_secret",
    "resource",
)
TEXTS = st.sampled_from(
    [
        "",
        "client_credentials",
        world.WRITER_CLIENT_ID,
        "https://vault.azure.net/.default",
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "a.b.c",
    ]
) | st.text(max_size=40)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    # Half a surrogate pair is legal in JSON's escapes.
    | st.text(st.characters(codec=None), max_size=20),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=5,
)
# A busy machine is no mistake.
BUSY = settings(deadline=None)
CLAIMS = ("iss", "sub", "aud", "iat", "exp", "nbf", "jti")


class Entra:
    """The endpoint in this process; an exception in it fails the test."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._transport = httpx.ASGITransport(entra.app(cloud))

    def post(self, body: bytes) -> tuple[int, dict[str, Any]]:
        async def post() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport) as client:
                return await client.post(URL, content=body, headers=FORM)

        answer = asyncio.run(post())
        return answer.status_code, answer.json()

    def claims(self) -> dict[str, Any]:
        """What the writer's credential trusts."""
        now = int(self.cloud.clock.now())
        return {
            "iss": world.GOOGLE_ISSUER,
            "sub": world.WRITER_UNIQUE_ID,
            "aud": world.EXCHANGE_AUDIENCE,
            "iat": now,
            "exp": now + 3600,
        }

    def exchange(self, assertion: str) -> tuple[int, dict[str, Any]]:
        fields = {
            "grant_type": "client_credentials",
            "client_id": world.WRITER_CLIENT_ID,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
            "scope": "https://vault.azure.net/.default",
        }
        return self.post(urlencode(fields).encode())


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> Iterator[Entra]:
    folder: Path = tmp_path_factory.mktemp("entra")
    cloud = Cloud.open(folder / "state.db", pki)
    yield Entra(cloud)
    cloud.store.close()


def documented(status: int, body: dict[str, Any]) -> bool:
    """Whether it is a refusal as Entra documents them."""
    code = body["error_codes"][0]
    described = body["error_description"].startswith(f"AADSTS{code}: ")
    return status in (400, 401) and described and "access_token" not in body


def signed(cloud: Cloud, claims: dict[str, Any]) -> str:
    """Signed by Google whatever they are: PyJWT's own claims check is passed by."""
    key, payload = cloud.google_key, json.dumps(claims).encode()
    return jwt.api_jws.encode(payload, key._private, "RS256", {"kid": key.key_id})


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


@BUSY
@given(
    fields=st.lists(st.tuples(st.sampled_from(FIELDS) | st.text(max_size=10), TEXTS), max_size=8)
)
def test_random_fields_get_a_documented_refusal(
    endpoint: Entra, fields: list[tuple[str, str]]
) -> None:
    assert documented(*endpoint.post(urlencode(fields).encode()))


@BUSY
@given(body=st.binary(max_size=200))
def test_random_bytes_get_a_documented_refusal(endpoint: Entra, body: bytes) -> None:
    assert documented(*endpoint.post(body))


@BUSY
@given(assertion=st.text(max_size=100) | st.text("eyJ.-_", max_size=100))
def test_a_random_assertion_buys_nothing(endpoint: Entra, assertion: str) -> None:
    assert documented(*endpoint.exchange(assertion))


@BUSY
@given(header=st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64"]), JSON))
def test_a_random_header_buys_nothing(endpoint: Entra, header: dict[str, Any]) -> None:
    _, claims, signature = endpoint.cloud.google_key.sign(endpoint.claims()).split(".")
    assert documented(*endpoint.exchange(f"{encoded(header)}.{claims}.{signature}"))


@BUSY
@given(payload=JSON)
def test_a_random_payload_buys_nothing(endpoint: Entra, payload: object) -> None:
    header, _, signature = endpoint.cloud.google_key.sign(endpoint.claims()).split(".")
    assert documented(*endpoint.exchange(f"{header}.{encoded(payload)}.{signature}"))


@BUSY
@given(place=st.integers(0, 2), data=st.data())
def test_a_changed_character_buys_nothing(endpoint: Entra, place: int, data: st.DataObject) -> None:
    parts = endpoint.cloud.google_key.sign(endpoint.claims()).split(".")
    # Not the last character: its low bits may mean nothing in base64.
    at = data.draw(st.integers(0, len(parts[place]) - 2))
    new = data.draw(st.sampled_from("Aa0_-"))
    old = parts[place][at]
    parts[place] = parts[place][:at] + new + parts[place][at + 1 :]
    status, body = endpoint.exchange(".".join(parts))
    assert status == 200 if new == old else documented(status, body)


@BUSY
@given(changes=st.dictionaries(st.sampled_from(CLAIMS), JSON, min_size=1))
def test_signed_claims_buy_a_token_only_where_all_of_them_are_right(
    endpoint: Entra, changes: dict[str, Any]
) -> None:
    right = endpoint.claims()
    claims = {**right, **changes}
    status, body = endpoint.exchange(signed(endpoint.cloud, claims))
    if status != 200:
        assert documented(status, body)
        return
    now = endpoint.cloud.clock.now()
    for name in ("iss", "sub", "aud"):
        assert claims[name] in (right[name], [right[name]])
    assert now < claims["exp"] + 300
    assert claims.get("nbf") is None or claims["nbf"] - 300 <= now
