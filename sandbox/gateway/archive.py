"""A bundle's zip: which files it may hold, and how much of them. Knows no XML.

Apigee documentation, "Limits" (a bundle of 15 MB) and "API proxy configuration reference" (the
folders). The other limits are the sandbox's own, against hostile archives.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from sandbox.gateway.markup import BundleError
from sandbox.gateway.property_sets import is_property_set
from sandbox.gateway.revisions import Kind

_LIMIT = 15 * 1024 * 1024
_UNPACKED_LIMIT = 4 * _LIMIT
_MOST_FILES = 1_000
_LONGEST_NAME = 255

ROOTS: dict[Kind, str] = {"proxy": "apiproxy", "sharedflow": "sharedflowbundle"}
_FOLDERS: dict[Kind, tuple[str, ...]] = {
    "proxy": ("policies", "proxies", "targets"),
    "sharedflow": ("policies", "sharedflows"),
}


def unpack(zip_bytes: bytes, kind: Kind) -> dict[str, bytes]:
    """The files by name, once names and sizes are known to be safe. Raises BundleError."""
    if len(zip_bytes) > _LIMIT:
        raise BundleError(
            "", "", f"the bundle has {len(zip_bytes):,} bytes; the limit is {_LIMIT:,}"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(zip_bytes)) as archive:
            return _files(archive, kind)
    except BundleError:
        raise
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OverflowError,
        OSError,
        EOFError,
        struct.error,
        zlib.error,
    ) as error:
        raise BundleError("", "", f"not a readable zip archive: {error}") from error


def _files(archive: zipfile.ZipFile, kind: Kind) -> dict[str, bytes]:
    infos = archive.infolist()
    if len(infos) > _MOST_FILES:
        raise BundleError(
            "", "", f"the bundle has {len(infos):,} files; {_MOST_FILES:,} are allowed"
        )
    files: dict[str, bytes] = {}
    left = _UNPACKED_LIMIT
    for info in infos:
        _check_name(info.filename, kind)
        if info.is_dir():
            continue
        if info.filename in files:
            raise BundleError(info.filename, "", "the file is in the bundle twice")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BundleError(info.filename, "", "compressed by another method than deflate")
        # The header's size may lie: never unpack more than what is left.
        with archive.open(info) as stream:
            content = stream.read(left + 1)
        left -= len(content)
        if left < 0:
            raise BundleError(info.filename, "", f"unpacks to more than {_UNPACKED_LIMIT:,} bytes")
        files[info.filename] = content
    return files


def _check_name(name: str, kind: Kind) -> None:
    root = ROOTS[kind]
    parts = name.rstrip("/").split("/")
    if "\\" in name or "\0" in name or name.startswith("/") or {"..", ".", ""} & set(parts):
        raise BundleError(name, "", "the file's path leaves the bundle")
    if len(name) > _LONGEST_NAME:
        raise BundleError(name[:40] + "…", "", "the file's name is too long")
    if parts[0] != root:
        raise BundleError(name, "", f"a {kind} bundle has everything beneath {root}/")
    if name.endswith("/") or is_property_set(name):
        return
    if len(parts) == 2 and name.endswith(".xml"):
        return
    if len(parts) == 3 and parts[1] in _FOLDERS[kind] and name.endswith(".xml"):
        return
    raise BundleError(name, "", "files of this kind are not supported by the sandbox's runtime")
