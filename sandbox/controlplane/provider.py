"""One provider, as the engine talks to it: protocol in, resource type out, protocol back.

Owns the translation and the order of steps. Rules of a type stand in its module; one instance
serves one launch, so configuration and working directory are never shared.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox.cloud import Cloud
from sandbox.controlplane import diff, values
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.registry import Package
from sandbox.controlplane.resource_type import Context, Naming, ResourceType
from sandbox.controlplane.values import Plain
from sandbox.interruptions import Moment

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")
_KINDS = {
    "add": (provider_pb2.PropertyDiff.ADD, provider_pb2.PropertyDiff.ADD_REPLACE),
    "delete": (provider_pb2.PropertyDiff.DELETE, provider_pb2.PropertyDiff.DELETE_REPLACE),
    "update": (provider_pb2.PropertyDiff.UPDATE, provider_pb2.PropertyDiff.UPDATE_REPLACE),
}


def _answering(
    method: Callable[[Provider, Any], _Answer],
) -> Callable[[Provider, Any, grpc.ServicerContext], _Answer]:
    """Turn refusals into statuses that the engine prints; a bug becomes an error, never a crash."""

    @wraps(method)
    def answer(self: Provider, request: Any, context: grpc.ServicerContext) -> _Answer:
        try:
            return method(self, request)
        except CloudError as error:
            _abort(context, grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the engine must hear of it
            _log.exception("%s failed", method.__name__)
            _abort(
                context,
                grpc.StatusCode.INTERNAL,
                f"the sandbox failed in {method.__name__}: {type(error).__name__}: {error};"
                " its log has the traceback",
            )

    return answer


def _abort(context: grpc.ServicerContext, code: grpc.StatusCode, message: str) -> NoReturn:
    context.abort(code, message)
    raise AssertionError("abort returned")


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """The servicer of one launch of one package."""

    def __init__(self, cloud: Cloud, package: Package, directory: Path, engine: int) -> None:
        self._cloud = cloud
        self._engine = engine
        self._package = package
        self._directory = directory
        self._configuration: Plain = {}

    # The plugin and its configuration

    @_answering
    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest
    ) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    @_answering
    def GetPluginInfo(self, request: empty_pb2.Empty) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self._package.version)

    @_answering
    def CheckConfig(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    @_answering
    def DiffConfig(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    @_answering
    def Configure(self, request: provider_pb2.ConfigureRequest) -> provider_pb2.ConfigureResponse:
        self._configuration = values.strip(values.decode(request.args))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @_answering
    def Cancel(self, request: empty_pb2.Empty) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    # Functions

    @_answering
    def Invoke(self, request: provider_pb2.InvokeRequest) -> provider_pb2.InvokeResponse:
        function = self._package.function(request.tok)
        arguments = values.strip(values.decode(request.args))
        response = provider_pb2.InvokeResponse()
        # The field's name is a keyword of Python.
        getattr(response, "return").CopyFrom(values.encode(function(self._context(), arguments)))
        return response

    # Resources

    @_answering
    def Check(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        type_, context = self._type(request.urn), self._context()
        given = values.decode(request.news)
        plain = values.strip(given)
        failures = [
            # As the real providers do, without a property: the reason names its path.
            provider_pb2.CheckFailure(reason=type_.explain(mistake))
            for mistake in type_.schema.mistakes(plain)
        ]
        naming = Naming(_resource_name(request.urn), request.randomSeed)
        old = values.strip(values.decode(request.olds))
        added = type_.defaults(context, naming, old, plain)
        if not failures:
            failures = [
                provider_pb2.CheckFailure(reason=reason)
                for reason in type_.refusals(context, {**plain, **added})
            ]
        return provider_pb2.CheckResponse(
            inputs=values.encode({**given, **added}), failures=failures
        )

    @_answering
    def Diff(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        type_ = self._type(request.urn)
        old = values.strip(values.decode(request.old_inputs))
        new = values.strip(values.decode(request.news))
        ignored = frozenset(request.ignoreChanges)
        changes = [c for c in self._changes(type_, request, old, new) if not c.within(ignored)]
        replacing = [change for change in changes if change.within(type_.replace_on)]
        response = provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME
            if changes
            else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=_unique(change.name for change in changes),
            replaces=_unique(change.name for change in replacing),
            deleteBeforeReplace=bool(replacing) and type_.deletes_first(old, new),
            hasDetailedDiff=True,
        )
        for change in changes:
            kind = _KINDS[change.kind][change in replacing]
            response.detailedDiff[change.path].CopyFrom(
                provider_pb2.PropertyDiff(kind=kind, inputDiff=True)
            )
        return response

    def _changes(
        self, type_: ResourceType, request: provider_pb2.DiffRequest, old: Plain, new: Plain
    ) -> list[diff.Change]:
        state = values.strip(values.decode(request.olds))
        changes = diff.changes(*type_.compared(old, state, new))
        named = {change.name for change in changes}
        for name in sorted(type_.also_changed(self._context(), state, new) - named):
            changes.append(diff.Change(name, "update"))
        return changes

    @_answering
    def Create(self, request: provider_pb2.CreateRequest) -> provider_pb2.CreateResponse:
        type_, context = self._type(request.urn), self._context()
        given = values.decode(request.properties)
        inputs, secrets = values.strip(given), values.secret_names(given)
        if request.preview:
            preview = type_.preview(inputs)
            return provider_pb2.CreateResponse(
                properties=values.encode(values.mark(preview, secrets))
            )
        with self._operation("create", request.urn, inputs):
            object_id = type_.create(context, inputs)
            type_.check_id(object_id)
            outputs = type_.outputs(type_.read(context, object_id, inputs) or {}, inputs)
        return provider_pb2.CreateResponse(
            id=object_id, properties=values.encode(values.mark(outputs, secrets))
        )

    @_answering
    def Read(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:
        type_, context = self._type(request.urn), self._context()
        if not request.id:
            return provider_pb2.ReadResponse()
        old_inputs, old_state = values.decode(request.inputs), values.decode(request.properties)
        secrets = values.secret_names(old_inputs) | values.secret_names(old_state)
        inputs, state = values.strip(old_inputs), values.strip(old_state)
        with self._cloud.store.transaction():
            # Only an import comes without a state.
            object_id = request.id if state else type_.imported(context, request.id)
            body = type_.read(context, object_id, state)
        if body is None:
            return provider_pb2.ReadResponse()
        outputs = type_.outputs(body, state)
        now = type_.inputs(object_id, outputs)
        if inputs:
            now = diff.refreshed(inputs, type_.inputs(object_id, state), now)
        return provider_pb2.ReadResponse(
            id=object_id,
            properties=values.encode(values.mark(outputs, secrets)),
            inputs=values.encode(values.mark(now, secrets)),
        )

    @_answering
    def Update(self, request: provider_pb2.UpdateRequest) -> provider_pb2.UpdateResponse:
        type_, context = self._type(request.urn), self._context()
        given = values.decode(request.news)
        inputs, secrets = values.strip(given), values.secret_names(given)
        state = values.strip(values.decode(request.olds))
        if request.preview:
            old = values.strip(values.decode(request.old_inputs))
            preview = type_.preview_update(context, old, state, inputs)
            return provider_pb2.UpdateResponse(
                properties=values.encode(values.mark(preview, secrets))
            )
        with self._operation("update", request.urn, inputs):
            type_.update(context, request.id, inputs, state)
            outputs = type_.outputs(type_.read(context, request.id, inputs) or {}, inputs)
        return provider_pb2.UpdateResponse(properties=values.encode(values.mark(outputs, secrets)))

    @_answering
    def Delete(self, request: provider_pb2.DeleteRequest) -> empty_pb2.Empty:
        type_, context = self._type(request.urn), self._context()
        state = values.strip(values.decode(request.properties))
        named = {**state, "id": request.id}
        with self._operation("delete", request.urn, named):
            type_.delete(context, request.id, state)
        return empty_pb2.Empty()

    @contextmanager
    def _operation(self, operation: str, urn: str, properties: Plain) -> Iterator[None]:
        """One change of the clouds, whole or not at all, that can be interrupted at either end."""
        interruptions, context = self._cloud.interruptions, self._context()
        interruptions.reached(Moment.BEFORE, operation, urn, self._engine)
        with (
            self._type(urn).exclusive(context, operation, properties),
            self._cloud.store.transaction(),
        ):
            yield
        interruptions.reached(Moment.AFTER, operation, urn, self._engine)

    def _context(self) -> Context:
        return Context(self._cloud, self._directory, self._configuration)

    def _type(self, urn: str) -> ResourceType:
        return self._package.type(urn.split("::")[2].rsplit("$", 1)[-1])


def _resource_name(urn: str) -> str:
    return urn.split("::", 3)[3]


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
