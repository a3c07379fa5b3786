"""The access map: who may ask for what in which environment, as data for people and scripts.

Owns its shape. It holds names, bounds and object ids, nothing secret, and follows from the
configuration alone. What *is* granted in the clouds is for validation to say.
"""

from collections.abc import Mapping

from components import naming
from components.configuration.contents import Secret
from components.configuration.environment import Environment
from components.configuration.settings import Settings

AccessMap = dict[str, object]


def access_map(settings: Settings) -> dict[str, AccessMap]:
    """For each environment, sorted by name: its `secrets`, `keys`, `certificates` and `writers`.

    Callers are proxies by their deployed names. A secret has `cacheSeconds` and `staleSeconds` (0
    where its value isn't kept) and, where they are declared, `clients` (applications' ids by name),
    `notFoundSeconds`, `refuseExpired`, `contentType`, `expiresWithinDays` and `rotateDays`; a key
    has its `use`.
    """
    suffix = settings.apigee.name_suffix
    return {
        name: _environment(environment, suffix)
        for name, environment in sorted(settings.environments.items())
    }


def _environment(environment: Environment, suffix: str | None) -> AccessMap:
    def callers(declared: tuple[str, ...]) -> list[str]:
        return sorted(naming.suffixed(proxy, suffix) for proxy in declared)

    return {
        "secrets": {
            name: {"callers": callers(secret.callers), **_secret(secret)}
            for name, secret in sorted(environment.secrets.items())
        },
        "keys": {
            name: {
                "callers": callers(key.callers),
                **_given({"use": key.use, "rotateDays": key.rotate_days}),
            }
            for name, key in sorted(environment.keys.items())
        },
        "certificates": {
            name: {
                "callers": callers(certificate.callers),
                **_given({"expiresWithinDays": certificate.expires_within_days}),
            }
            for name, certificate in sorted(environment.certificates.items())
        },
        "writers": dict(sorted(environment.writers.items())),
    }


def _secret(secret: Secret) -> AccessMap:
    return _given(
        {
            "clients": dict(sorted(secret.clients.items())) if secret.clients else None,
            "cacheSeconds": secret.cache.seconds if secret.cache else 0,
            "staleSeconds": secret.stale_seconds,
            "notFoundSeconds": secret.not_found_seconds or None,
            "refuseExpired": secret.refuse_expired or None,
            "contentType": secret.content_type,
            "expiresWithinDays": secret.expires_within_days,
            "rotateDays": secret.rotate_days,
        }
    )


def _given(values: Mapping[str, object]) -> AccessMap:
    return {key: value for key, value in values.items() if value is not None}
