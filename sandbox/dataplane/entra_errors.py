"""Entra's error answers: codes, their OAuth `error`, HTTP status and wording.

Codes from Microsoft Learn, "Microsoft Entra authentication and authorization error codes"; wording,
`error` and status as people report Entra's answers (the tests of Microsoft's authentication library
for .NET, issues of azure-workload-identity). When each applies is the caller's to say. Clients are
told to branch on status and `error`: codes are for people.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import Response


@dataclass(frozen=True)
class Kind:
    """An AADSTS code; `text` has places (`{tenant}`) for what a refusal is about."""

    code: int
    status: int
    error: str
    text: str


class EntraError(Exception):
    """A refusal of one kind, its text's places filled with `values`."""

    def __init__(self, kind: Kind, **values: str) -> None:
        super().__init__(f"AADSTS{kind.code}: {kind.text.format(**values)}")
        self.kind = kind

    def response(self, now: float, correlation_id: str) -> Response:
        """The documented body. `now` is seconds since 1970 on the sandbox's clock."""
        trace_id = str(uuid.uuid4())
        timestamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        body = {
            "error": self.kind.error,
            "error_description": f"{self} Trace ID: {trace_id} Correlation ID: {correlation_id}"
            f" Timestamp: {timestamp}",
            "error_codes": [self.kind.code],
            "timestamp": timestamp,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.kind.code}",
        }
        headers = {"cache-control": "no-store, no-cache", "x-ms-request-id": trace_id}
        # Not JSONResponse: an assertion may hold half a surrogate pair, which UTF-8 can't.
        return Response(json.dumps(body), self.kind.status, headers, MEDIA_TYPE)


MEDIA_TYPE = "application/json; charset=utf-8"


# The request

MALFORMED_REQUEST = Kind(
    9002313, 400, "invalid_request", "Invalid request. Request is malformed or invalid."
)
DUPLICATED_PARAMETER = Kind(
    9000411,
    400,
    "invalid_request",
    "The request is not properly formatted. The parameter '{name}' is duplicated.",
)
NOT_POST = Kind(
    900561,
    405,
    "invalid_request",
    "The endpoint only accepts POST requests. Received a {method} request.",
)
MISSING_PARAMETER = Kind(
    900144,
    400,
    "invalid_request",
    "The request body must contain the following parameter: '{name}'.",
)
UNSUPPORTED_GRANT = Kind(
    70003,
    400,
    "unsupported_grant_type",
    "The app requested an unsupported grant type '{grant_type}'.",
)
NOT_A_TENANT = Kind(
    900023,
    400,
    "invalid_request",
    "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external"
    " domain.",
)
UNKNOWN_TENANT = Kind(
    90002,
    400,
    "invalid_request",
    "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing"
    " into the correct cloud.",
)
NO_TENANT = Kind(
    9001023,
    400,
    "invalid_request",
    "The grant type is not supported over the /common or /consumers endpoints. Please use the"
    " /organizations or tenant-specific endpoint.",
)
UNKNOWN_INSTANCE = Kind(50049, 400, "invalid_instance", "Unknown or invalid instance.")

# The scope

INVALID_SCOPE = Kind(
    70011,
    400,
    "invalid_scope",
    "The provided request must include a 'scope' input parameter. The provided value for the input"
    " parameter 'scope' is not valid. The scope {scope} is not valid.",
)
SEVERAL_RESOURCES = Kind(
    700022,
    400,
    "invalid_scope",
    "The provided value for the input parameter scope is not valid because it contains more than"
    " one resource. The scope {scope} is not valid.",
)
SCOPE_WITHOUT_DEFAULT = Kind(
    1002012,
    400,
    "invalid_scope",
    "The provided value for scope {scope} is not valid. Client credential flows must have a scope"
    " value with /.default suffixed to the resource identifier (application ID URI).",
)
UNKNOWN_RESOURCE = Kind(
    500011,
    400,
    "invalid_resource",
    "The resource principal named {resource} was not found in the tenant named {tenant}. This can"
    " happen if the application has not been installed by the administrator of the tenant or"
    " consented to by any user in the tenant. You might have sent your authentication request to"
    " the wrong tenant.",
)

# The client

