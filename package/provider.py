"""The provider that makes components for programs in other languages.

Owns the answers to the engine. What there is to make is `catalog`'s, how it is described `schema`'s,
and how inputs become arguments `inputs`' business. The SDK's own component host isn't used: it
takes neither a dataclass's defaults nor its descriptions, and hands over plain mappings.
"""

import json
import sys
import tomllib
from pathlib import Path

import pulumi
from pulumi.provider import ConstructResult, Provider, main

from package import catalog, schema
from package.inputs import arguments, in_schema_words, refusal

_PROJECT_FILE = Path(__file__).resolve().parents[1] / "pyproject.toml"


class Components(Provider):
    """Makes any of the package's components."""

    def __init__(self) -> None:
        self._components = catalog.components()
        version = tomllib.loads(_PROJECT_FILE.read_text("utf-8"))["project"]["version"]
        super().__init__(version, json.dumps(schema.package(version, self._components)))

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Make a component.

        Raises:
            pulumi.InputPropertiesError: for inputs that it can't be made with.
        """
        component = self._components[resource_type]
        given = arguments(component, inputs)
        try:
            # Each class has its own arguments; those here are made for it.
            made = component.made_by(name, *given, options)  # type: ignore[call-arg]
        except ValueError as error:
            raise refusal([in_schema_words(str(error), component.inputs)]) from error
        return ConstructResult(made.urn, catalog.state(component, made))


def serve() -> None:
    """Answer the engine until it ends this process."""
    main(Components(), sys.argv[1:])
