"""The conditions of a scheduled query rule: what Azure refuses and what it adds.

Static conditions on logs. The SDK's enum of operators is another type's (`eq`, `gt`), which the SDK
lets through because it takes any text there: Azure wants `Equals`, `GreaterThan` and so on.
"""

from __future__ import annotations

from sandbox.controlplane import errors
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.values import Plain

_OPERATORS = ("Equals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual")
_MEASURES = ("Average", "Maximum", "Minimum", "Total")
_CHOICES = ("Include", "Exclude")
_REQUIRED = ("query", "operator", "threshold", "timeAggregation")
_ELSEWHERE = ("criterionType", "alertSensitivity", "ignoreDataBefore", "metricName")
_MOST_PERIODS = 6


def check(criteria: Plain) -> int:
    """Raises CloudError, or returns the largest number of periods that a condition looks at."""
    conditions = criteria.get("allOf")
    if not conditions:
        raise invalid("The criteria need at least one condition in 'allOf'.")
    for condition in conditions:
        _check_given(condition)
        _check_measure(condition)
        for dimension in condition.get("dimensions", []):
            if dimension["operator"] not in _CHOICES:
                raise invalid(not_one_of("dimension operator", dimension["operator"], _CHOICES))
    return max(_check_periods(condition) for condition in conditions)


def completed(criteria: Plain) -> Plain:
    """The criteria as Azure returns them."""
    conditions = criteria["allOf"]
    return {"allOf": [{"dimensions": [], **c, "failingPeriods": _periods(c)} for c in conditions]}


def invalid(message: str) -> CloudError:
    """Azure Monitor's refusal of a rule."""
    return errors.arm(400, "BadRequest", message)


def not_one_of(name: str, value: object, allowed: tuple[str, ...]) -> str:
    """What it says of a value that isn't on a list."""
    return f"The {name} '{value}' is invalid: it must be one of {', '.join(allowed)}."


def _check_given(condition: Plain) -> None:
    for name in _REQUIRED:
        if condition.get(name) in (None, ""):
            raise invalid(f"A condition's '{name}' is required for rules of kind LogAlert.")
    for name in _ELSEWHERE:
        if name in condition:
            raise invalid(f"The sandbox's conditions are static and of logs: no {name}.")


def _check_measure(condition: Plain) -> None:
    if condition["operator"] not in _OPERATORS:
        raise invalid(not_one_of("operator", condition["operator"], _OPERATORS))
    aggregation = condition["timeAggregation"]
    measured = aggregation in _MEASURES
    if not measured and aggregation != "Count":
        raise invalid(not_one_of("timeAggregation", aggregation, ("Count", *_MEASURES)))
    if measured != ("metricMeasureColumn" in condition):
        verb = "needs a" if measured else "takes no"
        raise invalid(f"The timeAggregation {aggregation} {verb} metricMeasureColumn.")


def _check_periods(condition: Plain) -> int:
    periods = _periods(condition)
    number = periods["numberOfEvaluationPeriods"]
    if not 1 <= number <= _MOST_PERIODS:
        raise invalid(f"numberOfEvaluationPeriods must be from 1 to {_MOST_PERIODS}.")
    if not 1 <= periods["minFailingPeriodsToAlert"] <= number:
        raise invalid("minFailingPeriodsToAlert must be from 1 to numberOfEvaluationPeriods.")
    return int(number)


def _periods(condition: Plain) -> Plain:
    once = {"numberOfEvaluationPeriods": 1, "minFailingPeriodsToAlert": 1}
    return {**once, **condition.get("failingPeriods", {})}
