"""Serves the pack to the engine, over the engine's own protocol for policy packs.

Owns the protocol. Pulumi's Python SDK for policies (`pulumi_policy.PolicyPack`) isn't used for it,
for three reasons that users would notice: it decodes each resource anew for each policy, it gives a
policy one level, so that what a preview can't decide would need a second policy of another name,
and it keeps a configuration for rules that there aren't. The protocol is public: Pulumi's source,
`proto/pulumi/analyzer.proto`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent import futures
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import chain
from typing import Final

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2 as proto
from pulumi.runtime.proto import analyzer_pb2_grpc, plugin_pb2

from .catalogue import NAME, RULES, page
from .configuration import Configuration, ConfigurationError, Entry, SetLevel
from .controls import CONTROLS
from .exceptions import EXCEPTIONS
from .judging import Judge, Verdict
from .model import About, Resource, ResourceRule
from .values import plain

# The engine shows the version of PulumiPolicy.yaml; the protocol wants one here too.
_VERSION: Final = "0.0.1"

# A stack's resources come in one message.
_ANY_SIZE: Final = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]

_LEVELS: Final[Mapping[str, proto.EnforcementLevel.ValueType]] = {
    "advisory": proto.ADVISORY,
    "mandatory": proto.MANDATORY,
}
# There is nothing here to remedy by itself: asked for, it is a violation.
_SET_LEVELS: Final[Mapping[int, SetLevel]] = {
    proto.ADVISORY: "advisory",
    proto.MANDATORY: "mandatory",
    proto.REMEDIATE: "mandatory",
    proto.DISABLED: "disabled",
}
_SEVERITIES: Final[Mapping[str, proto.PolicySeverity.ValueType]] = {
    "low": proto.POLICY_SEVERITY_LOW,
    "medium": proto.POLICY_SEVERITY_MEDIUM,
    "high": proto.POLICY_SEVERITY_HIGH,
    "critical": proto.POLICY_SEVERITY_CRITICAL,
}
_STACK: Final = "pulumi:pulumi:Stack"


class Analyzer(analyzer_pb2_grpc.AnalyzerServicer):
    """The engine's service for one pack. Its methods are the protocol's."""

    def __init__(self) -> None:
        # The engine says to a pack, in its environment, whether the operation is a preview.
        self._preview = os.environ.get("PULUMI_DRY_RUN") == "true"
        self._judge = self._judge_by({})
        self._providers: set[str] = set()

    def _judge_by(self, entries: Mapping[str, Entry]) -> Judge:
        abouts = [EXCEPTIONS, *(rule.about for rule in RULES)]
        return Judge(RULES, Configuration(abouts, entries), self._preview)

    def GetAnalyzerInfo(  # noqa: N802 - the protocol's name
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> proto.AnalyzerInfo:
        """What the pack is and which rules it has."""
        policies = [_policy(rule.about, isinstance(rule, ResourceRule)) for rule in RULES] + [
            _policy(EXCEPTIONS, of_resources=False)
        ]
        return proto.AnalyzerInfo(
            name=NAME, version=_VERSION, supportsConfig=True, policies=policies
        )

    def GetPluginInfo(  # noqa: N802 - the protocol's name
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        """The plugin's version."""
        return plugin_pb2.PluginInfo(version=_VERSION)

    def Configure(  # noqa: N802 - the protocol's name
        self, request: proto.ConfigureAnalyzerRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Takes the configuration, or says what is wrong with it and so ends the operation."""
        entries = {
            name: Entry(
                _SET_LEVELS[entry.enforcementLevel], json_format.MessageToDict(entry.properties)
            )
            for name, entry in request.policyConfig.items()
        }
        try:
            self._judge = self._judge_by(entries)
        except ConfigurationError as error:
            context.abort(
                grpc.StatusCode.INVALID_ARGUMENT, f"the policy pack's configuration: {error}"
            )
        return empty_pb2.Empty()

    def ConfigureStack(  # noqa: N802 - the protocol's name
        self, request: proto.AnalyzerStackConfigureRequest, context: grpc.ServicerContext
    ) -> proto.AnalyzerStackConfigureResponse:
        """Takes the stack's name and configuration, which no rule needs."""
        return proto.AnalyzerStackConfigureResponse()

    def Analyze(  # noqa: N802 - the protocol's name
        self, request: proto.AnalyzeRequest, context: grpc.ServicerContext
    ) -> proto.AnalyzeResponse:
        """Judges one resource by its inputs, and its provider, once.

        The engine asks about providers that a program makes, but about those that it makes itself, of
        the configuration, only by the resources that they are for.
        """
        verdicts = self._judge.resource(request.type, _today(), partial(_resource, request))
        of_provider: Iterable[Verdict] = ()
        provider = request.provider
        if provider.urn.rpartition("::")[2].startswith("default") and self._is_new(provider.urn):
            of_provider = self._judge.resource(
                provider.type, _today(), partial(_provider, provider)
            )
        return _response(chain(verdicts, of_provider), request.urn)

    def _is_new(self, urn: str) -> bool:
        # Requests come in threads: two at once may both find it new, and then it is told twice.
        seen = len(self._providers)
        self._providers.add(urn)
        return len(self._providers) > seen

    def AnalyzeStack(  # noqa: N802 - the protocol's name
        self, request: proto.AnalyzeStackRequest, context: grpc.ServicerContext
    ) -> proto.AnalyzeResponse:
        """Judges the stack's resources together, by their outputs."""
        resources = [(resource.type, _reader(resource)) for resource in request.resources]
        roots = [resource.urn for resource in request.resources if resource.type == _STACK]
        return _response(self._judge.stack(resources, _today()), roots[0] if roots else "")

    def Remediate(  # noqa: N802 - the protocol's name
        self, request: proto.AnalyzeRequest, context: grpc.ServicerContext
    ) -> proto.RemediateResponse:
        """Changes nothing: the pack refuses, the program's owner mends."""
        return proto.RemediateResponse()


def serve() -> None:
    """Serves the pack to the engine. Blocks until the process is stopped."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4), options=_ANY_SIZE)
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Analyzer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    # The engine reads the port, and nothing else, from here.
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    signal.signal(signal.SIGINT, lambda _signal, _frame: server.stop(0))
    server.wait_for_termination()


def _today() -> date:
    return datetime.now(UTC).date()


def _reader(resource: proto.AnalyzerResource) -> Callable[[], Resource]:
    def read() -> Resource:
        dependencies = {
            name: tuple(sources.urns) for name, sources in resource.propertyDependencies.items()
        }
        return replace(_resource(resource), dependencies=dependencies)

    return read


def _resource(request: proto.AnalyzeRequest | proto.AnalyzerResource) -> Resource:
    return Resource(
        request.urn,
        request.name,
        request.type,
        plain(request.properties),
        protect=request.options.protect,
    )


def _provider(provider: proto.AnalyzerProviderResource) -> Resource:
    return Resource(provider.urn, provider.name, provider.type, plain(provider.properties))


def _response(verdicts: Iterable[Verdict], otherwise: str) -> proto.AnalyzeResponse:
    return proto.AnalyzeResponse(
        diagnostics=[
            proto.AnalyzeDiagnostic(
                policyName=verdict.rule.name,
                policyPackName=NAME,
                policyPackVersion=_VERSION,
                description=verdict.rule.description,
                message=f"{verdict.rule.description}\n{verdict.message}",
                enforcementLevel=_LEVELS[verdict.level],
                severity=_SEVERITIES[verdict.severity],
                urn=verdict.urn or otherwise,
            )
            for verdict in verdicts
        ]
    )


def _policy(about: About, of_resources: bool) -> proto.PolicyInfo:
    kind = proto.POLICY_TYPE_RESOURCE if of_resources else proto.POLICY_TYPE_STACK
    info = proto.PolicyInfo(
        name=about.name,
        description=about.description,
        enforcementLevel=_LEVELS[about.level],
        severity=_SEVERITIES[about.severity],
        policy_type=kind,
        tags=list(about.controls),
        remediation_steps=about.remediation,
        url=page(about),
    )
    if about.controls:
        first = CONTROLS[about.controls[0]]
        info.framework.name = first.framework
        info.framework.reference = first.reference
        info.framework.specification = first.title
    schemas = {p.name: {**p.schema, "default": p.default} for p in about.parameters}
    if schemas:
        json_format.ParseDict(schemas, info.configSchema.properties)
    return info
