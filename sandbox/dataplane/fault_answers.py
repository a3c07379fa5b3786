"""What a host answers while a fault is on: the status asked for, in its own cloud's error format.

Owns the words of refusals that an endpoint itself never gives (overload, outage, a body that isn't
the cloud's).
"""

from __future__ import annotations

import uuid
from http import HTTPStatus

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.cloud import Cloud
from sandbox.dataplane import entra_errors
from sandbox.dataplane.google_errors import GoogleError
from sandbox.dataplane.key_vault.errors import VaultError
from sandbox.faults import Fault, Kind

# google.rpc.Code, with the HTTP mapping that its definition states.
_GOOGLE = {
    400: ("INVALID_ARGUMENT", "Request contains an invalid argument."),
    401: ("UNAUTHENTICATED", "Request had invalid authentication credentials."),
    403: ("PERMISSION_DENIED", "The caller does not have permission"),
    404: ("NOT_FOUND", "Requested entity was not found."),
    409: ("ABORTED", "The operation was aborted."),
    429: ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    499: ("CANCELLED", "The operation was cancelled."),
    501: ("UNIMPLEMENTED", "Operation is not implemented, or supported, or enabled."),
    503: ("UNAVAILABLE", "The service is currently unavailable."),
    504: ("DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
}
_TRANSIENT = (90033, "temporarily_unavailable", "A transient error has occurred. Please try again.")
_OVERLOADED = (90055, "temporarily_unavailable", "There are too many incoming requests.")
_REFUSED = (50000, "invalid_request", "There was an error issuing a token.")
_THROTTLED = (
    "Request was not processed because too many requests were received. Reason:"
    " VaultRequestTypeLimitReached"
)


def app(cloud: Cloud, fault: Fault) -> ASGIApp:
    """The app that answers in the endpoint's place; `fault` isn't of kind LATENCY."""
    if fault.kind is Kind.OUTAGE:
        return hang_up
    if fault.kind is Kind.UNREADABLE:
        return HTMLResponse("<!doctype html><title>Sign in</title>")
    return _refusal(cloud, fault.host, fault.value)


async def hang_up(scope: Scope, receive: Receive, send: Send) -> None:
    """End the connection without an answer."""
    scope["state"]["hang_up"]()
    while (await receive())["type"] != "http.disconnect":
        pass


def _refusal(cloud: Cloud, host: str, status: int) -> Response:
    phrase = HTTPStatus(status).phrase if status in _STATUSES else "Error"
    if host.endswith(".vault.azure.net"):
        return _vault(status, phrase)
    if host == "login.microsoftonline.com":
        return _entra(cloud, status)
    if host.endswith(("google.com", "googleapis.com")):
        name, message = _GOOGLE.get(status, ("INTERNAL", "Internal error encountered."))
        return GoogleError(status, name, message).response()
    return PlainTextResponse(phrase, status)


_STATUSES = frozenset(HTTPStatus)


def _vault(status: int, phrase: str) -> Response:
    """Microsoft Learn, "Azure Key Vault REST API error codes"."""
    if status == 429:
        return VaultError(429, "Throttled", _THROTTLED).response()
    return VaultError(status, phrase.title().replace(" ", ""), f"{phrase}.").response()


def _entra(cloud: Cloud, status: int) -> Response:
    """Microsoft Learn, "Microsoft Entra authentication and authorization error codes"."""
    code, error, text = _OVERLOADED if status == 429 else _TRANSIENT if status >= 500 else _REFUSED
    kind = entra_errors.Kind(code, status, error, text)
    return entra_errors.EntraError(kind).response(cloud.clock.now(), str(uuid.uuid4()))
