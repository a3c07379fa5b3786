from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox import delays, world
from sandbox.dataplane.audit import AuditLog
from tests.sandbox.dataplane.rig import (
    API,
    GROUP,
    HOST,
    KEY_VAULT_READER,
    SECRETS_OFFICER,
    SECRETS_USER,
    VAULT,
    Rig,
    unsigned,
)

VALUE = "canary-value"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
ADMINISTRATOR = "00482a5a-887f-4fb3-b363-3b7fe8e74483"


def refusal(response: httpx.Response) -> tuple[int, str, str | None]:
    error = response.json()["error"]
    assert error["message"]
    return response.status_code, error["code"], error.get("innererror", {}).get("code")


FORBIDDEN = (403, "Forbidden", "ForbiddenByRbac")


@pytest.fixture
def officer(rig: Rig) -> Rig:
    """A vault whose reader may do everything with secrets."""
    rig.vault()
    rig.assign(SECRETS_OFFICER)
    return rig


def put(rig: Rig, name: str = "orders", **body: object) -> dict[str, Any]:
    answer = rig.vault_call("PUT", f"/secrets/{name}", json={"value": VALUE, **body})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def version_of(bundle: dict[str, Any]) -> str:
    return str(bundle["id"]).rsplit("/", 1)[1]


def test_without_a_token_comes_the_challenge(officer: Rig) -> None:
    answer = officer.request("GET", f"https://{HOST}/secrets/orders?{API}")
    assert refusal(answer) == (401, "Unauthorized", None)
    assert answer.headers["www-authenticate"] == (
        f'Bearer authorization="https://login.microsoftonline.com/{world.TENANT_ID}",'
        ' resource="https://vault.azure.net"'
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"aud": "https://management.azure.com"}, "AKV10022"),
        ({"aud": None}, "AKV10022"),
        ({"iss": "https://sts.windows.net/other/"}, "AKV10032"),
        ({"tid": "99999999-9999-4999-8999-999999999999"}, "AKV10032"),
        ({"exp": 1}, "IDX10223"),
        ({"exp": None}, "IDX10223"),
        ({"exp": float("nan")}, "IDX10223"),
        ({"nbf": 4_000_000_000}, "IDX10222"),
        ({"oid": None}, "object id"),
    ],
)
def test_a_token_for_something_else_is_refused(
    officer: Rig, changes: dict[str, Any], message: str
) -> None:
    put(officer)
    token = officer.cloud.entra_key.sign(officer.vault_claims(**changes))
    answer = officer.vault_call("GET", "/secrets/orders", token=token)
    assert refusal(answer) == (401, "Unauthorized", None)
    assert message in answer.json()["error"]["message"]
    assert "www-authenticate" in answer.headers


def test_a_forged_token_is_refused(officer: Rig) -> None:
    claims = officer.vault_claims()
    head = {"alg": "none", "kid": officer.cloud.entra_key.key_id}
    good = officer.cloud.entra_key.sign(claims)
    for token in (
        officer.cloud.google_key.sign(claims),
        unsigned(head, claims) + ".",
        good[:-8] + "AAAAAAAA",
        "garbage",
        "x" * 20_000,
    ):
        answer = officer.vault_call("GET", "/secrets/orders", token=token)
        assert refusal(answer) == (401, "Unauthorized", None)
    unsigned_answer = officer.vault_call(
        "GET", "/secrets/orders", token=unsigned(head, claims) + "."
    )
    assert "algorithm none" in unsigned_answer.json()["error"]["message"]


def test_a_token_expires_by_the_sandboxs_clock(officer: Rig) -> None:
    put(officer)
    token = officer.cloud.entra_key.sign(officer.vault_claims())
    assert officer.vault_call("GET", "/secrets/orders", token=token).status_code == 200
    officer.cloud.clock.advance(3600 + 301)
    assert officer.vault_call("GET", "/secrets/orders", token=token).status_code == 401


def test_a_value_comes_back_with_its_attributes(officer: Rig) -> None:
    made = put(
        officer, contentType="text/plain", tags={"a": "b"}, attributes={"exp": 2_000_000_000}
    )
    read = officer.vault_call("GET", "/secrets/orders").json()
    assert read == made
    assert read["value"] == VALUE
    assert read["id"] == f"https://{HOST}/secrets/orders/{version_of(made)}"
    assert read["attributes"]["enabled"] is True
    assert read["attributes"]["exp"] == 2_000_000_000
    assert read["attributes"]["recoveryLevel"] == "Recoverable+Purgeable"
    assert (read["contentType"], read["tags"]) == ("text/plain", {"a": "b"})