UNKNOWN_CLIENT = Kind(
    700016,
    400,
    "unauthorized_client",
    "Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can"
    " happen if the application has not been installed by the administrator of the tenant or"
    " consented to by any user in the tenant. You may have sent your authentication request to the"
    " wrong tenant.",
)
NO_PRINCIPAL = Kind(
    7000229,
    401,
    "invalid_client",
    "The client application {client_id} is missing service principal in the tenant {tenant}. See"
    " instructions here: https://go.microsoft.com/fwlink/?linkid=2225119",
)
DISABLED_CLIENT = Kind(
    7000112, 400, "unauthorized_client", "Application '{client_id}'({name}) is disabled."
)
INVALID_SECRET = Kind(
    7000215,
    401,
    "invalid_client",
    "Invalid client secret provided. Ensure the secret being sent in the request is the client"
    " secret value, not the client secret ID, for a secret added to app '{client_id}'.",
)
NO_CREDENTIAL = Kind(
    7000216,
    401,
    "invalid_client",
    "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials'"
    " grant type.",
)
UNEXPECTED_ASSERTION_TYPE = Kind(90011, 400, "invalid_request", "Unexpected client assertion type.")

# The assertion

MALFORMED_TOKEN = Kind(50027, 400, "invalid_request", "JWT token is invalid or malformed.")
WRONG_TYPE = Kind(
    5002727,
    400,
    "invalid_request",
    "Invalid JWT header type specified. Allowed types: 'JWT','http://openid.net/specs/jwt/1.0'.",
)
UNSUPPORTED_ALGORITHM = Kind(
    5002738,
    401,
    "invalid_client",
    "Invalid JWT token. '{algorithm}' is not a supported signature algorithm. Supported signing"
    " algorithms are: 'RS256,RS384,RS512'",
)
NO_KEY_ID = Kind(
    5002723,
    401,
    "invalid_client",
    "Invalid JWT token. No certificate SHA-1 thumbprint, certificate SHA-256 thumbprint, nor keyId"
    " specified in token header.",
)
MISSING_CLAIM = Kind(
    90014,
    400,
    "invalid_request",
    "The required field '{name}' is missing from the credential. Ensure that you have all the"
    " necessary parameters for the login request.",
)

_CHECK = (
    "Check your federated identity credential Subject, Audience and Issuer against the presented"
    " assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
)
_NO_MATCH = "No matching federated identity record found for presented assertion"

NOTHING_MATCHES = Kind(
    70021,
    401,
    "invalid_client",
    _NO_MATCH + ". Assertion Issuer: '{issuer}'. Assertion Subject: '{subject}'. Assertion"
    " Audience: '{audience}'. " + _CHECK,
)
ISSUER_MISMATCH = Kind(700211, 401, "invalid_client", _NO_MATCH + " issuer '{issuer}'. " + _CHECK)
AUDIENCE_MISMATCH = Kind(
    700212, 401, "invalid_client", _NO_MATCH + " audience '{audience}'. " + _CHECK
)
SUBJECT_MISMATCH = Kind(
    700213, 401, "invalid_client", _NO_MATCH + " subject '{subject}'. " + _CHECK
)
SUBJECT_CASE = Kind(
    7002138,
    401,
    "invalid_client",
    _NO_MATCH + " subject '{subject}'. The subject matches with case-insensitive comparison, but"
    " not with case-sensitive comparison. " + _CHECK,
)
ISSUER_UNREACHABLE = Kind(
    90061, 400, "invalid_request", "Request to External OIDC endpoint failed."
)
UNKNOWN_KEY = Kind(
    7000272,
    401,
    "invalid_client",
    "The certificate with identifier {key_id} used to sign the federated credential could not be"
    " found in the metadata of identity provider {issuer}. Please validate that your Identity"
    " Provider's metadata exposes the key used to sign the incoming token.",
)
BAD_SIGNATURE = Kind(700027, 401, "invalid_client", "Client assertion failed signature validation.")
OUTSIDE_VALIDITY = Kind(
    700024,
    401,
    "invalid_client",
    "Client assertion is not within its valid time range. Current time: {now}, assertion valid from"
    " {start}, expiry time of assertion {end}. Review the documentation at"
    " https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
)
