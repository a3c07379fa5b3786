"""The files of a stack in a `file://` backend, and what a kill in the middle of a write leaves of them.

The engine writes a checkpoint beside its old version and renames it, but the small file of
attributes that goes with each file is written in place: cut off, it makes the sound file unreadable
("failed to load checkpoint: EOF"). Without one, the engine reads the file all the same.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class StateFiles:
    """One stack's files. `backend` is the folder that the backend's URL names."""

    backend: Path
    project: str
    stack: str

    def mend(self) -> list[str]:
        """Put right what was cut off, and say each thing that was."""
        mended = []
        for attributes in self._attributes():
            if not _is_json(attributes):
                attributes.unlink()
                mended.append(f"{attributes.name} was cut off in the middle of a write: removed")
        if self._restore_checkpoint():
            mended.append("the state was cut off; its last backup is back in place")
        return mended

    def engines(self) -> list[int]:
        """Ids of the processes that hold the stack's lock, each a Pulumi CLI that still runs."""
        return [pid for lock in sorted(self._locks()) if _runs(pid := _holder(lock))]

    def _locks(self) -> Iterator[Path]:
        folder = self.backend / ".pulumi" / "locks" / "organization" / self.project / self.stack
        return folder.glob("*.json")

    def _attributes(self) -> Iterator[Path]:
        root = self.backend / ".pulumi"
        yield from root.glob(f"stacks/{self.project}/{self.stack}.json*.attrs")
        for folder in (f"locks/organization/{self.project}", f"history/{self.project}"):
            yield from root.glob(f"{folder}/{self.stack}/*.attrs")

    def _restore_checkpoint(self) -> bool:
        """A machine that lost its power may also have lost what a rename had put in place.

        What was made since the backup is found and imported like any other object that the state
        lacks.
        """
        checkpoint = self.backend / ".pulumi" / "stacks" / self.project / f"{self.stack}.json"
        backup = checkpoint.with_name(f"{checkpoint.name}.bak")
        if not checkpoint.exists() or _is_json(checkpoint) or not _is_json(backup):
            return False
        partial = checkpoint.with_name(f"{checkpoint.name}.partial")
        shutil.copyfile(backup, partial)
        partial.replace(checkpoint)
        return True


def _holder(lock: Path) -> int:
    """The process that made a lock; 0 where the file is gone, or was cut off before it said so."""
    try:
        pid = json.loads(lock.read_text())["pid"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return pid if type(pid) is int else 0


def _runs(pid: int) -> bool:
    """Whether that process is a Pulumi CLI; its id may be another program's by now."""
    try:
        process = psutil.Process(pid)
        return process.name() == "pulumi" and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ValueError, OverflowError):
        return False


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text())
    except (OSError, ValueError):
        return False
    return True
