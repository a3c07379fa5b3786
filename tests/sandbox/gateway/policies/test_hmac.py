"""What the documentation of HMAC promises; the expected codes are its own examples'."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from sandbox.gateway.bundle import BundleError
from tests.sandbox.gateway.policies.support import ask, loaded, shown, variable
from tests.sandbox.gateway.rig import Site

_KEY = variable("private.k", "Secret123")
_ABC = "a7938720fe5749d31076e6961360364c0cd271443f1b580779932c244293bc94"


def code(
    message: str = "<Message>abc</Message>",
    *,
    algorithm: str = "SHA256",
    key: str = '<SecretKey ref="private.k"/>',
    rest: str = '<Output encoding="base16">v</Output>',
) -> str:
    return f'<HMAC name="H"><Algorithm>{algorithm}</Algorithm>{key}{message}{rest}</HMAC>'


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA-256", "sha256", "Sha-256"])
def test_the_algorithms_name_may_be_written_in_any_way(site: Site, algorithm: str) -> None:
    assert shown(site, _KEY, code(algorithm=algorithm)) == _ABC


@pytest.mark.parametrize("algorithm", ["SHA-1", "SHA-224", "SHA-384", "SHA-512", "MD-5"])
def test_each_algorithm_is_the_real_one(site: Site, algorithm: str) -> None:
    name = algorithm.lower().replace("-", "")
    expected = hmac.new(b"Secret123", b"abc", name).hexdigest()
    assert shown(site, _KEY, code(algorithm=algorithm)) == expected


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        ("abc ", "274669b2a85d2532da48e2ce3d8e52ee17346d1bcd1a606d87db1934b5ab294b"),
        ("abc\n", "0780370844ca07f896066837e8230d3b6a775f678a4ae03e6b5e864c674831f5"),
    ],
)
def test_blanks_of_the_message_count(site: Site, text: str, digest: str) -> None:
    assert shown(site, _KEY, code(f"<Message>{text}</Message>")) == digest


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("", "Secret123"),
        ('encoding="UTF-8"', "Secret123"),
        ('encoding="hex"', "536563726574313233"),
        ('encoding="base16"', "53 65 63 72 65 74 31 32 33"),
        ('encoding="base64"', "U2VjcmV0MTIz"),
    ],
)
def test_the_key_is_decoded_as_its_encoding_says(site: Site, encoding: str, text: str) -> None:
    policy = code(key=f'<SecretKey {encoding} ref="private.k"/>')
    assert shown(site, variable("private.k", text), policy) == _ABC


@pytest.mark.parametrize(
    ("output", "show", "expected"),
    [
        ("", "{hmac.H.output}", "p5OHIP5XSdMQduaWE2A2TAzScUQ/G1gHeZMsJEKTvJQ="),
        ("<Output>v</Output>", "{v}", "p5OHIP5XSdMQduaWE2A2TAzScUQ/G1gHeZMsJEKTvJQ="),
        (
            '<Output encoding="base64url">v</Output>',
            "{v}",
            "p5OHIP5XSdMQduaWE2A2TAzScUQ_G1gHeZMsJEKTvJQ",
        ),
        ("", "{hmac.H.outputencoding} {hmac.H.message}", "base64 abc"),
    ],
)
def test_the_output_goes_where_and_as_it_is_asked(
    site: Site, output: str, show: str, expected: str
) -> None:
    assert shown(site, _KEY, code(rest=output), show=show) == expected


def test_the_message_is_a_template_and_may_come_from_a_variable(site: Site) -> None:
    expected = hmac.new(b"Secret123", b"GET:1", hashlib.sha256).hexdigest()
    own = "<Message>{request.verb}:{request.header.n}</Message>"
    assert shown(site, _KEY, code(own), headers={"n": "1"}) == expected
    held = '<Message ref="request.header.t">other</Message>'
    assert shown(site, _KEY, code(held), headers={"t": "{request.verb}:1"}) == expected


def test_an_unresolved_message_is_a_fault_unless_it_is_ignored(site: Site) -> None:
    answer = ask(site, _KEY, code("<Message>{gone}</Message>"))
    assert (answer.status, answer.fault) == (401, "steps.hmac.UnresolvedVariable")
    lenient = (
        "<Message>abc{gone}</Message><IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>"
    )
    assert shown(site, _KEY, code(lenient)) == _ABC


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ('<VerificationValue ref="request.header.h"/>', base64.b64encode(bytes.fromhex(_ABC))),
        ('<VerificationValue encoding="hex" ref="request.header.h"/>', _ABC.encode()),
        (f'<VerificationValue encoding="hex">{_ABC}</VerificationValue>', b""),
    ],
)
def test_a_code_that_matches_lets_the_request_pass(site: Site, element: str, value: bytes) -> None:
    headers = {"h": value.decode()} if value else {}
    assert ask(site, _KEY, code(rest=element), headers=headers).status == 200


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("QUJD", "HmacVerificationFailed"),
        ("not base64!", "HmacCalculationFailed"),
        ("", "EmptyVerificationValue"),
        (None, "UnresolvedVariable"),
    ],
)
def test_a_code_that_does_not_match_is_a_fault(site: Site, value: str | None, fault: str) -> None:
    policy = code(rest='<VerificationValue ref="request.header.h"/>')
    answer = ask(site, _KEY, policy, headers={} if value is None else {"h": value})
    assert (answer.status, answer.fault) == (401, f"steps.hmac.{fault}")


@pytest.mark.parametrize(
    ("policies", "fault"),
    [((), "UnresolvedVariable"), ((variable("private.k", ""),), "EmptySecretKey")],
)
def test_a_key_that_is_not_there_is_a_fault(
    site: Site, policies: tuple[str, ...], fault: str
) -> None:
    assert ask(site, *policies, code()).fault == f"steps.hmac.{fault}"


@pytest.mark.parametrize(
    ("policy", "element"),
    [
        (code(algorithm="SHA-3"), "Algorithm"),
        (code(key=""), "HMAC"),
        (code(key='<SecretKey ref="k"/>'), "SecretKey"),
        (code(key="<SecretKey>canary</SecretKey>"), "SecretKey"),
        (code(key='<SecretKey encoding="rot13" ref="private.k"/>'), "SecretKey"),
        (code(key='<SecretKey encoding="base64url" ref="private.k"/>'), "SecretKey"),
        (code(""), "HMAC"),
        (code("<Message/>"), "Message"),
        (code(rest="<VerificationValue/>"), "VerificationValue"),
        (code(rest='<Output encoding="utf8">v</Output>'), "Output"),
    ],
)
def test_what_can_not_be_executed_is_refused_with_its_element(policy: str, element: str) -> None:
    with pytest.raises(BundleError) as refused:
        loaded(policy)
    assert refused.value.element.endswith(element)
