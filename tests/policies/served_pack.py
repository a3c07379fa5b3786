"""Runs the pack as the engine does, a process that is asked over gRPC, without an engine."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from tests.policies.fixtures import FixtureResource, Phase

PACK: Final = Path(__file__).parents[2] / "policies"


_LEVELS: Final = {
    "advisory": analyzer_pb2.ADVISORY,
    "mandatory": analyzer_pb2.MANDATORY,
    "disabled": analyzer_pb2.DISABLED,
}


@dataclass(frozen=True)
class Diagnostic:
    """What the engine would show for one finding."""

    policy: str
    urn: str
    message: str
    mandatory: bool

    @property
    def text(self) -> str:
        """The message without the rule's description, which stands in its first line."""
        return self.message.partition("\n")[2]


class ServedPack:
    """The pack's process, as seen through its socket."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = analyzer_pb2_grpc.AnalyzerStub(channel)

    def configure(self, phase: Phase) -> None:
        self._stub.ConfigureStack(
            analyzer_pb2.AnalyzerStackConfigureRequest(
                project="apigee-keyvault", stack="local", dry_run=phase == "preview"
            )
        )

    def set(self, config: Mapping[str, object]) -> None:
        """Hands on configuration as the engine does: rule to a level, or to an object."""
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        for policy in self.info().policies:
            request.policyConfig[policy.name].enforcementLevel = policy.enforcementLevel
        for name, value in config.items():
            entry = request.policyConfig[name]
            settings = {"enforcementLevel": value} if isinstance(value, str) else value
            assert isinstance(settings, Mapping)
            rest = dict(settings)
            if "enforcementLevel" in rest:
                entry.enforcementLevel = _LEVELS[rest.pop("enforcementLevel")]
            entry.properties.update(rest)
        self._stub.Configure(request)

    def info(self) -> analyzer_pb2.AnalyzerInfo:
        info = self._stub.GetAnalyzerInfo(empty_pb2.Empty())
        assert isinstance(info, analyzer_pb2.AnalyzerInfo)
        return info

    def analyze(self, resources: Iterable[FixtureResource]) -> list[Diagnostic]:
        """What is found in each resource by its inputs, then in the stack by its outputs."""
        listed = list(resources)
        return self.analyze_each(listed) + self.analyze_stack(listed)

    def analyze_each(
        self, resources: Iterable[FixtureResource], provider: FixtureResource | None = None
    ) -> list[Diagnostic]:
        """What is found in each resource, all of one provider's where one is given."""
        by = {}
        if provider is not None:
            by["provider"] = analyzer_pb2.AnalyzerProviderResource(
                type=provider.kind,
                urn=provider.urn,
                name=provider.name,
                properties=_struct(provider.inputs),
            )
        found: list[Diagnostic] = []
        for resource in resources:
            response = self._stub.Analyze(
                analyzer_pb2.AnalyzeRequest(
                    type=resource.kind,
                    urn=resource.urn,
                    name=resource.name,
                    properties=_struct(resource.inputs),
                    options=analyzer_pb2.AnalyzerResourceOptions(protect=resource.protect),
                    **by,
                )
            )
            # The engine takes a diagnostic without a URN to be about the resource asked about.
            found += [_diagnostic(d, d.urn or resource.urn) for d in response.diagnostics]
        return found

    def analyze_stack(self, resources: Iterable[FixtureResource]) -> list[Diagnostic]:
        listed = list(resources)
        urns = {resource.name: resource.urn for resource in listed}
        request = analyzer_pb2.AnalyzeStackRequest(
            resources=[_in_stack(resource, urns) for resource in listed]
        )
        response = self._stub.AnalyzeStack(request)
        return [_diagnostic(d, d.urn) for d in response.diagnostics]


@contextmanager
def served(folder: Path, phase: Phase) -> Iterator[ServedPack]:
    """Starts a pack's process for one kind of operation, and ends it afterwards."""
    environment = {
        **os.environ,
        "PULUMI_PROJECT": "apigee-keyvault",
        "PULUMI_STACK": "local",
        "PULUMI_DRY_RUN": "true" if phase == "preview" else "false",
    }
    # The first address is the engine's; a pack that only answers never calls it.
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            assert port.isdigit(), f"the pack in {folder} didn't start: see its error output"
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                pack = ServedPack(channel)
                pack.configure(phase)
                yield pack
        finally:
            process.kill()


def _struct(properties: object) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    assert isinstance(properties, dict)
    struct.update(properties)
    return struct


def _in_stack(resource: FixtureResource, urns: dict[str, str]) -> analyzer_pb2.AnalyzerResource:
    return analyzer_pb2.AnalyzerResource(
        type=resource.kind,
        urn=resource.urn,
        name=resource.name,
        properties=_struct(resource.outputs),
        options=analyzer_pb2.AnalyzerResourceOptions(protect=resource.protect),
        propertyDependencies={
            name: analyzer_pb2.AnalyzerPropertyDependencies(
                urns=[urns.get(source, source) for source in sources]
            )
            for name, sources in resource.sources.items()
        },
    )


def _diagnostic(diagnostic: analyzer_pb2.AnalyzeDiagnostic, urn: str) -> Diagnostic:
    return Diagnostic(
        diagnostic.policyName,
        urn,
        diagnostic.message,
        diagnostic.enforcementLevel == analyzer_pb2.MANDATORY,
    )
