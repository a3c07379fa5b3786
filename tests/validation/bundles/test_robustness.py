"""Whatever is missing from a bundle, the checks judge it and don't break."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from validation.bundles.command import findings_in
from validation.bundles.model import Bundle, Document
from validation.bundles.reading import look

BUNDLES = look(Path(__file__).parent / "fixtures").bundles


def _mutilated(document: Document, choice: st.DataObject) -> Document:
    """The file without one of its elements, texts or attributes."""
    root = copy.deepcopy(document.root)
    element = choice.draw(st.sampled_from(list(root.iter(etree.Element))))
    parent = element.getparent()
    what = choice.draw(st.sampled_from(("element", "text", "attributes", "comment")))
    if what == "element" and parent is not None:
        parent.remove(element)
    elif what == "text":
        element.text = choice.draw(
            st.sampled_from(("", " ", "{", "{}", "$", '"', "not", "private."))
        )
    elif what == "attributes":
        element.attrib.clear()
    else:
        element.append(etree.Comment(" akv: "))
    return Document(document.path, root)


def _with_wounds(bundle: Bundle, choice: st.DataObject) -> Bundle:
    policies = {name: _mutilated(policy, choice) for name, policy in bundle.policies.items()}
    proxies, targets, flows = (
        tuple(_mutilated(document, choice) for document in documents)
        for documents in (bundle.proxies, bundle.targets, bundle.flows)
    )
    return replace(bundle, policies=policies, proxies=proxies, targets=targets, flows=flows)


@given(st.sampled_from(BUNDLES), st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_mutilated_bundle_is_judged(bundle: Bundle, choice: st.DataObject) -> None:
    for finding in findings_in([_with_wounds(bundle, choice)]):
        assert finding.line >= 1
        assert finding.message
