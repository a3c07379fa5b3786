from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import directory, world
from sandbox.cloud import Cloud

PRINCIPAL = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
IDENTITY = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"


@pytest.fixture
def cloud(tmp_path: Path, pki: Path) -> Iterator[Cloud]:
    opened = Cloud.open(tmp_path / "state.db", pki)
    yield opened
    opened.store.close()


def test_identities_service_principals_and_who_deploys_are_service_principals(cloud: Cloud) -> None:
    assert directory.principal_type(cloud, PRINCIPAL) is None
    type_ = "azuread:index/servicePrincipal:ServicePrincipal"
    cloud.store.insert(type_, f"/servicePrincipals/{PRINCIPAL}", {}, cloud.clock.now())
    type_ = "azure-native:managedidentity:UserAssignedIdentity"
    cloud.store.insert(type_, "/reader", {"principalId": IDENTITY}, cloud.clock.now())
    known_ids = (PRINCIPAL, IDENTITY, world.WRITER_PRINCIPAL_ID, world.DEPLOYER_PRINCIPAL_ID)
    for known in known_ids:
        assert directory.principal_type(cloud, known) == "ServicePrincipal"
        assert directory.principal_type(cloud, known.upper()) == "ServicePrincipal"


def test_a_client_id_is_no_principal(cloud: Cloud) -> None:
    assert directory.principal_type(cloud, world.WRITER_CLIENT_ID) is None
