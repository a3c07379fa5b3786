"""Azure's roles by their ids, and what a role definition's id says.

Microsoft Learn, "Azure built-in roles".
"""

from __future__ import annotations

from typing import Final

SECRETS_USER: Final = "4633458b-17de-408a-b874-0445c86b69e6"

# Roles by which one may give roles, one's own included.
GRANTING: Final = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
    "8b54135c-b56d-4d72-a534-26097cfdc8d8": "Key Vault Data Access Administrator",
}


def guid(role_definition: object) -> str:
    """The id at the end of a role definition's path, lower-cased, whatever stands before it.

    Args:
        role_definition: `roleDefinitionId` of a role assignment.

    Returns:
        The last part of the path; empty for what is no text.
    """
    if not isinstance(role_definition, str):
        return ""
    return role_definition.strip().rstrip("/").rpartition("/")[2].lower()
