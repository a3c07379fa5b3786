from __future__ import annotations

from sandbox.dataplane import backend
from tests.sandbox.dataplane.rig import Rig

URL = "https://orders.backend.example.com"


def test_only_issued_keys_open_the_backend_until_they_are_revoked(rig: Rig) -> None:
    store, now = rig.cloud.store, rig.cloud.clock.now()
    first, second = backend.issue_key(store, now), backend.issue_key(store, now)
    assert first.startswith("canary-")
    assert first != second

    def status(path: str, **headers: str) -> int:
        return rig.request("GET", URL + path, headers=headers).status_code

    for path in ("/orders", "/invoices"):
        assert status(path, **{"x-api-key": first}) == 200
        assert status(path, **{"x-api-key": first + "x"}) == 401
        assert status(path) == 401
    assert backend.revoke(store, first)
    assert not backend.revoke(store, first)
    assert status("/orders", **{"x-api-key": first}) == 401
    assert status("/orders", **{"x-api-key": second}) == 200


def test_the_key_itself_is_never_kept(rig: Rig) -> None:
    key = backend.issue_key(rig.cloud.store, rig.cloud.clock.now())
    with rig.cloud.store.transaction() as connection:
        rows = [tuple(row) for row in connection.execute("SELECT * FROM backend_keys")]
    assert len(rows) == 1
    assert key not in repr(rows)


def test_the_two_resources_answer_json(rig: Rig) -> None:
    key = backend.issue_key(rig.cloud.store, rig.cloud.clock.now())
    headers = {"x-api-key": key}
    assert rig.request("GET", f"{URL}/orders", headers=headers).json()["orders"]
    assert rig.request("GET", f"{URL}/invoices", headers=headers).json()["invoices"]
    assert rig.request("POST", f"{URL}/orders", headers=headers).status_code == 405
