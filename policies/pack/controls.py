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
            "DP-6": "Use a secure key management process",
            "DP-8": "Ensure security of key and certificate repository",
            "IM-3": "Manage application identities securely and automatically",
            "LT-3": "Enable logging for security investigation",
            "NS-2": "Secure cloud native services with network controls",
            "PA-3": "Manage lifecycle of identities and entitlements",
            "PA-2": "Avoid standing access for user accounts and permissions",
            "PA-1": "Separate and limit highly privileged/administrative users",
            "PA-4": "Review and reconcile user access regularly",
            "PA-7": "Follow just enough administration (least privilege) principle",
            "PV-1": "Define and establish secure configurations",
        },
    ),
    **_controls(
        "CIS",
        "CIS Azure Foundations",
        {
            "5.3.5": "",
            "6.1.1.4": "",
            "8.3.1": "",
            "8.3.2": "",
            "8.3.3": "",
            "8.3.4": "",
            "8.3.5": "",
            "8.3.6": "",
            "8.3.7": "",
            "8.3.9": "",
        },
    ),
    **_controls(
        "PSRule",
        "PSRule for Azure",
        {
            "AZR-000118": "",
            "AZR-000119": "",
            "AZR-000123": "",
            "AZR-000124": "",
            "AZR-000125": "",
            "AZR-000203": "",
            "AZR-000355": "",
            "AZR-000388": "",
        },
    ),
    **_controls(
        "Azure Policy",
        "Azure Policy",
        {
            "0b60c0b2": "",
            "12d4fa5e": "",
            "152b15f7": "",
            "1e66c121": "",
            "2571b7c3": "",
            "342e8053": "",
            "405c5871": "",
            "49a22571": "",
            "55615ac9": "",
            "587c79fe": "",
            "75262d3e": "",
            "82067dbb": "",
            "98728c90": "",
            "ae62c456": "",
            "b0eb591a": "",
            "cf820ca0": "",
            "d8cf8476": "",
            "e8d99835": "",
            "fd1a8e20": "",
            "ff25f3c8": "",
        },
    ),
    **_controls(
        "Checkov",
        "Checkov",
        {
            "CKV_AZURE_40": "",
            "CKV_AZURE_41": "",
            "CKV_AZURE_42": "",
            "CKV_AZURE_109": "",
            "CKV_AZURE_110": "",
            "CKV_AZURE_111": "",
            "CKV_AZURE_112": "",
            "CKV_AZURE_114": "",
            "CKV_AZURE_189": "",
            "CKV_AZURE_249": "",
            "CKV_GCP_125": "",
        },
    ),
    **_controls(
        "Trivy",
        "Trivy",
        {
            "AZU-0013": "",
            "AZU-0014": "",
            "AZU-0015": "",
            "AZU-0016": "",
            "AZU-0017": "",
        },
    ),
}

# Controls on Key Vault and on access to it that no rule covers, and why.
UNCOVERED: Final[dict[str, str]] = {}