def test_the_newest_version_is_read_and_older_ones_stay(officer: Rig) -> None:
    first = version_of(put(officer, value="canary-1"))
    put(officer, value="canary-2")
    assert officer.vault_call("GET", "/secrets/orders").json()["value"] == "canary-2"
    assert officer.vault_call("GET", "/secrets/ORDERS/").json()["value"] == "canary-2"
    assert officer.vault_call("GET", f"/secrets/orders/{first}").json()["value"] == "canary-1"


def test_a_disabled_version_is_refused_until_it_is_enabled_again(officer: Rig) -> None:
    put(officer)
    for enabled in (False, True):
        change = {"attributes": {"enabled": enabled}}
        changed = officer.vault_call("PATCH", "/secrets/orders/", json=change).json()
        assert changed["attributes"]["enabled"] is enabled
        assert "value" not in changed
        answer = officer.vault_call("GET", "/secrets/orders")
        if enabled:
            assert answer.json()["value"] == VALUE
        else:
            assert refusal(answer) == (403, "Forbidden", "SecretDisabled")


def test_an_update_changes_what_it_names_and_no_more(officer: Rig) -> None:
    made = put(officer, contentType="text/plain", tags={"a": "b"})
    officer.cloud.clock.advance(5)
    path = f"/secrets/orders/{version_of(made)}"
    changed = officer.vault_call("PATCH", path, json={"tags": {"c": "d"}}).json()
    assert changed["tags"] == {"c": "d"}
    assert changed["contentType"] == "text/plain"
    assert changed["attributes"]["created"] == made["attributes"]["created"]
    assert changed["attributes"]["updated"] >= made["attributes"]["updated"] + 5


def test_what_is_not_there_is_not_found(officer: Rig) -> None:
    put(officer)
    for method, path in (
        ("GET", "/secrets/missing"),
        ("GET", "/secrets/orders/0123456789abcdef0123456789abcdef"),
        ("PATCH", "/secrets/missing/"),
    ):
        assert refusal(officer.vault_call(method, path, json={})) == (404, "SecretNotFound", None)


@pytest.mark.parametrize("name", ["bad_name", "a%2Fb", "%20", "x" * 128, "caf%C3%A9", "a%00"])
def test_a_bad_name_is_a_bad_parameter(officer: Rig, name: str) -> None:
    answer = officer.vault_call("GET", f"/secrets/{name}")
    assert refusal(answer) == (400, "BadParameter", None)


@pytest.mark.parametrize("version", ["2025-07-01", "2026-04-01"])
def test_the_two_api_versions_of_the_current_clients_are_served(officer: Rig, version: str) -> None:
    put(officer)
    bearer = officer.cloud.entra_key.sign(officer.vault_claims())
    answer = officer.request(
        "GET",
        f"https://{HOST}/secrets/orders?api-version={version}",
        headers={"authorization": f"Bearer {bearer}"},
    )
    assert answer.json()["value"] == VALUE


