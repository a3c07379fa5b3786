"""What this family's rules have in common: faults of one resource, said in one finding.

Owns how what is wrong, and what isn't known yet, becomes a finding. Knows no type and no rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ...certainty import Certainty
from ...model import Finding, Resource

# Of a long list, the first few are enough to mend it by.
_SHOWN: Final = 3


@dataclass(frozen=True)
class Fault:
    """One thing that may be wrong with a resource.

    Attributes:
        where: the property, with the position in a list.
        why: what is wrong with it, as the rest of a sentence that `where` begins.
        certainty: whether it is wrong.
    """

    where: str
    why: str
    certainty: Certainty = Certainty.YES


def unless(proven: Certainty, where: str, why: str) -> Fault:
    """A fault that there is unless something is proven."""
    return Fault(where, why, Certainty(Certainty.YES - proven))


def entries(value: object, where: str) -> list[tuple[str, object]]:
    """The entries of a list property, each with where it stands.

    What isn't a list is its own only entry: absent, not known, or a text where a list belongs, it
    is then judged as what a list holds.
    """
    if isinstance(value, list):
        return [(f"{where}[{number}]", entry) for number, entry in enumerate(value)]
    return [(where, value)]


def finding(resource: Resource, kind: str, faults: Iterable[Fault], mend: str) -> Iterator[Finding]:
    """At most one finding on a resource: all that is wrong, or else what isn't known yet.

    Args:
        resource: what is judged.
        kind: what it is, for the reader.
        faults: what may be wrong with it.
        mend: how to mend it, in whole sentences.

    Yields:
        A finding; undecided where nothing is wrong for certain.
    """
    listed = list(faults)
    wrong = [fault for fault in listed if fault.certainty is Certainty.YES]
    if wrong:
        shown = "; ".join(f"{fault.where} {fault.why}" for fault in wrong[:_SHOWN])
        more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        yield Finding(resource.urn, f"{kind} '{resource.name}': {shown}{more}. {mend}")
        return
    unknown = [fault.where for fault in listed if fault.certainty is Certainty.UNDECIDED]
    if unknown:
        yield Finding(
            resource.urn,
            f"{kind} '{resource.name}': {', '.join(unknown[:_SHOWN])} isn't known, so it can't be "
            "told whether a person is given access. A preview leaves that to the update, which "
            f"refuses what still isn't proven. {mend}",
            decided=False,
        )
