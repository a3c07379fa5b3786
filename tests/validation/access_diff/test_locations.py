"""A finding is placed at the line of the declaration that it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.validation.previews import urn
from validation.access_diff.locations import declaration

_FILE = """\
# A comment before it all.
config:
  apigee-keyvault:apigee:
    instance: europe-west1
  apigee-keyvault:audit:
    retentionDays: 90
  apigee-keyvault:environments:
    dev:
      hostnames: [dev.api.example.com]
      proxies: [orders-v1]
      vault:
        softDeleteDays: 7
      secrets:
        orders-backend-key:
          callers: [orders-v1]
      writers:
        ci: 33333333-3333-4333-8333-333333333333
    dev-eu:
      keys:
        signing-key:
          callers: [orders-v1]
"""
_KV = "azure-native:keyvault:Vault"
_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
_ENTRY = "gcp:apigee/environmentKeyvaluemapsEntries:EnvironmentKeyvaluemapsEntries"
_DEPLOYED = "gcp:apigee/environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment"


@pytest.mark.parametrize(
    ("about", "line"),
    [
        (urn(_KV, "dev-vault", "KeyVault"), 11),
        (urn(_ASSIGNMENT, "dev-writer-ci", "VaultAccess"), 17),
        (urn(_ASSIGNMENT, "dev-gateway", "VaultAccess"), 8),
        (urn(_ENTRY, "dev-grant.orders-backend-key.orders-v1", "GatewayEnvironment"), 15),
        (urn(_ENTRY, "dev-cache.orders-backend-key", "GatewayEnvironment"), 14),
        (urn(_ENTRY, "dev-eu-sign.signing-key.orders-v1", "GatewayEnvironment"), 21),
        (urn(_DEPLOYED, "dev-orders-v1", "GatewayEnvironment"), 10),
        # A key that the environment's block doesn't have: the block itself.
        (urn(_KV, "dev-eu-vault", "KeyVault"), 18),
        (urn("azure-native:operationalinsights:Workspace", "audit-workspace", "AuditTrail"), 5),
        (urn("gcp:apigee/sharedflow:Sharedflow", "gateway-shared-flow", "ApigeeGateway"), 3),
    ],
)
def test_a_resource_of_the_program_is_found_at_its_line(
    tmp_path: Path, about: str, line: int
) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(_FILE)
    assert declaration(path).place(about) == f"Pulumi.dev.yaml:{line}"


@pytest.mark.parametrize("about", ["", urn(_KV, "somebodys-vault"), urn(_KV, "development-vault")])
def test_what_the_declaration_does_not_say_has_no_place(tmp_path: Path, about: str) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(_FILE)
    assert declaration(path).place(about) == ""


@pytest.mark.parametrize("content", [None, "", "[1]", "config: [1]", "config:\n\t- x", "a: {b"])
def test_a_file_that_says_nothing_places_nothing(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    if content is not None:
        path.write_text(content)
    assert declaration(path).place(urn(_KV, "dev-vault", "KeyVault")) == ""
