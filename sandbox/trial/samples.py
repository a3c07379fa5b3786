"""Finds the bundles beneath a folder. A sample is one of the folder's own folders."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.gateway.revisions import Kind
from sandbox.process import SandboxError

_KINDS: dict[str, Kind] = {"apiproxy": "proxy", "sharedflowbundle": "sharedflow"}


@dataclass(frozen=True)
class Found:
    """A bundle: its folder as the user named it, and its files by their names in a zip."""

    path: str
    kind: Kind
    files: Mapping[str, bytes]

    @property
    def name(self) -> str:
        """What it is deployed as: its own XML file's name, as the samples' scripts have it."""
        own = [file for file in self.files if file.count("/") == 1]
        return Path(own[0]).stem if own else Path(self.path).parent.name


@dataclass(frozen=True)
class Sample:
    """A folder with bundles, shared flows first, and whatever else it holds."""

    name: str
    folder: Path
    bundles: tuple[Found, ...]


def find(folder: Path) -> list[Sample]:
    """All samples of a folder, by name. Raises SandboxError where the folder can't be read."""
    if not folder.is_dir():
        raise SandboxError(f"{folder} is not a folder")
    by_sample: dict[Path, list[Found]] = {}
    for path in sorted(folder.rglob("*")):
        if path.name in _KINDS and path.is_dir() and not path.is_symlink():
            parts = path.relative_to(folder).parts
            sample = folder / parts[0] if len(parts) > 1 else folder
            by_sample.setdefault(sample, []).append(_read(folder, path))
    return [
        Sample(sample.name, sample, tuple(sorted(found, key=lambda one: one.kind == "proxy")))
        for sample, found in by_sample.items()
    ]


def pack(files: Mapping[str, bytes]) -> bytes:
    """The files as a bundle's zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def _read(folder: Path, path: Path) -> Found:
    try:
        files = {
            file.relative_to(path.parent).as_posix(): file.read_bytes()
            for file in sorted(path.rglob("*"))
            if file.is_file() and not file.is_symlink()
        }
    except OSError as error:
        raise SandboxError(str(error)) from error
    return Found(path.relative_to(folder).as_posix(), _KINDS[path.name], files)
