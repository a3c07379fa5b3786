"""One long-running operation at a time in an organization.

Apigee refuses a mutation while another operation of the organization is under way (400, "the
resource is locked by another operation"), and the provider asks again until it is let in
(`IsApigeeRetryableError` of terraform-provider-google; magic-modules pull request 18649 extends it
to every type whose calls are operations). So what a user of the provider sees is a call that
waits, and never the refusal. Owns the waiting; which calls are operations is each type's to say.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from sandbox.store import Store

_LOCKS: WeakKeyDictionary[Store, defaultdict[str, threading.Lock]] = WeakKeyDictionary()
_GUARD = threading.Lock()


@contextmanager
def running(store: Store, organization: str) -> Iterator[None]:
    """Run an operation of `organization` (`organizations/…`) once no other one is running.

    Must be entered outside a transaction of the store: who waits here would hold up everybody.
    """
    with _GUARD:
        lock = _LOCKS.setdefault(store, defaultdict(threading.Lock))[organization]
    with lock:
        yield
