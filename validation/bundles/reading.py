"""Finds bundles beneath a path and reads them. Owns folders, zips and their limits.

What can't be read is reported and never skipped in silence: a check that didn't look must not look
like a check that found nothing. Folders whose names begin with a dot, and `node_modules`, hold copies
and tools and are passed over. Apigee documentation, "API proxy configuration reference" (folders)
and "Limits" (15 MB).
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lxml import etree

from validation.bundles.markup import LARGEST_FILE, UnreadableError, parse
from validation.bundles.model import Bundle, Document

ROOTS = ("apiproxy", "sharedflowbundle")
SCRIPTS = (".js", ".py", ".xsl", ".xslt")

_LARGEST_BUNDLE = 15 * 1024 * 1024
_LARGEST_UNPACKED = 4 * _LARGEST_BUNDLE
_MOST_FILES = 5_000


@dataclass(frozen=True)
class Looked:
    """What was found beneath a path: bundles, and what couldn't be read."""

    bundles: tuple[Bundle, ...]
    problems: tuple[UnreadableError, ...]


def look(path: Path) -> Looked:
    """Every bundle at or beneath a path, sorted by where it lies."""
    bundles: list[Bundle] = []
    problems: list[UnreadableError] = []
    try:
        sources = list(_sources(path))
    except (OSError, UnreadableError) as error:
        return Looked((), (_as_unreadable(path, error),))
    for shown, kind, source in sources:
        try:
            files = _zipped(source, kind) if source.is_file() else _in_folder(source)
            bundles.append(_bundle(shown, kind, files, problems))
        except (OSError, UnreadableError) as error:
            problems.append(_as_unreadable(Path(shown), error))
    if not bundles and not problems:
        wanted = "a folder apiproxy or sharedflowbundle, or a zip that holds one"
        problems.append(UnreadableError(path.as_posix(), f"no bundle here: {wanted} is needed"))
    return Looked(tuple(bundles), tuple(problems))


def _as_unreadable(path: Path, error: OSError | UnreadableError) -> UnreadableError:
    if isinstance(error, UnreadableError):
        return error
    return UnreadableError(path.as_posix(), error.strerror or str(error))


def _sources(path: Path) -> Iterator[tuple[str, str, Path]]:
    """Where it lies as the user sees it, kind, and folder or zip, of each bundle."""
    if path.is_file():
        kinds = _kinds(path)
        if not kinds:
            raise UnreadableError(
                path.as_posix(), "is a zip without apiproxy/ or sharedflowbundle/ at its top"
            )
        yield from ((f"{path.as_posix()}/{kind}", kind, path) for kind in kinds)
        return
    if not path.is_dir():
        raise UnreadableError(path.as_posix(), "no such file or folder")
    if path.resolve().name in ROOTS:
        yield path.as_posix(), path.resolve().name, path
        return
    for folder, names, files in os.walk(path, onerror=_raise):
        names[:] = sorted(n for n in names if not n.startswith(".") and n != "node_modules")
        for name in [name for name in names if name in ROOTS]:
            names.remove(name)
            yield (Path(folder) / name).as_posix(), name, Path(folder) / name
        for name in sorted(file for file in files if file.endswith(".zip")):
            archive = Path(folder) / name
            for kind in _kinds(archive):
                yield f"{archive.as_posix()}/{kind}", kind, archive


def _raise(error: OSError) -> None:
    raise error


def _kinds(archive: Path) -> list[str]:
    """The bundle roots at a zip's top. Raises UnreadableError for what is no zip."""
    try:
        with zipfile.ZipFile(archive) as opened:
            tops = {name.partition("/")[0] for name in opened.namelist() if "/" in name}
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UnreadableError(archive.as_posix(), f"not a readable zip: {error}") from error
    return [kind for kind in ROOTS if kind in tops]


