"""All rows."""

from __future__ import annotations

from tests.sandbox.controlplane.replacements import apigee, azure, entra, google, random
from tests.sandbox.controlplane.replacements.row import Row

ROWS: tuple[Row, ...] = (*azure.ROWS, *entra.ROWS, *google.ROWS, *apigee.ROWS, *random.ROWS)
