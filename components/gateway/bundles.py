"""Apigee bundles: deterministic zip files from the folders under `apigee/`.

Owns packing only, and what a name suffix changes in a bundle: its own name, and the names of the
shared flows that it calls where these have sources here and so get the suffix too. The provider
makes a new revision when a bundle's path or bytes change, so the path is relative to the program's
working directory and the bytes follow from the sources' names and contents alone: not from times,
modes, or the order in which a disk lists files. Whether the XML is any good is for the bundle
checks and the runtime to say.
"""

import os
import re
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from components import naming

SOURCES = Path("apigee")
OUTPUT = Path(".build/bundles")

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip entry can carry
_REGULAR_FILE = 0o100644 << 16


class BundleError(ValueError):
    """A bundle's sources are missing or empty, or hold what a bundle can't."""


@dataclass(frozen=True)
class BundleKind:
    """A kind of bundle, laid out as Google's own tools expect it.

    Attributes:
        folder: the folder under `apigee/` with one folder a bundle.
        root: the folder that each bundle's own folder holds, and its zip too.
        element: the element of the descriptor, the XML file in the root itself, that names it.
    """

    folder: str
    root: str
    element: str


PROXY = BundleKind("proxies", "apiproxy", "APIProxy")
SHARED_FLOW = BundleKind("sharedflows", "sharedflowbundle", "SharedFlowBundle")


def available(kind: BundleKind, sources: Path = SOURCES) -> list[str]:
    """Names of the bundles of a kind that have sources, sorted."""
    return sorted(root.parent.name for root in (sources / kind.folder).glob(f"*/{kind.root}"))


def build(
    kind: BundleKind,
    name: str,
    sources: Path = SOURCES,
    output: Path = OUTPUT,
    suffix: str | None = None,
) -> str:
    """Write the zip of one bundle and return its path, with forward slashes.

    Arguments:
        kind: whether it is a proxy or a shared flow.
        name: the bundle's name, which its folder has too.
        sources: the folder that holds `proxies/` and `sharedflows/`.
        output: the folder for the zip; made if missing.
        suffix: what the bundle's name in the organization ends with, where it does.

    Raises:
        BundleError: when there are no sources, or a link leads out of them.
    """
    base = sources / kind.folder / name
    files = sorted(_files(base / kind.root), key=lambda file: file.relative_to(base).as_posix())
    renamed = _renamed(kind, name, sources, suffix)
    output.mkdir(parents=True, exist_ok=True)
    # Two stacks may be at work in this folder: what differs has another path.
    target = output / f"{naming.suffixed(name, suffix)}.zip"
    # Another run may read the old zip right now: write beside it, then swap.
    descriptor, temporary = tempfile.mkstemp(dir=output, prefix=f".{name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as stream, zipfile.ZipFile(stream, "w") as archive:
            for file in files:
                entry = _entry(file.relative_to(base).as_posix())
                archive.writestr(entry, _with(renamed, file.read_bytes()))
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return target.as_posix()


def build_all(kind: BundleKind, names: Iterable[str], suffix: str | None = None) -> dict[str, str]:
    """Build several bundles of the working directory's `apigee/`: path by name, without suffix."""
    return {name: build(kind, name, suffix=suffix) for name in names}


def _renamed(
    kind: BundleKind, name: str, sources: Path, suffix: str | None
) -> dict[re.Pattern[bytes], bytes]:
    """What to write for what, so that every name is the one in the organization."""
    if suffix is None:
        return {}
    names = {rf'(<{kind.element}\b[^>]*\bname="){re.escape(name)}(")': name}
    for flow in available(SHARED_FLOW, sources):
        names[rf"(<SharedFlowBundle>\s*){re.escape(flow)}(\s*</SharedFlowBundle>)"] = flow
    return {
        re.compile(pattern.encode()): rb"\g<1>%s\g<2>" % naming.suffixed(old, suffix).encode()
        for pattern, old in names.items()
    }


def _with(renamed: dict[re.Pattern[bytes], bytes], content: bytes) -> bytes:
    for pattern, new in renamed.items():
        content = pattern.sub(new, content)
    return content


def _files(root: Path) -> list[Path]:
    if not root.is_dir():
        raise BundleError(f"{root}: there is no such folder; put the bundle's sources there")
    found = [path for path in root.rglob("*") if not path.is_dir()]
    files = [path for path in found if not path.name.startswith(".")]
    if not files:
        raise BundleError(f"{root}: there are no files in it; put the bundle's sources there")
    for path in files:
        if path.is_symlink():
            raise BundleError(f"{path}: is a link; put the file itself there")
    return files


def _entry(name: str) -> zipfile.ZipInfo:
    """A zip entry that depends on its name alone.

    Stored, not deflated: what deflate writes may differ from one zlib to the next.
    """
    entry = zipfile.ZipInfo(name, date_time=_EPOCH)
    entry.create_system = 3  # Unix, also when packed elsewhere
    entry.external_attr = _REGULAR_FILE
    entry.compress_type = zipfile.ZIP_STORED
    return entry
