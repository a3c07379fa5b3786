"""Key Vault's error bodies. Microsoft Learn, "Azure Key Vault REST API error codes".

Wordings that no document gives follow what the service was recorded to say in Azure's own SDKs'
test recordings; `sandbox/README.md` lists those that are a guess.
"""

from __future__ import annotations

from starlette.responses import JSONResponse

from sandbox import world
from sandbox.vault_objects import Kind

NOUNS = {Kind.SECRET: "Secret", Kind.KEY: "Key", Kind.CERTIFICATE: "Certificate"}


class VaultError(Exception):
    """A refusal: HTTP status, code, message, and the inner code that tells one 403 from another."""

    def __init__(self, status: int, code: str, message: str, inner: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.inner = status, code, message, inner

    def response(self) -> JSONResponse:
        """The documented body; a 401 carries the challenge: where to get a token, for what."""
        error: dict[str, object] = {"code": self.code, "message": self.message}
        if self.inner is not None:
            error["innererror"] = {"code": self.inner}
        return JSONResponse(
            {"error": error}, self.status, _CHALLENGE if self.status == 401 else None
        )

    @classmethod
    def unauthorized(cls, message: str) -> VaultError:
        """No valid token: 401."""
        return cls(401, "Unauthorized", message)

    @classmethod
    def bad_parameter(cls, message: str) -> VaultError:
        """A request that says something impossible: 400."""
        return cls(400, "BadParameter", message)

    @classmethod
    def forbidden(cls, message: str, inner: str | None = None) -> VaultError:
        """Not allowed to this caller, or in this state: 403."""
        return cls(403, "Forbidden", message, inner)

    @classmethod
    def not_found(cls, kind: Kind, what: str) -> VaultError:
        """No such object or version: 404."""
        noun = NOUNS[kind]
        return cls(
            404,
            f"{noun}NotFound",
            f"A {noun.lower()} with (name/id) {what} was not found in this key vault. If you"
            f" recently deleted this {noun.lower()} you may be able to recover it using the correct"
            " recovery command. For help resolving this issue, please see"
            " https://go.microsoft.com/fwlink/?linkid=2125182",
        )

    @classmethod
    def deleted_not_found(cls, kind: Kind, name: str) -> VaultError:
        """No soft-deleted object of that name: 404."""
        noun = NOUNS[kind]
        return cls(404, f"{noun}NotFound", f"Deleted {noun} not found: {name}")

    @classmethod
    def name_is_deleted(cls, kind: Kind, name: str) -> VaultError:
        """The name is a soft-deleted object's: 409."""
        noun = NOUNS[kind]
        return cls(
            409,
            "Conflict",
            f"{noun} {name} is currently in a deleted but recoverable state, and its name cannot be"
            f" reused; in this state, the {noun.lower()} can only be recovered or purged.",
            "ObjectIsDeletedButRecoverable",
        )

    @classmethod
    def name_is_taken(cls, kind: Kind, name: str) -> VaultError:
        """A certificate's name is a live key's or secret's of its own: 409."""
        noun = NOUNS[kind].lower()
        return cls(
            409, "Conflict", f"A {noun} with the name {name} already exists in this key vault."
        )

    @classmethod
    def managed(cls, kind: Kind, operation: str) -> VaultError:
        """The key or secret is a certificate's and changes only with it: 403."""
        noun = NOUNS[kind]
        return cls.forbidden(
            f'Operation "{operation}" is not allowed on this {noun.lower()}, since it is associated'
            " with a certificate. Perform the operation on the corresponding certificate. For more"
            " information refer to https://docs.microsoft.com/en-us/azure/key-vault/certificates/"
            "about-certificates#composition-of-a-certificate",
            f"{noun}ManagedByKeyVault",
        )

    @classmethod
    def disabled(cls, kind: Kind, operation: str) -> VaultError:
        """The version is there but disabled: 403."""
        noun = NOUNS[kind]
        message = f"Operation {operation} is not allowed on a disabled {noun.lower()}."
        return cls.forbidden(message, f"{noun}Disabled")

    @classmethod
    def not_served(cls, method: str, path: str) -> VaultError:
        """What Key Vault has and the sandbox has not: 501."""
        message = f"The sandbox's Key Vault doesn't serve {method} {path}."
        return cls(501, "NotImplemented", message)


_CHALLENGE = {
    "WWW-Authenticate": (
        f'Bearer authorization="https://login.microsoftonline.com/{world.TENANT_ID}",'
        ' resource="https://vault.azure.net"'
    )
}
