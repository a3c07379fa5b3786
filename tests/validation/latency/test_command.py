"""The command, as its users run it: what it prints, and its exit codes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from tests.validation.latency.lines_of import BEGIN, line
from validation import stack_file
from validation.cli import app
from validation.latency.command import since
from validation.latency.sources import SourceError

ROOT = Path(__file__).parents[3]


def _file(folder: Path, lines: Iterable[object], array: bool = False) -> str:
    path = folder / "lines.json"
    if array:
        path.write_text(json.dumps(list(lines), indent=2))
    else:
        texts = (one if isinstance(one, str) else json.dumps(one) for one in lines)
        path.write_text("".join(f"{text}\n" for text in texts))
    return str(path)


def _run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["latency", *arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_the_report_has_each_leg_and_the_block_to_paste(tmp_path: Path) -> None:
    code, told, _ = _run("--file", _file(tmp_path, [line(n) for n in range(200)]))
    assert code == 1
    assert "dev / orders-backend-key" in told
    assert re.search(r"vault +fetched +200 +40 +40 +40\n", told)
    assert re.search(r"total +fetched +200 +42 +42 +42\n", told)


def test_the_block_to_paste_is_taken_by_the_stacks_declaration(tmp_path: Path) -> None:
    """What it says is pasted where it says, and the declaration is read again."""
    lines = [line(n, environment="alpha") for n in range(200)]
    _, told, _ = _run("--file", _file(tmp_path, lines))
    tree = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())
    environments = tree["config"]["apigee-keyvault:environments"]
    ((secret, environment, block),) = re.findall(
        r"Under secrets, (.*), of the environment (.*):\n +(cache: .*)\n", told
    )
    environments[environment]["secrets"][secret] |= yaml.safe_load(block)
    (tmp_path / "Pulumi.local.yaml").write_text(yaml.safe_dump(tree))
    (tmp_path / "apigee").symlink_to(ROOT / "apigee")
    settings = stack_file.load("local", tmp_path)
    cache = settings.environments["alpha"].secrets["orders-backend-key"].cache
    assert cache is not None
    assert (cache.seconds, cache.measured_milliseconds) == (30, 40)


@pytest.mark.parametrize("array", [False, True])
def test_an_export_of_cloud_logging_is_read_whatever_its_form(tmp_path: Path, array: bool) -> None:
    entries = [{"insertId": "x", "jsonPayload": line(n)} for n in range(200)]
    code, told, _ = _run("--file", _file(tmp_path, entries, array), "--json")
    assert code == 1
    (secret,) = json.loads(told)["secrets"]
    assert secret["cache"] == {"seconds": 30, "measuredMilliseconds": 40.0}


def test_lines_come_by_standard_input_too() -> None:
    stdin = "".join(json.dumps(line(n, vault=5)) + "\n" for n in range(200))
    code, told, _ = _run("--file", "-", stdin=stdin)
    assert code == 0
    assert "A cache would gain nothing." in told


def test_lines_that_are_no_calls_are_counted_and_end_nothing(tmp_path: Path) -> None:
    lines = ['{"trunc', "", "null", {"textPayload": "x"}, *[line(n) for n in range(5)]]
    code, told, left = _run("--file", _file(tmp_path, lines), "--json")
    assert code == 0
    assert json.loads(told)["unread"] == {"has no text 'environment'": 1, "is no JSON object": 2}
    assert "left out: 2 lines: is no JSON object\n" in left
    assert "left out: 1 line: has no text 'environment'\n" in left


def test_a_files_lines_are_taken_from_a_moment_on_where_one_is_asked_for(tmp_path: Path) -> None:
    now = datetime.now(UTC).timestamp() - BEGIN
    path = _file(tmp_path, [line(now - hours * 3600) for hours in (1, 20, 30, 900)])
    for arguments, reads in (([], 4), (["--since", "24h"], 2), (["--since", "90m"], 1)):
        _, told, _ = _run("--file", path, "--json", *arguments)
        (secret,) = json.loads(told)["secrets"]
        assert secret["reads"] == reads


def test_a_keys_operations_have_a_part_of_their_own(tmp_path: Path) -> None:
    lines = [line(n, operation=("read", "sign")[n % 2]) for n in range(4)]
    _, told, _ = _run("--file", _file(tmp_path, lines))
    assert re.findall("^dev / .*$", told, re.MULTILINE) == [
        "dev / orders-backend-key",
        "dev / orders-backend-key (sign)",
    ]


def test_one_environments_lines_are_looked_at_alone(tmp_path: Path) -> None:
    lines = [line(n, environment=("dev", "test")[n % 2]) for n in range(10)]
    _, told, _ = _run("--file", _file(tmp_path, lines), "--environment", "test")
    assert "test / orders-backend-key" in told
    assert "dev /" not in told


def test_a_declared_cache_is_judged_by_the_stacks_declaration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    lines = [
        line(n, vault=3, environment="beta", secret="invoices-backend-key") for n in range(200)
    ]
    path = _file(tmp_path, lines)
    assert _run("--file", path)[0] == 0
    code, told, _ = _run("--file", path, "-s", "local")
    assert code == 1
    assert "The cache gains nothing: remove the block." in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "give a stack (-s STACK) or a file of lines (--file LINES)"),
        (["-s", "nowhere"], "there is no such file; stacks with one: dev, local, prod"),
        (["-s", "local", "--since", "soon"], "--since 'soon' is no duration"),
        (["--file", "absent.json"], "absent.json: can't be read: No such file or directory"),
        (["--file", "."], ".: can't be read: Is a directory"),
    ],
)
def test_what_cannot_be_looked_at_is_told_with_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(ROOT)
    code, printed, said = _run(*arguments)
    assert (code, printed) == (2, "")
    assert told in said


@pytest.mark.parametrize("lines", [[], ["x"], [line(environment="dev")]])
def test_no_calls_are_nothing_to_look_at(tmp_path: Path, lines: list[object]) -> None:
    code, _, said = _run("--file", _file(tmp_path, lines), "--environment", "prod")
    assert code == 2
    assert "no call of the shared flow of the environment prod in" in said


def test_a_mistaken_declaration_is_told_with_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())
    tree["config"]["apigee-keyvault:environments"]["alpha"]["hostname"] = ["x"]
    (tmp_path / "Pulumi.local.yaml").write_text(yaml.safe_dump(tree))
    (tmp_path / "apigee" / "proxies" / "orders-v1" / "apiproxy").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    code, _, said = _run("-s", "local")
    assert code == 2
    assert "environments.alpha.hostname" in said


@pytest.mark.parametrize(("text", "seconds"), [("90m", 5400), ("24h", 86400), ("7d", 604800)])
def test_a_duration_leads_back_that_far(text: str, seconds: int) -> None:
    now = datetime(2026, 11, 25, tzinfo=UTC)
    assert (now - since(text, now)).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "0h", "-1h", "1w", "h", "1.5h", "99999d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match="give 90m, 24h or 7d"):
        since(text, datetime(2026, 11, 25, tzinfo=UTC))
