"""One write at a time: the federated credentials of one managed identity.

Azure refuses a write while another one under the same identity is under way (Microsoft Learn,
"Important considerations and restrictions for federated identity credentials": "Concurrent updates
aren't supported"). azure-native asks again after 20, 60 and 120 seconds and shows the refusal only
when the fourth attempt meets it too (pulumi-azure-native, pull request 4421): what its user sees is
an `up` that takes longer. Owns both halves: the refusal and the provider's patience.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sandbox.clock import Clock
from sandbox.cloud import Cloud
from sandbox.controlplane import errors
from sandbox.controlplane.errors import CloudError
from sandbox.store import Store

CODE = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"

# On the machine's clock: as long as a call that crosses a network takes. With none at all, two
# writes that the engine sends together would rarely meet.
_WRITE_SECONDS = 0.05
_RETRY_SECONDS = (20.0, 60.0, 120.0)
_POLL_SECONDS = 0.02


class CredentialWrites:
    """The writes that are under way in this process. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy: set[tuple[Store, str]] = set()

    @contextmanager
    def attempt(self, cloud: Cloud, identity: str) -> Iterator[None]:
        """A write beneath `identity` (its id), from the request's coming to its answer.

        Raises CloudError (409) while another one is under way.
        """
        write = (cloud.store, identity.lower())
        with self._lock:
            if write in self._busy:
                raise errors.arm(
                    409,
                    CODE,
                    "Too many Federated Identity Credentials are written concurrently for the"
                    f" managed identity '{identity.lower()}'. Concurrent Federated Identity"
                    " Credentials writes under the same managed identity are not supported.",
                )
            self._busy.add(write)
        try:
            time.sleep(_WRITE_SECONDS)
            yield
        finally:
            with self._lock:
                self._busy.remove(write)

    @contextmanager
    def retried(self, cloud: Cloud, identity: str) -> Iterator[None]:
        """The same as azure-native does it. Raises CloudError (409) when the last attempt fails.

        Waits on the sandbox's clock, each time 0.8 to 1.3 times the seconds above, as
        the Azure client for Go spreads its retries.
        """
        with ExitStack() as stack:
            for seconds in _RETRY_SECONDS:
                try:
                    stack.enter_context(self.attempt(cloud, identity))
                    break
                except CloudError:
                    _wait(cloud.clock, seconds * secrets.SystemRandom().uniform(0.8, 1.3))
            else:
                stack.enter_context(self.attempt(cloud, identity))
            yield


def _wait(clock: Clock, seconds: float) -> None:
    until = clock.now() + seconds
    while clock.now() < until:
        # In small steps, since the clock may be moved meanwhile.
        time.sleep(_POLL_SECONDS)