@pytest.mark.parametrize(
    "query",
    ["", "?api-version=1.0", "?api-version=7.4", "?api-version=2025-07-02", f"?{API}&{API}"],
)
def test_an_absent_or_unknown_api_version_is_a_bad_parameter(officer: Rig, query: str) -> None:
    bearer = officer.cloud.entra_key.sign(officer.vault_claims())
    url = f"https://{HOST}/secrets/orders{query}"
    answer = officer.request("GET", url, headers={"authorization": f"Bearer {bearer}"})
    assert refusal(answer) == (400, "BadParameter", None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"value":1}',
        b'{"value":"x","attributes":{"exp":"soon"}}',
        b'{"value":"x","attributes":{"exp":-1}}',
        b'{"value":"x","attributes":{"nbf":253402300800}}',
        b'{"value":"x","attributes":{"enabled":"no"}}',
        b'{"value":"x","attributes":[]}',
        b'{"value":"x","tags":{"a":1}}',
        b'{"value":"x","contentType":7}',
        b'{"value":"x","contentType":"' + b"x" * 256 + b'"}',
        b'{"value":"x","tags":{' + b",".join(b'"t%d":""' % n for n in range(16)) + b"}}",
        b'{"value":"x","tags":{"t":"' + b"x" * 513 + b'"}}',
        b"[" * 100_000,
        b'{"value":"' + b"x" * 25_601 + b'"}',
        b'{"value":"x","limit":NaN}',
        b'{"value":"x","limit":-Infinity}',
    ],
)
def test_a_malformed_set_is_a_bad_parameter_and_sets_nothing(officer: Rig, body: bytes) -> None:
    json_body = {"content-type": "application/json"}
    answer = officer.vault_call("PUT", "/secrets/orders", content=body, headers=json_body)
    assert refusal(answer) == (400, "BadParameter", None)
    assert refusal(officer.vault_call("GET", "/secrets/orders"))[0] == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/secrets/orders/backup"),
        ("POST", "/secrets/restore"),
        ("PUT", "/keys/orders"),
        ("POST", "/keys/orders/encrypt"),
        ("POST", "/keys/orders/0123456789abcdef0123456789abcdef/decrypt"),
        ("PUT", "/keys/orders/rotationpolicy"),
        ("POST", "/rng"),
        ("GET", "/certificates/contacts"),
        ("POST", "/certificates/orders/pending/merge"),
        ("GET", "/storage"),
    ],
)
def test_what_key_vault_has_and_the_sandbox_has_not_is_refused_by_name(
    officer: Rig, method: str, path: str
) -> None:
    answer = officer.vault_call(method, path, json={})
    assert refusal(answer) == (501, "NotImplemented", None)
    assert method in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("PUT", "/secrets/", (405, "MethodNotAllowed", None)),
        (
            "DELETE",
            "/secrets/orders/0123456789abcdef0123456789abcdef",
            (405, "MethodNotAllowed", None),
        ),
        ("OPTIONS", "/secrets/orders", (405, "MethodNotAllowed", None)),
        ("POST", "/deletedsecrets/orders", (405, "MethodNotAllowed", None)),
        ("POST", "/secrets/orders/sign", (400, "BadParameter", None)),
        ("GET", "/secrets/orders/versions/more", (400, "BadParameter", None)),
        ("GET", "/", (404, "NotFound", None)),
        ("GET", "/passwords/orders", (404, "NotFound", None)),
    ],
)
def test_no_such_path_or_method_is_no_operation(
    officer: Rig, method: str, path: str, expected: tuple[int, str, None]
) -> None:
    put(officer)
    answer = officer.vault_call(method, path, json={})
    assert refusal(answer) == expected
    assert officer.vault_call("GET", "/secrets/orders").json()["value"] == VALUE


def test_a_body_that_is_not_json_is_another_media_type(officer: Rig) -> None:
    for headers in ({}, {"content-type": "text/plain"}):
        answer = officer.vault_call("PUT", "/secrets/orders", content=b"{}", headers=headers)
        assert refusal(answer) == (415, "UnsupportedMediaType", None)


def test_a_body_of_unknown_length_is_refused(officer: Rig) -> None:
    bearer = officer.cloud.entra_key.sign(officer.vault_claims())
    url = f"https://{HOST}/secrets/orders?{API}"
    request = officer.client.build_request("POST", url, headers={"authorization": bearer})
    del request.headers["content-length"]
    assert refusal(officer.client.send(request)) == (411, "LengthRequired", None)


def test_too_large_a_body_is_refused(officer: Rig) -> None:
    answer = officer.vault_call("PUT", "/secrets/orders", content=b"x" * 1_048_577)
    assert refusal(answer) == (413, "RequestEntityTooLarge", None)


def test_listings_come_in_pages_without_values(officer: Rig) -> None:
    names = [f"s-{n:02}" for n in range(7)]
    for name in names:
        put(officer, name)
        put(officer, name, value="canary-newer")
    listed: list[str] = []
    path: str | None = "/secrets?maxresults=3"
    sizes = []
    while path:
        page = officer.vault_call("GET", path).json()
        assert all("value" not in item for item in page["value"])
        sizes.append(len(page["value"]))
        listed += [item["id"] for item in page["value"]]
        link = page["nextLink"]
        path = link and link.removeprefix(f"https://{HOST}:443").replace(f"{API}&", "")
    assert sizes == [3, 3, 1]
    assert listed == [f"https://{HOST}/secrets/{name}" for name in names]


def test_a_secrets_versions_are_listed_in_pages(officer: Rig) -> None:
    made = {put(officer, value=f"canary-{n}")["id"] for n in range(5)}
    put(officer, "other")
    first = officer.vault_call("GET", "/secrets/orders/versions?maxresults=4").json()
    rest = first["nextLink"].removeprefix(f"https://{HOST}:443").replace(f"{API}&", "")
    second = officer.vault_call("GET", rest).json()
    assert second["nextLink"] is None
    listed = [item["id"] for item in first["value"] + second["value"]]
    assert len(listed) == 5
    assert set(listed) == made


