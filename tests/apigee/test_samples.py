"""The sample proxies do what they are copied for, and hand their secrets to nobody else."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)

from tests.apigee import scene as scenes
from tests.apigee.answers import VERSION, Answer, vault_answer, vault_refusal
from tests.apigee.scene import Scene

PARTNER, LOGIN = "api.partner.example.com", "login.partner.example.com"
RECEIVER, BANK = "hooks.receiver.example.com", "api.bank.example.com"
# What an environment's maskedVariables must have for each: docs/gateway.md tells their owners.
MASKS = {
    "partner-v1": (
        "partnerRequest.header.Authorization",
        "partnerResponse.content",
        "request.header.Authorization",
    ),
    "webhooks-v1": (),
    "payments-v1": (),
}
SECRETS = {
    "partner-v1": "grant.partner-client-secret",
    "webhooks-v1": "grant.webhook-signing-key",
    "payments-v1": "sign.payments-signing-key",
}
Opened = Callable[..., Scene]


@pytest.fixture
def opened(tmp_path: Path, pki: Path) -> Iterator[Opened]:
    """Opens a scene in which a sample is deployed, allowed and masked, its targets answering."""
    scene: list[Scene] = []

    def open_(proxy: str, masked: Sequence[str] | None = None) -> Scene:
        masked = MASKS[proxy] if masked is None else masked
        made = scenes.open_scene(tmp_path, pki, proxies=(proxy,), masked=masked)
        made.declare(f"{SECRETS[proxy]}.{proxy}", "allowed")
        targets: tuple[str, ...] = (PARTNER, RECEIVER, BANK)
        made.others = {host: [httpx.Response(200, json={"ok": True})] for host in targets}
        made.others[LOGIN] = [_token("canary-partner-token")]
        scene.append(made)
        return made

    yield open_
    for made in scene:
        made.cloud.store.close()


def _token(token: str, expires_in: object = 3600) -> httpx.Response:
    return httpx.Response(200, json={"access_token": token, "expires_in": expires_in})


def _send(scene: Scene, verb: str, path: str, content: str = "", **headers: str) -> httpx.Response:
    return asyncio.run(scene.send(verb, path, "alpha", headers, content))


def _shipments(scene: Scene, **headers: str) -> httpx.Response:
    return _send(scene, "GET", "/partner/v1/shipments", **headers)


# An OAuth client secret for a third party's token endpoint.


def test_the_client_secret_gets_a_token_and_the_token_alone_goes_to_the_api(opened: Opened) -> None:
    scene = opened("partner-v1")
    assert _shipments(scene, authorization="Bearer client-own").status_code == 200
    asked = scene.request(LOGIN)
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(
        b"shipping-gateway:canary-value"
    ).decode("ascii")
    assert asked.content == b"grant_type=client_credentials&scope=shipments.read"
    sent = scene.request(PARTNER)
    assert sent.headers.get_list("authorization") == ["Bearer canary-partner-token"]
    assert "canary-value" not in str(sent.headers)


def test_a_cached_token_needs_neither_the_secret_nor_the_token_endpoint(opened: Opened) -> None:
    scene = opened("partner-v1")
    _shipments(scene)
    scene.calls()
    scene.cloud.clock.advance(299)
    assert _shipments(scene).status_code == 200
    assert scene.calls() == [PARTNER]
    scene.cloud.clock.advance(2)
    _shipments(scene)
    assert scene.calls() == ["vault", LOGIN, PARTNER]


@pytest.mark.parametrize("expires_in", [599, 60, None, "soon"])
def test_a_token_that_lives_too_short_to_be_kept_is_used_once(
    opened: Opened, expires_in: object
) -> None:
    scene = opened("partner-v1")
    scene.others[LOGIN] = [_token("canary-partner-token", expires_in)]
    for _ in range(2):
        scene.calls()
        assert _shipments(scene).status_code == 200
        assert LOGIN in scene.calls()


def test_a_token_that_the_partner_refuses_is_dropped_and_is_not_the_clients_fault(
    opened: Opened,
) -> None:
    scene = opened("partner-v1")
    scene.others[PARTNER] = [httpx.Response(401), httpx.Response(200)]
    response = _shipments(scene)
    assert (response.status_code, response.json()["error"]["code"]) == (502, "partner-refused")
    scene.cloud.clock.advance(2)
    scene.others[LOGIN] = [_token("canary-second-token")]
    assert _shipments(scene).status_code == 200
    assert scene.request(PARTNER).headers["authorization"] == "Bearer canary-second-token"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"error": "invalid_client"}),
        httpx.Response(503),
        httpx.ReadTimeout,
        httpx.Response(200, html="<p>"),
        httpx.Response(200, json={"access_token": ""}),
    ],
)
def test_without_a_token_nothing_is_sent_and_the_failure_is_told(
    opened: Opened, answer: Answer
) -> None:
    scene = opened("partner-v1")
    scene.others[LOGIN] = [answer]
    response = _shipments(scene)
    assert (response.status_code, response.json()["error"]["code"]) == (502, "no-partner-token")
    assert PARTNER not in scene.calls()


# A shared key over what is sent on: Standard Webhooks.


def test_a_webhook_carries_the_signature_that_its_receiver_computes(opened: Opened) -> None:
    scene = opened("webhooks-v1")
    key = b"canary-key-of-thirty-two-bytes--"
    scene.vault = [vault_answer(base64.b64encode(key).decode())]
    body = '{"type":"order.shipped","note":"ä {x}"}'
    headers = {"webhook-id": "client-own", "webhook-signature": "v1,client-own"}
    assert _send(scene, "POST", "/webhooks/v1/events", body, **headers).status_code == 200
    sent = scene.request(RECEIVER)
    assert sent.content == body.encode()
    id_, time = sent.headers["webhook-id"], sent.headers["webhook-timestamp"]
    assert sent.headers.get_list("webhook-id") == [id_]
    assert abs(int(time) - scene.cloud.clock.now()) < 60
    code = hmac.new(key, f"{id_}.{time}.".encode() + sent.content, hashlib.sha256).digest()
    assert sent.headers.get_list("webhook-signature") == [f"v1,{base64.b64encode(code).decode()}"]


def test_no_two_webhooks_have_the_same_id(opened: Opened) -> None:
    scene = opened("webhooks-v1")
    scene.vault = [vault_answer(base64.b64encode(b"canary").decode())]
    for _ in range(3):
        _send(scene, "POST", "/webhooks/v1/events", "{}")
    sent = [request for name, request in scene.sent if name == RECEIVER]
    assert len({request.headers["webhook-id"] for request in sent}) == 3


# A key that never leaves the vault: HTTP Message Signatures.


def test_a_payment_carries_the_vaults_signature_over_what_is_sent(opened: Opened) -> None:
    scene = opened("payments-v1")
    key = ec.generate_private_key(ec.SECP256R1())

    def sign(request: httpx.Request) -> httpx.Response:
        """As Key Vault does: over the digest that it is given, both numbers in a row."""
        asked = json.loads(request.content)
        assert asked["alg"] == "ES256"
        digest = base64.urlsafe_b64decode(asked["value"] + "==")
        signed.append(digest)
        numbers = _signed(key, digest)
        value = base64.urlsafe_b64encode(numbers).rstrip(b"=").decode()
        kid = f"https://kv-alpha.vault.azure.net/keys/payments-signing-key/{VERSION}"
        return httpx.Response(200, json={"kid": kid, "value": value})

    signed: list[bytes] = []
    scene.vault = [sign]
    body = '{"amount":"10.00"}'
    own = {"signature": "sig1=:client:", "content-digest": "sha-256=:client:"}
    assert _send(scene, "POST", "/payments/v1/payments", body, **own).status_code == 200
    sent = scene.request(BANK)
    digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
    assert sent.headers.get_list("content-digest") == [f"sha-256=:{digest}:"]
    (given,) = sent.headers.get_list("signature-input")
    parameters = given.removeprefix("sig1=")
    base = (
        f'"@method": {sent.method}\n"@authority": {sent.headers["host"]}\n'
        f'"content-digest": {sent.headers["content-digest"]}\n"@signature-params": {parameters}'
    )
    (signature,) = sent.headers.get_list("signature")
    raw = base64.b64decode(signature.removeprefix("sig1=:").removesuffix(":"), validate=True)
    halves = (int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.public_key().verify(encode_dss_signature(*halves), base.encode(), ec.ECDSA(hashes.SHA256()))
    assert parameters.startswith('("@method" "@authority" "content-digest");created=')


def _signed(key: ec.EllipticCurvePrivateKey, digest: bytes) -> bytes:
    both = decode_dss_signature(key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()))))
    return b"".join(number.to_bytes(32) for number in both)


# What all of them keep.

REQUESTS = {
    "partner-v1": ("GET", "/partner/v1/shipments"),
    "webhooks-v1": ("POST", "/webhooks/v1/events"),
    "payments-v1": ("POST", "/payments/v1/payments"),
}


@pytest.mark.parametrize("proxy", REQUESTS)
@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (vault_refusal(403, "ForbiddenByRbac"), 500),
        (vault_refusal(404), 404),
        (httpx.ReadTimeout, 503),
    ],
)
def test_without_its_secret_a_sample_sends_nothing_and_passes_the_flows_answer_on(
    opened: Opened, proxy: str, answer: Answer, status: int
) -> None:
    scene = opened(proxy)
    scene.vault = [answer]
    response = _send(scene, *REQUESTS[proxy])
    assert response.status_code == status
    assert set(response.json()["error"]) == {"code", "message", "requestId"}
    assert set(scene.calls()) <= {"google", "entra", "vault"}


@pytest.mark.parametrize("proxy", REQUESTS)
def test_a_sample_that_is_not_declared_is_refused(opened: Opened, proxy: str) -> None:
    scene = opened(proxy)
    scene.declare(f"{SECRETS[proxy]}.{proxy}", None)
    assert _send(scene, *REQUESTS[proxy]).status_code == 403
    assert scene.calls() == []


@pytest.mark.parametrize("proxy", REQUESTS)
def test_no_other_path_or_method_reaches_the_target(opened: Opened, proxy: str) -> None:
    scene = opened(proxy)
    verb, path = REQUESTS[proxy]
    for request in ((verb, f"{path}/more"), ("DELETE", path), (verb, path.rsplit("/", 1)[0])):
        assert _send(scene, *request).json()["error"]["code"] == "unknown-path"
    assert scene.calls() == []


@pytest.mark.parametrize("proxy", REQUESTS)
def test_no_secret_is_in_a_log_an_answer_or_a_debug_session(opened: Opened, proxy: str) -> None:
    scene = opened(proxy)
    value = base64.b64encode(b"canary-webhook-key").decode()
    if proxy == "webhooks-v1":
        scene.vault = [vault_answer(value)]
    if proxy == "payments-v1":
        # A signature is no secret: it is sent to the bank, and shown.
        scene.vault = [httpx.Response(200, json={"kid": "/keys/x/y", "value": "c2lnbmF0dXJl"})]
    told = scene.debug("alpha", proxy)
    responses = [_send(scene, *REQUESTS[proxy]) for _ in range(2)]
    scene.others[LOGIN] = [httpx.Response(400, json={"error": "canary-detail"})]
    scene.cloud.clock.advance(400)
    responses.append(_send(scene, *REQUESTS[proxy]))
    seen = json.dumps(scene.lines) + "".join(response.text for response in responses) + told()
    assert REQUESTS[proxy][1] in told()
    for secret in ("canary", value, base64.b64encode(b"shipping-gateway:canary").decode()[:-4]):
        assert secret not in seen


@pytest.mark.parametrize("unmasked", MASKS["partner-v1"])
def test_each_variable_that_a_sample_asks_to_mask_would_show_a_secret(
    opened: Opened, unmasked: str
) -> None:
    scene = opened("partner-v1", [name for name in MASKS["partner-v1"] if name != unmasked])
    told = scene.debug("alpha", "partner-v1")
    _shipments(scene)
    shown = (base64.b64encode(b"shipping-gateway:canary-value").decode(), "canary-partner-token")
    assert any(secret in told() for secret in shown)
