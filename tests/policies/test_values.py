"""Property values as rules get them."""

from typing import Any

import pytest
from google.protobuf import struct_pb2
from pulumi_policy import proxy

from policies.pack.certainty import Certainty, at, is_one_of, is_text, is_true
from policies.pack.values import ASSET, UNKNOWN, plain

MARK = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"


def _plain(properties: dict[str, Any]) -> dict[str, object]:
    struct = struct_pb2.Struct()
    struct.update(properties)
    return plain(struct)


@pytest.mark.parametrize("name", [name for name in vars(proxy) if name.startswith("UNKNOWN_")])
def test_unknown_of_every_type_is_marked_in_place_and_all_the_rest_is_kept(name: str) -> None:
    unknown = getattr(proxy, name)
    known: dict[str, object] = {"text": "a", "number": 1.0, "yes": True, "no": False, "null": None}
    properties = {**known, "a": unknown, "b": {**known, "c": [unknown, "d", {"e": unknown}]}}
    marked = {"a": UNKNOWN, "b": {**known, "c": [UNKNOWN, "d", {"e": UNKNOWN}]}}
    assert _plain(properties) == {**known, **marked}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({MARK: SECRET, "value": "canary"}, "canary"),
        ({MARK: SECRET, "value": {"a": {MARK: SECRET, "value": 1.0}}}, {"a": 1.0}),
        ({MARK: SECRET, "value": proxy.UNKNOWN_STRING_VALUE}, UNKNOWN),
        ({MARK: SECRET}, UNKNOWN),
        ({MARK: "c44067f5952c0a294b673a41bacd8c17", "path": "a"}, ASSET),
        ({MARK: "0def7320c3a5731c473e5ecbe6d01bc7", "path": "a"}, ASSET),
        ({MARK: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "u", "id": "i"}, "i"),
        ({MARK: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "u", "id": ""}, UNKNOWN),
        ({MARK: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": "v"}, "v"),
        ({MARK: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}, UNKNOWN),
        ({MARK: "a mark that nobody knows", "value": "v"}, UNKNOWN),
    ],
)
def test_what_the_engine_wraps_is_unwrapped(value: object, expected: object) -> None:
    assert _plain({"a": value, "b": [value]}) == {"a": expected, "b": [expected]}


def test_a_path_ends_where_something_is_absent_or_not_known() -> None:
    properties = {"a": {"b": 1, "null": None, "unknown": UNKNOWN}, "text": "t", "list": [1]}
    assert at(properties, "a", "b") == 1
    for path in (("x",), ("a", "x"), ("a", "null", "c"), ("text", "c"), ("list", "0")):
        assert at(properties, *path) is None
    assert at(properties, "a", "unknown") is UNKNOWN
    assert at(properties, "a", "unknown", "deeper") is UNKNOWN


def test_what_is_not_known_is_undecided_whatever_is_asked() -> None:
    no, undecided, yes = Certainty
    assert [is_true(v) for v in (True, False, "true", 1.0, None)] == [yes, no, no, no, no]
    assert [is_one_of(v, {"a"}) for v in ("A", "b", None)] == [yes, no, no]
    assert [is_text(v) for v in ("a", " ", "", None, 1.0)] == [yes, no, no, no, no]
    for ask in (is_true, is_text, lambda value: is_one_of(value, {"a"})):
        assert ask(UNKNOWN) is undecided
