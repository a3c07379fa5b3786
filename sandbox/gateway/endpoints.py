"""Proxy endpoints, target endpoints and shared flows: reads their XML.

Apigee documentation, "API proxy configuration reference" and "Endpoint properties reference". What
the documentation has and the runtime hasn't (wildcards in base paths, routes to URLs, event flows,
proxy chaining, integrations, streaming) is refused by name.
"""

from __future__ import annotations

import re

from sandbox.gateway.connection import read_connection
from sandbox.gateway.markup import Element
from sandbox.gateway.model import (
    FaultRule,
    Flow,
    Flows,
    Policy,
    ProxyEndpoint,
    Route,
    Step,
    TargetEndpoint,
)
from sandbox.gateway.reading import condition_of

_BASEPATH = re.compile(r"/[A-Za-z0-9._~\-/]*")
_NAME = re.compile(r"[A-Za-z0-9._\-$ %]+", re.ASCII)
# Properties that the runtime doesn't execute, with the value that changes nothing.
_INERT = {
    "X-Forwarded-For": "false",
    "request.payload.parse.limit": "10M",
    "request.streaming.enabled": "false",
    "response.streaming.enabled": "false",
}


def check_name(element: Element, name: str) -> str:
    """The name of an endpoint, a route or a policy, as it is. Raises BundleError."""
    if not _NAME.fullmatch(name):
        raise element.error(f"{name!r} is no name: A-Za-z0-9._-$% and spaces are allowed", "name")
    return name


class EndpointReader:
    """Reads endpoints; knows the bundle's policies, so that a step can't name a missing one."""

    def __init__(self, policies: dict[str, Policy]) -> None:
        self._policies = policies

    def proxy(self, element: Element) -> ProxyEndpoint:
        """A `<ProxyEndpoint>`. Raises BundleError."""
        flows = self._flows(element)
        basepath = self._basepath(element.need("HTTPProxyConnection"))
        after = element.child("PostClientFlow")
        endpoint = ProxyEndpoint(
            flows=flows,
            basepath=basepath,
            routes=tuple(self._route(rule) for rule in element.children("RouteRule")),
            after=self._post_client(after) if after is not None else (),
        )
        element.finish()
        return endpoint

    def target(self, element: Element) -> TargetEndpoint:
        """A `<TargetEndpoint>`. Raises BundleError."""
        flows = self._flows(element)
        connection = read_connection(element.need("HTTPTargetConnection"))
        element.finish()
        return TargetEndpoint(flows=flows, connection=connection)

    def shared(self, element: Element) -> tuple[Step, ...]:
        """The steps of a `<SharedFlow>`. Raises BundleError."""
        check_name(element, element.required("name"))
        element.skip("DisplayName", "Description")
        steps = self._steps(element)
        element.finish()
        return steps

    def _basepath(self, connection: Element) -> str:
        path = connection.need("BasePath")
        text = path.text()
        if not _BASEPATH.fullmatch(text):
            raise path.error(f"{text!r} is not a base path (no wildcards in the sandbox)")
        properties = connection.child("Properties")
        for item in properties.children("Property") if properties is not None else ():
            name, value = item.required("name"), item.text()
            if _INERT.get(name) != value:
                what = f'property "{name}" of {value!r}'
                raise item.error(f"{what} is not supported by the sandbox's runtime")
        return text.rstrip("/")

    def _flows(self, element: Element) -> Flows:
        name = check_name(element, element.required("name"))
        element.skip("DisplayName", "Description")
        conditional = element.child("Flows")
        rules = element.child("FaultRules")
        default = element.child("DefaultFaultRule")
        return Flows(
            name=name,
            pre=self._unconditional(element, "PreFlow"),
            conditional=self._conditional(conditional) if conditional is not None else (),
            post=self._unconditional(element, "PostFlow"),
            fault_rules=tuple(map(self._rule, rules.children("FaultRule"))) if rules else (),
            default_fault_rule=self._rule(default) if default is not None else None,
        )

    def _unconditional(self, element: Element, tag: str) -> Flow:
        found = element.child(tag)
        if found is None:
            return Flow(tag, "", None, (), ())
        found.attribute("name")
        description = found.value_of("Description") or ""
        request, response = self._side(found, "Request"), self._side(found, "Response")
        return Flow(tag, description, None, request, response)

    def _conditional(self, element: Element) -> tuple[Flow, ...]:
        flows: list[Flow] = []
        for flow in element.children("Flow"):
            name = flow.required("name")
            description = flow.value_of("Description") or ""
            condition = condition_of(flow)
            if flows and flows[-1].condition is None:
                raise flow.error(f'can\'t be reached: flow "{flows[-1].name}" has no condition')
            request, response = self._side(flow, "Request"), self._side(flow, "Response")
            flows.append(Flow(name, description, condition, request, response))
        return tuple(flows)

    def _post_client(self, element: Element) -> tuple[Step, ...]:
        element.attribute("name")
        element.skip("Description")
        element.skip_empty("Request")
        steps = self._side(element, "Response")
        for step in steps:
            if step.policy.type != "MessageLogging":
                raise element.error(
                    f'policy "{step.policy.name}": only MessageLogging can be attached here'
                )
        return steps

    def _side(self, element: Element, tag: str) -> tuple[Step, ...]:
        found = element.child(tag)
        return () if found is None else self._steps(found)

    def _steps(self, element: Element) -> tuple[Step, ...]:
        steps = []
        for step in element.children("Step"):
            name = step.need("Name")
            policy = self._policies.get(name.text())
            if policy is None:
                raise name.error("there is no policy of that name in the bundle")
            condition = condition_of(step)
            if policy.enabled:
                steps.append(Step(policy, condition))
        return tuple(steps)

    def _rule(self, element: Element) -> FaultRule:
        if element.tag == "DefaultFaultRule":
            element.attribute("name")
            enforced = element.boolean_of("AlwaysEnforce", default=False)
            return FaultRule(condition_of(element), self._steps(element), enforced)
        element.required("name")
        return FaultRule(condition_of(element), self._steps(element))

    def _route(self, element: Element) -> Route:
        name = check_name(element, element.required("name"))
        target = element.value_of("TargetEndpoint")
        return Route(name, condition_of(element), target or None)
