"""Runs google-cloud-logging against whatever the environment points it at; prints what it lists.

Run by tests in a process of its own, with a proxy and a CA bundle in its environment.
"""

from __future__ import annotations

import json
import os
import sys

from google.cloud.logging import Client
from google.oauth2.credentials import Credentials

if __name__ == "__main__":
    project, log = sys.argv[1:]
    credentials = Credentials(os.environ["TOKEN"])  # type: ignore[no-untyped-call]
    client = Client(project=project, credentials=credentials, _use_grpc=False)  # type: ignore[no-untyped-call]
    listed = client.list_entries(filter_=f'logName="{log}"', page_size=2)  # type: ignore[no-untyped-call]
    print(json.dumps([entry.payload["n"] for entry in listed]))
