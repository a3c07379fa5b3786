"""The grant that people make at 2 a.m.: Key Vault Secrets User, to a person, for good."""

import pulumi
from pulumi_azure_native import authorization

_SECRETS_USER = (
    "/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6"
)

authorization.RoleAssignment(
    "somebody",
    scope=pulumi.Config().require("vaultId"),
    role_definition_id=_SECRETS_USER,
    role_assignment_name="77777777-7777-4777-8777-777777777777",
    principal_id="66666666-6666-4666-8666-666666666666",
    # No principal_type: the provider sends "User".
)
