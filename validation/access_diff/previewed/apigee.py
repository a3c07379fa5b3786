"""Statements from Apigee's resources: the gateway's declaration, and as whom bundles run."""

from __future__ import annotations

from collections.abc import Iterator

from validation.access_diff.entries import allowed
from validation.access_diff.model import Access, Danger
from validation.access_diff.previewed.surroundings import Surroundings, environment_of, known
from validation.bundles.naming import FLOW
from validation.preview.model import State


def map_entry(state: State, _around: Surroundings) -> Iterator[Access]:
    """What an entry of the gateway's own map allows. Other maps are none of its business."""
    path = known(state.value("envKeyvaluemapId")).split("/")
    if len(path) == 6 and path[5] != FLOW:
        return
    environment = path[3] if len(path) == 6 else environment_of(state)
    if key := known(state.value("name")):
        access = allowed(environment, key, known(state.value("value")))
        if access is not None:
            yield access


def deployment(state: State, _around: Surroundings) -> Iterator[Access]:
    """As which service account a bundle runs. Without one it can mint no token."""
    account = state.value("serviceAccount")
    if not account:
        return
    environment = known(state.value("environment")) or environment_of(state)
    flow = known(state.value("sharedflowId"))
    who = f"shared flow {flow}" if flow else f"proxy {known(state.value('api')) or state.name}"
    what = f"service account {known(account) or f'of {state.name} (to be made)'}"
    yield Access(Danger.TRUST, "Google", environment, who, "run as", what)
