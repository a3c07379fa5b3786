"""docs/policies.md says what the rules say, and accounts for every control that is listed."""

from policies.pack.catalogue import RULES
from policies.pack.controls import CONTROLS, UNCOVERED
from policies.pack.documentation import PAGE, page


def test_the_page_is_what_the_rules_say() -> None:
    assert PAGE.read_text() == page(), "run python -m policies.pack.documentation"


def test_every_control_is_covered_by_a_rule_or_listed_with_the_reason() -> None:
    covered = {key for rule in RULES for key in rule.about.controls}
    assert covered | UNCOVERED.keys() == CONTROLS.keys()
    assert not covered & UNCOVERED.keys()
    assert all(reason.endswith(".") for reason in UNCOVERED.values())
