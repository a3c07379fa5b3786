"""A stand-in for the engine that records what a program registers.

Unlike the SDK's own mocks it keeps what they hide: parents, dependencies and registered outputs.
In a preview it leaves computed outputs and ids unknown, as the engine does.
"""

import asyncio
import runpy
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from google.protobuf import empty_pb2
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.stack import Stack, run_in_stack

STACK = "local"
PROJECT = "apigee-keyvault"
Inputs = dict[str, Any]  # what a resource is given, as the wire has it


@dataclass(frozen=True)
class Registered:
    """One resource as it was registered."""

    urn: str
    type: str
    name: str
    custom: bool
    parent: str
    inputs: Inputs
    dependencies: frozenset[str]
    property_dependencies: Mapping[str, frozenset[str]]
    options: resource_pb2.RegisterResourceRequest


@dataclass
class Recording:
    """Everything that a program registered."""

    resources: list[Registered] = field(default_factory=list)
    reads: dict[str, str] = field(default_factory=dict)
    """Ids of what was read instead of made, by its URN."""
    outputs: dict[str, Inputs] = field(default_factory=dict)
    exports: Inputs = field(default_factory=dict)

    def of(self, type_suffix: str) -> list[Registered]:
        """The resources whose type ends so, by name."""
        found = [r for r in self.resources if r.type.endswith(f":{type_suffix}")]
        return sorted(found, key=lambda r: r.name)

    def one(self, type_suffix: str, name: str | None = None) -> Registered:
        """The only resource of that type (and name)."""
        found = [r for r in self.of(type_suffix) if name is None or r.name == name]
        assert len(found) == 1, [r.urn for r in self.resources]
        return found[0]

    def after(self, resource: Registered) -> set[str]:
        """URNs of all that must exist before a resource, directly or through others."""
        by_urn = {r.urn: r for r in self.resources}
        seen: set[str] = set()
        todo = [resource.urn]
        while todo:
            for urn in by_urn[todo.pop()].dependencies - seen:
                seen.add(urn)
                todo += [urn] if urn in by_urn else []
        return seen


