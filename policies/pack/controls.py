"""Public controls that ask for what the rules enforce, by id.

Titles are those of the publications of November 2026: Microsoft cloud security benchmark v1, CIS
Microsoft Azure Foundations Benchmark, PSRule for Azure, Azure Policy's built-in definitions
(first eight digits of their id), Checkov, Trivy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Control:
    """One public control.

    Attributes:
        framework: whose it is.
        reference: its id there.
        title: what it asks for; empty where only the id is known here.
    """

    framework: str
    reference: str
    title: str


def _controls(prefix: str, framework: str, titles: dict[str, str]) -> dict[str, Control]:
    return {
        f"{prefix} {reference}": Control(framework, reference, title)
        for reference, title in titles.items()
    }


CONTROLS: Final = {
    **_controls(
        "MCSB",
        "Microsoft cloud security benchmark",
        {
            "PA-4": "Review and reconcile user access regularly",
            "LT-3": "Enable logging for security investigation",
            "DP-8": "Ensure security of key and certificate repository",
        },
    ),
    **_controls("CIS", "CIS Azure Foundations", {"5.3.5": "", "6.1.1.4": ""}),
    **_controls("PSRule", "PSRule for Azure", {"AZR-000203": "", "AZR-000119": ""}),
    **_controls("Azure Policy", "Azure Policy", {"cf820ca0": ""}),
}

# Controls on Key Vault and on access to it that no rule covers, and why.
UNCOVERED: Final[dict[str, str]] = {}
