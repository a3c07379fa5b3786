"""The access map says who may ask for what, as data, and nothing secret."""

from components.stack.access_map import access_map
from tests.components.configurations import APP, CI, complete, valid
from tests.components.mistakes import accepted


def test_the_map_of_an_environment_is_exactly_what_its_block_declares() -> None:
    assert access_map(accepted(complete()))["alpha"] == {
        "secrets": {
            "orders-backend-key": {
                "callers": ["orders-v1-team-a"],
                "clients": {"mobile": APP},
                "cacheSeconds": 0,
                "staleSeconds": 86400,
                "notFoundSeconds": 60,
                "refuseExpired": True,
                "contentType": "text/plain",
                "expiresWithinDays": 90,
                "rotateDays": 60,
            }
        },
        "keys": {
            "signing": {"callers": ["orders-v1-team-a"], "use": "sign"},
            "wrapping": {"callers": ["orders-v1-team-a"], "use": "unwrap", "rotateDays": 28},
        },
        "certificates": {"client-tls": {"callers": ["orders-v1-team-a"], "expiresWithinDays": 397}},
        "writers": {"ci": CI},
    }


def test_every_environment_is_in_the_map_with_what_its_secrets_are_cached_for() -> None:
    found = access_map(accepted(valid()))
    assert list(found) == ["alpha", "beta"]
    assert found["beta"]["secrets"] == {
        "invoices-backend-key": {"callers": ["orders-v1"], "cacheSeconds": 300, "staleSeconds": 0},
        "orders-backend-key": {"callers": ["orders-v1"], "cacheSeconds": 0, "staleSeconds": 0},
    }
