"""Which conditions of role assignments can be read, and which Azure's documented syntax refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.controlplane.azure import conditions

_ATTRIBUTE = "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name]"
_DELEGATION = """
(
 (
  !(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})
 )
 OR
 (
  @Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId]
   ForAnyOfAnyValues:GuidEquals {4633458b-17de-408a-b874-0445c86b69e6}
  AND
  @Request[Microsoft.Authorization/roleAssignments:PrincipalType]
   ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal', 'Group'}
 )
)
AND
(
 !(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})
)
"""


@pytest.mark.parametrize(
    "condition",
    [
        _DELEGATION,
        f"{_ATTRIBUTE} StringEquals 'a'",
        f"({_ATTRIBUTE} StringLike 'a*') AND ({_ATTRIBUTE} StringNotEquals 'ab')",
        f"({_ATTRIBUTE} StringEquals 'a' && {_ATTRIBUTE} StringEquals 'b') || Exists {_ATTRIBUTE}",
        f"NOT Exists {_ATTRIBUTE}",
        "!(ActionMatches{'A/read'} AND NOT SubOperationMatches{'Blob.List'})",
        "@Request[Microsoft.Storage/blobs/tags:Project<$key_case_sensitive$>] StringEquals 'x'",
        "@Request[Microsoft.Storage/blobs:versionId] DateTimeEquals '2022-06-01T00:00:00.0Z'",
        "@Resource[Microsoft.Storage/storageAccounts:isHnsEnabled] BoolEquals true",
        "@Environment[UtcNow] DateTimeGreaterThan '2023-05-01T13:00:00.000Z'",
        "{10, 20} ForAnyOfAllValues:NumericLessThan {15, 18}",
    ],
)
def test_what_the_documentation_shows_is_read(condition: str) -> None:
    conditions.check(condition)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("", "an expression"),
        ("true", "an operator of comparison"),
        ("nonsense", "an expression at 'nonsense'"),
        (_ATTRIBUTE, "an operator of comparison"),
        (f"{_ATTRIBUTE} Equals 'a'", "an operator of comparison"),
        (f"{_ATTRIBUTE} stringEquals 'a'", "an operator of comparison"),
        (f"{_ATTRIBUTE} StringEquals", "attribute or string"),
        (f"{_ATTRIBUTE} StringEquals a", "attribute or string"),
        (f"{_ATTRIBUTE} StringEquals 'a", "something that belongs"),
        (f"{_ATTRIBUTE} StringEquals 7", "values of its own type"),
        (f"{_ATTRIBUTE} ForAnyOfAnyValues:StringStartsWith {{'a'}}", "an operator of comparison"),
        (f"{_ATTRIBUTE} ForAnyOfAnyValues:StringEquals {{'a',}}", "string or guid"),
        (f"{_ATTRIBUTE} ForAnyOfAnyValues:StringEquals {{}}", "string or guid"),
        (f"({_ATTRIBUTE} StringEquals 'a'", r"expected \)"),
        (f"{_ATTRIBUTE} StringEquals 'a')", r"AND, OR or the end at '\)'"),
        (f"Exists {_ATTRIBUTE} AND Exists {_ATTRIBUTE} OR Exists {_ATTRIBUTE}", "parentheses"),
        ("@Subject[name] StringEquals 'a'", "something that belongs"),
        ("ActionMatches{A/read}", "expected string"),
        ("NOT", "an expression"),
        ("(" * 8_000, "50 levels"),
        ("!" * 8_000, "50 levels"),
    ],
)
def test_what_the_documentation_does_not_have_is_refused_with_its_place(
    condition: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        conditions.check(condition)


_PIECES = [*"(){},! ", "'a'", "7", "AND", "OR", "NOT", _ATTRIBUTE, "StringEquals", "Exists", "é"]


@given(st.lists(st.sampled_from(_PIECES), max_size=30).map(" ".join) | st.text(max_size=60))
def test_no_text_is_more_than_read_or_refused(condition: str) -> None:
    try:
        conditions.check(condition)
    except ValueError:
        return
    conditions.check(f"({condition}) AND NOT ({condition})")
