"""All rows, in the order in which the objects can be made; and the making."""

from __future__ import annotations

from sandbox.controlplane.registry import PACKAGES
from tests.sandbox.controlplane.examples import apigee, azure, azure_monitor, entra, google, random
from tests.sandbox.controlplane.examples.example import Example, Made
from tests.sandbox.controlplane.rig import Clouds

TYPES = {token: type_ for package in PACKAGES.values() for token, type_ in package.types.items()}
"""Every registered type, by token."""

EXAMPLES: tuple[Example, ...] = (
    *azure.EXAMPLES,
    *azure_monitor.EXAMPLES,
    *entra.EXAMPLES,
    *google.EXAMPLES,
    *apigee.EXAMPLES,
    *random.EXAMPLES,
)


def make_all(clouds: Clouds) -> Made:
    """One object of every type, with what was foretold of it and what a refresh says after."""
    made = Made(clouds.directory)
    for example in EXAMPLES:
        driver, token = clouds.driver(example.token), example.token
        if example.adopted:
            found = driver.import_(token, example.adopted)
            assert found is not None, token
            made.objects[token] = found
        else:
            made.previews[token] = driver.preview(token, example.given(made))
            made.objects[token] = driver.create(token, example.given(made))
            made.reads[token] = driver.read(made[token])
    return made
