"""The component package's schema, as the engine reads it."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import pkgutil
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pytest

import components
from package import catalog, shapes
from tools.setup import engine

ROOT = Path(__file__).resolve().parents[2]

# What each component takes (with ! where it must be given), and what it gives.
COMPONENTS = {
    "AdoptedVault": ("vaultId!", "host uri vaultId vaultName"),
    "ApigeeGateway": (
        "instance nameSuffix natAddresses project! protect proxyBundles! sharedFlowBundle!",
        "billingType natAddresses proxyRevisions serviceAgent sharedFlow sharedFlowRevision",
    ),
    "AuditAlerts": (
        (
            "deployers emails expected gatewayAddresses gateways! identityIds location! prefix!"
            " resourceGroupName! tags! vaultIds! webhooks workspaceId! writers"
        ),
        "actionGroupId workbookId",
    ),
    "AuditTrail": (
        (
            "activityLog location! protect resourceGroupName! retentionDays signInLogs subscriptionId"
            " tags! vaultIds! workspaceId workspaceName!"
        ),
        "workspaceCustomerId workspaceId",
    ),
    "CiIdentity": (
        "environment! location! pool! project! repository! resourceGroupName! stack!",
        "clientId principalId serviceAccount",
    ),
    "ReaderRights": (
        "member! principalId! project! scopes! stack!",
        "",
    ),
    "DeployerRights": (
        "member! principalId! project! scopes! stack! uses",
        "azureRoleId googleRole",
    ),
    "GatewayEnvironment": (
        (
            "billingType environment! existing hostnames! instance! keyValueMapEntries!"
            " keystores maskedVariables nameSuffix"
            " project! protect proxyRevisions! serviceAccount! sharedFlow! sharedFlowRevision! type"
        ),
        "endpoints sharedFlowRevision",
    ),
    "GatewayIdentity": (
        (
            "apigeeServiceAgent! applicationOwners deployer environment! generations kind location!"
            " project! resourceGroupName! tags!"
        ),
        "clientId clientIds googleServiceAccount principalId principalIds",
    ),
    "KeyVault": (
        (
            "environment! keys location! name network protect recover resourceGroupName! sku"
            " softDeleteDays tags! tenantId!"
        ),
        "host uri vaultId vaultName",
    ),
    "VaultAccess": (
        "gatewayPrincipalIds! keys secrets subscriptionId! vaultId! writers!",
        "",
    ),
    "VaultDnsZone": ("resourceGroupName! subnetIds! tags!", "zoneId"),
}
TYPES = {
    "PrivateEndpoint": "dnsZoneId! subnetId!",
    "VaultKey": "curve expires operations! rotateDays size type",
    "VaultNetwork": "allowedRanges natAddresses privateEndpoint",
}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the engine reads from the package."""
    built = engine.directory()
    cli = shutil.which("pulumi", path=str(built) if built else None)
    assert cli
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(cli).parent), os.environ["PATH"]]),
        "PULUMI_HOME": str(tmp_path_factory.mktemp("home")),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }
    command = [cli, "package", "get-schema", "./package"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def _named(properties: Mapping[str, object], required: list[str] | None) -> str:
    marked = set(required or ())
    return " ".join(f"{name}{'!' if name in marked else ''}" for name in sorted(properties))


def _texts(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every description, by what it describes."""
    for token, described in {**schema["resources"], **schema["types"]}.items():
        yield token, described["description"]
        for kind in ("properties", "inputProperties"):
            for name, one in described.get(kind, {}).items():
                yield f"{token}.{name}", one.get("description", "")


def test_the_schema_has_each_component_with_what_it_takes_and_gives(schema: dict[str, Any]) -> None:
    assert schema["name"] == "apigee-keyvault"
    found = {}
    for token, resource in schema["resources"].items():
        assert resource["isComponent"]
        outputs = resource.get("properties", {})
        assert sorted(outputs) == sorted(resource.get("required", []))
        taken = _named(resource["inputProperties"], resource.get("requiredInputs"))
        found[token] = (taken, _named(outputs, []))
    assert found == {f"apigee-keyvault:components:{name}": one for name, one in COMPONENTS.items()}
    types = {
        token.rpartition(":")[2]: _named(one["properties"], one.get("required"))
        for token, one in schema["types"].items()
    }
    assert types == TYPES


def test_every_component_there_is_is_in_the_package() -> None:
    modules = [
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(components.__path__, "components.")
    ]
    there_are = {
        one.__name__
        for module in modules
        for one in vars(module).values()
        if inspect.isclass(one) and issubclass(one, pulumi.ComponentResource)
    } - {"ComponentResource"}
    assert there_are == {token.rpartition(":")[2] for token in catalog.components()}


def test_everything_is_described_and_by_the_schemas_own_names(schema: dict[str, Any]) -> None:
    texts = dict(_texts(schema))
    assert [name for name, text in texts.items() if not text] == []
    adopted, access = (
        f"apigee-keyvault:components:{name}" for name in ("AdoptedVault", "VaultAccess")
    )
    given = schema["resources"][adopted]["properties"]["vaultId"]["description"]
    taken = schema["resources"][adopted]["inputProperties"]["vaultId"]["description"]
    assert (taken, given) == (
        "resource id of a vault under Azure RBAC.",
        "the vault's resource id.",
    )
    assert texts[f"{access}.gatewayPrincipalIds"] == (  # written on two lines
        'object ids of the gateway\'s identity, which reads, by generation: `{"1": id}`. During a'
        " rotation there are two, and both read."
    )
    in_python = re.compile(r"\b[a-z]+_[a-z_]+\b|\bNone\b|\bExample:|\bArgs\b")
    assert {name: text for name, text in texts.items() if in_python.search(text)} == {}


def test_what_python_takes_as_an_input_may_be_an_output_and_nothing_else(
    schema: dict[str, Any],
) -> None:
    def plain(component: str, name: str) -> tuple[bool, bool]:
        resource = schema["resources"][f"apigee-keyvault:components:{component}"]
        one = resource["inputProperties"][name]
        within = one.get("additionalProperties") or one.get("items") or {}
        return one.get("plain", False), within.get("plain", False)

    assert plain("KeyVault", "resourceGroupName") == (False, False)
    assert plain("KeyVault", "location") == (True, False)
    assert plain("VaultAccess", "gatewayPrincipalIds") == (True, False)
    assert plain("AuditAlerts", "gatewayAddresses") == (True, False)
    assert plain("AuditAlerts", "emails") == (True, True)
    outputs = [one.get("properties", {}) for one in schema["resources"].values()]
    assert '"plain"' not in json.dumps(outputs)


def test_an_annotation_that_cannot_cross_is_refused_by_name() -> None:
    @dataclass(frozen=True)
    class Wrong:
        either: str | int

    with pytest.raises(TypeError, match=r"Wrong\.either"):
        shapes.members(Wrong)
