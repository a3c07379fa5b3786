"""Reads a bundle's zip into a model that runs, or says which file and element it can't execute.

Owns the zip's limits, the folder layout and the endpoints' XML; policies are read by their modules.
Apigee documentation, "API proxy configuration reference" and "Limits".
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from sandbox.gateway import outgoing
from sandbox.gateway.markup import BundleError, Element, parse
from sandbox.gateway.model import (
    Bundle,
    FaultRule,
    Flow,
    Flows,
    Policy,
    ProxyEndpoint,
    Route,
    Step,
    TargetEndpoint,
)
from sandbox.gateway.policies import compile_policy
from sandbox.gateway.reading import condition_of
from sandbox.gateway.revisions import Kind

__all__ = ["Bundle", "BundleError", "load"]

_LIMIT = 15 * 1024 * 1024
_UNPACKED_LIMIT = 4 * _LIMIT
_MOST_FILES = 1_000

_ROOTS: dict[Kind, str] = {"proxy": "apiproxy", "sharedflow": "sharedflowbundle"}
_FOLDERS: dict[Kind, tuple[str, ...]] = {
    "proxy": ("policies", "proxies", "targets"),
    "sharedflow": ("policies", "sharedflows"),
}
_DESCRIPTOR_TAGS: dict[Kind, str] = {"proxy": "APIProxy", "sharedflow": "SharedFlowBundle"}
_BASEPATH = re.compile(r"/[A-Za-z0-9._~\-/]*")


def load(zip_bytes: bytes, kind: Kind) -> Bundle:
    """Compile a zip. Raises BundleError for whatever the runtime can't execute as documented."""
    files = _unpack(zip_bytes, kind)
    root = _ROOTS[kind]
    policies = _policies(files, root)
    reader = _Reader(policies)
    proxies = tuple(reader.proxy(e) for e in _elements(files, f"{root}/proxies/", "ProxyEndpoint"))
    targets = [reader.target(e) for e in _elements(files, f"{root}/targets/", "TargetEndpoint")]
    shared = [reader.shared(e) for e in _elements(files, f"{root}/sharedflows/", "SharedFlow")]
    if kind == "proxy" and not proxies:
        raise BundleError(f"{root}/proxies", "", "a proxy needs at least one ProxyEndpoint")
    if kind == "sharedflow" and len(shared) != 1:
        raise BundleError(f"{root}/sharedflows", "", "exactly one SharedFlow is needed")
    by_name = _unique(targets, f"{root}/targets")
    _check_routes(proxies, by_name, f"{root}/proxies")
    return Bundle(
        kind=kind,
        name=_descriptor(files, kind),
        policies=policies,
        proxies=proxies,
        targets=by_name,
        steps=shared[0] if shared else (),
        shared_flows=frozenset(
            policy.compiled.shared_flow
            for policy in policies.values()
            if policy.compiled.shared_flow is not None
        ),
        needs_service_account=any(p.compiled.google_token for p in policies.values()),
    )


def _unpack(zip_bytes: bytes, kind: Kind) -> dict[str, bytes]:
    """The files by name, once names and sizes are known to be safe."""
    if len(zip_bytes) > _LIMIT:
        raise BundleError(
            "", "", f"the bundle has {len(zip_bytes):,} bytes; the limit is {_LIMIT:,}"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(zip_bytes)) as archive:
            return _files(archive, kind)
    except BundleError:
        raise
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
        EOFError,
        zlib.error,
    ) as error:
        raise BundleError("", "", f"not a readable zip archive: {error}") from error


def _files(archive: zipfile.ZipFile, kind: Kind) -> dict[str, bytes]:
    infos = archive.infolist()
    if len(infos) > _MOST_FILES:
        raise BundleError(
            "", "", f"the bundle has {len(infos):,} files; {_MOST_FILES:,} are allowed"
        )
    files: dict[str, bytes] = {}
    left = _UNPACKED_LIMIT
    for info in infos:
        _check_name(info.filename, kind)
        if info.is_dir():
            continue
        if info.filename in files:
            raise BundleError(info.filename, "", "the file is in the bundle twice")
        # The header's size may lie: never unpack more than what is left.
        with archive.open(info) as stream:
            content = stream.read(left + 1)
        left -= len(content)
        if left < 0:
            raise BundleError(info.filename, "", f"unpacks to more than {_UNPACKED_LIMIT:,} bytes")
        files[info.filename] = content
    return files


