"""Reading a configuration that has not been typed yet: what isn't of the expected shape is skipped.

So a wrong type in one place doesn't hide mistakes in others; `settings` reports the type itself.
"""

from collections.abc import Callable, Collection, Iterator, Mapping

from components.configuration.errors import Mistake, dotted

Location = tuple[str | int, ...]
Entry = tuple[Location, str]


def mapping(value: object) -> Mapping[str, object]:
    """The value itself where it has keys, else no keys."""
    return value if isinstance(value, dict) else {}


def strings(value: object) -> list[tuple[int, str]]:
    """The texts of a list with their positions."""
    items = enumerate(value) if isinstance(value, list) else ()
    return [(index, item) for index, item in items if isinstance(item, str)]


def number(value: object) -> int | None:
    """The value itself where it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def listed(at: Location, value: object) -> list[Entry]:
    """The texts of a list with their locations."""
    return [((*at, index), item) for index, item in strings(value)]


def keys(at: Location, value: object) -> list[Entry]:
    """The keys of a block with their locations."""
    return [((*at, key), key) for key in mapping(value)]


def repeated(
    entries: Collection[Entry],
    relation: str,
    fold: Callable[[str], str] = str,
    mend: str = "remove one of the two",
) -> Iterator[Mistake]:
    """A mistake for each entry whose text, folded, an earlier entry has too.

    Arguments:
        entries: texts with their locations.
        relation: what the later one does to the earlier one, as it reads before its path.
        fold: what makes two texts equal.
        mend: what to do about it.
    """
    first: dict[str, Location] = {}
    for location, text in entries:
        earlier = first.setdefault(fold(text), location)
        if earlier != location:
            yield Mistake(dotted(location), f"{relation} {dotted(earlier)} again", mend)
