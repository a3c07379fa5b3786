"""Findings as a SARIF 2.1.0 log. OASIS, "Static Analysis Results Interchange Format Version 2.1.0"."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from validation.bundles.check import Check, Finding
from validation.bundles.checks.registry import CHECKS
from validation.bundles.markup import UnreadableError

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def log(findings: Iterable[Finding], problems: Iterable[UnreadableError]) -> str:
    """The log as JSON: accepted findings as suppressed results, problems as notifications."""
    notifications = [
        {
            "level": "error",
            "message": {"text": problem.reason},
            "locations": [{"physicalLocation": {"artifactLocation": _artifact(problem.file)}}],
        }
        for problem in problems
    ]
    run = {
        "tool": {
            "driver": {"name": "apigee-keyvault-bundles", "rules": [_rule(c) for c in CHECKS]}
        },
        "invocations": [
            {
                "executionSuccessful": not notifications,
                "toolExecutionNotifications": notifications,
            }
        ],
        "results": [_result(finding) for finding in findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(check: Check) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": check.id,
        "shortDescription": {"text": check.sentence},
        "help": {"text": check.mend},
        "defaultConfiguration": {"level": check.severity},
    }
    if check.source.startswith("https://"):
        rule["helpUri"] = check.source
    return rule


def _result(finding: Finding) -> dict[str, Any]:
    place = {
        "artifactLocation": _artifact(finding.file),
        "region": {"startLine": finding.line},
    }
    result: dict[str, Any] = {
        "ruleId": finding.id,
        "ruleIndex": [check.id for check in CHECKS].index(finding.id),
        "level": finding.severity,
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": place}],
    }
    if finding.reason is not None:
        result["suppressions"] = [{"kind": "inSource", "justification": finding.reason}]
    return result


def _artifact(file: str) -> dict[str, str]:
    return {"uri": quote(file)}