def _check_name(name: str, kind: Kind) -> None:
    root = _ROOTS[kind]
    parts = name.rstrip("/").split("/")
    if "\\" in name or "\0" in name or name.startswith("/") or ".." in parts or "." in parts:
        raise BundleError(name, "", "the file's path leaves the bundle")
    if parts[0] != root:
        raise BundleError(name, "", f"a {kind} bundle has everything beneath {root}/")
    if name.endswith("/"):
        return
    if len(parts) == 2 and name.endswith(".xml"):
        return
    if len(parts) == 3 and parts[1] in _FOLDERS[kind] and name.endswith(".xml"):
        return
    raise BundleError(name, "", "files of this kind are not supported by the sandbox's runtime")


def _descriptor(files: dict[str, bytes], kind: Kind) -> str:
    """The name in the bundle's own XML file; the rest of it only describes."""
    root = _ROOTS[kind]
    found = [file for file in files if file.count("/") == 1]
    if len(found) != 1:
        raise BundleError(root, "", f"exactly one XML file is expected in {root}/ itself")
    element = parse(found[0], files[found[0]])
    if element.tag != _DESCRIPTOR_TAGS[kind]:
        raise element.error(f"the root element must be <{_DESCRIPTOR_TAGS[kind]}>")
    name = element.required("name")
    element.attribute("revision")
    element.skip(*_DESCRIPTIVE)
    element.finish()
    return name


_DESCRIPTIVE = (
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


def _check_routes(
    proxies: tuple[ProxyEndpoint, ...], targets: dict[str, TargetEndpoint], folder: str
) -> None:
    for proxy in proxies:
        for route in proxy.routes:
            if route.target is not None and route.target not in targets:
                where = f"{folder}/{proxy.flows.name}.xml"
                message = f'there is no target endpoint "{route.target}"'
                raise BundleError(where, f"ProxyEndpoint/RouteRule[{route.name}]", message)
    paths = [proxy.basepath for proxy in proxies]
    if len(set(paths)) < len(paths):
        raise BundleError(folder, "", "two proxy endpoints have the same base path")


class _Reader:
    """Reads endpoints; knows the bundle's policies, so that a step can't name a missing one."""

    def __init__(self, policies: dict[str, Policy]) -> None:
        self._policies = policies

    def proxy(self, element: Element) -> ProxyEndpoint:
        flows = self._flows(element)
        connection = element.need("HTTPProxyConnection")
        path = connection.need("BasePath")
        basepath = path.text()
        if not _BASEPATH.fullmatch(basepath):
            raise path.error(f"{basepath!r} is not a base path (no wildcards in the sandbox)")
        connection.skip_empty("Properties")
        after = element.child("PostClientFlow")
        endpoint = ProxyEndpoint(
            flows=flows,
            basepath=basepath.rstrip("/"),
            routes=tuple(self._route(rule) for rule in element.children("RouteRule")),
            after=self._post_client(after) if after is not None else (),
        )
        element.finish()
        return endpoint

    def target(self, element: Element) -> TargetEndpoint:
        flows = self._flows(element)
        connection = element.need("HTTPTargetConnection")
        url, success, timeouts = outgoing.read_connection(connection)
        element.finish()
        return TargetEndpoint(flows=flows, url=url, timeouts=timeouts, success=success)

    def shared(self, element: Element) -> tuple[Step, ...]:
        element.required("name")
        element.skip("DisplayName", "Description")
        steps = self._steps(element)
        element.finish()
        return steps

    def _flows(self, element: Element) -> Flows:
        name = element.required("name")
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
            return Flow(tag, None, (), ())
        found.attribute("name")
        found.skip("Description")
        return Flow(tag, None, self._side(found, "Request"), self._side(found, "Response"))

    def _conditional(self, element: Element) -> tuple[Flow, ...]:
        flows = []
        for flow in element.children("Flow"):
            name = flow.required("name")
            flow.skip("Description")
            condition = condition_of(flow)
            request, response = self._side(flow, "Request"), self._side(flow, "Response")
            flows.append(Flow(name, condition, request, response))
        return tuple(flows)

    def _post_client(self, element: Element) -> tuple[Step, ...]:
        element.attribute("name")
        element.skip("Description")
        element.skip_empty("Request")
        return self._side(element, "Response")

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
            always = element.child("AlwaysEnforce")
            enforced = always.boolean(default=False) if always is not None else False
            return FaultRule(condition_of(element), self._steps(element), enforced)
        element.required("name")
        return FaultRule(condition_of(element), self._steps(element))

    def _route(self, element: Element) -> Route:
        name = element.required("name")
        target = element.value_of("TargetEndpoint")
        return Route(name, condition_of(element), target or None)