def made_up_guid(name: str) -> str:
    """A GUID that a cloud would give to the resource of that name."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def _computed(typ: str, name: str, inputs: Inputs) -> Inputs:
    """The outputs that only the cloud knows."""
    made_up: Callable[[str, Inputs], Inputs] = _COMPUTED.get(
        typ.rpartition(":")[2], lambda _name, _inputs: {}
    )
    return made_up(name, inputs)


def _account(_: str, inputs: Inputs) -> Inputs:
    email = f"{inputs['accountId']}@{inputs['project']}.iam.gserviceaccount.com"
    path = f"projects/{inputs['project']}/serviceAccounts/{email}"
    return {"email": email, "name": path, "uniqueId": "100200300400500600700"}


def _custom_role(_: str, inputs: Inputs) -> Inputs:
    return {"name": f"projects/{inputs['project']}/roles/{inputs['roleId']}"}


def _revision(_name: str, _inputs: Inputs) -> Inputs:
    return {"latestRevisionId": "7"}


_AGENT = "service-100000000001@gcp-sa-apigee.iam.gserviceaccount.com"
_COMPUTED: Mapping[str, Callable[[str, Inputs], Inputs]] = {
    "Account": _account,
    "Api": _revision,
    "Application": lambda name, _: {"clientId": made_up_guid(f"client {name}")},
    "IAMCustomRole": _custom_role,
    "NatAddress": lambda name, _: {"ipAddress": f"203.0.113.{name.rpartition('-')[2]}"},
    "RandomString": lambda name, _: {"result": made_up_guid(name)[:6]},
    "ServiceIdentity": lambda _name, _inputs: {
        "email": _AGENT,
        "member": f"serviceAccount:{_AGENT}",
    },
    "ServicePrincipal": lambda name, _: {"objectId": made_up_guid(f"principal {name}")},
    "Sharedflow": _revision,
    "UserAssignedIdentity": lambda name, _: {
        "clientId": made_up_guid(f"client {name}"),
        "principalId": made_up_guid(f"principal {name}"),
    },
    "Workspace": lambda name, _: {"customerId": made_up_guid(f"customer {name}")},
}


# What the clouds have before any program, by its id.
EXISTING: Mapping[str, Inputs] = {
    "organizations/sandbox-gateway": {"name": "sandbox-gateway", "billingType": "PAYG"},
}

_NAMED_BY = ("vaultName", "resourceName", "resourceGroupName", "workspaceName")


def _id(args: mocks.MockResourceArgs) -> str:
    """The id that a cloud would give; whole where the program takes parts of it."""
    if args.typ == "azure-native:operationalinsights:Workspace":
        group = (
            f"/subscriptions/{made_up_guid('')}/resourceGroups/{args.inputs['resourceGroupName']}"
        )
        name = args.inputs["workspaceName"]
        return f"{group}/providers/Microsoft.OperationalInsights/workspaces/{name}"
    return f"/made-up/{args.typ}/{args.name}"


class _Cloud(mocks.Mocks):
    """Answers as the providers would."""

    def __init__(self, existing: Mapping[str, Inputs], *, preview: bool) -> None:
        self.existing = existing
        self.preview = preview

    def call(self, args: mocks.MockCallArgs) -> tuple[Inputs, list[tuple[str, str]] | None]:
        raise AssertionError(f"the program calls {args.token}")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, Inputs]:
        if args.resource_id:
            return args.resource_id, self.existing[args.resource_id]
        if not args.custom:
            return None, args.inputs
        named = next((args.inputs[key] for key in _NAMED_BY if key in args.inputs), None)
        outputs = {**({"name": named} if named else {}), **args.inputs}
        if self.preview:
            return None, outputs
        return _id(args), {
            **outputs,
            **_computed(args.typ, args.name, args.inputs),
        }


class _Monitor(mocks.MockMonitor):
    """Keeps what the SDK's own monitor drops."""

    def __init__(self, cloud: _Cloud) -> None:
        super().__init__(cloud)
        self.recording = Recording()

    def RegisterResource(  # noqa: N802  the protocol's name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        response: resource_pb2.RegisterResourceResponse
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]  # the SDK's mocks have no annotations
        if request.type == "pulumi:pulumi:Stack":
            return response
        _close_loop_of_worker()
        self.recording.resources.append(
            Registered(
                urn=response.urn,
                type=request.type,
                name=request.name,
                custom=request.custom,
                parent=request.parent,
                inputs=rpc.deserialize_properties(request.object, keep_unknowns=True),
                dependencies=frozenset(request.dependencies),
                property_dependencies={
                    key: frozenset(value.urns)
                    for key, value in request.propertyDependencies.items()
                },
                options=request,
            )
        )
        return response

    def ReadResource(  # noqa: N802  the protocol's name
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        response: resource_pb2.ReadResourceResponse
        response = super().ReadResource(request)  # type: ignore[no-untyped-call]  # as above
        _close_loop_of_worker()
        self.recording.reads[response.urn] = request.id
        return response

    def RegisterResourceOutputs(  # noqa: N802  the protocol's name
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        outputs = rpc.deserialize_properties(request.outputs, keep_unknowns=True)
        self.recording.outputs[request.urn] = outputs
        return empty_pb2.Empty()


def _close_loop_of_worker() -> None:
    """Close the event loop that the SDK's mocks leave behind in each of their threads."""
    if threading.current_thread() is not threading.main_thread():
        asyncio.get_event_loop().close()
        asyncio.set_event_loop(None)


def record(
    program: Callable[[], object], *, preview: bool, existing: Mapping[str, Inputs] = EXISTING
) -> Recording:
    """Run a program as the engine would and return what it registered.

    `existing`: what can be read, by its id.
    """
    monitor = _Monitor(_Cloud(existing, preview=preview))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        settings.reset_options()
        mocks.set_mocks(monitor.mocks, PROJECT, STACK, preview=preview, monitor=monitor)

        # Nothing of a program that failed before counts: its event loop is closed.
        settings.SETTINGS.rpc_manager.clear()
        settings.SETTINGS.outputs.clear()
        # The mocks' own stack has ended: what a program gives to pulumi.run would be refused.
        settings.set_root_resource(None)  # type: ignore[arg-type]  # what a new process begins with

        async def run() -> None:
            await run_in_stack(program)  # type: ignore[arg-type]  # whatever it returns counts not
            root = settings.get_root_resource()
            assert isinstance(root, Stack)
            exports = await pulumi.Output.from_input(root.outputs).future()
            monitor.recording.exports.update(exports or {})  # None: one is unknown in a preview

        loop.run_until_complete(run())
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    return monitor.recording


def record_main(
    main: Path,
    config: Mapping[str, str],
    *,
    preview: bool,
    existing: Mapping[str, Inputs] = EXISTING,
) -> Recording:
    """Run a program's file under a configuration and return what it registered."""
    pulumi.runtime.set_all_config(dict(config), [])

    def program() -> object:
        return runpy.run_path(str(main), run_name="__main__")

    try:
        return record(program, preview=preview, existing=existing)
    finally:
        pulumi.runtime.set_all_config({}, [])
