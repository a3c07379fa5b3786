"""Each answer of each cloud, and what the caller, the log and the caches get for it."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from tests.apigee import answers
from tests.apigee import scene as scenes
from tests.apigee.answers import NAME, entra_refusal, vault_answer, vault_refusal
from tests.apigee.scene import COLD, MINT, Edit, Scene, Script, get
from tests.apigee.sources import ROOT

NO_JSON = httpx.Response(200, headers={"content-type": "application/json"}, content=b"{")
HOST_TRICK = "kv.example.com/.vault.azure.net"
CONNECT, TIMEOUT = httpx.ConnectError, httpx.ReadTimeout


def _google(*script: answers.Answer) -> Script:
    return lambda scene: setattr(scene, "google", list(script))


def _entra(*script: answers.Answer) -> Script:
    return lambda scene: setattr(scene, "entra", list(script))


def _vault(*script: answers.Answer) -> Script:
    return lambda scene: setattr(scene, "vault", list(script))


def _declared(key: str, value: str | None) -> Script:
    return lambda scene: scene.declare(key, value)


ROWS: list[tuple[str, Script, int, str, list[str]]] = [
    ("unlisted", _declared(f"grant.{NAME}.orders-v1", None), 403, "not-allowed", []),
    ("other-grant", _declared(f"grant.{NAME}.orders-v1", "no"), 403, "not-allowed", []),
    ("no-identity", _declared("identity.odd", None), 403, "not-allowed", []),
    ("bare-identity", _declared("identity.odd", scenes.FIRST), 403, "not-allowed", []),
    ("no-client-id", _declared("identity.odd", "0001:client"), 403, "not-allowed", []),
    ("no-tenant", _declared("identity.tenant-id", None), 403, "not-allowed", []),
    ("no-vault", _declared("vault.host", None), 403, "not-allowed", []),
    ("other-host", _declared("vault.host", "kv.example.com"), 403, "not-allowed", []),
    ("host-trick", _declared("vault.host", HOST_TRICK), 403, "not-allowed", []),
    ("google-403", _google(httpx.Response(403, json={})), 500, "google-identity", ["google"]),
    ("google-503", _google(httpx.Response(503)), 500, "google-identity", ["google"]),
    ("google-lost", _google(CONNECT), 500, "google-identity", ["google"]),
    ("bad-client", _entra(entra_refusal(401, "invalid_client")), 500, "federation", MINT),
    ("no-client", _entra(entra_refusal(400, "unauthorized_client")), 500, "federation", MINT),
    ("bad-request", _entra(entra_refusal(400, "invalid_request")), 500, "federation", MINT),
    ("entra-404", _entra(httpx.Response(404)), 500, "federation", MINT),
    ("entra-302", _entra(httpx.Response(302)), 500, "federation", MINT),
    ("entra-429", _entra(httpx.Response(429)), 503, "outage", MINT),
    ("entra-503", _entra(httpx.Response(503)), 503, "outage", MINT),
    ("entra-busy", _entra(entra_refusal(400, "temporarily_unavailable")), 503, "outage", MINT),
    ("entra-timeout", _entra(TIMEOUT), 503, "outage", MINT),
    ("entra-lost", _entra(CONNECT), 503, "outage", MINT),
    ("entra-html", _entra(httpx.Response(200, html="<p>")), 503, "outage", MINT),
    ("vault-rbac", _vault(vault_refusal(403, "ForbiddenByRbac")), 500, "vault-role", COLD),
    ("vault-net", _vault(vault_refusal(403, "ForbiddenByConnection")), 500, "vault-firewall", COLD),
    ("vault-fire", _vault(vault_refusal(403, "ForbiddenByFirewall")), 500, "vault-firewall", COLD),
    ("vault-disabled", _vault(vault_refusal(403, "SecretDisabled")), 409, "disabled", COLD),
    ("vault-403", _vault(vault_refusal(403, "Other")), 500, "vault-refused", COLD),
    ("vault-403-bare", _vault(httpx.Response(403)), 500, "vault-refused", COLD),
    ("vault-400", _vault(vault_refusal(400)), 500, "vault-refused", COLD),
    ("vault-404", _vault(vault_refusal(404)), 404, "not-found", COLD),
    ("vault-429", _vault(vault_refusal(429)), 503, "outage", COLD),
    ("vault-500", _vault(httpx.Response(500, html="<p>")), 503, "outage", COLD),
    ("vault-timeout", _vault(TIMEOUT), 503, "outage", COLD),
    ("vault-lost", _vault(CONNECT), 503, "outage", COLD),
    ("vault-html", _vault(httpx.Response(200, html="<p>")), 503, "outage", COLD),
    ("vault-no-json", _vault(NO_JSON), 503, "outage", COLD),
    ("vault-401-twice", _vault(vault_refusal(401)), 500, "vault-token", COLD + COLD),
    ("vault-401-lost", _vault(vault_refusal(401), CONNECT), 503, "outage", COLD + COLD),
]


@pytest.mark.parametrize(
    ("script", "status", "code", "calls"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_every_failure_has_its_status_code_log_line_and_calls(
    scene: Scene, script: Script, status: int, code: str, calls: list[str]
) -> None:
    script(scene)
    response = get(scene)
    error = response.json()["error"]
    (line,) = scene.lines
    assert (response.status_code, error["code"], line["outcome"]) == (status, code, code)
    assert error["requestId"] == line["requestId"]
    assert ("retry-after" in response.headers) == (code == "outage")
    assert scene.calls() == calls
    told = response.text + json.dumps(scene.lines)
    assert "canary" not in told


def test_each_error_of_entra_is_explained_on_its_own(scene: Scene) -> None:
    told = set()
    for error in ("invalid_client", "unauthorized_client", "invalid_request"):
        scene.entra = [entra_refusal(400, error)]
        message = get(scene).json()["error"]["message"]
        assert f"({error}, AADSTS700213)" in message
        told.add(message.partition("AADSTS")[2])
    assert len(told) == 3


def test_the_value_reaches_the_backend_and_nobody_else(scene: Scene) -> None:
    response = get(scene, **{"x-api-key": "canary-clients-own"})
    backend = scene.request("backend")
    assert response.status_code == 200
    assert backend.url == "https://orders.backend.example.com/orders"
    assert backend.headers.get_list("x-api-key") == [answers.VALUE]
    (line,) = scene.lines
    assert (line["outcome"], line["source"], line["version"]) == (
        "served",
        "fetched",
        answers.VERSION,
    )
    assert "canary" not in response.text + json.dumps(scene.lines)


def test_the_clouds_are_asked_as_they_document(scene: Scene) -> None:
    get(scene)
    (line,) = scene.lines
    entra, vault = scene.request("entra"), scene.request("vault")
    assert scenes.form(entra) == {
        "grant_type": "client_credentials",
        "client_id": scenes.FIRST,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": answers.ASSERTION,
        "scope": "https://vault.azure.net/.default",
    }
    assert vault.url.raw_path == f"/secrets/{NAME}?api-version=2025-07-01".encode()
    assert vault.headers["authorization"] == f"Bearer {answers.TOKEN}"
    assert vault.headers["x-ms-client-request-id"] == line["requestId"]
    assert "x-google-id-token" not in entra.headers.keys() | vault.headers.keys()


@pytest.mark.parametrize("seconds", ["600", "", "0", "601", "-5", "soon", None])
def test_a_token_is_kept_ten_minutes_where_the_declaration_says_so_or_nothing_usable(
    scene: Scene, seconds: str | None
) -> None:
    scene.declare("token.seconds", seconds)
    get(scene)
    scene.calls()
    scene.entra = [httpx.Response(503)]
    scene.cloud.clock.advance(479)
    get(scene)
    assert scene.calls() == ["vault"]
    scene.cloud.clock.advance(120)
    assert get(scene).status_code == 200
    scene.calls()
    scene.cloud.clock.advance(2)
    assert get(scene).status_code == 503
    assert scene.calls() == MINT


def test_a_token_whose_lifetime_is_declared_shorter_leaves_earlier(scene: Scene) -> None:
    scene.declare("token.seconds", "30")
    get(scene)
    scene.cloud.clock.advance(29)
    scene.calls()
    get(scene)
    assert scene.calls() == ["vault"]
    scene.cloud.clock.advance(2)
    get(scene)
    assert scene.calls() == COLD


def test_a_short_lived_token_is_used_once(scene: Scene) -> None:
    scene.entra = [answers.entra_answer(expires_in=899)]
    for _ in range(2):
        assert get(scene).status_code == 200
        assert scene.calls() == COLD


def test_a_refused_token_is_replaced_once(scene: Scene) -> None:
    get(scene)
    scene.calls()
    scene.vault = [vault_refusal(401), vault_answer()]
    assert get(scene).status_code == 200
    assert scene.calls() == ["vault", *COLD]
    get(scene)
    assert scene.calls() == ["vault"]


def test_a_token_refused_twice_is_not_kept(scene: Scene) -> None:
    scene.vault = [vault_refusal(401)]
    get(scene)
    scene.calls()
    scene.vault = [vault_answer()]
    get(scene)
    assert scene.calls() == COLD


def test_a_cached_value_needs_no_call_and_is_logged(scene: Scene) -> None:
    scene.declare(f"cache.{NAME}", "30")
    get(scene)
    scene.calls()
    response = get(scene)
    assert response.status_code == 200
    assert scene.request("backend").headers["x-api-key"] == answers.VALUE
    assert scene.calls() == []
    cold, warm = scene.lines
    assert (cold["source"], warm["source"]) == ("fetched", "cached")
    assert (warm["outcome"], warm["version"]) == ("served", answers.VERSION)
    assert warm["vaultStart"] is None
    assert cold["vaultStart"] is not None
    assert cold["requestId"] != warm["requestId"]
    scene.cloud.clock.advance(31)
    get(scene)
    assert scene.calls() == ["vault"]


@pytest.mark.parametrize("seconds", ["0", "3601", "-1", "long", ""])
def test_an_unusable_cache_lifetime_caches_nothing(scene: Scene, seconds: str) -> None:
    scene.declare(f"cache.{NAME}", seconds)
    get(scene)
    scene.calls()
    get(scene)
    assert scene.calls() == ["vault"]


def test_a_revoked_caller_is_refused_in_sixty_seconds_in_spite_of_the_cache(scene: Scene) -> None:
    scene.declare(f"cache.{NAME}", "3600")
    get(scene)
    scene.calls()
    scene.declare(f"grant.{NAME}.orders-v1", None)
    scene.cloud.clock.advance(61)
    assert get(scene).status_code == 403
    assert scene.calls() == []


@pytest.mark.parametrize(
    ("answer", "calls_after"),
    [(vault_refusal(404), ["vault"]), (vault_refusal(503), [])],
    ids=["refusal", "outage"],
)
def test_a_refusal_drops_the_cached_value_and_an_outage_does_not(
    scene: Scene, answer: httpx.Response, calls_after: list[str]
) -> None:
    scene.declare(f"cache.{NAME}", "3600")
    get(scene)
    # While caching is undeclared every request fetches, and the old entry is still there.
    scene.declare(f"cache.{NAME}", None)
    scene.cloud.clock.advance(61)
    scene.vault = [answer]
    assert get(scene).status_code == answer.status_code
    scene.declare(f"cache.{NAME}", "3600")
    scene.vault = [vault_answer()]
    scene.calls()
    assert get(scene).status_code == 200
    assert scene.calls() == calls_after


def test_an_expired_secret_is_served_and_logged_as_expired(scene: Scene) -> None:
    now = int(scene.cloud.clock.now())
    for expiry, outcome in ((now - 10, "expired"), (now + 1000, "served")):
        scene.vault = [vault_answer(exp=expiry)]
        assert get(scene).status_code == 200
        assert scene.lines[-1]["outcome"] == outcome


def test_a_value_that_looks_like_a_template_arrives_as_it_is(scene: Scene) -> None:
    value = 'canary {secret.name} {createUuid()} "quoted" \\n {"a":1}'
    body = json.loads(vault_answer().content) | {"value": value}
    scene.declare(f"cache.{NAME}", "30")
    scene.vault = [httpx.Response(200, json=body)]
    for source in ("fetched", "cached"):
        get(scene)
        assert scene.lines[-1]["source"] == source
        assert scene.request("backend").headers["x-api-key"] == value


@pytest.mark.parametrize("name", ["", "a/b", "../orders-backend-key", "a:b", "a" * 128, "a b", "ä"])
def test_a_name_that_is_none_is_refused_before_it_is_used(
    changed: Callable[..., Scene], name: str
) -> None:
    scene = changed(("policies/FC-OrdersKey.xml", NAME, name))
    scene.declare(f"grant.{name}.orders-v1", "allowed")
    response = get(scene)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "not-allowed")
    assert scene.sent == []
    assert scene.lines[0]["secret"] == name


def test_a_second_call_in_one_request_has_no_use_of_the_first_ones_grant(
    changed: Callable[..., Scene],
) -> None:
    both = "<Name>FC-OrdersKey</Name></Step><Step><Name>FC-InvoicesKey</Name>"
    scene = changed(("proxies/default.xml", "<Name>FC-OrdersKey</Name>", both))
    response = get(scene)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "not-allowed")
    assert [line["outcome"] for line in scene.lines] == ["served", "not-allowed"]
    assert scene.calls() == COLD


def _as_text(answer: httpx.Response) -> httpx.Response:
    """The same body under a type that is no JSON: not usable, but all there."""
    return httpx.Response(200, headers={"content-type": "text/plain"}, content=answer.content)


def _showing_what_is_left() -> Edit:
    """An edit by which the proxy sends its backend whatever the shared flow left in these variables."""
    variables = [
        *("private.kv.token", "private.kv.assertion", "private.kv.body", "private.kv.value"),
        *("googleRequest.header.x-google-id-token", "entraRequest.content"),
        *("entraResponse.content", "vaultRequest.header.Authorization", "vaultResponse.content"),
    ]
    left = "".join(f"{{{variable}}}" for variable in variables)
    old = "</Headers>\n  </Set>\n  <IgnoreUnresolvedVariables>false"
    new = f'<Header name="x-left">[{left}]</Header>{old.replace("false", "true")}'
    return "policies/AM-BackendKey.xml", old, new


def test_the_proxy_is_left_the_value_and_no_credential(changed: Callable[..., Scene]) -> None:
    scene = changed(_showing_what_is_left())
    get(scene)
    sent = scene.request("backend").headers
    assert (sent["x-api-key"], sent["x-left"]) == (answers.VALUE, "[]")


@pytest.mark.parametrize(
    "script",
    [
        _entra(_as_text(answers.entra_answer())),
        _entra(NO_JSON),
        _vault(_as_text(vault_answer())),
        _vault(vault_refusal(403, "ForbiddenByRbac")),
    ],
)
def test_a_proxy_that_ignores_the_fault_is_left_no_credential_either(
    changed: Callable[..., Scene], script: Script
) -> None:
    ignoring = (
        "policies/FC-OrdersKey.xml",
        "<FlowCallout ",
        '<FlowCallout continueOnError="true" ',
    )
    scene = changed(ignoring, _showing_what_is_left())
    script(scene)
    get(scene)
    sent = scene.request("backend").headers
    assert (sent["x-api-key"], sent["x-left"]) == ("", "[]")


def test_paths_outside_the_api_never_reach_the_backend(scene: Scene) -> None:
    for path in ("/orders/v1", "/orders/v1/orders/1", "/orders/v1/admin"):
        response = get(scene, path)
        assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown-path")
    assert scene.sent == []


def test_an_undeclared_secret_is_refused_like_an_absent_one(scene: Scene) -> None:
    response = get(scene, "/orders/v1/invoices")
    assert (response.status_code, response.json()["error"]["code"]) == (403, "not-allowed")
    assert scene.sent == []


@pytest.mark.parametrize(
    "flag",
    [
        "assignmessage.AM-GoogleToken.failed",
        "servicecallout.SC-Entra.failed",
        "servicecallout.SC-Vault.failed",
    ],
)
def test_flags_that_a_proxy_sets_itself_change_nothing(
    changed: Callable[..., Scene], flag: str
) -> None:
    step = "<Name>FC-OrdersKey</Name>"
    assign = f"<AssignVariable><Name>{flag}</Name><Value>true</Value></AssignVariable>"
    preset = f'<AssignMessage name="RF-UnknownPath">{assign}</AssignMessage>'
    scene = changed(
        ("policies/RF-UnknownPath.xml", _whole("RF-UnknownPath.xml"), preset),
        ("proxies/default.xml", step, f"<Name>RF-UnknownPath</Name></Step><Step>{step}"),
        _showing_what_is_left(),
    )
    get(scene)
    sent = scene.request("backend").headers
    assert (sent["x-api-key"], sent["x-left"]) == (answers.VALUE, "[]")


def test_a_second_call_is_not_taken_for_the_first_ones_failure(
    changed: Callable[..., Scene],
) -> None:
    step = "<Name>FC-OrdersKey</Name>"
    scene = changed(
        ("policies/FC-OrdersKey.xml", "<FlowCallout ", '<FlowCallout continueOnError="true" '),
        ("proxies/default.xml", step, f"{step}</Step><Step>{step}"),
    )
    scene.google = [httpx.Response(500), httpx.Response(200, json={"token": answers.ASSERTION})]
    get(scene)
    assert [line["outcome"] for line in scene.lines] == ["google-identity", "served"]


def _whole(policy: str) -> str:
    return (ROOT / "proxies" / "orders-v1" / "apiproxy" / "policies" / policy).read_text()
