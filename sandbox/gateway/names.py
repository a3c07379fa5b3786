"""Full resource names of the Apigee API, `organizations/o/environments/e`."""

from __future__ import annotations


def last(name: object) -> str:
    """The last segment of a full resource name; a bare name as it is."""
    return str(name or "").rpartition("/")[2]


def after(name: str, collection: str) -> str:
    """The segment that follows the segment `collection`, or the empty text."""
    parts = name.split("/")
    return parts[parts.index(collection) + 1] if collection in parts[:-1] else ""
