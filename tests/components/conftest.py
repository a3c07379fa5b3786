"""Fixtures of the components' tests: both phases of the engine, and a working directory to pack."""

from pathlib import Path

import pytest


@pytest.fixture(params=[True, False], ids=["preview", "update"])
def preview(request: pytest.FixtureRequest) -> bool:
    """Whether the engine previews: computed outputs are unknown then."""
    return bool(request.param)


@pytest.fixture
def working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with small bundles under `apigee/`, as the program's working directory."""
    for bundle in ("sharedflows/azure-key-vault/sharedflowbundle", "proxies/orders-v1/apiproxy"):
        root = tmp_path / "apigee" / bundle
        root.mkdir(parents=True)
        (root / "bundle.xml").write_text(f"<Bundle>{bundle}</Bundle>")
    monkeypatch.chdir(tmp_path)
    return tmp_path