@pytest.mark.parametrize(
    "query",
    [
        "maxresults=0",
        "maxresults=26",
        "maxresults=x",
        "maxresults=0001" + "9" * 20,
        "maxresults=0001" + "9" * 5_000,
        "$skiptoken=%FF",
        "$skiptoken=***",
        "$skiptoken=Zm9v***",
    ],
)
def test_a_bad_page_is_a_bad_parameter(officer: Rig, query: str) -> None:
    assert refusal(officer.vault_call("GET", f"/secrets?{query}")) == (400, "BadParameter", None)


def test_without_a_role_assignment_nothing_is_allowed(rig: Rig) -> None:
    rig.vault()
    for method, path, action in (
        ("GET", "/secrets/orders", "getSecret/action"),
        ("PUT", "/secrets/orders", "setSecret/action"),
        ("PATCH", "/secrets/orders/", "update/action"),
        ("GET", "/secrets", "readMetadata/action"),
        ("GET", "/secrets/orders/versions", "readMetadata/action"),
    ):
        answer = rig.vault_call(method, path, json={"value": VALUE})
        assert refusal(answer) == FORBIDDEN
        message = answer.json()["error"]["message"]
        assert f"Action: 'Microsoft.KeyVault/vaults/secrets/{action}'" in message
        assert "Assignment: (not found)" in message


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (SECRETS_USER, {"GET", "LIST"}),
        (SECRETS_OFFICER, {"GET", "LIST", "PUT"}),
        (KEY_VAULT_READER, {"LIST"}),
        ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", set()),
        ("99999999-9999-4999-8999-999999999999", set()),
    ],
)
def test_a_role_allows_its_data_actions_and_no_other(
    rig: Rig, role: str, allowed: set[str]
) -> None:
    rig.vault()
    rig.assign(role)
    answers = {
        "GET": rig.vault_call("GET", "/secrets/orders"),
        "LIST": rig.vault_call("GET", "/secrets"),
        "PUT": rig.vault_call("PUT", "/secrets/orders", json={"value": VALUE}),
    }
    assert {name for name, answer in answers.items() if answer.status_code != 403} == allowed


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (world.SUBSCRIPTION, True),
        (GROUP.upper(), True),
        (VAULT, True),
        (f"{VAULT}/secrets/orders", True),
        (f"{VAULT}/secrets/ORDERS", True),
        (f"{VAULT}/secrets/order", False),
        (f"{VAULT}/secrets/orders-2", False),
        (VAULT[:-1], False),
        (f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-beta", False),
        ("", False),
    ],
)
def test_a_scope_holds_at_and_beneath_itself_only(rig: Rig, scope: str, allowed: bool) -> None:
    rig.vault()
    rig.assign(SECRETS_USER, scope)
    answer = rig.vault_call("GET", "/secrets/orders")
    assert (refusal(answer)[0] == 404) is allowed
    assert (refusal(answer) == FORBIDDEN) is not allowed


def test_a_grant_to_another_principal_is_of_no_use(rig: Rig) -> None:
    rig.vault()
    rig.assign(SECRETS_USER, principal=world.WRITER_PRINCIPAL_ID)
    assert refusal(rig.vault_call("GET", "/secrets/orders")) == FORBIDDEN


def test_a_conditional_grant_grants_nothing(rig: Rig) -> None:
    rig.vault()
    id_ = rig.assign(SECRETS_USER)
    found = rig.cloud.store.get(ASSIGNMENT, id_)
    assert found is not None
    body = {**found.body, "condition": "true"}
    rig.cloud.store.replace(ASSIGNMENT, id_, body, rig.cloud.clock.now())
    assert refusal(rig.vault_call("GET", "/secrets/orders")) == FORBIDDEN


def test_a_grant_takes_its_time_given_and_taken(rig: Rig) -> None:
    rig.vault()
    id_ = rig.assign(SECRETS_USER, age=0)
    assert refusal(rig.vault_call("GET", "/secrets/orders")) == FORBIDDEN
    rig.cloud.clock.advance(delays.ROLE_ASSIGNMENT)
    assert refusal(rig.vault_call("GET", "/secrets/orders"))[0] == 404
    rig.cloud.store.remove(ASSIGNMENT, id_, rig.cloud.clock.now())
    assert refusal(rig.vault_call("GET", "/secrets/orders"))[0] == 404
    rig.cloud.clock.advance(delays.ROLE_ASSIGNMENT + 1)
    assert refusal(rig.vault_call("GET", "/secrets/orders")) == FORBIDDEN


