"""The `.feature` files of a sample: scenarios in the words of apickli, the samples' test library.

Owns the words that are known; a scenario with another one is told, not run. The values that a
scenario compares with are regular expressions, as there.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

from lxml import etree

from sandbox.gateway import paths
from sandbox.trial.settings import fill, missing
from sandbox.trial.stage import HOST, Answer
from sandbox.trial.trials import Trial

_Send = Callable[[str, str, dict[str, str], bytes], Answer]
_Table = list[list[str]]
_Step = tuple[str, _Table]

_TARGET = re.compile(r"Apickli\(\s*[\"']https[\"']\s*,([^)]*)\)", re.DOTALL)
_OPERAND = re.compile(r"process\.env\.([A-Z0-9_]+)|[\"']([^\"']*)[\"']")
_SEND = r"I (GET|POST to|PUT|DELETE|PATCH|request OPTIONS for) (\S+)"
_KEYWORD = re.compile(r"(?:Given|When|Then|And|But)\s+(.*)")


class _UnknownError(Exception):
    """A value or a step that nothing here knows; the argument says which."""


def run_features(
    folder: Path, settings: dict[str, str], send: _Send, is_ours: Callable[[str], bool]
) -> Iterator[Trial]:
    """Every scenario of a sample that goes to paths that are ours, with what came of it."""
    base, blocked = _base(folder, settings)
    kept: dict[str, str] = {}
    for file in sorted(folder.rglob("*.feature")):
        for name, steps in _scenarios(file.read_text(errors="replace")):
            where = f"{file.name}: {name}"
            if blocked:
                yield Trial(where, "not sent", blocked)
                continue
            if not all(is_ours(f"{base}{path}") for path in _paths(steps)):
                continue
            yield _Scenario(base, kept, send).run(where, steps)


def _base(folder: Path, settings: dict[str, str]) -> tuple[str, str]:
    """The path that the scenarios' paths go on from, or why it isn't known."""
    for file in sorted(folder.rglob("*.js")):
        match = _TARGET.search(file.read_text(errors="replace"))
        if match is not None:
            text = "".join(
                f"${{{name}}}" if name else literal for name, literal in _OPERAND.findall(match[1])
            )
            filled = fill(text, settings)
            if missing(filled) or not filled.startswith(HOST):
                return "", f"the tests' address is {text}, which no script sets to a fixed text"
            return filled.removeprefix(HOST), ""
    return "", "the tests don't say which address they go to"


def _scenarios(text: str) -> Iterator[tuple[str, list[_Step]]]:
    """Scenarios by name; one with examples once for each, background steps first."""
    background: list[_Step] = []
    current: list[_Step] | None = None
    name, examples, in_examples = "", list[list[str]](), False
    lines = [*map(str.strip, text.splitlines()), "Scenario: "]
    for line in lines:
        heading = re.match(r"(Scenario(?: Outline)?|Background):\s*(.*)", line)
        if heading is not None:
            if current is not None:
                yield from _expanded(name, [*background, *current], examples)
            name, examples, in_examples = heading[2], [], False
            current = None if heading[1] == "Background" else []
        elif line.startswith("Examples:"):
            in_examples = True
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            steps = background if current is None else current
            (examples if in_examples else steps[-1][1] if steps else examples).append(cells)
        elif (step := _KEYWORD.match(line)) is not None:
            (background if current is None else current).append((step[1], []))


def _expanded(name: str, steps: list[_Step], examples: _Table) -> Iterator[tuple[str, list[_Step]]]:
    if not examples:
        yield name, steps
        return
    for number, row in enumerate(examples[1:], start=1):
        values = dict(zip(examples[0], row, strict=False))
        yield f"{name} {number}", [(_placed(text, values), table) for text, table in steps]


def _placed(text: str, values: dict[str, str]) -> str:
    return re.sub(r"<([^<>]+)>", lambda match: values.get(match[1], match[0]), text)


def _paths(steps: list[_Step]) -> list[str]:
    found = [re.fullmatch(_SEND, text) for text, _ in steps]
    return [match[2] for match in found if match is not None]


class _Scenario:
    """One scenario under way. `kept` holds values that outlive it, and counts for all of them."""

    def __init__(self, base: str, kept: dict[str, str], send: _Send) -> None:
        self._base = base
        self._kept = kept
        self._send = send
        self._headers: dict[str, str] = {}
        self._query = ""
        self._body = b""
        self._answer: Answer | None = None
        self._stated = False

    def run(self, where: str, steps: list[_Step]) -> Trial:
        """Take the steps in order."""
        try:
            wrong = next((found for step in steps if (found := self._take(*step))), "")
        except _UnknownError as error:
            return Trial(where, "not sent", str(error))
        answer = self._answer
        if answer is None:
            return Trial(where, "not sent", "the scenario sends nothing")
        if answer.out_of_reach:
            detail = f"{', '.join(answer.out_of_reach)}; answered {answer.status}"
            return Trial(where, "needs", detail)
        if wrong:
            return Trial(where, "not as stated", f"{wrong}; answered {answer.status}")
        return Trial(where, "as stated" if self._stated else "answered", str(answer.status))

    def _take(self, text: str, table: _Table) -> str:
        """Take one step; returns what isn't as the scenario states."""
        for expression, act in _ACTIONS.items():
            if (match := re.fullmatch(expression, text)) is not None:
                act(self, [self._filled(group) for group in match.groups()], table)
                return ""
        for expression, check in _CHECKS.items():
            if (match := re.fullmatch(expression, text)) is not None:
                if self._answer is None:
                    raise _UnknownError(f"the step {text!r} comes before any request")
                self._stated = True
                values = [self._filled(group) for group in match.groups()]
                return "" if check(self._answer, *values) else f"{text!r} doesn't hold"
        raise _UnknownError(f"the step {text!r} is none of the library's")

    def _filled(self, text: str) -> str:
        def value(match: re.Match[str]) -> str:
            if match[1] not in self._kept:
                raise _UnknownError(f"needs `{match[1]}`, which the deploy script makes")
            return self._kept[match[1]]

        return re.sub(r"`([^`]+)`", value, text)

    def send(self, values: list[str], table: _Table) -> None:
        """`I GET /path` and the like."""
        method = values[0].split()[0].replace("request", "OPTIONS")
        query = f"{'&' if '?' in values[1] else '?'}{self._query}" if self._query else ""
        path = f"{self._base}{values[1]}{query}"
        self._answer = self._send(method, path, self._headers, self._body)

    def set_header(self, values: list[str], table: _Table) -> None:
        """`I set NAME header to VALUE`; the samples put quotes around some values."""
        self._headers[values[0]] = values[1].removeprefix('"').removesuffix('"')

    def set_body(self, values: list[str], table: _Table) -> None:
        """`I set body to TEXT`."""
        self._body = values[0].encode()

    def set_form(self, values: list[str], table: _Table) -> None:
        """`I set form parameters to` and a table."""
        self._body = urlencode(self._pairs(table)).encode()
        self._headers["Content-Type"] = "application/x-www-form-urlencoded"

    def set_query(self, values: list[str], table: _Table) -> None:
        """`I set query parameters to` and a table."""
        self._query = urlencode(self._pairs(table))

    def set_credentials(self, values: list[str], table: _Table) -> None:
        """`I have basic authentication credentials NAME and PASSWORD`."""
        encoded = base64.b64encode(":".join(values).encode()).decode()
        self._headers["Authorization"] = f"Basic {encoded}"

    def keep(self, values: list[str], table: _Table) -> None:
        """`I store the raw value TEXT as NAME in … scope`."""
        self._kept[values[1]] = values[0]

    def keep_found(self, values: list[str], table: _Table) -> None:
        """`I store the value of body path PATH as NAME in … scope`."""
        found = _found(self._answer, values[0])
        if found:
            self._kept[values[1]] = found[0]

    def _pairs(self, table: _Table) -> list[tuple[str, str]]:
        return [(row[0], self._filled(row[1])) for row in table[1:] if len(row) > 1]


