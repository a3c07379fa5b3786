"""Lines out of Cloud Logging, by Google's own client. Loaded only where asked for: it takes a second."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import google.auth
from google.auth.credentials import Credentials as BaseCredentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException
from urllib3 import Retry

from validation.latency.sources import LOG, SourceError

with warnings.catch_warnings():
    # Which Python Google's libraries will no longer support next year is nothing to a reader here.
    warnings.simplefilter("ignore", FutureWarning)
    from google.api_core.exceptions import GoogleAPICallError
    from google.cloud.logging import Client

_READ: Final = "https://www.googleapis.com/auth/logging.read"
# The longest that entries.list takes.
_PAGE: Final = 1000
# A project may list 60 pages a minute (Google Cloud, "Quotas and limits"): wait out that minute.
# What was asked for by POST is only read.
_WAITING: Final = Retry(
    total=8,
    backoff_factor=1,
    backoff_max=30,
    status_forcelist=(429, 503),
    allowed_methods=("POST",),
    raise_on_status=False,
)


def lines(project: str, since: datetime, environment: str | None) -> Iterator[object]:
    """The project's lines, oldest first.

    Asks with the access token in GOOGLE_OAUTH_ACCESS_TOKEN, which Pulumi's provider for Google takes
    too, else with the credentials that Google's libraries find.

    Arguments:
        project: id of the Google project.
        since: where to begin, with a time zone.
        environment: one environment's alone.

    Raises:
        SourceError: no credentials, no permission, no connection.
    """
    terms = [
        f'logName="projects/{project}/logs/{LOG}"',
        f'timestamp>="{since.isoformat()}"',
    ]
    if environment is not None:
        terms.append(f'jsonPayload.environment="{environment}"')
    try:
        # Over HTTPS and not gRPC: then a proxy and a CA bundle of the machine's are respected.
        session = _session()
        client = Client(  # type: ignore[no-untyped-call]
            project=project, credentials=session.credentials, _http=session, _use_grpc=False
        )
        entries = client.list_entries(  # type: ignore[no-untyped-call]
            filter_=" AND ".join(terms), order_by="timestamp asc", page_size=_PAGE
        )
        for entry in entries:
            yield entry.payload
    except (GoogleAuthError, GoogleAPICallError, RequestException) as error:
        raise SourceError(
            f"Cloud Logging of project {project}: {error}\n"
            "Needed: an access token in GOOGLE_OAUTH_ACCESS_TOKEN, or credentials that Google's "
            "libraries find (gcloud auth application-default login), and the permission "
            "logging.logEntries.list there (roles/logging.viewer). Or export the lines, "
            f"gcloud logging read 'logName=\"projects/{project}/logs/{LOG}\"' --format=json, and "
            "give them with --file."
        ) from error


def _session() -> AuthorizedSession:
    session = AuthorizedSession(_credentials())  # type: ignore[no-untyped-call]
    session.mount("https://", HTTPAdapter(max_retries=_WAITING))
    return session


def _credentials() -> BaseCredentials:
    token = os.environ.get("GOOGLE_OAUTH_ACCESS_TOKEN")
    if token:
        return Credentials(token)  # type: ignore[no-untyped-call]
    credentials, _ = google.auth.default(scopes=(_READ,))
    return credentials
