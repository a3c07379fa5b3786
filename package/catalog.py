"""Which components the package has, and what each takes and gives.

All of it is read from the components themselves: their signatures, annotations and docstrings.
What is a resource in Python (an `AuditTrail`'s settings) isn't an output: other languages depend on
the whole component instead, which is there when all in it is.
"""

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any, get_args, get_origin

import pulumi

from components import naming
from package import docstrings, shapes
from package.shapes import Field

MODULES = (
    "components.audit.alerts",
    "components.audit.audit_trail",
    "components.deployer.ci_identity",
    "components.deployer.deployer_rights",
    "components.deployer.reader_rights",
    "components.gateway.apigee_gateway",
    "components.gateway.gateway_environment",
    "components.identity.gateway_identity",
    "components.vault.adoption",
    "components.vault.dns_zone",
    "components.vault.key_vault",
    "components.vault.vault_access",
)
"""The modules that define components: one each."""


@dataclass(frozen=True)
class Component:
    """A component, as other languages see it.

    Attributes:
        made_by: its class.
        arguments: the dataclass of its inputs, or None where the class takes them one by one.
        inputs: what it takes.
        outputs: what it gives.
    """

    made_by: type[pulumi.ComponentResource]
    arguments: type | None
    inputs: list[Field]
    outputs: list[Field]

    @property
    def token(self) -> str:
        """Its type, which is the same in every language."""
        return token(self.made_by)


def token(described: type) -> str:
    """The schema's name for a component, or for a dataclass in its inputs."""
    return f"{naming.PROJECT}:components:{described.__name__}"


def components() -> dict[str, Component]:
    """All components by their tokens.

    Raises:
        TypeError: for an annotation that can't cross to another language.
    """
    found = [_component(_defined(importlib.import_module(name))) for name in MODULES]
    return {component.token: component for component in found}


def _defined(module: object) -> type[pulumi.ComponentResource]:
    """The one component that a module defines."""
    (found,) = (
        member
        for member in vars(module).values()
        if inspect.isclass(member)
        and issubclass(member, pulumi.ComponentResource)
        and member.__module__ == vars(module)["__name__"]
    )
    return found


def _component(made_by: type[pulumi.ComponentResource]) -> Component:
    """Read a class whose `__init__` takes a name, its inputs, and options."""
    _, _, *parameters, _ = inspect.signature(made_by.__init__).parameters.values()
    arguments: type | None = parameters[0].annotation
    if is_dataclass(arguments):
        inputs = shapes.members(arguments)
    else:
        arguments = None
        texts = docstrings.entries(made_by, "Arguments")
        inputs = [
            Field(
                parameter.name,
                shapes.shape(parameter.annotation),
                texts.get(parameter.name, ""),
            )
            for parameter in parameters
        ]
    return Component(made_by, arguments, inputs, _outputs(made_by))


def _outputs(made_by: type[pulumi.ComponentResource]) -> list[Field]:
    texts = docstrings.entries(made_by, "Attributes")
    return [
        Field(name, shapes.shape(_keyed(annotation)), texts.get(name, ""))
        for name, annotation in inspect.get_annotations(made_by).items()
        if not _has_resources(annotation)
    ]


def _keyed(annotation: Any) -> Any:  # noqa: ANN401  # annotations have no type of their own
    """What `_sent` makes of a mapping: one by texts."""
    if get_origin(annotation) is Mapping:
        return Mapping[str, get_args(annotation)[1]]  # type: ignore[misc]  # a type at run time
    return annotation


def _has_resources(annotation: Any) -> bool:  # noqa: ANN401  # annotations have no type of their own
    if inspect.isclass(annotation) and issubclass(annotation, pulumi.Resource):
        return True
    return any(_has_resources(argument) for argument in get_args(annotation))


def state(component: Component, made: pulumi.ComponentResource) -> Mapping[str, Any]:
    """A component's outputs by their names in the schema."""
    return {field.key: _sent(getattr(made, field.name)) for field in component.outputs}


def _sent(value: Any) -> Any:  # noqa: ANN401  # whatever an output is
    """With texts as keys, as the protocol has them."""
    if isinstance(value, Mapping):
        return {str(key): _sent(member) for key, member in value.items()}
    return value
