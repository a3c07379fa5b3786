"""What the documentation of AssertCondition promises."""

from __future__ import annotations

import pytest

from sandbox.gateway.bundle import BundleError
from tests.sandbox.gateway.policies.support import loaded, shown
from tests.sandbox.gateway.rig import Site


@pytest.mark.parametrize(("amount", "expected"), [("500", "true"), ("1200", "false")])
def test_a_variable_says_whether_the_condition_holds(
    site: Site, amount: str, expected: str
) -> None:
    policy = (
        '<AssertCondition name="C"><Condition>request.header.n JavaRegex "[0-9]{1,3}"'
        "</Condition></AssertCondition>"
    )
    show = "{assertcondition.C.truthValue}"
    assert shown(site, policy, show=show, headers={"n": amount}) == expected


@pytest.mark.parametrize("inner", ["", "<Condition/>", "<Condition>a = </Condition>"])
def test_a_condition_that_is_none_is_refused(inner: str) -> None:
    with pytest.raises(BundleError):
        loaded(f'<AssertCondition name="C">{inner}</AssertCondition>')
