"""The trust that lets a Google service account act as an Entra identity, whatever kind that is.

Owns what every federated credential of the gateway says, each value once, and what an identity is
known by. The identities are made in `gateway_identity` and `application_identity`.
"""

from dataclasses import dataclass

import pulumi

# Microsoft Learn, 'Configure a user-assigned managed identity to trust an external identity
# provider'. Entra compares issuer, subject and audience exactly, with case.
ISSUER = "https://accounts.google.com"
AUDIENCE = "api://AzureADTokenExchange"


@dataclass(frozen=True)
class EntraIdentity:
    """An identity in Entra that a Google service account may act as.

    Attributes:
        client_id: what tokens are asked for.
        principal_id: object id of its service principal, which roles are assigned to.
    """

    client_id: pulumi.Output[str]
    principal_id: pulumi.Output[str]
