"""A lock between processes, so that two set-ups at once don't work on the same directory."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.setup.progress import say


@contextmanager
def exclusive(path: Path, label: str) -> Iterator[None]:
    """Hold the lock file `path`, made where absent; wait, and say so, while another holds it.

    The kernel drops the lock with its holder, so a killed set-up leaves nothing to clean up.

    Args:
        path: The lock file; it stays, empty.
        label: What the waiting is for, put before the message.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{label}: another set-up is at work; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
