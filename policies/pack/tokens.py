"""Resource type tokens without their API version, so that no version slips past a rule.

Owns the one normal form that rules compare. Doesn't know any resource type.
"""

import re
from typing import Final

# An SDK generated for one API version is its own package, e.g. `azure-native_keyvault_v20260201`.
_PARAMETERISED_PACKAGE = re.compile(r"^(azure-native)_.+$")

# Modules by the former name that the provider still takes.
_MODULES: Final = {("azure-native", "insights"): "monitor"}


def normalise(token: str) -> str:
    """Reduces a type token to `package:module:type`, lower-cased, without any API version.

    `azure-native:keyvault/v20230701:Vault` and
    `azure-native_keyvault_v20230701:keyvault/v20230701:Vault` both give
    `azure-native:keyvault:vault` (Pulumi docs, "Azure Native: versioning"); a module's former name
    gives the current one. Case is dropped so that
    a spelling that a provider may tolerate isn't a way round a rule.

    Args:
        token: the type as the engine gives it; any string is accepted.

    Returns:
        The normal form; a token that hasn't three parts is only lower-cased.
    """
    package, _, rest = token.lower().partition(":")
    module, _, kind = rest.rpartition(":")
    if not module:
        return token.lower()
    package = _PARAMETERISED_PACKAGE.sub(r"\1", package)
    module = module.partition("/")[0]
    return f"{package}:{_MODULES.get((package, module), module)}:{kind}"
