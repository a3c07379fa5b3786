"""Checks around the shared flow `azure-key-vault`: that it is called right, and left alone.

Inside one environment its caller list guards against mistakes and not against whoever deploys under
the same service account; so what would go around it must be seen here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from validation.bundles import conditions
from validation.bundles.check import DOCUMENTATION, POLICIES, Check, Hit
from validation.bundles.model import Bundle, Document, continues_on_error, text_of
from validation.bundles.naming import EXCHANGE_AUDIENCE, FLOW, is_flow
from validation.bundles.variables import in_template, reads, writes

_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
_OUTCOME = "secret.outcome"
_VALUE = "private.secret.value"
_OWN = (_VALUE, _OUTCOME, "secret.source", "secret.version", "private.kv.", "kv.step")


def _is_the_flow(bundle: Bundle) -> bool:
    return bundle.kind == "sharedflowbundle" and is_flow(bundle.name)


def _callouts(bundle: Bundle) -> list[Document]:
    found = bundle.policies_of("FlowCallout")
    return [policy for policy in found if is_flow(text_of(policy.root, "SharedFlowBundle"))]


def _uses_cache(bundle: Bundle) -> Iterator[Hit]:
    if _is_the_flow(bundle):
        return
    for policy in bundle.policies.values():
        for prefix in policy.elements("Prefix"):
            if text_of(prefix) == FLOW:
                yield Hit(policy, prefix, "the flow's cached tokens and values are within reach")


def _uses_map(bundle: Bundle) -> Iterator[Hit]:
    if _is_the_flow(bundle):
        return
    for policy in bundle.policies_of("KeyValueMapOperations"):
        name = policy.root.find("MapName")
        if policy.root.get("mapIdentifier") == FLOW:
            yield Hit(policy, policy.root, "the map says who may read which secret")
        elif name is not None and text_of(name) == FLOW:
            yield Hit(policy, name, "the map says who may read which secret")


def _mints_assertion(bundle: Bundle) -> Iterator[Hit]:
    if _is_the_flow(bundle):
        return
    for document in bundle.documents:
        for audience in document.elements("Audience"):
            minted = any(parent.tag == "GoogleIDToken" for parent in audience.iterancestors())
            if minted and text_of(audience).lower() == EXCHANGE_AUDIENCE.lower():
                yield Hit(document, audience, "an assertion that Entra gives the vault's token for")


def _refusal_ignored(bundle: Bundle) -> Iterator[Hit]:
    texts = [condition.text or "" for _, condition in bundle.conditions()]
    asked = {name for text in texts for name in conditions.variables(text)}
    for policy in _callouts(bundle):
        if continues_on_error(policy) and _OUTCOME not in asked:
            yield Hit(
                policy, policy.root, f"a refusal lets the request go on; none asks {_OUTCOME}"
            )


def _names_nothing(bundle: Bundle) -> Iterator[Hit]:
    set_before = any(use.variable.endswith(".name") for use in writes(bundle))
    for policy in _callouts(bundle):
        parameters = [
            p for p in policy.elements("Parameter") if str(p.get("name")).endswith(".name")
        ]
        if not parameters and not set_before:
            yield Hit(policy, policy.root, "the parameter secret.name is missing")
        for parameter in parameters:
            text = text_of(parameter)
            if parameter.get("ref") or in_template(text) or _NAME.fullmatch(text):
                continue
            message = f'"{text}" is no name in Key Vault: 1 to 127 letters, digits and hyphens'
            yield Hit(policy, parameter, message)


def _value_from_nowhere(bundle: Bundle) -> Iterator[Hit]:
    if bundle.kind != "apiproxy" or _callouts(bundle):
        return
    if any(True for _ in bundle.policies_of("FlowCallout")):
        return  # another shared flow may be the one that calls it
    for use in reads(bundle):
        if use.variable == _VALUE:
            yield Hit(use.document, use.element, f"{_VALUE} is read, and the flow is never called")


def _forges(bundle: Bundle) -> Iterator[Hit]:
    if _is_the_flow(bundle) or not _callouts(bundle):
        return
    for use in writes(bundle):
        own = any(use.variable == name or use.variable.startswith(name) for name in _OWN)
        if own and use.literal != "" and use.document not in _callouts(bundle):
            yield Hit(use.document, use.element, f"{use.variable} is the flow's to set")


CHECKS = (
    Check(
        "AKV701",
        "error",
        "Another bundle uses the cache prefix of the shared flow `azure-key-vault`.",
        "Use a prefix of your own; call the flow for a secret.",
        f"{POLICIES}/working-cachekeys",
        _uses_cache,
    ),
    Check(
        "AKV702",
        "error",
        "Another bundle uses the key value map of the shared flow `azure-key-vault`.",
        "Declare callers in the stack's configuration: only the program writes that map.",
        f"{POLICIES}/key-value-map-operations-policy",
        _uses_map,
    ),
    Check(
        "AKV703",
        "error",
        "Another bundle mints a Google ID token for Entra's exchange audience.",
        "Call the shared flow: it asks whether the caller is listed, and this goes around it.",
        f"{DOCUMENTATION}/security/google-auth/overview",
        _mints_assertion,
    ),
    Check(
        "AKV704",
        "error",
        "The shared flow's refusal lets the request go on.",
        'Remove `continueOnError="true"` from the FlowCallout, or ask for `secret.outcome` after it.',
        f"{POLICIES}/flow-callout-policy",
        _refusal_ignored,
    ),
    Check(
        "AKV705",
        "error",
        "The shared flow is called without a name that Key Vault could know.",
        'Give the secret\'s name in `<Parameter name="secret.name">`.',
        "https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates",
        _names_nothing,
    ),
    Check(
        "AKV706",
        "error",
        "The secret's value is read in a proxy that never calls the shared flow.",
        "Attach the FlowCallout before the policy that needs the value.",
        f"{POLICIES}/flow-callout-policy",
        _value_from_nowhere,
    ),
    Check(
        "AKV707",
        "error",
        "A caller sets what is the shared flow's to set.",
        "Use variables with names of your own; clearing the value after its use is fine.",
        f"{POLICIES}/flow-callout-policy",
        _forges,
    ),
)
