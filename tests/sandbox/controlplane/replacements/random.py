"""What a change of each input does to the types of the random provider.

From the documentation of Terraform's `random_string`.
"""

from __future__ import annotations

from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.replacements.row import Row

ROWS: tuple[Row, ...] = (
    Row(
        rig.RANDOM_STRING,
        create_first=(
            "keepers length lower minLower minNumeric minSpecial minUpper number numeric "
            "overrideSpecial special upper"
        ),
    ),
)