_ACTIONS: dict[str, Callable[[_Scenario, list[str], _Table], None]] = {
    _SEND: _Scenario.send,
    r"I set (\S+) header to (.*)": _Scenario.set_header,
    r"I set body to (.*)": _Scenario.set_body,
    r"I set form parameters to": _Scenario.set_form,
    r"I set query parameters to": _Scenario.set_query,
    r"I have basic authentication credentials (\S+) and (\S+)": _Scenario.set_credentials,
    r"I store the raw value (.*) as (\S+) in (?:global|scenario) scope": _Scenario.keep,
    r"I store the value of body path (\S+) as (\S+) in (?:global|scenario) scope": (
        _Scenario.keep_found
    ),
}


def _found(answer: Answer | None, path: str) -> list[str]:
    try:
        document = json.loads(answer.text if answer is not None else "")
        return [paths.as_text(value) for value in paths.compile_path(path)(document)]
    except (ValueError, RecursionError):
        return []


def _matches(expression: str, text: str) -> bool:
    try:
        return re.search(expression, text) is not None
    except re.error:
        return expression in text


def _is_json(answer: Answer) -> bool:
    try:
        json.loads(answer.text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_xml(answer: Answer) -> bool:
    try:
        etree.fromstring(answer.text.encode(), etree.XMLParser(resolve_entities=False))
    except (ValueError, etree.XMLSyntaxError):
        return False
    return True


_CHECKS: dict[str, Callable[..., bool]] = {
    r"response code should be (\d{3})": lambda answer, code: answer.status == int(code),
    r"response code should not be (\d{3})": lambda answer, code: answer.status != int(code),
    r"response body path (\S+) should be (.+)": lambda answer, path, expected: any(
        _matches(expected, found) for found in _found(answer, path)
    ),
    r"response header (\S+) should be (.+)": lambda answer, name, expected: _matches(
        expected, answer.headers.get(name, "")
    ),
    r"response header (\S+) should exist": lambda answer, name: name in answer.headers,
    r"response header (\S+) should not exist": lambda answer, name: name not in answer.headers,
    r"response body should be valid json": _is_json,
    r"response body should be valid xml": _is_xml,
    r"response body should contain (.+)": lambda answer, text: _matches(text, answer.text),
    r"response body should not contain (.+)": lambda answer, text: not _matches(text, answer.text),
}