CUSTOM = "azure-native:authorization:RoleDefinition"


def test_a_custom_role_allows_its_data_actions_less_those_it_leaves_out(rig: Rig) -> None:
    rig.vault()
    guid = "abababab-abab-4bab-8bab-abababababab"
    rig.insert(
        CUSTOM,
        f"{world.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{guid}",
        {
            "roleName": "Reader of values",
            "permissions": [
                {
                    "dataActions": ["Microsoft.KeyVault/vaults/secrets/*"],
                    "notDataActions": ["Microsoft.KeyVault/vaults/secrets/setSecret/action"],
                }
            ],
        },
    )
    rig.assign(guid)
    assert refusal(rig.vault_call("GET", "/secrets/orders"))[0] == 404
    assert refusal(rig.vault_call("PUT", "/secrets/orders", json={"value": VALUE})) == FORBIDDEN


def test_every_operation_asks_for_its_own_data_action(rig: Rig) -> None:
    rig.vault()
    prefix = "Action: 'Microsoft.KeyVault/vaults/"
    for method, path, action in (
        ("DELETE", "/secrets/x", "secrets/delete"),
        ("GET", "/deletedsecrets", "secrets/readMetadata/action"),
        ("GET", "/deletedsecrets/x", "secrets/readMetadata/action"),
        ("POST", "/deletedsecrets/x/recover", "secrets/recover/action"),
        ("DELETE", "/deletedsecrets/x", "secrets/purge/action"),
        ("GET", "/keys/x", "keys/read"),
        ("GET", "/keys/x/rotationpolicy", "keyrotationpolicies/read"),
        ("POST", "/keys/x/create", "keys/create/action"),
        ("PATCH", "/keys/x/", "keys/update/action"),
        ("POST", "/keys/x/rotate", "keys/rotate/action"),
        ("POST", "/keys/x//sign", "keys/sign/action"),
        ("POST", "/keys/x//verify", "keys/verify/action"),
        ("POST", "/keys/x//wrapkey", "keys/wrap/action"),
        ("POST", "/keys/x//unwrapkey", "keys/unwrap/action"),
        ("DELETE", "/keys/x", "keys/delete"),
        ("GET", "/certificates/x/", "certificates/read"),
        ("GET", "/certificates/x/pending", "certificates/read"),
        ("POST", "/certificates/x/create", "certificates/create/action"),
        ("POST", "/certificates/x/import", "certificates/import/action"),
        ("DELETE", "/deletedcertificates/x", "certificates/purge/action"),
    ):
        answer = rig.vault_call(method, path, json={})
        assert refusal(answer) == FORBIDDEN, (method, path)
        assert f"{prefix}{action}'" in answer.json()["error"]["message"]


def test_a_grant_on_one_secret_holds_for_no_listing_and_no_key(rig: Rig) -> None:
    rig.vault()
    rig.assign(ADMINISTRATOR, f"{VAULT}/secrets/orders")
    assert refusal(rig.vault_call("GET", "/secrets/orders"))[0] == 404
    assert rig.vault_call("GET", "/secrets/orders/versions").status_code == 200
    for path in ("/secrets", "/deletedsecrets", "/keys/orders", "/certificates/orders"):
        assert refusal(rig.vault_call("GET", path)) == FORBIDDEN, path


def test_a_vault_without_rbac_goes_by_its_access_policies(rig: Rig) -> None:
    permissions = {"secrets": ["Get"], "keys": ["Sign"], "certificates": ["all"]}
    policies = [{"objectId": "77777777-7777-4777-8777-777777777777", "permissions": permissions}]
    rig.vault(enableRbacAuthorization=False, accessPolicies=policies)
    rig.assign(SECRETS_OFFICER)
    allowed = {
        ("GET", "/secrets/orders"),
        ("POST", "/keys/orders//sign"),
        ("GET", "/certificates/orders"),
    }
    refused = {("GET", "/secrets"), ("GET", "/keys/orders"), ("POST", "/keys/orders//verify")}
    for method, path in allowed:
        assert refusal(rig.vault_call(method, path, json={}))[0] == 404, path
    for method, path in refused:
        answer = rig.vault_call(method, path, json={})
        assert refusal(answer) == (403, "Forbidden", "ForbiddenByPolicy"), path


