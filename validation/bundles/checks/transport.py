"""Checks of connections: TLS, its options, and how long a callout may take."""

from __future__ import annotations

import re
from collections.abc import Iterator

from validation.bundles.check import DOCUMENTATION, POLICIES, Check, Hit
from validation.bundles.model import Bundle, is_true, text_of

_TLS = f"{DOCUMENTATION}/system-administration/options-configuring-tls"
_CLEAR = re.compile(r"http://(?!localhost\b|127\.|\[::1\])", re.IGNORECASE)
_GONE = frozenset({"SSLv2", "SSLv2Hello", "SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1"})


def _clear_text(bundle: Bundle) -> Iterator[Hit]:
    for document in bundle.documents:
        for element in document.elements("URL"):
            if _CLEAR.match(text_of(element)):
                yield Hit(document, element, "the address is called without TLS")
        for element in document.elements("JWKS"):
            if _CLEAR.match(str(element.get("uri"))):
                yield Hit(document, element, "keys that tokens are trusted by come without TLS")


def _errors_ignored(bundle: Bundle) -> Iterator[Hit]:
    for policy in bundle.policies_of("ServiceCallout", "ExternalCallout"):
        for switch in policy.elements("IgnoreValidationErrors"):
            if is_true(switch):
                yield Hit(policy, switch, "any certificate will do")


def _not_enforced(bundle: Bundle) -> Iterator[Hit]:
    for policy in bundle.policies_of("ServiceCallout"):
        for connection in policy.elements("HTTPTargetConnection"):
            if not text_of(connection, "URL").lower().startswith("https://"):
                continue
            if not is_true(connection, "SSLInfo/Enforce"):
                missing = connection.find("SSLInfo/Enforce")
                where = connection if missing is None else missing
                yield Hit(policy, where, "the server's certificate is not strictly checked")


def _old_protocols(bundle: Bundle) -> Iterator[Hit]:
    for document in bundle.documents:
        for element in document.elements("Protocol", "Protocols"):
            for name in text_of(element).replace(",", " ").split():
                if name in _GONE:
                    yield Hit(document, element, f"{name} is not supported: the connection fails")


def _unbounded(bundle: Bundle) -> Iterator[Hit]:
    for policy in bundle.policies_of("ServiceCallout"):
        # Without <Response> nobody waits for the answer.
        if policy.root.find("HTTPTargetConnection") is None or not text_of(policy.root, "Response"):
            continue
        timeouts = [
            *policy.elements("Timeout"),
            *(p for p in policy.elements("Property") if p.get("name") == "io.timeout.millis"),
        ]
        if not timeouts:
            yield Hit(policy, policy.root, "a server that hangs holds the request for 55 seconds")


CHECKS = (
    Check(
        "AKV201",
        "error",
        "Something is called without TLS.",
        "Use an `https://` address.",
        _TLS,
        _clear_text,
    ),
    Check(
        "AKV202",
        "error",
        "A callout ignores what is wrong with a certificate.",
        "Remove `<IgnoreValidationErrors>`; give a server of your own a `<TrustStore>`.",
        _TLS,
        _errors_ignored,
    ),
    Check(
        "AKV203",
        "warning",
        "A callout does not enforce the check of the server's certificate.",
        "Set `<Enabled>` and `<Enforce>` to true in the `<SSLInfo>` of its connection.",
        _TLS,
        _not_enforced,
    ),
    Check(
        "AKV204",
        "error",
        "A connection is limited to a version of TLS that Apigee does not support.",
        "Remove `<Protocols>`, or name TLSv1.2 or later.",
        _TLS,
        _old_protocols,
    ),
    Check(
        "AKV205",
        "warning",
        "A callout has no timeout of its own.",
        "Set `<Timeout>` to what the caller can wait, in milliseconds; the default is 55 seconds.",
        f"{POLICIES}/service-callout-policy",
        _unbounded,
    ),
)
