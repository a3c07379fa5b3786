"""Keys that never leave the vault: what the gateway has it sign, verify, wrap and unwrap."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.dataplane.key_vault import algorithms
from tests.apigee.answers import NAME, VERSION, vault_answer, vault_refusal
from tests.apigee.scene import COLD, Edit, Scene, get, with_parameters

Changed = Callable[..., Scene]

INPUT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjYW5hcnktc3ViamVjdCJ9"
RESULT = "canary-signature_-"
KEY_ID = f"https://kv-alpha.vault.azure.net/keys/{NAME}/{VERSION}"
ANSWER = httpx.Response(200, json={"kid": KEY_ID, "value": RESULT})
SIGN = {"secret__operation": "sign", "secret__algorithm": "ES256", "private__secret__input": INPUT}
VERIFY = SIGN | {"secret__operation": "verify", "private__secret__signature": RESULT}
WRAP = {
    "secret__operation": "wrap",
    "secret__algorithm": "RSA-OAEP-256",
    "private__secret__input": "Y2FuYXJ5",
}
UNWRAP = WRAP | {"secret__operation": "unwrap"}
GRANTS = {"sign": "sign", "verify": "sign", "wrap": "unwrap", "unwrap": "unwrap"}


def _scene(changed: Changed, parameters: dict[str, str], *edits: Edit) -> Scene:
    """The sample, which uses a key of the secret's name; only that key's grant is declared."""
    scene = changed(with_parameters(**parameters), *edits)
    scene.declare(f"grant.{NAME}.orders-v1", None)
    scene.declare(f"{GRANTS[parameters['secret__operation']]}.{NAME}.orders-v1", "allowed")
    valid = parameters["secret__operation"] == "verify"
    scene.vault = [httpx.Response(200, json={"value": True}) if valid else ANSWER]
    return scene


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


@pytest.mark.parametrize("family", ["RS", "PS", "ES"])
@pytest.mark.parametrize("size", ["256", "384", "512"])
@pytest.mark.parametrize("text", [INPUT, "canary ü {x} &amp;", "9"], ids=["jwt", "text", "short"])
def test_the_vault_signs_the_inputs_digest(
    changed: Changed, family: str, size: str, text: str
) -> None:
    parameters = SIGN | {"secret__algorithm": family + size, "private__secret__input": text}
    scene = _scene(changed, parameters)
    assert get(scene).status_code == 200
    sent = scene.request("vault")
    path = f"/keys/{NAME}/sign?api-version=2025-07-01"
    assert (sent.method, sent.url.raw_path) == ("POST", path.encode())
    assert sent.headers["content-type"] == "application/json"
    digest = hashlib.new(f"sha{size}", text.replace("&amp;", "&").replace("{x}", "").encode())
    assert json.loads(sent.content) == {
        "alg": family + size,
        "value": _base64url(digest.digest()),
    }
    assert scene.request("backend").headers["x-api-key"] == RESULT


@pytest.mark.parametrize(
    ("parameters", "action", "body"),
    [
        (WRAP, "wrapkey", {"alg": "RSA-OAEP-256", "value": "Y2FuYXJ5"}),
        (UNWRAP, "unwrapkey", {"alg": "RSA-OAEP-256", "value": "Y2FuYXJ5"}),
        (
            VERIFY,
            "verify",
            {
                "alg": "ES256",
                "digest": _base64url(hashlib.sha256(INPUT.encode()).digest()),
                "value": RESULT,
            },
        ),
    ],
)
def test_the_vault_is_asked_as_it_documents(
    changed: Changed, parameters: dict[str, str], action: str, body: dict[str, str]
) -> None:
    scene = _scene(changed, parameters | {"secret__requested_version": VERSION})
    assert get(scene).status_code == 200
    sent = scene.request("vault")
    assert sent.url.path == f"/keys/{NAME}/{VERSION}/{action}"
    assert json.loads(sent.content) == body
    assert scene.lines[-1]["operation"] == parameters["secret__operation"]


def test_a_signature_is_logged_with_the_keys_version_and_without_what_is_signed(
    changed: Changed,
) -> None:
    scene = _scene(changed, SIGN)
    get(scene)
    (line,) = scene.lines
    told = (line["operation"], line["outcome"], line["source"], line["version"])
    assert told == ("sign", "served", "fetched", VERSION)
    assert INPUT not in json.dumps(line)
    assert "canary" not in json.dumps(line)


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (httpx.Response(200, json={"value": False}), 401, "invalid-signature"),
        (httpx.Response(200, json={}), 503, "outage"),
        (httpx.Response(200, json={"value": "yes"}), 503, "outage"),
        (httpx.Response(200, html="<p>"), 503, "outage"),
    ],
)
def test_a_signature_that_is_not_found_genuine_ends_the_request(
    changed: Changed, answer: httpx.Response, status: int, code: str
) -> None:
    scene = _scene(changed, VERIFY)
    scene.vault = [answer]
    response = get(scene)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert "backend" not in [name for name, _ in scene.sent]


@pytest.mark.parametrize("parameters", [SIGN, VERIFY, WRAP, UNWRAP])
@pytest.mark.parametrize("granted", ["grant", "client-grant", "sign", "unwrap"])
def test_each_use_of_a_key_needs_its_own_grant(
    changed: Changed, parameters: dict[str, str], granted: str
) -> None:
    scene = _scene(changed, parameters)
    wanted = GRANTS[parameters["secret__operation"]]
    scene.declare(f"{wanted}.{NAME}.orders-v1", None)
    scene.declare(f"{granted}.{NAME}.orders-v1", "allowed")
    scene.declare(f"client.{NAME}.", "allowed")
    assert get(scene).status_code == (200 if granted == wanted else 403)


@pytest.mark.parametrize("granted", ["sign", "unwrap"])
def test_no_grant_of_a_key_opens_the_secret_of_its_name(scene: Scene, granted: str) -> None:
    scene.declare(f"grant.{NAME}.orders-v1", None)
    scene.declare(f"{granted}.{NAME}.orders-v1", "allowed")
    assert get(scene).status_code == 403


def test_nothing_of_a_key_is_kept_whatever_is_declared_for_a_secret_of_its_name(
    changed: Changed,
) -> None:
    scene = _scene(changed, SIGN)
    for kind, value in (("cache", "60"), ("stale", "900"), ("absent", "60")):
        scene.declare(f"{kind}.{NAME}", value)
    get(scene)
    scene.calls()
    get(scene)
    assert scene.calls() == ["vault"]
    scene.vault = [vault_refusal(503), vault_refusal(404), ANSWER]
    assert [get(scene).status_code for _ in range(3)] == [503, 404, 200]


def test_a_keys_refusal_drops_nothing_of_the_secret_of_its_name(changed: Changed) -> None:
    scene = _scene(changed, SIGN, ("policies/FC-InvoicesKey.xml", "invoices-backend-key", NAME))
    scene.declare(f"grant.{NAME}.orders-v1", "allowed")
    scene.declare(f"stale.{NAME}", "900")
    scene.vault = [vault_answer()]
    get(scene, "/orders/v1/invoices")
    scene.vault = [vault_refusal(403, "KeyDisabled"), vault_refusal(503)]
    assert get(scene).json()["error"]["code"] == "disabled"
    scene.cloud.clock.advance(1)
    assert get(scene, "/orders/v1/invoices").status_code == 200


@pytest.mark.parametrize(
    "parameters",
    [
        SIGN | {"secret__operation": "decrypt"},
        SIGN | {"secret__operation": "SIGN"},
        SIGN | {"secret__algorithm": "HS256"},
        SIGN | {"secret__algorithm": "none"},
        SIGN | {"secret__algorithm": "RS256,x"},
        SIGN | {"secret__algorithm": "RSA-OAEP"},
        SIGN | {"private__secret__input": ""},
        VERIFY | {"private__secret__signature": ""},
        VERIFY | {"private__secret__signature": 'a","alg":"none'},
        WRAP | {"secret__algorithm": "RSA1_5"},
        WRAP | {"private__secret__input": "a+b/="},
        UNWRAP | {"private__secret__input": 'a","alg":"none'},
    ],
)
def test_what_does_not_fit_is_told_and_asked_of_nobody(
    changed: Changed, parameters: dict[str, str]
) -> None:
    scene = changed(with_parameters(**parameters))
    response = get(scene)
    assert (response.status_code, response.json()["error"]["code"]) == (500, "bad-call")
    assert scene.calls() == []
    assert scene.lines[-1]["outcome"] == "bad-call"


def test_a_keys_parameters_outlive_their_call_in_no_later_one(changed: Changed) -> None:
    both = "<Name>FC-OrdersKey</Name></Step><Step><Name>FC-InvoicesKey</Name>"
    scene = _scene(
        changed,
        SIGN,
        ("policies/FC-InvoicesKey.xml", "invoices-backend-key", NAME),
        ("proxies/default.xml", "<Name>FC-OrdersKey</Name>", both),
    )
    scene.declare(f"grant.{NAME}.orders-v1", "allowed")
    scene.vault = [ANSWER, vault_answer()]
    get(scene)
    assert [line["operation"] for line in scene.lines] == ["sign", "read"]
    assert scene.calls() == [*COLD, "vault"]


def test_a_token_that_the_vault_has_signed_verifies_by_the_keys_public_half(
    changed: Changed,
) -> None:
    """The vault is the sandbox's own code for signatures, the judge a library that nobody here wrote."""
    private = ec.generate_private_key(ec.SECP256R1())
    key = algorithms.Key(private, KEY_ID, "EC")

    def sign(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        digest = base64.urlsafe_b64decode(asked["value"] + "=")
        signature = algorithms.sign(key, asked["alg"], digest)
        return httpx.Response(200, json={"kid": KEY_ID, "value": _base64url(signature)})

    signing_input = ".".join(
        _base64url(json.dumps(part).encode()) for part in ({"alg": "ES256"}, {"sub": "s"})
    )
    scene = _scene(changed, SIGN | {"private__secret__input": signing_input})
    scene.vault = [sign]
    get(scene)
    token = f"{signing_input}.{scene.request('backend').headers['x-api-key']}"
    assert jwt.decode(token, private.public_key(), algorithms=["ES256"]) == {"sub": "s"}
