"""The private certificate authority behind every host name that the sandbox serves.

Owns the authority's files and the certificates made from it. Which hosts exist is not known here:
the caller says. Nothing but a client pointed at `ca.pem` trusts it; no trust store is ever changed.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from pathlib import Path

import trustme

_AUTHORITY = "authority.pem"
_CERTIFICATE = "ca.pem"
_KEY_END = b"-----END EC PRIVATE KEY-----\n"


class Authority:
    """A certificate authority made on first use and kept, so that trust survives restarts.

    `folder` then holds `authority.pem` (key and certificate, readable by its owner only) and
    `ca.pem` (the certificate alone, for clients). Raises ValueError when `authority.pem` is
    damaged.
    """

    def __init__(self, folder: Path) -> None:
        kept = folder / _AUTHORITY
        self._ca = _load(kept) if kept.exists() else _create(kept)
        # Derived anew each time: a crash between the two files can't leave them apart.
        _write(folder / _CERTIFICATE, self._ca.cert_pem.bytes())
        self.certificate = folder / _CERTIFICATE
        self._contexts: dict[str, ssl.SSLContext] = {}

    def server_context(self, serves: Callable[[str], bool]) -> ssl.SSLContext:
        """A context for the server side of TLS that shows each known host its own certificate.

        `serves` tells whether a host name (lower case) is served; a client that asks for another
        name, or for none (no SNI), fails its handshake.
        """
        context = _context()

        def choose(
            connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext
        ) -> int | None:
            host = (name or "").lower()
            if not serves(host):
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            connection.context = self._host_context(host)
            return None

        context.sni_callback = choose
        return context

    def client_context(self) -> ssl.SSLContext:
        """A context for clients inside the process: trusts this authority and no other."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def _host_context(self, host: str) -> ssl.SSLContext:
        context = self._contexts.get(host)
        if context is None:
            context = _context()
            self._ca.issue_cert(host).configure_cert(context)
            self._contexts[host] = context
        return context


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _load(path: Path) -> trustme.CA:
    key, end, certificate = path.read_bytes().partition(_KEY_END)
    try:
        return trustme.CA.from_pem(certificate, key + end)
    except ValueError as error:
        raise ValueError(
            f"{path} holds no certificate authority ({error}); `python -m sandbox reset` makes one"
        ) from error


def _create(path: Path) -> trustme.CA:
    ca = trustme.CA(
        organization_name="apigee-keyvault sandbox", organization_unit_name="private CA"
    )
    _write(path, ca.private_key_pem.bytes() + ca.cert_pem.bytes())
    return ca


def _write(path: Path, content: bytes) -> None:
    # Written whole or not at all, so that a crash leaves no half file behind.
    partial = path.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    partial.replace(path)
