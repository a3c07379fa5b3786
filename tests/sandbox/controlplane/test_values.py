"""The wire encoding keeps what it carries."""

from __future__ import annotations

import json

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from sandbox.controlplane import values
from sandbox.controlplane.values import UNKNOWN, File, Secret

_leaves = st.booleans() | st.text() | st.integers(-(2**53), 2**53) | st.just(UNKNOWN)
_values = st.recursive(
    _leaves,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.builds(Secret, inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), _values))
def test_decoding_gives_back_what_was_encoded(properties: dict[str, object]) -> None:
    assert values.decode(values.encode(properties)) == properties


def test_secret_is_encoded_as_the_engine_knows_it() -> None:
    encoded = json_format.MessageToDict(values.encode({"a": Secret("canary-1")}))
    assert rpc.is_rpc_secret(encoded["a"])


def test_unknowns_of_every_kind_are_unknown() -> None:
    assert values.decode(values.encode({"a": rpc.UNKNOWN}))["a"] is UNKNOWN
    assert (
        values.decode(values.encode({"a": "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7"}))["a"] is UNKNOWN
    )


def test_assets_are_kept_as_they_came() -> None:
    asset = {rpc._special_sig_key: rpc._special_asset_sig, "text": "t", "hash": "h"}
    decoded = values.decode(values.encode({"a": asset}))
    assert isinstance(decoded["a"], File)
    encoded = json_format.MessageToDict(values.encode(decoded))
    assert json.dumps(encoded["a"], sort_keys=True) == json.dumps(asset, sort_keys=True)


@pytest.mark.parametrize("value", [Secret(1), [Secret(1)], {"b": [{"c": Secret(1)}]}])
def test_secret_anywhere_marks_the_whole_property(value: object) -> None:
    names = values.secret_names({"a": value, "b": "plain"})
    assert names == {"a"}
    assert values.mark({"a": 1, "b": 2}, names) == {"a": Secret(1), "b": 2}


def test_nulls_are_absent() -> None:
    assert values.decode(values.encode({"a": None, "b": {"c": None}})) == {"b": {}}
