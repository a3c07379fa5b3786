"""An app registration that trusts one Google service account.

Owns the application, its service principal and its one federated credential; never a password or a
certificate. A module of its own, because loading azuread's SDK takes half a second, which programs
without app registrations needn't spend.
"""

from collections.abc import Sequence

import pulumi
import pulumi_azuread as azuread

from components.identity.federation import AUDIENCE, ISSUER, EntraIdentity


def application_identity(
    names: tuple[str, str, str],
    display_name: str,
    credential: str,
    subject: pulumi.Input[str],
    owners: Sequence[str],
    opts: pulumi.ResourceOptions,
) -> EntraIdentity:
    """Make an application that a Google service account may act as.

    Arguments:
        names: logical names of the application, its service principal and its credential.
        display_name: the application's name in Entra.
        credential: the credential's name.
        subject: unique id (digits) of the Google service account.
        owners: object ids of the owners of application and service principal. The provider takes
            everybody else off, the deployer too (azuread, `azuread_application`).
        opts: options of all three.
    """
    application = azuread.Application(
        names[0],
        display_name=display_name,
        # Entra allows any number of that name: after a crash, or in a second stack, the same name
        # is to be an error and not a second application.
        prevent_duplicate_names=True,
        sign_in_audience="AzureADMyOrg",
        owners=owners,
        opts=opts,
    )
    principal = azuread.ServicePrincipal(
        names[1], client_id=application.client_id, owners=owners, opts=opts
    )
    azuread.ApplicationFederatedIdentityCredential(
        names[2],
        application_id=application.id,
        display_name=credential,
        issuer=ISSUER,
        subject=subject,
        audiences=[AUDIENCE],
        opts=opts,
    )
    return EntraIdentity(application.client_id, principal.object_id)
