"""What a change of each input does to the types of azuread.

From the source of terraform-provider-azuread 3.
"""

from __future__ import annotations

from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.replacements.row import Row

ROWS: tuple[Row, ...] = (
    Row(
        rig.APPLICATION,
        updated=(
            "description displayName marketingUrl notes owners preventDuplicateNames "
            "privacyStatementUrl serviceManagementReference signInAudience supportUrl tags "
            "termsOfServiceUrl"
        ),
        unexecuted=(
            "api appRoles deviceOnlyAuthEnabled fallbackPublicClientEnabled featureTags "
            "groupMembershipClaims identifierUris logoImage oauth2PostResponseRequired "
            "optionalClaims password publicClient requiredResourceAccesses "
            "singlePageApplication templateId web"
        ),
    ),
    Row(
        rig.SERVICE_PRINCIPAL,
        create_first="clientId",
        updated=(
            "accountEnabled appRoleAssignmentRequired description notes owners tags useExisting"
        ),
        unexecuted=(
            "alternativeNames featureTags features loginUrl notificationEmailAddresses "
            "preferredSingleSignOnMode samlSingleSignOn"
        ),
    ),
    Row(
        rig.APPLICATION_CREDENTIAL,
        create_first="applicationId displayName",
        updated="audiences description issuer subject",
    ),
)
