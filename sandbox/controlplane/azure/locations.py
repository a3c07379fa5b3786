"""Azure's regions: which exist, and how their names are written.

The list is Microsoft Learn's, "Azure regions list" (the public cloud). Every region is taken to
offer every type; what a subscription may use is no rule of the sandbox.
"""

from __future__ import annotations

from typing import Final

from sandbox.controlplane import errors
from sandbox.controlplane.errors import CloudError

REGIONS: Final = frozenset(
    {
        "australiacentral",
        "australiacentral2",
        "australiaeast",
        "australiasoutheast",
        "austriaeast",
        "belgiumcentral",
        "brazilsouth",
        "brazilsoutheast",
        "canadacentral",
        "canadaeast",
        "centralindia",
        "centralus",
        "chilecentral",
        "eastasia",
        "eastus",
        "eastus2",
        "francecentral",
        "francesouth",
        "germanynorth",
        "germanywestcentral",
        "indonesiacentral",
        "israelcentral",
        "italynorth",
        "japaneast",
        "japanwest",
        "jioindiacentral",
        "jioindiawest",
        "koreacentral",
        "koreasouth",
        "malaysiawest",
        "mexicocentral",
        "newzealandnorth",
        "northcentralus",
        "northeurope",
        "norwayeast",
        "norwaywest",
        "polandcentral",
        "qatarcentral",
        "southafricanorth",
        "southafricawest",
        "southcentralus",
        "southeastasia",
        "southindia",
        "spaincentral",
        "swedencentral",
        "swedensouth",
        "switzerlandnorth",
        "switzerlandwest",
        "uaecentral",
        "uaenorth",
        "uksouth",
        "ukwest",
        "westcentralus",
        "westeurope",
        "westindia",
        "westus",
        "westus2",
        "westus3",
    }
)
"""Where regional types can be."""

GLOBAL: Final = frozenset({"global"})
"""Where types without a region are."""


def normalised(location: str) -> str:
    """As Resource Manager returns it: `West Europe` becomes `westeurope`."""
    return location.replace(" ", "").lower()


def check(arm_type: str, available: frozenset[str], location: str) -> None:
    """Refuse a location that the type isn't offered in. `location` is normalised."""
    if location in available:
        return
    group = arm_type == "Microsoft.Resources/resourceGroups"
    what = "resource group" if group else f"resource type '{arm_type}'"
    where = "" if group else " for the resource type"
    raise errors.arm(
        400,
        f"LocationNotAvailableForResource{'Group' if group else 'Type'}",
        f"The provided location '{location}' is not available for {what}. List of available"
        f" regions{where} is '{','.join(sorted(available))}'.",
    )


def moved(object_id: str, before: str, now: str) -> CloudError:
    """Azure's refusal to write a resource that exists in another location."""
    parts = object_id.split("/")
    return errors.arm(
        409,
        "InvalidResourceLocation",
        f"The resource '{parts[-1]}' already exists in location '{before}' in resource group"
        f" '{parts[4]}'. A resource with the same name cannot be created in location '{now}'."
        " Please select a new resource name.",
    )
