"""The policies that the runtime executes: one module each, registered here by their XML element.

To add one: a module with `compile_policy(element, name) -> Compiled`, which reads every attribute
and element that it executes (what is left unread is refused by name) and returns a function of the
request's context; a line in the table below; a test of what its documentation promises.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.gateway.markup import Element
from sandbox.gateway.model import Compiled, Policy
from sandbox.gateway.policies import (
    assert_condition,
    assign_message,
    extract_variables,
    flow_callout,
    hmac,
    invalidate_cache,
    key_value_map_operations,
    lookup_cache,
    message_logging,
    populate_cache,
    raise_fault,
    service_callout,
    spike_arrest,
    verify_api_key,
    verify_jwt,
)

_COMPILERS: dict[str, Callable[[Element, str], Compiled]] = {
    "AssertCondition": assert_condition.compile_policy,
    "AssignMessage": assign_message.compile_policy,
    "ExtractVariables": extract_variables.compile_policy,
    "FlowCallout": flow_callout.compile_policy,
    "HMAC": hmac.compile_policy,
    "InvalidateCache": invalidate_cache.compile_policy,
    "KeyValueMapOperations": key_value_map_operations.compile_policy,
    "LookupCache": lookup_cache.compile_policy,
    "MessageLogging": message_logging.compile_policy,
    "PopulateCache": populate_cache.compile_policy,
    "RaiseFault": raise_fault.compile_policy,
    "ServiceCallout": service_callout.compile_policy,
    "SpikeArrest": spike_arrest.compile_policy,
    "VerifyAPIKey": verify_api_key.compile_policy,
    "VerifyJWT": verify_jwt.compile_policy,
}


def compile_policy(element: Element) -> Policy:
    """Compile a policy's XML. Raises BundleError for what can't be executed as documented."""
    compiler = _COMPILERS.get(element.tag)
    if compiler is None:
        known = ", ".join(_COMPILERS)
        raise element.error(f"this policy is not supported by the sandbox's runtime ({known} are)")
    name = element.required("name")
    enabled = element.flag("enabled", default=True)
    continue_on_error = element.flag("continueOnError", default=False)
    if element.flag("async", default=False):
        raise element.error('attribute "async" is deprecated and must be false')
    element.skip("DisplayName", "Description")
    element.skip_empty("Properties")
    compiled = compiler(element, name)
    element.finish()
    return Policy(name, element.tag, enabled, continue_on_error, compiled)