def test_a_vault_that_comes_back_by_name_has_none_of_the_old_values(officer: Rig) -> None:
    put(officer)
    now = officer.cloud.clock.now()
    officer.cloud.store.remove("azure-native:keyvault:Vault", VAULT, now)
    with pytest.raises(httpx.TransportError):
        # The connection that was open is cut: the name is gone, and so is what it led to.
        officer.vault_call("GET", "/secrets/orders")
    with pytest.raises(httpx.ProxyError, match=r"502 .* no such host name"):
        officer.vault_call("GET", "/secrets/orders")
    officer.vault()
    assert refusal(officer.vault_call("GET", "/secrets/orders"))[0] == 404


def test_values_are_each_vaults_own(officer: Rig) -> None:
    put(officer)
    other = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-beta"
    officer.vault(other)
    officer.assign(SECRETS_OFFICER, other)
    bearer = officer.cloud.entra_key.sign(officer.vault_claims())
    answer = officer.request(
        "GET",
        f"https://kv-beta.vault.azure.net/secrets/orders?{API}",
        headers={"authorization": f"Bearer {bearer}"},
    )
    assert refusal(answer)[0] == 404


def test_request_ids_and_region_are_in_the_headers(officer: Rig) -> None:
    headers = {"x-ms-client-request-id": "my-request"}
    answer = officer.vault_call("GET", "/secrets/orders", headers=headers)
    assert answer.headers["x-ms-client-request-id"] == "my-request"
    assert answer.headers["x-ms-keyvault-region"] == "westeurope"
    assert len(answer.headers["x-ms-request-id"]) == 36


def test_there_is_no_audit_row_without_a_diagnostic_setting(officer: Rig) -> None:
    put(officer)
    other = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-alpha2"
    officer.vault(other)
    officer.diagnostics(other, category="AuditEvent")
    officer.vault_call("GET", "/secrets/orders")
    assert officer.audit_rows() == []


@pytest.mark.parametrize(
    ("log", "rows"),
    [
        ({"category": "AuditEvent"}, 1),
        ({"categoryGroup": "audit"}, 1),
        ({"categoryGroup": "allLogs"}, 1),
        ({"category": "AzurePolicyEvaluationDetails"}, 0),
        ({"categoryGroup": "allLogs", "enabled": False}, 0),
    ],
)
def test_only_audit_categories_that_are_enabled_make_rows(
    officer: Rig, log: dict[str, Any], rows: int
) -> None:
    officer.diagnostics(**log)
    officer.vault_call("GET", "/secrets/orders")
    assert len(officer.audit_rows()) == rows


def test_an_audit_row_joins_request_caller_and_outcome_and_holds_no_secret(officer: Rig) -> None:
    officer.diagnostics(categoryGroup="allLogs")
    made = put(officer)
    mine = "12345678-1234-4234-8234-123456789abc"
    headers = {"x-ms-client-request-id": mine}
    officer.vault_call("GET", "/secrets/orders?sig=canary-query", headers=headers)
    officer.vault_call("GET", "/secrets/missing")
    officer.vault_call("GET", "/secrets/a%3Fb%23c")
    officer.request("GET", f"https://{HOST}/secrets/orders?{API}")
    now = officer.cloud.clock.now()
    set_, get, missing, odd, anonymous = officer.audit_rows()
    assert set_["OperationName"] == "SecretSet"
    assert (get["OperationName"], get["HttpStatusCode"]) == ("SecretGet", 200)
    assert (get["CorrelationId"], get["Id"]) == (mine, made["id"])
    assert get["_ResourceId"] == VAULT.lower()
    assert get["RequestUri"] == f"https://{HOST}/secrets/orders?{API}"
    assert get["Identity"]["claim"]["oid"] == "77777777-7777-4777-8777-777777777777"
    assert get["IsRbacAuthorized"] is True
    assert "/roleAssignments/" in get["AppliedAssignmentId"]
    assert (missing["HttpStatusCode"], missing["ResultDescription"]) == (404, "SecretNotFound")
    assert odd["RequestUri"] == f"https://{HOST}/secrets/a%3Fb%23c?{API}"
    assert (anonymous["OperationName"], anonymous["HttpStatusCode"]) == ("Authentication", 401)
    everything = repr(officer.audit_rows())
    assert VALUE not in everything
    assert "canary-query" not in everything
    assert AuditLog(officer.cloud.store).rows(now) == []
