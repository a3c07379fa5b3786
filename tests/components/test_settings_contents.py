"""Mistakes in the declaration of secrets, keys and certificates."""

from collections.abc import Callable

import pytest

from tests.components.configurations import APP, Tree, complete
from tests.components.mistakes import Case, accepted, alpha, beta, ids, reported_after

ALPHA = "environments.alpha"
SECRET = f"{ALPHA}.secrets.orders-backend-key"
CACHED = "environments.beta.secrets.invoices-backend-key"
SIGNING = f"{ALPHA}.keys.signing"
WRAPPING = f"{ALPHA}.keys.wrapping"
RENAME = "rename one of the two"


def _secret(tree: Tree) -> Tree:
    block: Tree = alpha(tree)["secrets"]["orders-backend-key"]
    return block


def _cached(tree: Tree) -> Tree:
    block: Tree = beta(tree)["secrets"]["invoices-backend-key"]
    return block


def _key(tree: Tree, name: str) -> Tree:
    block: Tree = alpha(tree)["keys"][name]
    return block


def test_a_complete_declaration_becomes_settings() -> None:
    environment = accepted(complete()).environments["alpha"]
    secret = environment.secrets["orders-backend-key"]
    assert (secret.stale_seconds, secret.content_type) == (86400, "text/plain")
    assert (secret.not_found_seconds, secret.refuse_expired) == (60, True)
    assert secret.clients == {"mobile": APP}
    assert (secret.expires_within_days, secret.rotate_days, secret.cache) == (90, 60, None)
    signing, wrapping = environment.keys["signing"], environment.keys["wrapping"]
    assert (signing.use, signing.type, signing.curve, signing.size) == ("sign", "EC", "P-384", None)
    assert (wrapping.use, wrapping.type, wrapping.size, wrapping.rotate_days) == (
        "unwrap",
        "RSA",
        4096,
        28,
    )
    assert environment.certificates["client-tls"].expires_within_days == 397


def test_a_stale_bound_without_a_cache_is_legal_since_the_two_are_apart() -> None:
    tree = complete()
    _cached(tree).pop("cache")
    _cached(tree)["staleSeconds"] = 1
    assert accepted(tree).environments["beta"].secrets["invoices-backend-key"].stale_seconds == 1


