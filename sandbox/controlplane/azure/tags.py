"""What Azure refuses in tags.

Limits from Microsoft Learn, "Use tags to organize your Azure resources", "Limitations".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.controlplane import errors

_MOST: Final = 50
_LONGEST_NAME: Final = 512
_LONGEST_VALUE: Final = 256
_RESERVED: Final = "<>%&\\?/"


def check(tags: Mapping[str, str]) -> None:
    """Raises CloudError for the first rule that the tags break."""
    if len(tags) > _MOST:
        raise errors.arm(
            400,
            "InvalidTags",
            f"The number of tags on the resource is {len(tags)}, which exceeds the limit of"
            f" {_MOST}.",
        )
    bad = [name for name in tags if any(c in _RESERVED or ord(c) < 32 for c in name)]
    if bad:
        raise errors.arm(
            400,
            "InvalidTagNameCharacters",
            f"The tag names '{', '.join(bad)}' have reserved characters '<,>,%,&,\\,?,/' or control"
            " characters.",
        )
    for name, value in tags.items():
        if not 0 < len(name) <= _LONGEST_NAME:
            raise errors.arm(
                400,
                "InvalidTagName",
                f"The tag name '{name}' must have between 1 and {_LONGEST_NAME} characters.",
            )
        if len(value) > _LONGEST_VALUE:
            raise errors.arm(
                400,
                "InvalidTagValue",
                f"The value of the tag '{name}' must have at most {_LONGEST_VALUE} characters.",
            )
    folded = [name.lower() for name in tags]
    twice = sorted({name for name in folded if folded.count(name) > 1})
    if twice:
        raise errors.arm(
            400,
            "DuplicateTagNames",
            f"Tag names are compared without regard to case: '{', '.join(twice)}' stands twice.",
        )