def _in_folder(root: Path) -> dict[str, bytes]:
    """The files that are read, by path beneath the bundle's root."""
    files: dict[str, bytes] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if not is_read(name) or not path.is_file():
            continue
        if len(files) == _MOST_FILES:
            raise UnreadableError(root.as_posix(), f"has more than {_MOST_FILES:,} files")
        size = path.stat().st_size
        if size > LARGEST_FILE:
            reason = f"has {size:,} bytes; {LARGEST_FILE:,} are read at most"
            raise UnreadableError(path.as_posix(), reason)
        files[name] = path.read_bytes()
    return files


def _zipped(archive: Path, kind: str) -> dict[str, bytes]:
    """The same of a zip. Never unpacks more than a bundle may have, whatever its headers say."""
    shown = archive.as_posix()
    if archive.stat().st_size > _LARGEST_BUNDLE:
        raise UnreadableError(shown, f"is larger than Apigee's limit of {_LARGEST_BUNDLE:,} bytes")
    files: dict[str, bytes] = {}
    left = _LARGEST_UNPACKED
    try:
        with zipfile.ZipFile(archive) as opened:
            infos = opened.infolist()
            if len(infos) > _MOST_FILES:
                raise UnreadableError(shown, f"has more than {_MOST_FILES:,} files")
            for info in sorted(infos, key=lambda info: info.filename):
                top, _, name = info.filename.partition("/")
                if top != kind or info.is_dir() or not is_read(name):
                    continue
                with opened.open(info) as stream:
                    files[name] = stream.read(min(left, LARGEST_FILE) + 1)
                left -= len(files[name])
                if len(files[name]) > LARGEST_FILE or left < 0:
                    raise UnreadableError(f"{shown}/{info.filename}", "unpacks to too many bytes")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, zlib.error) as error:
        raise UnreadableError(shown, f"not a readable zip: {error}") from error
    return files


def is_read(name: str) -> bool:
    """Whether a file, by its path beneath the bundle's root, is one that the checks look at."""
    parts = PurePosixPath(name).parts
    if ".." in parts:
        return False
    if len(parts) == 1:
        return name.endswith(".xml")
    if parts[0] == "resources":
        return name.endswith(SCRIPTS)
    folders = ("policies", "proxies", "targets", "sharedflows")
    return len(parts) == 2 and parts[0] in folders and name.endswith(".xml")


def _bundle(
    shown: str, kind: str, files: dict[str, bytes], problems: list[UnreadableError]
) -> Bundle:
    """The bundle of what can be parsed; what can't is added to the problems."""
    documents: dict[str, list[Document]] = {}
    for name, content in files.items():
        if not name.endswith(".xml"):
            continue
        try:
            root: etree._Element = parse(f"{shown}/{name}", content)
        except UnreadableError as error:
            problems.append(error)
            continue
        folder = name.partition("/")[0] if "/" in name else ""
        documents.setdefault(folder, []).append(Document(f"{shown}/{name}", root))
    if not any(documents.get(folder) for folder in ("policies", "proxies", "sharedflows")) and (
        not problems
    ):
        raise UnreadableError(shown, "is empty: no policies, proxies or sharedflows in it")
    names = [
        d.name for d in documents.get("", []) if d.root.tag in ("APIProxy", "SharedFlowBundle")
    ]
    scripts = [files[name] for name in files if name.endswith(SCRIPTS)]
    return Bundle(
        kind=kind,
        name=names[0] if names else PurePosixPath(shown).parent.name,
        policies=_by_name(documents.get("policies", [])),
        proxies=tuple(documents.get("proxies", [])),
        targets=tuple(documents.get("targets", [])),
        flows=tuple(documents.get("sharedflows", [])),
        scripts="\n".join(script.decode(errors="replace") for script in scripts),
        path=shown,
    )


def _by_name(policies: list[Document]) -> dict[str, Document]:
    """By name; one whose name is taken is kept by its path, so that it is checked all the same."""
    found: dict[str, Document] = {}
    for policy in policies:
        found[policy.path if policy.name in found else policy.name] = policy
    return found
