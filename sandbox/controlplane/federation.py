"""Limits of federated credentials that managed identities and applications share.

Microsoft Learn, "Important considerations and restrictions for federated identity credentials".
Each kind's API refuses in its own words, so those stand with the types.
"""

from __future__ import annotations

import re

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}")
MOST = 20
"""Credentials of one identity or application."""
LONGEST = 600
"""Characters of an issuer, a subject, an audience and a description."""
WILDCARD = "*"
