"""What a configuration with mistakes is answered: for the tests of each part of the settings."""

from collections.abc import Callable

import pytest

from components.configuration.errors import ConfigurationError
from components.configuration.settings import Settings, parse
from tests.components.configurations import Tree, as_engine_gives, complete

PROXIES = ["orders-v1"]
Reported = tuple[str, str, str]
Case = tuple[Callable[[Tree], object], Reported]


def accepted(tree: Tree) -> Settings:
    """The settings that a configuration without mistakes becomes."""
    try:
        return parse(as_engine_gives(tree), (), "local", PROXIES)
    except ConfigurationError as error:
        pytest.fail(str(error))


def reported(
    tree: Tree, *, stack: str = "local", encrypted: tuple[str, ...] = ()
) -> list[Reported]:
    """Path, problem and mend of every line of the report."""
    with pytest.raises(ConfigurationError) as caught:
        parse(as_engine_gives(tree), encrypted, stack, PROXIES)
    return [(m.path, m.problem, m.mend) for m in caught.value.mistakes]


def reported_after(change: Callable[[Tree], object]) -> list[Reported]:
    """The same for the complete configuration, once changed."""
    tree = complete()
    change(tree)
    return reported(tree)


def alpha(tree: Tree) -> Tree:
    """The block of the environment alpha, which makes its vault."""
    block: Tree = tree["apigee-keyvault:environments"]["alpha"]
    return block


def beta(tree: Tree) -> Tree:
    """The block of the environment beta, which adopts its vault."""
    block: Tree = tree["apigee-keyvault:environments"]["beta"]
    return block


def ids(cases: list[Case]) -> list[str]:
    """A name for each case: where its mistake is, and what."""
    return [f"{path} {problem}" for _, (path, problem, _) in cases]
