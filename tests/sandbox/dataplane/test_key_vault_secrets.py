"""Secrets' lives: dates, deletion, recovery, purge and retention."""

from __future__ import annotations

import pytest

from tests.sandbox.dataplane.rig import HOST, SECRETS_OFFICER, SECRETS_USER, VAULT, Rig
from tests.sandbox.dataplane.test_key_vault import VALUE, put, refusal, version_of

_DAY = 86_400
DELETED = (409, "Conflict", "ObjectIsDeletedButRecoverable")


@pytest.fixture
def officer(rig: Rig) -> Rig:
    """A vault of seven days' retention whose reader may do everything with secrets."""
    rig.vault(softDeleteRetentionInDays=7)
    rig.assign(SECRETS_OFFICER)
    return rig


def test_an_expired_and_a_not_yet_valid_secret_are_served(officer: Rig) -> None:
    now = int(officer.cloud.clock.now())
    for attributes in ({"exp": now - 1}, {"nbf": now + 3600}, {"exp": 253_402_300_799}):
        put(officer, attributes=attributes)
        read = officer.vault_call("GET", "/secrets/orders").json()
        assert read["value"] == VALUE
        assert attributes.items() <= read["attributes"].items()


def test_a_secret_without_tags_or_content_type_has_neither(officer: Rig) -> None:
    put(officer)
    assert set(officer.vault_call("GET", "/secrets/orders").json()) == {"id", "value", "attributes"}


def test_the_message_of_an_unknown_secret_is_key_vaults(officer: Rig) -> None:
    message = officer.vault_call("GET", "/secrets/missing").json()["error"]["message"]
    assert message == (
        "A secret with (name/id) missing was not found in this key vault. If you recently deleted"
        " this secret you may be able to recover it using the correct recovery command. For help"
        " resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"
    )


@pytest.mark.parametrize(
    ("properties", "level", "days"),
    [
        ({}, "Recoverable+Purgeable", 90),
        ({"enablePurgeProtection": True}, "Recoverable", 90),
        ({"softDeleteRetentionInDays": 7}, "CustomizedRecoverable+Purgeable", 7),
        (
            {"softDeleteRetentionInDays": 7, "enablePurgeProtection": True},
            "CustomizedRecoverable",
            7,
        ),
    ],
)
def test_the_recovery_level_is_the_vaults(
    rig: Rig, properties: dict[str, object], level: str, days: int
) -> None:
    rig.vault(VAULT, **properties)
    rig.assign(SECRETS_OFFICER)
    attributes = put(rig)["attributes"]
    assert (attributes["recoveryLevel"], attributes["recoverableDays"]) == (level, days)


def test_a_deleted_secret_is_gone_but_kept_with_all_its_versions(officer: Rig) -> None:
    first = put(officer, value="canary-1")
    put(officer, value="canary-2", contentType="text/plain", tags={"a": "b"})
    deleted = officer.vault_call("DELETE", "/secrets/Orders").json()
    assert deleted["recoveryId"] == f"https://{HOST}/deletedsecrets/orders"
    assert deleted["scheduledPurgeDate"] - deleted["deletedDate"] == 7 * _DAY
    assert (deleted["contentType"], deleted["tags"]) == ("text/plain", {"a": "b"})
    assert "value" not in deleted
    assert officer.vault_call("GET", "/deletedsecrets/orders").json() == deleted
    for path in ("/secrets/orders", f"/secrets/orders/{version_of(first)}"):
        assert refusal(officer.vault_call("GET", path)) == (404, "SecretNotFound", None)
    assert officer.vault_call("GET", "/secrets").json()["value"] == []
    assert officer.vault_call("GET", "/secrets/orders/versions").json()["value"] == []
    [listed] = officer.vault_call("GET", "/deletedsecrets").json()["value"]
    assert listed == {**deleted, "id": f"https://{HOST}/secrets/orders"}


def test_a_deleted_secrets_name_is_blocked_whatever_its_case(officer: Rig) -> None:
    put(officer)
    officer.vault_call("DELETE", "/secrets/orders")
    answer = officer.vault_call("PUT", "/secrets/ORDERS", json={"value": VALUE})
    assert refusal(answer) == DELETED
    assert answer.json()["error"]["message"] == (
        "Secret ORDERS is currently in a deleted but recoverable state, and its name cannot be"
        " reused; in this state, the secret can only be recovered or purged."
    )


def test_a_recovered_secret_has_its_values_again(officer: Rig) -> None:
    first = put(officer, value="canary-1")
    second = put(officer, value="canary-2")
    officer.vault_call("DELETE", "/secrets/orders")
    recovered = officer.vault_call("POST", "/deletedsecrets/orders/recover")
    assert recovered.json()["id"] == second["id"]
    assert "value" not in recovered.json()
    for version, value in ((version_of(first), "canary-1"), ("", "canary-2")):
        assert officer.vault_call("GET", f"/secrets/orders/{version}").json()["value"] == value
    assert refusal(officer.vault_call("GET", "/deletedsecrets/orders"))[0] == 404