CASES: list[Case] = [
    (
        lambda t: _secret(t).update(staleSeconds=86401),
        (f"{SECRET}.staleSeconds", "is out of bounds", "use 0 to 86400 seconds"),
    ),
    (
        lambda t: _secret(t).update(staleSeconds=-1),
        (f"{SECRET}.staleSeconds", "is out of bounds", "use 0 to 86400 seconds"),
    ),
    (
        lambda t: _secret(t).update(notFoundSeconds=61),
        (f"{SECRET}.notFoundSeconds", "is out of bounds", "use 0 to 60 seconds"),
    ),
    (
        lambda t: _secret(t).update(refuseExpired="yes"),
        (f"{SECRET}.refuseExpired", "has the wrong type", "give true or false, unquoted"),
    ),
    (
        lambda t: _secret(t).update(clients={}),
        (
            f"{SECRET}.clients",
            "is empty",
            (
                "give the ids of the client applications for which the callers may ask, by a name for "
                "each (any application, or none, if absent): at least one"
            ),
        ),
    ),
    (
        lambda t: _secret(t).update(clients={"mobile": "mobile"}),
        (
            f"{SECRET}.clients.mobile",
            "is not a legal GUID",
            "use a GUID: 8-4-4-4-12 hexadecimal digits",
        ),
    ),
    (
        lambda t: _secret(t)["clients"].update(web=APP),
        (
            f"{SECRET}.clients.web",
            f"is the client application of {SECRET}.clients.mobile again",
            "remove one of the two",
        ),
    ),
    (
        lambda t: _cached(t).update(staleSeconds=300),
        (
            f"{CACHED}.staleSeconds",
            f"is over before {CACHED}.cache.seconds is, so nothing is ever stale",
            "use more than those seconds, or remove it",
        ),
    ),
    (
        lambda t: _secret(t).update(contentType="x" * 256),
        (
            f"{SECRET}.contentType",
            "is not a legal content type",
            "use 1 to 255 printable ASCII characters, such as text/plain",
        ),
    ),
    (
        lambda t: _secret(t).update(expiresWithinDays=0, rotateDays=None),
        (f"{SECRET}.expiresWithinDays", "is out of bounds", "use 1 to 3650 days"),
    ),
    (
        lambda t: _secret(t).update(rotateDays=90),
        (
            f"{SECRET}.rotateDays",
            f"is not before {SECRET}.expiresWithinDays: a version would expire first",
            "use fewer days",
        ),
    ),
    (
        lambda t: _key(t, "signing").update(use="encrypt"),
        (f"{SIGNING}.use", "is none of what can be chosen", "use 'sign' or 'unwrap'"),
    ),
    (
        lambda t: _key(t, "signing").pop("type"),
        (f"{SIGNING}.type", "is missing", "give the key's type: RSA or EC"),
    ),
    (
        lambda t: _key(t, "signing").update(use="unwrap"),
        (f"{SIGNING}.use", "an EC key can't unwrap", "use an RSA key, or sign"),
    ),
    (
        lambda t: _key(t, "signing").update(size=2048),
        (
            f"{SIGNING}.size",
            "an EC key has no size",
            "give its curve instead, or make it an RSA key",
        ),
    ),
    (
        lambda t: _key(t, "wrapping").update(curve="P-256"),
        (
            f"{WRAPPING}.curve",
            "an RSA key has no curve",
            "give its size instead, or make it an EC key",
        ),
    ),
    (
        lambda t: _key(t, "wrapping").update(size=1024),
        (f"{WRAPPING}.size", "is none of what can be chosen", "use 2048, 3072 or 4096"),
    ),
    (
        lambda t: _key(t, "signing").update(curve="P-256K"),
        (f"{SIGNING}.curve", "is none of what can be chosen", "use 'P-256', 'P-384' or 'P-521'"),
    ),
    (
        lambda t: _key(t, "wrapping").update(rotateDays=27),
        (f"{WRAPPING}.rotateDays", "is out of bounds", "use 28 to 3650 days"),
    ),
    (
        lambda t: _key(t, "signing").update(callers=["order-v1"]),
        (
            f"{SIGNING}.callers[0]",
            "'order-v1' is not among the environment's proxies",
            "did you mean 'orders-v1'?",
        ),
    ),
    (
        lambda t: alpha(t)["certificates"]["client-tls"].update(callers=[]),
        (
            f"{ALPHA}.certificates.client-tls.callers",
            "is empty",
            "give the proxies that may ask for the certificate: at least one",
        ),
    ),
    (
        lambda t: alpha(t)["keys"].update(SIGNING=_key(t, "signing")),
        (
            f"{ALPHA}.keys.SIGNING",
            f"names, but for case, the key of {SIGNING} again",
            "remove one of the two",
        ),
    ),
    (
        lambda t: alpha(t)["certificates"].update({"Client-TLS": {"callers": ["orders-v1"]}}),
        (
            f"{ALPHA}.certificates.Client-TLS",
            f"names, but for case, the certificate of {ALPHA}.certificates.client-tls again",
            "remove one of the two",
        ),
    ),
    (
        lambda t: alpha(t)["certificates"].update(Signing={"callers": ["orders-v1"]}),
        (
            f"{ALPHA}.certificates.Signing",
            f"has a key and a secret of its name, and so clashes with {SIGNING}",
            RENAME,
        ),
    ),
    (
        lambda t: alpha(t)["certificates"].update(
            {"orders-backend-key": {"callers": ["orders-v1"]}}
        ),
        (
            f"{ALPHA}.certificates.orders-backend-key",
            f"has a key and a secret of its name, and so clashes with {SECRET}",
            RENAME,
        ),
    ),
]


@pytest.mark.parametrize(("change", "mistake"), CASES, ids=ids(CASES))
def test_each_mistake_is_reported_once_and_nothing_else_is(
    change: Callable[[Tree], object], mistake: tuple[str, str, str]
) -> None:
    assert reported_after(change) == [mistake]


def test_a_secret_and_a_key_may_have_one_name() -> None:
    tree = complete()
    alpha(tree)["secrets"]["signing"] = {"callers": ["orders-v1"]}
    accepted(tree)
