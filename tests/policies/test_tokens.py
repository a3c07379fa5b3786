"""The normal form of type tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.pack.tokens import normalise

_SETTING = "azure-native:monitor:diagnosticsetting"


@pytest.mark.parametrize(
    "token",
    [
        "azure-native:keyvault:Vault",
        "azure-native:keyvault/v20230701:Vault",
        "azure-native:keyvault/v20240401preview:Vault",
        "azure-native_keyvault_v20260201:keyvault/v20260201:Vault",
        "AZURE-NATIVE:KEYVAULT:VAULT",
    ],
)
def test_version_package_and_case_make_no_other_type(token: str) -> None:
    assert normalise(token) == "azure-native:keyvault:vault"


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("azuread:index/groupMember:GroupMember", "azuread:index:groupmember"),
        ("gcp:projects/iAMMember:IAMMember", "gcp:projects:iammember"),
        ("my_package:keyvault:Vault", "my_package:keyvault:vault"),
        ("pulumi:providers:azure-native", "pulumi:providers:azure-native"),
        ("no-colons", "no-colons"),
        ("azure-native:insights/v20210501preview:DiagnosticSetting", _SETTING),
        ("azure-native:monitor:DiagnosticSetting", _SETTING),
        ("one:Colon", "one:colon"),
        ("", ""),
    ],
)
def test_other_tokens_keep_what_tells_them_apart(token: str, expected: str) -> None:
    assert normalise(token) == expected


@given(st.text())
def test_any_text_is_normalised_once_and_for_all(token: str) -> None:
    once = normalise(token)
    assert normalise(once) == once
