"""What can't be looked at is said to be so, and never passes for clean."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from validation.bundles import markup, reading
from validation.bundles.reading import look

POLICY = '<AssignMessage name="AM-None"/>'
CLEAN = '<SharedFlow name="default"><Step><Name>AM-None</Name></Step></SharedFlow>'
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    '<AssignMessage name="AM-None">&b;</AssignMessage>'
)
FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><AssignMessage>&a;</AssignMessage>'


def _flow(folder: Path, policy: str | bytes = POLICY) -> Path:
    root = folder / "sharedflowbundle"
    (root / "policies").mkdir(parents=True)
    (root / "sharedflows").mkdir()
    content = policy if isinstance(policy, bytes) else policy.encode()
    (root / "policies" / "AM-None.xml").write_bytes(content)
    (root / "sharedflows" / "default.xml").write_text(CLEAN)
    return root


def _zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def _reasons(path: Path) -> list[str]:
    return [str(problem) for problem in look(path).problems]


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("<AssignMessage>", "not well-formed"),
        ("", "not well-formed"),
        (b"\xff\xfe\x00", "not well-formed"),
        (LAUGHS, "document type"),
        (FILE, "document type"),
        ("<AssignMessage>&a;</AssignMessage>", "not well-formed"),
    ],
)
def test_xml_that_cannot_be_trusted_is_named_with_its_reason(
    tmp_path: Path, policy: str | bytes, reason: str
) -> None:
    root = _flow(tmp_path, policy)
    (found,) = _reasons(tmp_path)
    assert found.startswith(f"{(root / 'policies' / 'AM-None.xml').as_posix()}: ")
    assert reason in found


def test_an_unreadable_file_does_not_hide_the_rest_of_its_bundle(tmp_path: Path) -> None:
    root = _flow(tmp_path)
    (root / "policies" / "AM-Broken.xml").write_text("<a>")
    looked = look(tmp_path)
    assert [problem.file for problem in looked.problems] == [f"{root}/policies/AM-Broken.xml"]
    assert set(looked.bundles[0].policies) == {"AM-None"}


def test_a_path_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert _reasons(tmp_path / "none") == [f"{tmp_path / 'none'}: no such file or folder"]


def test_a_folder_without_bundles_is_a_problem(tmp_path: Path) -> None:
    (found,) = _reasons(tmp_path)
    assert "no bundle here" in found


def test_an_empty_bundle_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "apiproxy").mkdir()
    (found,) = _reasons(tmp_path)
    assert "is empty" in found


@pytest.mark.parametrize("name", ["policies/AM-Large.xml", "resources/jsc/large.js"])
def test_a_file_above_the_limit_is_a_problem(tmp_path: Path, name: str) -> None:
    large = _flow(tmp_path) / name
    large.parent.mkdir(parents=True, exist_ok=True)
    large.write_bytes(b" " * (markup.LARGEST_FILE + 1))
    (found,) = _reasons(tmp_path)
    assert found.startswith(f"{large}: has 2,097,153 bytes")


def test_a_pipe_in_a_bundle_is_not_read(tmp_path: Path) -> None:
    root = _flow(tmp_path)
    os.mkfifo(root / "policies" / "AM-Pipe.xml")
    assert set(look(tmp_path).bundles[0].policies) == {"AM-None"}


@pytest.mark.parametrize("at", [".", "a", "a/b", "a/b/sharedflowbundle"])
def test_a_bundle_is_found_from_every_folder_above_it(tmp_path: Path, at: str) -> None:
    root = _flow(tmp_path / "a" / "b")
    (bundle,) = look(tmp_path / at).bundles
    assert Path(bundle.path) == root
    assert bundle.name == "b"


def test_the_current_folder_can_be_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(_flow(tmp_path))
    (bundle,) = look(Path()).bundles
    assert bundle.kind == "sharedflowbundle"


def test_all_bundles_beneath_a_folder_are_found_in_order(tmp_path: Path) -> None:
    for name in ("b", "a", ".hidden", "node_modules"):
        _flow(tmp_path / name)
    _zip(tmp_path / "c.zip", {"sharedflowbundle/sharedflows/default.xml": CLEAN.encode()})
    _zip(tmp_path / "other.zip", {"readme.txt": b"no bundle"})
    paths = [Path(bundle.path).relative_to(tmp_path) for bundle in look(tmp_path).bundles]
    assert sorted(map(str, paths)) == [
        "a/sharedflowbundle",
        "b/sharedflowbundle",
        "c.zip/sharedflowbundle",
    ]


def test_a_zip_is_read_as_its_folder_is(tmp_path: Path) -> None:
    files = {
        "sharedflowbundle/x.xml": b'<SharedFlowBundle name="named"/>',
        "sharedflowbundle/policies/AM-None.xml": POLICY.encode(),
        "sharedflowbundle/sharedflows/default.xml": CLEAN.encode(),
    }
    (bundle,) = look(_zip(tmp_path / "x.zip", files)).bundles
    assert (bundle.name, set(bundle.policies)) == ("named", {"AM-None"})
    assert bundle.flows[0].path == f"{tmp_path}/x.zip/sharedflowbundle/sharedflows/default.xml"


def test_a_file_that_is_no_zip_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK no zip")
    (found,) = _reasons(tmp_path / "x.zip")
    assert "not a readable zip" in found
    assert _reasons(tmp_path) == [found]


def test_a_zip_without_a_bundle_is_a_problem_when_it_is_named(tmp_path: Path) -> None:
    archive = _zip(tmp_path / "x.zip", {"other/x.xml": b"<a/>"})
    (found,) = _reasons(archive)
    assert "without apiproxy/" in found


def test_a_zip_never_unpacks_beyond_the_limit(tmp_path: Path) -> None:
    bomb = {"apiproxy/policies/AM-Bomb.xml": b" " * (markup.LARGEST_FILE * 3)}
    (found,) = _reasons(_zip(tmp_path / "x.zip", bomb))
    assert found.endswith("AM-Bomb.xml: unpacks to too many bytes")


def test_a_damaged_entry_of_a_zip_is_a_problem(tmp_path: Path) -> None:
    archive = _zip(tmp_path / "x.zip", {"apiproxy/policies/AM-None.xml": POLICY.encode() * 50})
    content = bytearray(archive.read_bytes())
    content[60:64] = b"\xff\xff\xff\xff"
    archive.write_bytes(content)
    (found,) = _reasons(archive)
    assert "not a readable zip" in found


def test_paths_that_leave_the_bundle_are_not_read() -> None:
    assert not reading.is_read("policies/../../secret.xml")


def test_a_policy_does_not_hide_behind_another_one_of_its_name(tmp_path: Path) -> None:
    root = _flow(tmp_path)
    (root / "policies" / "AM-Second.xml").write_text(POLICY)
    policies = look(tmp_path).bundles[0].policies.values()
    assert {Path(policy.path).name for policy in policies} == {"AM-None.xml", "AM-Second.xml"}
