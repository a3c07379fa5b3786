"""What recovery is told: by which id an import takes over an object that is there already."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox import process, world
from sandbox.client import Sandbox
from sandbox.paths import Paths

CONFIGURATION = {"project": world.PROJECT_ID}
MEMBER = f"serviceAccount:{world.DEPLOYER_ACCOUNT}"
MEMBERS = "gcp:projects/iAMMember:IAMMember"
OWNER = {"project": world.PROJECT_ID, "role": "roles/owner", "member": MEMBER}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    paths = Paths(tmp_path_factory.mktemp("existing") / "sandbox")
    yield Sandbox(paths, process.start(paths)[0])
    process.stop(paths)


def test_an_iam_member_is_told_by_what_its_provider_imports_it_by(sandbox: Sandbox) -> None:
    told = sandbox.existing(MEMBERS, OWNER, CONFIGURATION)
    assert told == f"{world.PROJECT_ID} roles/owner {MEMBER}"


def test_most_objects_are_told_by_their_ids(sandbox: Sandbox) -> None:
    service = "cloudresourcemanager.googleapis.com"
    told = sandbox.existing("gcp:projects/service:Service", {"service": service}, CONFIGURATION)
    assert told == f"{world.PROJECT_ID}/{service}"


@pytest.mark.parametrize(
    ("type_", "inputs"),
    [
        # Made once more, it is the same: its provider has no import.
        (
            "gcp:projects/serviceIdentity:ServiceIdentity",
            {"service": "apigee.googleapis.com"},
        ),
        (MEMBERS, {**OWNER, "role": "roles/viewer"}),
        (MEMBERS, {"project": world.PROJECT_ID}),
    ],
)
def test_what_cannot_be_imported_or_is_not_there_is_not_told(
    sandbox: Sandbox, type_: str, inputs: dict[str, str]
) -> None:
    assert sandbox.existing(type_, inputs, CONFIGURATION) is None
