"""What the sandbox's calls add up to, and that the fleet is as large as its figures say."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmarks.many_resources import by_method, slowest
from benchmarks.metered_sandbox import Call, meter
from benchmarks.processor_time import role

_GROUP = "azure-native:resources:ResourceGroup"
_VAULT = "azure-native:keyvault:Vault"


def _call(method: str, type_: str, cpu: float) -> Call:
    return Call(method, type_, at=0.0, wall=9.0, cpu=cpu)


def test_a_methods_time_is_the_sum_of_its_calls_and_little_ones_are_left_out() -> None:
    calls = [
        _call("Create", _GROUP, 0.3),
        _call("Create", _VAULT, 0.5),
        _call("Check", _VAULT, 2.0),
        _call("Configure", "", 0.01),
    ]
    assert [(figure.name, figure.median) for figure in by_method("up", calls)] == [
        ("up: CPU in Check (1 calls)", 2.0),
        ("up: CPU in Create (2 calls)", 0.8),
    ]


def test_the_slowest_operations_are_told_by_their_mean_and_not_by_their_number() -> None:
    calls = [
        *[_call("Create", _GROUP, 0.001)] * 100,
        _call("Create", _VAULT, 0.004),
        _call("Create", _VAULT, 0.002),
        _call("Configure", "", 9.0),
    ]
    assert [(figure.name, round(figure.median, 6)) for figure in slowest("up", calls)] == [
        ("up: CPU a Create of Vault", 3.0),
        ("up: CPU a Create of ResourceGroup", 1.0),
    ]


class _Servicer:
    def Create(self, request: object, context: object) -> str:  # noqa: N802 - the protocol's
        if context is None:
            raise LookupError
        return "created"

    def _help(self) -> str:
        return "helped"


def test_a_metered_servicer_answers_as_before_and_each_call_is_recorded() -> None:
    recorded = meter(_Servicer)
    servicer = _Servicer()
    urn = f"urn:pulumi:local::fleet::a:b:Parent${_GROUP}::name"

    assert servicer.Create(SimpleNamespace(urn=urn), 1) == "created"
    with pytest.raises(LookupError):
        servicer.Create(SimpleNamespace(), None)
    assert servicer._help() == "helped"
    assert [(call.method, call.type) for call in recorded] == [("Create", _GROUP), ("Create", "")]


@pytest.mark.parametrize(
    ("arguments", "is_engine", "expected"),
    [
        (["/bin/pulumi", "up"], True, "engine"),
        (["/bin/pulumi-language-python", "127.0.0.1:1"], False, "program"),
        (["python", "-u", "/bin/pulumi-language-python-exec", "--monitor"], False, "program"),
        (["python", "-I", "/home/plugins/resource-gcp-v1.0.0/shim.py", "gcp"], False, "plugins"),
    ],
)
def test_a_process_is_told_by_its_arguments(
    arguments: list[str], is_engine: bool, expected: str
) -> None:
    assert role(arguments, is_engine=is_engine) == expected
