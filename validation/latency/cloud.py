"""Lines out of Cloud Logging, by Google's own client. Loaded only where asked for: it takes a second."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from google.auth.exceptions import GoogleAuthError
from google.oauth2.credentials import Credentials
from requests.exceptions import RequestException

from validation.latency.sources import LOG, SourceError

with warnings.catch_warnings():
    # Which Python Google's libraries will no longer support next year is nothing to a reader here.
    warnings.simplefilter("ignore", FutureWarning)
    from google.api_core.exceptions import GoogleAPICallError
    from google.cloud.logging import Client

_PAGE: Final = 1000


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
        client = Client(  # type: ignore[no-untyped-call]
            project=project, credentials=_credentials(), _use_grpc=False
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


def _credentials() -> Credentials | None:
    token = os.environ.get("GOOGLE_OAUTH_ACCESS_TOKEN")
    return Credentials(token) if token else None  # type: ignore[no-untyped-call]
