"""The packages and resource types that the sandbox knows. Everything else is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sandbox.controlplane import azure, entra, google, packages, random
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context, ResourceType
from sandbox.controlplane.values import Plain

Function = Callable[[Context, Plain], Plain]


@dataclass(frozen=True)
class Package:
    """One provider: its name in tokens, its SDK's version and what it knows."""

    name: str
    version: str
    types: Mapping[str, ResourceType]
    functions: Mapping[str, Function]

    def type(self, token: str) -> ResourceType:
        """The type of a token. Raises CloudError naming an unknown one."""
        if token not in self.types:
            raise CloudError(
                f"the sandbox has no resource type {token}: it refuses what it can't do as the"
                f" cloud would. To add it, write one module in sandbox/controlplane and list it in"
                f" the package's __init__.py (sandbox/README.md says how)"
            )
        return self.types[token]

    def function(self, token: str) -> Function:
        """The function of a token. Raises CloudError naming an unknown one."""
        if token not in self.functions:
            raise CloudError(
                f"the sandbox has no function {token}: to add it, list it in the functions of"
                f" sandbox/controlplane/registry.py (sandbox/README.md says how)"
            )
        return self.functions[token]


def _package(
    name: str, types: Iterable[type[ResourceType]], functions: Mapping[str, Function]
) -> Package:
    instances = [type_() for type_ in types]
    return Package(
        name=name,
        version=packages.version(name),
        types={instance.token: instance for instance in instances},
        functions=functions,
    )


PACKAGES: Mapping[str, Package] = {
    package.name: package
    for package in (
        _package("azure-native", azure.TYPES, {}),
        _package("azuread", entra.TYPES, {}),
        _package("gcp", google.TYPES, {}),
        _package("random", random.TYPES, {}),
    )
}


def package(name: str) -> Package:
    """The package of that name. Raises CloudError naming an unknown one and those known."""
    if name not in PACKAGES:
        raise CloudError(
            f"the sandbox has no provider {name}; it has {', '.join(sorted(PACKAGES))}"
        )
    return PACKAGES[name]
