"""What the gateway enforces is what the configuration declares."""

import json
import re

from components.configuration.contents import Cache, Secret
from components.configuration.environment import Environment
from components.stack.declaration import grants, key_value_map_entries
from tests.components.configurations import APP
from tests.components.resolving import resolved

PARITIES = {"identity.odd", "identity.even"}
# Google Cloud, 'Apigee: Naming guidelines', "Key value map (KVM) key name".
KEY = re.compile(r"[0-9A-Za-z _.$-]+")


def _environment(**secrets: Secret) -> Environment:
    return Environment.model_validate(
        {
            "hostnames": ("a.example.com",),
            "proxies": ("p", "q"),
            "secrets": {name.replace("_", "-"): secret for name, secret in secrets.items()},
        }
    )


def _secret(*callers: str, seconds: int | None = None, stale: int = 0) -> Secret:
    cache = (
        Cache.model_validate({"seconds": seconds, "measuredMilliseconds": 45.0})
        if seconds
        else None
    )
    return Secret.model_validate({"callers": callers, "cache": cache, "staleSeconds": stale})


def _entries(environment: Environment, *generations: int) -> dict[str, str | None]:
    return resolved(
        lambda: key_value_map_entries(
            environment,
            tenant_id="tenant",
            client_ids={generation: f"client-{generation}" for generation in generations or (1,)},
            vault_host="v.vault.azure.net",
        )
    )


def test_entries_are_exactly_the_grants_the_cache_times_and_the_settings() -> None:
    environment = _environment(one=_secret("p", "q"), two_b=_secret("q", seconds=300))
    assert _entries(environment) == {
        "grant.one.p": "allowed",
        "grant.one.q": "allowed",
        "grant.two-b.q": "allowed",
        "cache.two-b": "300",
        "identity.odd": "0001:client-1",
        "identity.tenant-id": "tenant",
        "vault.host": "v.vault.azure.net",
        "token.seconds": "600",
    }


def test_each_kind_of_grant_has_keys_of_its_own() -> None:
    environment = Environment.model_validate_json(
        json.dumps(
            {
                "hostnames": ["a.example.com"],
                "proxies": ["p", "q"],
                "secrets": {"same": {"callers": ["p"]}},
                "keys": {
                    "same": {"callers": ["q", "p"], "use": "sign", "type": "EC"},
                    "wrapping": {"callers": ["p"], "use": "unwrap", "type": "RSA"},
                },
                "certificates": {"tls": {"callers": ["q"]}},
            }
        )
    )
    assert grants(environment) == {
        "grant.same.p": "allowed",
        "grant.tls.q": "allowed",
        "sign.same.p": "allowed",
        "sign.same.q": "allowed",
        "unwrap.wrapping.p": "allowed",
    }


def test_grants_are_to_the_names_that_the_gateway_knows_its_proxies_by() -> None:
    assert grants(_environment(one=_secret("p")), "team-a") == {"grant.one.p-team-a": "allowed"}


def test_a_generation_has_one_entry_that_never_changes_while_it_is_declared() -> None:
    environment = _environment(one=_secret("p"))
    told = [
        {k: v for k, v in _entries(environment, *generations).items() if k in PARITIES}
        for generations in ((1,), (1, 2), (2,), (2, 3), (10,))
    ]
    assert told == [
        {"identity.odd": "0001:client-1"},
        {"identity.odd": "0001:client-1", "identity.even": "0002:client-2"},
        {"identity.even": "0002:client-2"},
        {"identity.even": "0002:client-2", "identity.odd": "0003:client-3"},
        {"identity.even": "0010:client-10"},
    ]


def test_no_two_declarations_share_a_key() -> None:
    proxies = ("p", "p.p", "one.p", "-", "_", "one")
    environment = Environment.model_validate_json(
        json.dumps(
            {
                "hostnames": ["a.example.com"],
                "proxies": proxies,
                "secrets": {name: {"callers": proxies} for name in ("one", "p", "one-p", "-")},
            }
        )
    )
    keys = grants(environment)
    assert len(keys) == 4 * len(proxies)
    assert all(KEY.fullmatch(key) for key in keys)


def test_only_a_secret_with_a_bound_may_be_served_stale() -> None:
    environment = _environment(one=_secret("p"), two=_secret("p", stale=900))
    stale = {k: v for k, v in _entries(environment).items() if k.startswith("stale.")}
    assert stale == {"stale.two": "900"}


def test_absence_and_expiry_have_entries_only_where_they_are_declared() -> None:
    told = _secret("p").model_copy(update={"not_found_seconds": 60, "refuse_expired": True})
    entries = _entries(_environment(one=_secret("p"), two=told))
    found = {k: v for k, v in entries.items() if k.partition(".")[0] in {"absent", "expired"}}
    assert found == {"absent.two": "60", "expired.two": "refused"}


def test_a_secret_that_lists_clients_grants_nothing_to_a_proxy_alone() -> None:
    clients = {"mobile": APP, "web": APP.replace("7", "8")}
    environment = _environment(one=_secret("p", "q").model_copy(update={"clients": clients}))
    assert grants(environment, "team-a") == {
        "client-grant.one.p-team-a": "allowed",
        "client-grant.one.q-team-a": "allowed",
        f"client.one.{APP}": "allowed",
        f"client.one.{APP.replace('7', '8')}": "allowed",
    }


def test_a_grants_value_never_changes_whatever_else_does() -> None:
    declarations = [
        _environment(one=_secret("p")),
        _environment(one=_secret("p", seconds=1)),
        _environment(one=_secret("q", "p", seconds=3600), two=_secret("p")),
    ]
    assert {grants(d)["grant.one.p"] for d in declarations} == {"allowed"}


def test_an_uncached_secret_has_no_cache_entry() -> None:
    keys = _entries(_environment(one=_secret("p")))
    assert not [key for key in keys if key.startswith("cache.")]


def test_order_in_the_configuration_changes_nothing() -> None:
    forward = _environment(one=_secret("p", "q"), two=_secret("q"))
    backward = _environment(two=_secret("q"), one=_secret("q", "p"))
    assert list(_entries(forward).items()) == list(_entries(backward).items())
