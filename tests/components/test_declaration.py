"""What the gateway enforces is what the configuration declares."""

import json

from components.configuration.contents import Cache, Secret
from components.configuration.environment import Environment
from components.stack.declaration import grants, key_value_map_entries


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


def _entries(environment: Environment) -> dict[str, object]:
    return dict(
        key_value_map_entries(
            environment, tenant_id="tenant", client_id="client", vault_host="v.vault.azure.net"
        )
    )


def test_entries_are_exactly_the_grants_the_cache_times_and_the_settings() -> None:
    environment = _environment(one=_secret("p", "q"), two_b=_secret("q", seconds=300))
    assert _entries(environment) == {
        "grant:p:one": "allowed",
        "grant:q:one": "allowed",
        "grant:q:two-b": "allowed",
        "cache:two-b": "300",
        "identity:client-id": "client",
        "identity:tenant-id": "tenant",
        "vault:host": "v.vault.azure.net",
        "token:seconds": "600",
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
        "grant:p:same": "allowed",
        "grant:q:tls": "allowed",
        "sign:p:same": "allowed",
        "sign:q:same": "allowed",
        "unwrap:p:wrapping": "allowed",
    }


def test_grants_are_to_the_names_that_the_gateway_knows_its_proxies_by() -> None:
    assert grants(_environment(one=_secret("p")), "team-a") == {"grant:p-team-a:one": "allowed"}


def test_only_a_secret_with_a_bound_may_be_served_stale() -> None:
    environment = _environment(one=_secret("p"), two=_secret("p", stale=900))
    stale = {k: v for k, v in _entries(environment).items() if k.startswith("stale:")}
    assert stale == {"stale:two": "900"}


def test_a_grants_value_never_changes_whatever_else_does() -> None:
    declarations = [
        _environment(one=_secret("p")),
        _environment(one=_secret("p", seconds=1)),
        _environment(one=_secret("q", "p", seconds=3600), two=_secret("p")),
    ]
    assert {grants(d)["grant:p:one"] for d in declarations} == {"allowed"}


def test_an_uncached_secret_has_no_cache_entry() -> None:
    keys = _entries(_environment(one=_secret("p")))
    assert not [key for key in keys if key.startswith("cache:")]


def test_order_in_the_configuration_changes_nothing() -> None:
    forward = _environment(one=_secret("p", "q"), two=_secret("q"))
    backward = _environment(two=_secret("q"), one=_secret("q", "p"))
    assert list(_entries(forward).items()) == list(_entries(backward).items())
