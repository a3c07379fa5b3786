"""A callout per request, nothing kept.

What the public samples do that read a secret from a proxy (GoogleCloudPlatform/apigee-samples,
"secret-manager"; the same with Entra and Key Vault in Google's place): a token and a read each time.
"""

from __future__ import annotations

from benchmarks.gateway.clouds import Clouds, OutageError, RefusalError
from benchmarks.gateway.peers.peer import Answer


class BareCallout:
    """Two calls a request."""

    name = "callouts without a cache"

    def ask(self, now: float, secret: str, clouds: Clouds) -> Answer | None:
        """Fetch it."""
        try:
            return Answer(clouds.fetch(), now)
        except (OutageError, RefusalError):
            return None
