"""Key Vault's error body. Microsoft Learn, "Azure Key Vault REST API error codes"."""

from __future__ import annotations

from starlette.responses import JSONResponse

from sandbox import world


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
    def secret_not_found(cls, what: str) -> VaultError:
        """No such secret or version: 404."""
        return cls(
            404,
            "SecretNotFound",
            f"A secret with (name/id) {what} was not found in this key vault. If you recently"
            " deleted this secret you may be able to recover it using the correct recovery command."
            " For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182",
        )

    @classmethod
    def secret_disabled(cls) -> VaultError:
        """The version is there but disabled: 403."""
        message = "Operation get is not allowed on a disabled secret."
        return cls(403, "Forbidden", message, "SecretDisabled")

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
