"""A bundle's bytes follow from its sources alone."""

import os
import zipfile
from pathlib import Path

import pytest

from components.gateway import bundles


def _sources(folder: Path, *, order: int = 1) -> Path:
    root = folder / "proxies" / "p" / "apiproxy"
    (root / "policies").mkdir(parents=True)
    for name in ("p.xml", "policies/B.xml", "policies/a.xml")[::order]:
        (root / name).write_text(f"<X>{name}</X>")
    return folder


def test_the_same_sources_give_the_same_bytes_whatever_their_times_modes_and_order(
    tmp_path: Path,
) -> None:
    first = _sources(tmp_path / "1")
    second = _sources(tmp_path / "2", order=-1)
    for index, file in enumerate(sorted(second.rglob("*.xml"))):
        os.utime(file, (index * 10**8, index * 10**8))
        file.chmod(0o600)
    one = bundles.build(bundles.PROXY, "p", first, tmp_path / "out1")
    two = bundles.build(bundles.PROXY, "p", second, tmp_path / "out2")
    assert Path(one).read_bytes() == Path(two).read_bytes()


def test_a_changed_file_or_file_name_changes_the_bytes(tmp_path: Path) -> None:
    sources = _sources(tmp_path / "s")
    seen = set()
    root = sources / "proxies/p/apiproxy"
    for change in (
        lambda: None,
        lambda: (root / "p.xml").write_text("<Y/>"),
        lambda: (root / "p.xml").rename(root / "q.xml"),
    ):
        change()
        seen.add(Path(bundles.build(bundles.PROXY, "p", sources, tmp_path / "out")).read_bytes())
    assert len(seen) == 3


def test_the_order_in_which_a_disk_lists_files_changes_no_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = _sources(tmp_path / "s")
    listed = Path.rglob
    built = []
    for backwards in (False, True):
        monkeypatch.setattr(
            Path, "rglob", lambda p, glob, b=backwards: sorted(listed(p, glob), reverse=b)
        )
        built.append(Path(bundles.build(bundles.PROXY, "p", sources, tmp_path / "o")).read_bytes())
    assert built[0] == built[1]


def test_a_bundle_holds_its_root_folder_with_sorted_entries(tmp_path: Path) -> None:
    sources = _sources(tmp_path / "s")
    (sources / "proxies/p/apiproxy/.DS_Store").write_text("not part of it")
    path = bundles.build(bundles.PROXY, "p", sources, tmp_path / "out")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {i.external_attr >> 16 for i in archive.infolist()} == {0o100644}
        assert archive.namelist() == [
            "apiproxy/p.xml",
            "apiproxy/policies/B.xml",
            "apiproxy/policies/a.xml",
        ]
        assert archive.read("apiproxy/p.xml") == b"<X>p.xml</X>"


def test_the_path_is_relative_so_that_no_machine_shows_in_the_state(
    working_directory: Path,
) -> None:
    assert bundles.build(bundles.PROXY, "orders-v1") == ".build/bundles/orders-v1.zip"
    assert (working_directory / ".build/bundles/orders-v1.zip").is_file()


def test_a_failed_build_leaves_the_old_bundle_and_no_rest(
    working_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = working_directory / bundles.build(bundles.PROXY, "orders-v1")
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", fail)
    with pytest.raises(OSError, match="disk full"):
        bundles.build(bundles.PROXY, "orders-v1")
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["orders-v1.zip"]


def test_missing_and_empty_sources_are_named(tmp_path: Path) -> None:
    with pytest.raises(bundles.BundleError, match="proxies/p/apiproxy: there is no such folder"):
        bundles.build(bundles.PROXY, "p", tmp_path, tmp_path / "out")
    (tmp_path / "proxies/p/apiproxy/policies").mkdir(parents=True)
    with pytest.raises(bundles.BundleError, match="there are no files"):
        bundles.build(bundles.PROXY, "p", tmp_path, tmp_path / "out")


def test_a_link_is_refused(tmp_path: Path) -> None:
    sources = _sources(tmp_path / "s")
    (sources / "proxies/p/apiproxy/link.xml").symlink_to("/etc/hostname")
    with pytest.raises(bundles.BundleError, match=r"link\.xml: is a link"):
        bundles.build(bundles.PROXY, "p", sources, tmp_path / "out")


def test_only_folders_with_sources_are_available(working_directory: Path) -> None:
    (working_directory / "apigee/proxies/empty").mkdir()
    assert bundles.available(bundles.PROXY) == ["orders-v1"]
    assert bundles.available(bundles.SHARED_FLOW) == ["azure-key-vault"]


def test_a_suffix_changes_the_bundles_name_and_the_shared_flows_of_this_program_alone(
    working_directory: Path,
) -> None:
    root = working_directory / "apigee/proxies/orders-v1/apiproxy"
    (root / "policies").mkdir()
    called = "<FlowCallout><SharedFlowBundle>%s</SharedFlowBundle></FlowCallout>"
    (root / "bundle.xml").write_text('<APIProxy revision="1" name="orders-v1"/>')
    (root / "policies/own.xml").write_text(called % "azure-key-vault")
    (root / "policies/other.xml").write_text(called % "azure-key-vault-of-others")
    before = bundles.build(bundles.PROXY, "orders-v1")
    plain = Path(before).read_bytes()
    (after,) = bundles.build_all(bundles.PROXY, ["orders-v1"], "team-a").values()
    assert after != before  # another stack may be uploading that one right now
    with zipfile.ZipFile(after) as archive:
        found = {
            name.rpartition("/")[2]: archive.read(name).decode() for name in archive.namelist()
        }
    assert found == {
        "bundle.xml": '<APIProxy revision="1" name="orders-v1-team-a"/>',
        "own.xml": called % "azure-key-vault-team-a",
        "other.xml": called % "azure-key-vault-of-others",
    }
    bundles.build(bundles.PROXY, "orders-v1")
    assert Path(before).read_bytes() == plain
