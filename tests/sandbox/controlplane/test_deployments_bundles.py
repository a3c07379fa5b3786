"""Bundles and their revisions."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.controlplane.values import UNKNOWN
from sandbox.gateway.revisions import Revisions
from tests.sandbox.controlplane.deployables import (
    API_INPUTS,
    FLOW_INPUTS,
    RAISE,
    write_api,
    write_flow,
)
from tests.sandbox.controlplane.rig import API, FLOW, ORGANIZATION, Clouds, Refused


@pytest.fixture(autouse=True)
def bundles(clouds: Clouds) -> None:
    write_flow(clouds)
    write_api(clouds)


def test_bundle_is_found_in_the_launchs_own_directory(clouds: Clouds, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(Refused, match=r"open flow\.zip: no such file or directory.*other"):
        clouds.launch("gcp", other).create(FLOW, FLOW_INPUTS)
    clouds.gcp.create(FLOW, FLOW_INPUTS)


def test_bundle_that_cannot_run_is_refused_and_leaves_no_revision(clouds: Clouds) -> None:
    (clouds.directory / "flow.zip").write_bytes(b"no zip")
    with pytest.raises(Refused, match="Error 400"):
        clouds.gcp.create(FLOW, FLOW_INPUTS)
    assert Revisions(clouds.cloud.store).numbers("sharedflow", "flow") == []


def test_changed_content_is_a_change_and_a_new_revision(clouds: Clouds) -> None:
    made = clouds.gcp.create(FLOW, FLOW_INPUTS)
    assert clouds.gcp.diff(made, FLOW_INPUTS).changed == set()
    write_flow(clouds, RAISE.replace("RF", "Other"), "Other")
    assert clouds.gcp.diff(made, FLOW_INPUTS).changed == {"detectMd5hash"}
    preview = clouds.gcp.update(made, FLOW_INPUTS, preview=True)
    assert preview["latestRevisionId"] is UNKNOWN
    clouds.gcp.update(made, FLOW_INPUTS)
    assert (made["latestRevisionId"], made["revisions"]) == ("2", ["1", "2"])
    assert clouds.gcp.diff(made, FLOW_INPUTS).changed == set()


def test_bundle_under_another_path_is_a_new_revision_and_a_setting_of_the_providers_is_none(
    clouds: Clouds,
) -> None:
    made = clouds.gcp.create(FLOW, FLOW_INPUTS)
    clouds.gcp.update(made, {**FLOW_INPUTS, "deletionPolicy": "ABANDON"})
    assert made["revisions"] == ["1"]
    (clouds.directory / "moved.zip").write_bytes((clouds.directory / "flow.zip").read_bytes())
    clouds.gcp.update(made, {**FLOW_INPUTS, "configBundle": "moved.zip"})
    assert made["revisions"] == ["1", "2"]


def test_import_under_a_used_name_adds_a_revision(clouds: Clouds) -> None:
    clouds.gcp.create(API, API_INPUTS)
    write_api(clouds, basepath="/other")
    assert clouds.gcp.create(API, API_INPUTS)["revisions"] == ["1", "2"]


def test_imported_bundle_is_uploaded_again(clouds: Clouds) -> None:
    made = clouds.gcp.create(FLOW, FLOW_INPUTS)
    imported = clouds.gcp.import_(FLOW, made.id)
    assert imported is not None
    assert imported["md5hash"] == "UNKNOWN"
    assert clouds.gcp.diff(imported, FLOW_INPUTS).changed == {"configBundle", "detectMd5hash"}


def test_refresh_notices_that_somebody_else_imported_a_bundle(clouds: Clouds) -> None:
    made = clouds.gcp.create(FLOW, FLOW_INPUTS)
    unchanged = clouds.gcp.read(made)
    assert unchanged is not None
    assert clouds.gcp.diff(unchanged, FLOW_INPUTS).changed == set()
    clouds.cloud.clock.advance(1)
    clouds.gcp.create(FLOW, FLOW_INPUTS)
    found = clouds.gcp.read(made)
    assert found is not None
    assert clouds.gcp.diff(found, FLOW_INPUTS).changed == {"detectMd5hash"}


def test_organization_is_bare(clouds: Clouds) -> None:
    with pytest.raises(Refused, match="Error 403"):
        clouds.gcp.create(FLOW, {**FLOW_INPUTS, "orgId": ORGANIZATION})


def test_at_most_250_revisions_are_kept(clouds: Clouds) -> None:
    made = clouds.gcp.create(FLOW, FLOW_INPUTS)
    revisions = Revisions(clouds.cloud.store)
    for _ in range(249):
        revisions.add("sharedflow", "flow", b"")
    write_flow(clouds, RAISE.replace("RF", "Other"), "Other")
    with pytest.raises(Refused, match="250 revisions"):
        clouds.gcp.update(made, FLOW_INPUTS)
    assert len(revisions.numbers("sharedflow", "flow")) == 250
