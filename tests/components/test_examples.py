"""The example that each component's documentation has, run as a program of its own.

An example may use what others make (`gateway`, `vault`): these run before it, in the same program.
"""

import ast
import builtins
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pulumi
import pulumi_azure_native.resources as resources
import pytest

from package import catalog
from tests.components.configurations import CI, SUBNET_ID, SUBSCRIPTION, VAULT_ID
from tests.components.recording import EXISTING, record

_VAULT = {"enableRbacAuthorization": True, "vaultUri": "https://kv-platform.vault.azure.net/"}
_EXISTING = {
    VAULT_ID: {"name": "kv-platform", "properties": _VAULT},
    "organizations/my-project": EXISTING["organizations/sandbox-gateway"],
}
_SECTION = re.compile(r"^Example:\n((?: {4}.*\n|\n)+)", re.MULTILINE)
_BLOCK = re.compile(r"^((?: {4}.*\n)+)", re.MULTILINE)


def _modules(room: str = "components") -> Iterator[ModuleType]:
    """Every module in a room."""
    for found in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
        yield importlib.import_module(found.name)


def _component_classes() -> Iterator[type[pulumi.ComponentResource]]:
    """Every component there is, wherever it is defined."""
    for module in _modules():
        for member in vars(module).values():
            is_component = inspect.isclass(member) and issubclass(member, pulumi.ComponentResource)
            if is_component and member.__module__ == module.__name__:
                yield member


_CLASSES = {made_by.__name__: made_by for made_by in _component_classes()}


def _example(made_by: type[pulumi.ComponentResource]) -> str:
    """The example in the class's docstring, or the first indented block in its module's."""
    module = inspect.getdoc(importlib.import_module(made_by.__module__)) or ""
    own = inspect.cleandoc(made_by.__doc__ or "")
    found = _SECTION.search(f"{own}\n") or _BLOCK.search(f"{module}\n")
    return textwrap.dedent(found[1]) if found else ""


_EXAMPLES = {name: ast.parse(_example(made_by)) for name, made_by in _CLASSES.items()}


def _surroundings() -> dict[str, object]:
    """What an example takes for granted: the components, and a reader's own group and ids."""
    rooms = {made_by.__module__.rpartition(".")[0] for made_by in _CLASSES.values()}
    modules = [module for room in sorted(rooms) for module in _modules(room)]
    return {
        **{name: value for module in modules for name, value in vars(module).items()},
        **{module.__name__.rpartition(".")[2]: module for module in modules},
        "group": resources.ResourceGroup("group", resource_group_name="gateway"),
        "ci_object_id": CI,
        "subnet_id": SUBNET_ID,
        "subscription_id": SUBSCRIPTION,
        "tenant_id": "11111111-1111-4111-8111-111111111111",
        "vault_id": VAULT_ID,
    }


def _names(example: ast.Module, context: type[ast.expr_context]) -> set[str]:
    return {
        node.id
        for node in ast.walk(example)
        if isinstance(node, ast.Name) and isinstance(node.ctx, context)
    }


def _run(name: str, around: dict[str, object]) -> None:
    """Run an example, after those that make what it uses and isn't there yet."""
    example = _EXAMPLES[name]
    for used in sorted(_names(example, ast.Load) - _names(example, ast.Store)):
        if used not in around and not hasattr(builtins, used):
            _run(_makers()[used], around)
    exec(compile(example, f"the example of {name}", "exec"), around)  # noqa: S102  what is tested


def _makers() -> Mapping[str, str]:
    """The example that makes what has that name."""
    made = [(n, of) for of, example in _EXAMPLES.items() for n in _names(example, ast.Store)]
    assert len(made) == len(dict(made)), "two examples make what has the same name"
    return dict(made)


def test_the_components_are_those_of_the_package() -> None:
    assert {made_by.__module__ for made_by in _CLASSES.values()} == set(catalog.MODULES)
    assert len(_CLASSES) == len(catalog.MODULES)


@pytest.mark.parametrize("name", sorted(_CLASSES))
def test_the_example_of_a_component_makes_one(
    name: str, preview: bool, working_directory: Path
) -> None:
    recording = record(
        lambda: _run(name, _surroundings()), preview=preview, existing={**EXISTING, **_EXISTING}
    )
    made = recording.one(name)
    assert made.type == f"apigee-keyvault:components:{name}"
    assert made.urn in recording.outputs
    urns = [resource.urn for resource in recording.resources]
    assert len(urns) == len(set(urns))
