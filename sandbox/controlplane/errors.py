"""Refusals in the words of each cloud's provider, as the engine shows them to the user.

Owns the formats. Codes and messages stand where the rule is.
"""

from __future__ import annotations


class CloudError(Exception):
    """A refusal by a cloud or its provider; `str()` is what the engine prints."""


def arm(status: int, code: str, message: str) -> CloudError:
    """An error answer of Azure Resource Manager, as azure-native prints it.

    `status` is the HTTP status, `code` and `message` those of the answer's `error` object.
    """
    return CloudError(f'Status={status} Code="{code}" Message="{message}"')


def google(action: str, status: int, message: str, reason: str = "") -> CloudError:
    """An error answer of a Google API, as pulumi-gcp prints it.

    `action` is the provider's own prefix ("Error creating Environment"), `reason` the API's reason
    code where it gives one ("alreadyExists").
    """
    tail = f", {reason}" if reason else ""
    return bridged(f"{action}: googleapi: Error {status}: {message}{tail}")


def bridged(message: str) -> CloudError:
    """An error that a bridged provider (gcp, random) found itself."""
    return CloudError(f"1 error occurred:\n\t* {message}\n\n")
