"""Runs google-auth against whatever the environment points it at; prints what it met.

Reads one JSON object from stdin: source (an access token), account (an email), audience, and steps;
each step is the name of a function below. Run by tests in a process of its own, with a proxy and a
CA bundle in its environment and nothing else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping

from google.auth import exceptions, impersonated_credentials
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import credentials, id_token

_SCOPES = ["https://www.googleapis.com/auth/logging.write"]
_LOGS = "https://logging.googleapis.com/v2/entries:write"

Asked = Mapping[str, str]


def _impersonated(asked: Asked) -> impersonated_credentials.Credentials:
    return impersonated_credentials.Credentials(  # type: ignore[no-untyped-call]
        source_credentials=credentials.Credentials(asked["source"]),  # type: ignore[no-untyped-call]
        target_principal=asked["account"],
        target_scopes=_SCOPES,
        lifetime=600,
    )


def access_token(asked: Asked) -> object:
    """The token that impersonating the account gives, and whether google-auth takes it for valid."""
    impersonated = _impersonated(asked)
    impersonated.refresh(Request())  # type: ignore[no-untyped-call]
    return [impersonated.token, impersonated.valid]


def identity_token(asked: Asked) -> object:
    """The claims of the account's ID token, as Google's own verification returns them."""
    wanted = impersonated_credentials.IDTokenCredentials(  # type: ignore[no-untyped-call]
        _impersonated(asked), target_audience=asked["audience"], include_email=True
    )
    wanted.refresh(Request())
    return dict(id_token.verify_oauth2_token(wanted.token, Request(), asked["audience"]))  # type: ignore[no-untyped-call]


def verify(asked: Asked) -> object:
    """What verifying the token `source` for the audience says."""
    return dict(id_token.verify_oauth2_token(asked["source"], Request(), asked["audience"]))  # type: ignore[no-untyped-call]


def write_log(asked: Asked) -> object:
    """The status of writing a log entry as the account."""
    entries = [{"logName": asked["log"], "jsonPayload": {"from": "google-auth"}}]
    with AuthorizedSession(_impersonated(asked)) as session:  # type: ignore[no-untyped-call]
        return session.post(_LOGS, data=json.dumps({"entries": entries}), timeout=10).status_code


STEPS: dict[str, Callable[[Asked], object]] = {
    step.__name__: step for step in (access_token, identity_token, verify, write_log)
}


def outcome(step: Callable[[Asked], object], asked: Asked) -> object:
    try:
        return step(asked)
    except (exceptions.GoogleAuthError, ValueError) as error:
        return {"type": type(error).__name__, "message": str(error)}


if __name__ == "__main__":
    given = json.load(sys.stdin)
    print(json.dumps([outcome(STEPS[name], given) for name in given["steps"]]))
