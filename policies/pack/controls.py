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
            "AM-1": "Track asset inventory and their risks",
            "AM-2": "Use only approved services",
            "DP-2": "Monitor anomalies and threats targeting sensitive data",
            "DP-3": "Encrypt sensitive data in transit",
            "DP-6": "Use a secure key management process",
            "DP-7": "Use a secure certificate management process",
            "DP-8": "Ensure security of key and certificate repository",
            "IM-3": "Manage application identities securely and automatically",
            "IM-8": "Restrict the exposure of credentials and secrets",
            "LT-1": "Enable threat detection capabilities",
            "LT-3": "Enable logging for security investigation",
            "LT-6": "Configure log storage retention",
            "NS-2": "Secure cloud native services with network controls",
            "PA-1": "Separate and limit highly privileged/administrative users",
            "PA-2": "Avoid standing access for user accounts and permissions",
            "PA-3": "Manage lifecycle of identities and entitlements",
            "PA-4": "Review and reconcile user access regularly",
            "PA-7": "Follow just enough administration (least privilege) principle",
            "PV-1": "Define and establish secure configurations",
        },
    ),
    **_controls(
        "CIS",
        "CIS Azure Foundations",
        {
            "5.3.3": "",
            "5.3.5": "",
            "5.4": "",
            "5.7": "",
            "6.1.1.4": "",
            "6.1.2.1": "",
            "6.1.2.2": "",
            "6.2": "",
            "8.1.8.1": "",
            "8.3.1": "",
            "8.3.2": "",
            "8.3.3": "",
            "8.3.4": "",
            "8.3.5": "",
            "8.3.6": "",
            "8.3.7": "",
            "8.3.8": "",
            "8.3.9": "",
        },
    ),
    **_controls(
        "PSRule",
        "PSRule for Azure",
        {
            "AZR-000099": "",
            "AZR-000117": "",
            "AZR-000118": "",
            "AZR-000119": "",
            "AZR-000120": "",
            "AZR-000121": "",
            "AZR-000122": "",
            "AZR-000123": "",
            "AZR-000124": "",
            "AZR-000125": "",
            "AZR-000203": "",
            "AZR-000204": "",
            "AZR-000205": "",
            "AZR-000355": "",
            "AZR-000388": "",
        },
    ),
    **_controls(
        "Azure Policy",
        "Azure Policy",
        {
            "0b60c0b2": "",
            "0cfea604": "",
            "0e6763cc": "",
            "12d4fa5e": "",
            "152b15f7": "",
            "1e66c121": "",
            "2571b7c3": "",
            "339353f6": "",
            "342e8053": "",
            "405c5871": "",
            "49a22571": "",
            "4f11b553": "",
            "55615ac9": "",
            "587c79fe": "",
            "6b359d8f": "",
            "6c53d030": "",
            "75262d3e": "",
            "7f89b1eb": "",
            "82067dbb": "",
            "8d7e1fde": "",
            "94e1c2ac": "",
            "98728c90": "",
            "a451c1ef": "",
            "a6abeaec": "",
            "ae62c456": "",
            "b0eb591a": "",
            "b954148f": "",
            "c5447c04": "",
            "cf820ca0": "",
            "d8cf8476": "",
            "e15effd4": "",
            "e8d99835": "",
            "e9ac8f8e": "",
            "fd1a8e20": "",
            "ff25f3c8": "",
        },
    ),
    **_controls(
        "Checkov",
        "Checkov",
        {
            "CKV2_AZURE_32": "",
            "CKV_AZURE_109": "",
            "CKV_AZURE_110": "",
            "CKV_AZURE_111": "",
            "CKV_AZURE_112": "",
            "CKV_AZURE_114": "",
            "CKV_AZURE_189": "",
            "CKV_AZURE_249": "",
            "CKV_AZURE_39": "",
            "CKV_AZURE_40": "",
            "CKV_AZURE_41": "",
            "CKV_AZURE_42": "",
            "CKV_AZURE_87": "",
            "CKV_GCP_125": "",
            "CKV_GCP_41": "",
            "CKV_GCP_42": "",
            "CKV_GCP_49": "",
            "CKV_SECRET_6": "",
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
            "AZU-0030": "",
            "AZU-0052": "",
        },
    ),
}

# Controls on Key Vault and on access to it that no rule covers, and why.
_ACCOUNTS: Final = (
    "About accounts of a whole subscription; here no person has a role to begin with."
)
_DEFENDER: Final = (
    "Microsoft Defender is switched on for a subscription, not by a stack that has a vault."
)
_LINK: Final = (
    "A private endpoint closes a gateway of another cloud out, unless the networks are joined: "
    "`vault-network` accepts named addresses as well."
)
_SAME: Final = (
    "The same demand for managed HSMs, or by another means: `vault-without-audit-logs` has it."
)
_NAMES: Final = "Only vaults' names are looked at, as an advisory: `vault-name`."
UNCOVERED: Final[dict[str, str]] = {
    "Azure Policy 0cfea604": _ACCOUNTS,
    "Azure Policy 339353f6": _ACCOUNTS,
    "Azure Policy 8d7e1fde": _ACCOUNTS,
    "Azure Policy 94e1c2ac": _ACCOUNTS,
    "Azure Policy e9ac8f8e": _ACCOUNTS,
    "Azure Policy 0e6763cc": _DEFENDER,
    "CIS 8.1.8.1": _DEFENDER,
    "Checkov CKV_AZURE_87": _DEFENDER,
    "Azure Policy a6abeaec": _LINK,
    "CIS 8.3.8": _LINK,
    "Checkov CKV2_AZURE_32": _LINK,
    "Azure Policy 6b359d8f": _SAME,
    "Azure Policy 7f89b1eb": _SAME,
    "Azure Policy e15effd4": (
        "Audit records are read from where their readers are; the workspace has no local keys."
    ),
    "PSRule AZR-000117": _NAMES,
    "PSRule AZR-000121": _NAMES,
    "PSRule AZR-000122": _NAMES,
}
