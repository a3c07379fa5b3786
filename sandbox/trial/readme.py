"""Requests in a sample's `README.md` and `.http` files: `curl` lines to the gateway's host.

Owns reading them as a shell would, without running one: a line with a variable that has no fixed
value isn't sent.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.trial.settings import fill, missing
from sandbox.trial.stage import HOST

_CURL = re.compile(r"^[ \t]*(?:\$ )?curl[ \t](?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
_HTTP = re.compile(r"^(?:GET|POST|PUT|DELETE|PATCH|OPTIONS|HEAD)[ \t]+\S+", re.MULTILINE)
_ORIGIN = f"https://{HOST}"
_BODY = {"-d", "--data", "--data-raw", "--data-binary", "--data-urlencode"}
_CERTIFICATE = {"-E", "--cert", "--key", "--pass"}
_VALUE = {"-o", "--output", "-w", "--write-out", "-m", "--max-time", "--connect-timeout"}


@dataclass
class Request:
    """A request to send, or why it can't be (`blocked`). `path` has the query."""

    where: str
    method: str = ""
    path: str = "/"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    blocked: str = ""


def requests(folder: Path, settings: dict[str, str]) -> Iterator[Request]:
    """The requests in the texts of a sample, in order."""
    for file in sorted(folder.rglob("*")):
        is_text = file.name == "README.md"
        if not is_text and file.suffix != ".http":
            continue
        text = file.read_text(errors="replace")
        for match in (_CURL if is_text else _HTTP).finditer(text):
            command = fill(match[0].replace("\\\n", " "), settings)
            if _ORIGIN in command:
                line = text.count("\n", 0, match.start()) + 1
                request = Request(f"{file.relative_to(folder).as_posix()}:{line}")
                _read(request, command if is_text else f"curl -X {command}")
                yield request


def _read(request: Request, command: str) -> None:
    """Fill the request in from a curl command line."""
    try:
        words = iter(shlex.split(command)[1:])
    except ValueError as error:
        request.blocked = f"the command can't be read: {error}"
        return
    url = ""
    for word in words:
        if word in ("-H", "--header"):
            name, _, value = next(words, "").partition(":")
            request.headers[name.strip()] = value.strip()
        elif word in ("-X", "--request"):
            request.method = next(words, "")
        elif word in _BODY:
            request.body = next(words, "")
        elif word in _CERTIFICATE:
            next(words, "")
            request.blocked = "presents a client certificate"
        elif word in _VALUE:
            next(words, "")
        elif word in ("|", ">", "&&", ";"):
            break
        elif not word.startswith("-") and not url:
            url = word
    request.method = request.method or ("POST" if request.body else "GET")
    request.path = url.removeprefix(_ORIGIN) or "/"
    request.blocked = request.blocked or _blocked(request)


def _blocked(request: Request) -> str:
    unknown = [
        n for part in (request.path, request.body, *request.headers.values()) for n in missing(part)
    ]
    if unknown:
        return f"needs ${', $'.join(dict.fromkeys(unknown))}"
    if not request.path.startswith("/") or "<" in request.path:
        return f"{request.path!r} is no path"
    return f"sends the file {request.body[1:]}" if request.body.startswith("@") else ""
