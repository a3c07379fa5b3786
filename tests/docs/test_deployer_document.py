"""docs/deployer.md lists what the code gives, right for right."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from components.deployer import azure_needs, conditions, google_needs
from components.deployer.need import Need
from components.identity.gateway_identity import LOG_ROLE
from components.roles import ASSIGNED
from tests.docs import documents

_LISTS = {
    "### By a custom role, on each": azure_needs.BY_CUSTOM_ROLE,
    "### By *Role Based Access": azure_needs.BY_CONDITION,
    "### By an administrator": azure_needs.BY_PERSONS,
    "### By a custom role of the project": google_needs.BY_CUSTOM_ROLE,
    "### By a second one": google_needs.BY_CONDITION,
}


@pytest.mark.parametrize(("heading", "needs"), _LISTS.items(), ids=list(_LISTS))
def test_the_tables_are_the_lists(heading: str, needs: Mapping[str, Need]) -> None:
    assert documents.table("deployer", heading) == [
        [
            f"`{type_}`",
            ", ".join(f"`{right}`" for right in need.rights),
            need.why,
            need.source,
        ]
        for type_, need in needs.items()
    ]


def test_the_roles_that_may_be_assigned_are_those_of_the_condition() -> None:
    assert documents.table("deployer", "to itself:") == [
        [role.name, f"`{role.guid}`"] for role in ASSIGNED
    ]


def test_googles_condition_is_quoted_as_it_is_sent() -> None:
    assert f"`{conditions.google([LOG_ROLE])}`" in documents.text("deployer")
