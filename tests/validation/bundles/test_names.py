"""Which names stand for secrets, and what conditions mention."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.bundles import conditions
from validation.bundles.conditions import Comparison
from validation.bundles.naming import is_flow, looks_secret, may_be_secret
from validation.bundles.variables import in_template

SECRETS = """password db_password client_secret clientSecret private.secret.value apikey apiKey x-api-key
access_token oauth.token accessToken idToken private_key APIKey backend.credentials PASSWORD
request.header.Authorization request.header.cookie"""
OTHERS = """secret.name secret.version token_type expires_in token_seconds totalTokens public_key
rsa_publickey promptTokenCount client_id key cache_key secret.outcome passwordless request.header.accept"""


@pytest.mark.parametrize("name", SECRETS.split())
def test_a_name_of_a_secret_is_known(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize("name", OTHERS.split())
def test_a_name_about_a_secret_is_not_taken_for_one(name: str) -> None:
    assert not looks_secret(name)


@given(st.text())
def test_any_text_can_be_asked_about(text: str) -> None:
    looks_secret(text)
    conditions.variables(text)
    conditions.comparisons(text)
    in_template(text)


@pytest.mark.parametrize("name", ["private.kv.value", "private.entry", "private.oauth.token"])
def test_a_private_variable_may_hold_a_secret(name: str) -> None:
    assert may_be_secret(name)


@pytest.mark.parametrize("name", ["private.login.client_id", "private.backend.host", "kv.value"])
def test_a_private_variable_with_a_plain_name_and_a_public_one_do_not(name: str) -> None:
    assert not may_be_secret(name)


def test_the_flow_is_known_with_and_without_suffix() -> None:
    assert is_flow("azure-key-vault")
    assert is_flow("azure-key-vault-blue")
    assert not is_flow("azure-key-vaults")
    assert not is_flow("my-azure-key-vault")


def test_a_condition_mentions_its_variables_and_no_literal_or_word() -> None:
    text = 'not (kv.step = "a.b") and request.verb Matches "GET" or kv.exp LesserThan 10 and x.y is null'
    assert conditions.variables(text) == {"kv.step", "request.verb", "kv.exp", "x.y"}


def test_only_equality_is_a_comparison() -> None:
    text = 'a.b = "x" and c.d != "y" and e.f ~~ "z" and g.h Equals "w" and i.j == 200'
    assert conditions.comparisons(text) == [
        Comparison("a.b", "x"),
        Comparison("g.h", "w"),
        Comparison("i.j", "200"),
    ]


def test_a_template_reads_variables_and_arguments_but_no_quoted_text() -> None:
    text = '{a.b} {escapeJSON(c.d)} {jsonPath(\'$.e.f\',g.h)} {createUuid()} {"json":{"k":1}}'
    assert in_template(text) == {"a.b", "c.d", "g.h"}
    assert in_template("%a.b# {c.d}", "%", "#") == {"a.b"}
