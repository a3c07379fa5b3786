"""Checks of variables: read but never set, compared with what they never are, taken from nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from validation.bundles import conditions
from validation.bundles.check import DOCUMENTATION, POLICIES, Check, Hit
from validation.bundles.model import Bundle, text_of
from validation.bundles.naming import is_flow
from validation.bundles.variables import Use, reads, writes

_PATH = re.compile(
    r"""[$@](?:\.{1,2}(?:\w[\w\-]*(?:\(\))?|\*)|\.{0,2}\[(?:[^\[\]'"]|'[^']*'|"[^"]*"|\[[^\[\]]*\])+\])*"""
)
_CALLED_PATH = re.compile(r"\{jsonPath\(\s*'?([^,']*)'?\s*,")
_VARIABLE = re.compile(r"\{[\w.\-]+\}")
_CODE = frozenset({"JavaCallout", "PythonScript", "Javascript", "Script", "XSL"})
# What the flow sets for its callers: `docs/` has the page.
_FLOW_SETS = frozenset(
    {"private.secret.value", "secret.outcome", "secret.source", "secret.version"}
    | {"secret.request_id", "secret.name"}
)


def _never_set(bundle: Bundle) -> Iterator[Hit]:
    written = {use.variable for use in writes(bundle)}
    judged = written | (_FLOW_SETS if _calls_flow(bundle) else set())
    for use in _unknown_reads(bundle, judged):
        alike = sorted(name for name in judged if _is_slip(use.variable, name))
        if alike:
            message = f"{use.variable} is set nowhere; {' or '.join(alike)} is"
            yield Hit(use.document, use.element, message)
        elif _is_own(use.variable, written) and bundle.kind == "apiproxy" and not _is_open(bundle):
            yield Hit(use.document, use.element, f"{use.variable} is set nowhere")


def _unknown_reads(bundle: Bundle, written: set[str]) -> Iterator[Use]:
    """Reads of dotted variables that neither a policy sets nor a script mentions."""
    messages = {name for name in written if "." not in name}
    for use in reads(bundle):
        name = use.variable
        first = name.partition(".")[0]
        if "." not in name or name in written or first in messages or name in bundle.scripts:
            continue
        # A part of a message or object that a policy sets as a whole.
        if not any(name.startswith(f"{other}.") for other in written):
            yield use


def _is_own(name: str, written: set[str]) -> bool:
    """Whether the bundle itself sets other variables that are named alike up to the last dot."""
    family = name.rpartition(".")[0]
    return any(other.rpartition(".")[0] == family for other in written)


def _is_open(bundle: Bundle) -> bool:
    """Whether code or a foreign shared flow may set variables that the bundle's policies don't."""
    return any(
        policy.root.tag in _CODE
        or (
            policy.root.tag == "FlowCallout"
            and not is_flow(text_of(policy.root, "SharedFlowBundle"))
        )
        for policy in bundle.policies.values()
    )


def _calls_flow(bundle: Bundle) -> bool:
    callouts = bundle.policies_of("FlowCallout")
    return any(is_flow(text_of(policy.root, "SharedFlowBundle")) for policy in callouts)


def _is_slip(name: str, other: str) -> bool:
    """Whether two names of one family differ by one letter: lost, added, replaced or swapped."""
    if name.partition(".")[0] != other.partition(".")[0] or abs(len(name) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(name), len(other)) and name[start] == other[start]:
        start += 1
    left, right = name[start:], other[start:]
    if (left + right).isdigit() or min(len(name), len(other)) < 6:
        return False
    swapped = left[1:2] + left[:1] + left[2:]
    return right in (left[1:], swapped) or left in (right[1:],) or left[1:] == right[1:]


def _never_equal(bundle: Bundle) -> Iterator[Hit]:
    if _is_open(bundle):
        return
    values: dict[str, set[str] | None] = {}
    for use in writes(bundle):
        known = values.setdefault(use.variable, set())
        if use.literal is None or known is None:
            values[use.variable] = None
        else:
            known.add(use.literal)
    for document, condition in bundle.conditions():
        for comparison in conditions.comparisons(condition.text or ""):
            known = values.get(comparison.variable)
            if not known or comparison.literal in (*known, "") or "." not in comparison.variable:
                continue
            if comparison.variable not in bundle.scripts:
                message = f'{comparison.variable} is never "{comparison.literal}"'
                yield Hit(document, condition, message)


def _bad_path(bundle: Bundle) -> Iterator[Hit]:
    for policy in bundle.policies.values():
        for element in policy.elements():
            paths = [path for path in _CALLED_PATH.findall(element.text or "") if path[:1] in "$@."]
            if element.tag == "JSONPath":
                # Those of ExtractVariables are apigeelint's, but where a variable is in them.
                text = _VARIABLE.sub("x", text_of(element))
                is_known = policy.root.tag == "ExtractVariables" and text == text_of(element)
                paths = [] if is_known else [text]
            for path in paths:
                absolute = path if path[:1] in ("$", "@") else f"$.{path}"
                if not _PATH.fullmatch(absolute):
                    yield Hit(policy, element, f'"{path}" is no JSONPath')


CHECKS = (
    Check(
        "AKV401",
        "warning",
        "A variable is read that nothing in the bundle sets.",
        "Correct its name, or set it.",
        f"{DOCUMENTATION}/reference/variables-reference",
        _never_set,
    ),
    Check(
        "AKV402",
        "warning",
        "A condition compares a variable with a value that it is never set to.",
        "Correct the value, or remove what can never happen.",
        f"{DOCUMENTATION}/reference/conditions-reference",
        _never_equal,
    ),
    Check(
        "AKV403",
        "error",
        "A JSONPath is malformed, so it finds nothing.",
        "Close its brackets and quotes; end it with a name, an index or `*`.",
        f"{POLICIES}/extract-variables-policy",
        _bad_path,
    ),
)