def test_a_purged_secret_leaves_its_name_and_nothing_else(officer: Rig) -> None:
    put(officer, value="canary-1")
    officer.vault_call("DELETE", "/secrets/orders")
    purged = officer.vault_call("DELETE", "/deletedsecrets/orders")
    assert (purged.status_code, purged.content) == (204, b"")
    for method, path in (
        ("GET", "/deletedsecrets/orders"),
        ("POST", "/deletedsecrets/orders/recover"),
        ("DELETE", "/deletedsecrets/orders"),
        ("DELETE", "/secrets/orders"),
    ):
        assert refusal(officer.vault_call(method, path)) == (404, "SecretNotFound", None), path
    put(officer, value="canary-2")
    assert len(officer.vault_call("GET", "/secrets/orders/versions").json()["value"]) == 1


def test_a_live_secret_is_neither_recovered_nor_purged(officer: Rig) -> None:
    put(officer)
    for method, path in (
        ("POST", "/deletedsecrets/orders/recover"),
        ("DELETE", "/deletedsecrets/orders"),
    ):
        answer = officer.vault_call(method, path)
        assert refusal(answer) == (404, "SecretNotFound", None)
        assert answer.json()["error"]["message"] == "Deleted Secret not found: orders"
    assert officer.vault_call("GET", "/secrets/orders").json()["value"] == VALUE


def test_purge_protection_refuses_a_purge_until_the_retention_is_over(rig: Rig) -> None:
    rig.vault(enablePurgeProtection=True, softDeleteRetentionInDays=7)
    rig.assign(SECRETS_OFFICER)
    put(rig)
    rig.vault_call("DELETE", "/secrets/orders")
    answer = rig.vault_call("DELETE", "/deletedsecrets/orders")
    assert refusal(answer) == (403, "Forbidden", None)
    assert "purge protection is enabled for this vault" in answer.json()["error"]["message"]
    rig.cloud.clock.advance(7 * _DAY - 60)
    assert rig.vault_call("GET", "/deletedsecrets/orders").status_code == 200
    rig.cloud.clock.advance(60)
    assert refusal(rig.vault_call("GET", "/deletedsecrets/orders"))[0] == 404
    put(rig)


def test_deleted_secrets_are_listed_in_pages(officer: Rig) -> None:
    for number in range(4):
        put(officer, f"s-{number}")
        if number:
            officer.vault_call("DELETE", f"/secrets/s-{number}")
    first = officer.vault_call("GET", "/deletedsecrets?maxresults=2").json()
    path = (
        first["nextLink"].removeprefix(f"https://{HOST}:443").replace("api-version=2025-07-01&", "")
    )
    second = officer.vault_call("GET", path).json()
    assert second["nextLink"] is None
    names = [item["id"].rsplit("/", 1)[1] for item in first["value"] + second["value"]]
    assert names == ["s-1", "s-2", "s-3"]


def test_a_disabled_secret_is_deleted_recovered_and_still_disabled(officer: Rig) -> None:
    put(officer, attributes={"enabled": False})
    officer.vault_call("DELETE", "/secrets/orders")
    officer.vault_call("POST", "/deletedsecrets/orders/recover")
    answer = officer.vault_call("GET", "/secrets/orders")
    assert refusal(answer) == (403, "Forbidden", "SecretDisabled")
    assert answer.json()["error"]["message"] == "Operation get is not allowed on a disabled secret."


def test_another_content_type_is_for_certificates_only(officer: Rig) -> None:
    put(officer, contentType="text/plain")
    assert officer.vault_call("GET", "/secrets/orders?outContentType=text/plain").status_code == 200
    answer = officer.vault_call("GET", "/secrets/orders?outContentType=application/x-pem-file")
    assert refusal(answer) == (400, "BadParameter", None)


def test_a_reader_neither_deletes_nor_recovers_nor_purges(rig: Rig) -> None:
    rig.vault()
    rig.assign(SECRETS_USER)
    for method, path in (
        ("DELETE", "/secrets/orders"),
        ("POST", "/deletedsecrets/orders/recover"),
        ("DELETE", "/deletedsecrets/orders"),
    ):
        assert refusal(rig.vault_call(method, path)) == (403, "Forbidden", "ForbiddenByRbac")


def test_every_operation_has_an_audit_row_by_its_name(officer: Rig) -> None:
    officer.diagnostics(category="AuditEvent")
    put(officer)
    for method, path in (
        ("GET", "/secrets"),
        ("GET", "/secrets/orders/versions"),
        ("PATCH", "/secrets/orders/"),
        ("DELETE", "/secrets/orders"),
        ("GET", "/deletedsecrets"),
        ("GET", "/deletedsecrets/orders"),
        ("POST", "/deletedsecrets/orders/recover"),
        ("DELETE", "/secrets/orders"),
        ("DELETE", "/deletedsecrets/orders"),
        ("GET", "/keys"),
        ("GET", "/certificates"),
    ):
        officer.vault_call(method, path, json={})
    rows = officer.audit_rows()
    assert [row["OperationName"] for row in rows] == [
        "SecretSet",
        "SecretList",
        "SecretListVersions",
        "SecretUpdate",
        "SecretDelete",
        "SecretListDeleted",
        "SecretGetDeleted",
        "SecretRecover",
        "SecretDelete",
        "SecretPurge",
        "KeyList",
        "CertificateList",
    ]
    assert [row["HttpStatusCode"] for row in rows] == [200] * 9 + [204, 403, 403]
