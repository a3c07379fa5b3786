"""What two declarations give, beside each other: no cloud is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from validation import stack_file
from validation.access_diff import declared
from validation.access_diff.model import Access, Danger, compare

_ROOT = Path(__file__).resolve().parents[3]
_CI = "33333333-3333-4333-8333-333333333333"
_APP = "77777777-7777-4777-8777-777777777777"

Edit = Callable[[dict[str, Any]], object]
Changed = Callable[[Edit], tuple[set[str], set[str]]]


def _text(access: Access) -> str:
    place = access.environment or "all"
    return (
        f"{access.danger.name} {access.cloud} {place}: {access.who} may {access.may} {access.what}"
    )


@pytest.fixture
def changed(tmp_path: Path) -> Changed:
    """What is gained and what lost by an edit of the local stack's declaration."""
    path = tmp_path / "Pulumi.local.yaml"
    content = yaml.safe_load((_ROOT / "Pulumi.local.yaml").read_text())

    def accesses() -> set[Access]:
        path.write_text(yaml.safe_dump(content))
        return declared.accesses(stack_file.read(path, "local", _ROOT))

    def change(edit: Edit) -> tuple[set[str], set[str]]:
        before = accesses()
        edit(content["config"])
        diff = compare(before, accesses())
        return {_text(a) for a in diff.gained}, {_text(a) for a in diff.lost}

    return change


def _alpha(config: dict[str, Any]) -> dict[str, Any]:
    alpha: dict[str, Any] = config["apigee-keyvault:environments"]["alpha"]
    return alpha


def test_a_caller_more_and_a_caller_less(changed: Changed) -> None:
    def edit(config: dict[str, Any]) -> None:
        _alpha(config)["proxies"].append("partner-v1")
        _alpha(config)["secrets"]["orders-backend-key"]["callers"] = ["partner-v1"]

    assert changed(edit) == (
        {
            "VALUE Apigee alpha: proxy partner-v1 may ask for secret orders-backend-key",
            "TRUST Google alpha: proxy partner-v1 may run as service account of alpha",
        },
        {"VALUE Apigee alpha: proxy orders-v1 may ask for secret orders-backend-key"},
    )


def test_a_listed_application_takes_the_proxys_own_grant_away(changed: Changed) -> None:
    def edit(config: dict[str, Any]) -> None:
        _alpha(config)["secrets"]["orders-backend-key"]["clients"] = {"shop": _APP}

    assert changed(edit) == (
        {
            (
                "VALUE Apigee alpha: proxy orders-v1 may ask for, on behalf of a listed application,"
                " secret orders-backend-key"
            ),
            f"VALUE Apigee alpha: application {_APP} may be a client for secret orders-backend-key",
        },
        {"VALUE Apigee alpha: proxy orders-v1 may ask for secret orders-backend-key"},
    )


def test_how_long_a_value_is_kept_is_told_in_seconds(changed: Changed) -> None:
    def edit(config: dict[str, Any]) -> None:
        secret = config["apigee-keyvault:environments"]["beta"]["secrets"]["invoices-backend-key"]
        secret["cache"]["seconds"] = 60
        secret |= {"staleSeconds": 900, "notFoundSeconds": 5, "refuseExpired": True}

    gained, lost = changed(edit)
    assert gained == {
        (
            "VALUE Apigee beta: the gateway may serve from its cache, for 60 s, secret"
            " invoices-backend-key"
        ),
        (
            "VALUE Apigee beta: the gateway may serve in an outage, until 900 s after its fetch, secret"
            " invoices-backend-key"
        ),
        "VALUE Apigee beta: the gateway may answer as absent, for 5 s, secret invoices-backend-key",
        "VALUE Apigee beta: the gateway may not serve past its expiry secret invoices-backend-key",
    }
    assert lost == {
        (
            "VALUE Apigee beta: the gateway may serve from its cache, for 300 s, secret"
            " invoices-backend-key"
        )
    }


def test_keys_certificates_and_generations(changed: Changed) -> None:
    def edit(config: dict[str, Any]) -> None:
        alpha = _alpha(config)
        alpha["keys"] = {"sign-key": {"callers": ["orders-v1"], "use": "sign", "type": "EC"}}
        alpha["certificates"] = {"tls": {"callers": ["orders-v1"]}}
        alpha["identity"] = {"generations": [1, 2]}

    assert changed(edit) == (
        {
            "VALUE Apigee alpha: proxy orders-v1 may sign and verify by key sign-key",
            "VALUE Apigee alpha: proxy orders-v1 may ask for secret tls",
            "VALUE Azure alpha: gateway of alpha, generation 1 may use keys of vault of alpha",
            "VALUE Azure alpha: gateway of alpha, generation 2 may use keys of vault of alpha",
            "VALUE Azure alpha: gateway of alpha, generation 2 may read secrets of vault of alpha",
        },
        set(),
    )


def test_a_vault_that_opens_is_told_as_a_network(changed: Changed) -> None:
    assert changed(lambda config: _alpha(config)["vault"].pop("network")) == (
        {"NETWORK Azure alpha: any address may reach vault of alpha"},
        {
            "NETWORK Azure alpha: addresses 198.51.100.0/24 may reach vault of alpha",
            "NETWORK Azure alpha: NAT addresses of the gateway (1) may reach vault of alpha",
        },
    )


def test_a_private_endpoint_an_application_and_a_deployer(changed: Changed) -> None:
    subnet = (
        "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/net/providers"
        "/Microsoft.Network/virtualNetworks/hub/subnets/apis"
    )

    def edit(config: dict[str, Any]) -> None:
        _alpha(config)["vault"]["network"] = {"privateEndpoint": {"subnetId": subnet}}
        _alpha(config)["identity"] = {"kind": "application", "owners": [_CI]}
        config["apigee-keyvault:apigee"]["deployer"] = "serviceAccount:ci@x.iam.gserviceaccount.com"

    gained, _ = changed(edit)
    assert gained == {
        f"NETWORK Azure alpha: private network of {subnet} may reach vault of alpha",
        f"RIGHTS Entra alpha: workload {_CI} may own application of alpha",
        (
            "TRUST Google all: serviceAccount:ci@x.iam.gserviceaccount.com may act as the environments'"
            " service accounts"
        ),
    }


def test_a_shared_vault_is_told_secret_by_secret(changed: Changed) -> None:
    id_ = (
        "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/platform/providers"
        "/Microsoft.KeyVault/vaults/kv-shared"
    )

    def edit(config: dict[str, Any]) -> None:
        _alpha(config)["vault"] = {"id": id_, "shared": True}

    gained, lost = changed(edit)
    assert gained == {
        (
            "VALUE Azure alpha: gateway of alpha, generation 1 may read secret orders-backend-key in"
            f" vault {id_}"
        ),
        (
            f"RIGHTS Azure alpha: workload ci ({_CI}) may read and write secret orders-backend-key in"
            f" vault {id_}"
        ),
    }
    assert {text.partition(" may ")[2] for text in lost} == {
        "read secrets of vault of alpha",
        "read and write secrets of vault of alpha",
        "reach vault of alpha",
    }


def test_order_and_formatting_change_nothing(changed: Changed) -> None:
    def edit(config: dict[str, Any]) -> None:
        environments = config["apigee-keyvault:environments"]
        config["apigee-keyvault:environments"] = dict(reversed(environments.items()))

    assert changed(edit) == (set(), set())


def test_the_most_dangerous_come_first() -> None:
    found = [
        Access(danger, "Azure", "a", "who", "may", "what") for danger in reversed(list(Danger))
    ]
    assert [a.danger for a in compare([], found).gained] == list(Danger)
