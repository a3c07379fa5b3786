"""Reads a bundle's zip into a model that runs, or says which file and element it can't execute.

Owns the bundle's own XML file and what its files must agree on; `archive` reads the zip, `endpoints`
the flows, each policy's module its policy. Apigee documentation, "API proxy configuration
reference".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sandbox.gateway.archive import ROOTS, unpack
from sandbox.gateway.endpoints import EndpointReader, check_name
from sandbox.gateway.markup import BundleError, Element, parse
from sandbox.gateway.model import Bundle, Policy, ProxyEndpoint, TargetEndpoint
from sandbox.gateway.policies import compile_policy
from sandbox.gateway.property_sets import read_property_sets
from sandbox.gateway.revisions import Kind

__all__ = ["Bundle", "BundleError", "load"]

_DESCRIPTOR_TAGS: dict[Kind, str] = {"proxy": "APIProxy", "sharedflow": "SharedFlowBundle"}
_NAME = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def load(zip_bytes: bytes, kind: Kind) -> Bundle:
    """Compile a zip. Raises BundleError for whatever the runtime can't execute as documented."""
    files = unpack(zip_bytes, kind)
    root = ROOTS[kind]
    policies = _policies(files, root)
    reader = EndpointReader(policies)
    proxies = {
        element.file: reader.proxy(element)
        for element in _elements(files, f"{root}/proxies/", "ProxyEndpoint")
    }
    targets = [reader.target(e) for e in _elements(files, f"{root}/targets/", "TargetEndpoint")]
    shared = [reader.shared(e) for e in _elements(files, f"{root}/sharedflows/", "SharedFlow")]
    if kind == "proxy" and not proxies:
        raise BundleError(f"{root}/proxies", "", "a proxy needs at least one ProxyEndpoint")
    if kind == "sharedflow" and len(shared) != 1:
        raise BundleError(f"{root}/sharedflows", "", "exactly one SharedFlow is needed")
    by_name = _unique(targets, f"{root}/targets")
    _check_proxies(proxies, by_name, f"{root}/proxies")
    return Bundle(
        kind=kind,
        name=_descriptor(files, kind),
        policies=policies,
        proxies=tuple(proxies.values()),
        targets=by_name,
        steps=shared[0] if shared else (),
        shared_flows=frozenset(
            policy.compiled.shared_flow
            for policy in policies.values()
            if policy.compiled.shared_flow is not None
        ),
        needs_service_account=any(p.compiled.google_token for p in policies.values())
        or any(target.connection.mints for target in targets),
        property_sets=read_property_sets(files),
    )


def _descriptor(files: dict[str, bytes], kind: Kind) -> str:
    """The name in the bundle's own XML file; the rest of it only describes."""
    root = ROOTS[kind]
    found = [file for file in files if file.count("/") == 1]
    if len(found) != 1:
        raise BundleError(root, "", f"exactly one XML file is expected in {root}/ itself")
    element = parse(found[0], files[found[0]])
    if element.tag != _DESCRIPTOR_TAGS[kind]:
        raise element.error(f"the root element must be <{_DESCRIPTOR_TAGS[kind]}>")
    name = element.required("name")
    if not _NAME.fullmatch(name):
        raise element.error(f"{name!r} is no name: A-Za-z0-9_- are allowed", "name")
    element.attribute("revision")
    element.skip(*_DESCRIPTIVE)
    element.finish()
    return name


_DESCRIPTIVE = (
    "BasePaths",
    "Basepaths",
    "ConfigurationVersion",
    "CreatedAt",
    "CreatedBy",
    "Description",
    "DisplayName",
    "LastModifiedAt",
    "LastModifiedBy",
    "Policies",
    "ProxyEndpoints",
    "Resources",
    "SharedFlows",
    "Spec",
    "TargetEndpoints",
    "TargetServers",
    "subType",
)


def _elements(files: dict[str, bytes], folder: str, tag: str) -> Iterator[Element]:
    for file in sorted(files):
        if file.startswith(folder):
            element = parse(file, files[file])
            if element.tag != tag:
                raise element.error(f"the root element must be <{tag}>")
            yield element


def _policies(files: dict[str, bytes], root: str) -> dict[str, Policy]:
    policies: dict[str, Policy] = {}
    for file in sorted(files):
        if file.startswith(f"{root}/policies/"):
            element = parse(file, files[file])
            policy = compile_policy(element)
            check_name(element, policy.name)
            if policy.name in policies:
                raise element.error(f'a policy named "{policy.name}" is there already')
            policies[policy.name] = policy
    return policies


def _unique(targets: list[TargetEndpoint], folder: str) -> dict[str, TargetEndpoint]:
    by_name: dict[str, TargetEndpoint] = {}
    for target in targets:
        if target.flows.name in by_name:
            raise BundleError(folder, "", f'target "{target.flows.name}" is there twice')
        by_name[target.flows.name] = target
    return by_name


def _check_proxies(
    proxies: dict[str, ProxyEndpoint], targets: dict[str, TargetEndpoint], folder: str
) -> None:
    for file, proxy in proxies.items():
        for route in proxy.routes:
            if route.target is not None and route.target not in targets:
                message = f'there is no target endpoint "{route.target}"'
                raise BundleError(file, f"ProxyEndpoint/RouteRule[{route.name}]", message)
    for what, values in (
        ("name", [proxy.flows.name for proxy in proxies.values()]),
        ("base path", [proxy.basepath for proxy in proxies.values()]),
    ):
        if len(set(values)) < len(values):
            raise BundleError(folder, "", f"two proxy endpoints have the same {what}")
