"""One process of the pack for each phase, shared by all tests of a session."""

from collections.abc import Iterator

import pytest

from tests.policies.fixtures import PHASES, Phase
from tests.policies.served_pack import PACK, ServedPack, served


@pytest.fixture(scope="session")
def packs() -> Iterator[dict[Phase, ServedPack]]:
    with served(PACK, "preview") as preview, served(PACK, "update") as update:
        yield dict(zip(PHASES, (preview, update), strict=True))
