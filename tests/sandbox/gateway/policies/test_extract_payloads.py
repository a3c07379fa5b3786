"""JSON and XML payloads through ExtractVariables."""

from __future__ import annotations

import pytest

from tests.sandbox.gateway.policies.extracting import (
    JSON,
    LENIENT,
    XML,
    extract,
    json_variable,
    xml,
    xml_variable,
)
from tests.sandbox.gateway.policies.support import ask, shown
from tests.sandbox.gateway.rig import Site

_DOCUMENT = b'{"a": [0, {"b": 2}], "s": "text", "n": null, "t": true, "f": 1.5, "z": "12", "big": 3000000000}'


@pytest.mark.parametrize(
    ("path", "kind", "expected"),
    [
        ("$.a[1].b", "", "2"),
        ("$.s", "string", "text"),
        ("$.n", "string", ""),
        ("$.t", "boolean", "true"),
        ("$.z", "integer", "12"),
        ("$.big", "long", "3000000000"),
        ("$.f", "float", "1.5"),
        ("$.{request.header.key}", "", "text"),
    ],
)
def test_a_json_path_finds_a_typed_value(site: Site, path: str, kind: str, expected: str) -> None:
    headers = {**JSON, "key": "s"}
    value = shown(site, extract(json_variable(path, kind)), headers=headers, content=_DOCUMENT)
    assert value == expected


@pytest.mark.parametrize(
    ("path", "kind"),
    [("$.s", "integer"), ("$.f", "integer"), ("$.big", "integer"), ("$.s", "boolean")],
)
def test_a_value_that_its_type_can_not_hold_is_unable_to_cast(
    site: Site, path: str, kind: str
) -> None:
    answer = ask(site, extract(json_variable(path, kind)), headers=JSON, content=_DOCUMENT)
    assert answer.fault == "steps.extractvariables.UnableToCast"


def test_json_is_read_only_from_a_message_that_says_so(site: Site) -> None:
    policy = extract(json_variable("$.s"))
    assert shown(site, policy, headers={"content-type": "text/plain"}, content=_DOCUMENT) == ""


def test_json_is_read_from_any_text_variable(site: Site) -> None:
    source = "<Source>request.header.j</Source>"
    assert shown(site, extract(json_variable("$.s"), source), headers={"j": '{"s": 1}'}) == "1"


@pytest.mark.parametrize(
    ("source", "content", "fault"),
    [
        ("gone", b"{}", "SourceMessageNotAvailable"),
        ("request", b"", "ExecutionFailed"),
        ("request", b"{", "ExecutionFailed"),
        ("request", b"[" * 100_000, "ExecutionFailed"),
        ("request", b"{}", "InvalidJSONPath"),
    ],
)
def test_faults_of_json(site: Site, source: str, content: bytes, fault: str) -> None:
    policy = extract(json_variable("$.a"), f"<Source>{source}</Source>")
    answer = ask(site, policy, headers=JSON, content=content)
    assert answer.fault == f"steps.extractvariables.{fault}"


def test_a_json_path_that_finds_nothing_may_be_ignored(site: Site) -> None:
    policy = extract(json_variable("$.gone"), LENIENT)
    assert shown(site, policy, headers=JSON, content=b"{}") == ""


def test_a_json_path_that_a_request_makes_senseless_is_a_parsing_failure(site: Site) -> None:
    policy = extract(json_variable("$.{request.header.key}"))
    answer = ask(site, policy, headers={**JSON, "key": "[["}, content=b"{}")
    assert answer.fault == "steps.extractvariables.JsonPathParsingFailure"


_DIRECTIONS = (
    b'<d xmlns="urn:d"><step mode="DRIVING"><value>19</value><f>1.5</f></step>'
    b"<ok>true</ok><b>x<c/></b></d>"
)
_SPACE = '<Namespaces><Namespace prefix="d">urn:d</Namespace></Namespaces>'


@pytest.mark.parametrize(
    ("path", "kind", "expected"),
    [
        ("/d:d/d:step/@mode", "string", "DRIVING"),
        ("/d:d/d:step/d:value", "integer", "19"),
        ("/d:d/d:step/d:f", "double", "1.5"),
        ("count(//d:step)", "long", "1"),
        ("/d:d/d:ok", "boolean", "true"),
        ("/d:d/d:gone", "boolean", "false"),
        ("/d:d/d:gone", "string", ""),
        ("/d:d/d:b/d:c", "nodeset", '<c xmlns="urn:d"/>'),
        ("/d/step", "string", ""),
        ("concat('a', '..', 'b')", "string", "a..b"),
    ],
)
def test_an_xpath_finds_a_typed_value(site: Site, path: str, kind: str, expected: str) -> None:
    policy = xml(_SPACE + xml_variable(path, kind))
    assert shown(site, policy, headers=XML, content=_DIRECTIONS) == expected


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("text/xml; charset=utf-8", "1"),
        ("application/xml", "1"),
        ("application/soap+xml", "1"),
        ("text/plain", ""),
        ("application/json", ""),
    ],
)
def test_xml_is_read_only_from_a_message_that_says_so(
    site: Site, content_type: str, expected: str
) -> None:
    headers = {"content-type": content_type}
    assert shown(site, xml(xml_variable("/a")), headers=headers, content=b"<a>1</a>") == expected


def test_stop_payload_processing_sets_one_variable_only(site: Site) -> None:
    variables = "".join(
        xml_variable(path, name=name) for path, name in (("/gone", "u"), ("/a", "v"), ("/a", "w"))
    )
    headers, content = XML, b"<a>1</a>"
    policy = xml(variables, 'stopPayloadProcessing="true"')
    assert shown(site, policy, show="{u}|{v}|{w}", headers=headers, content=content) == "|1|"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a>",
        b"no xml",
        b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
        b"<a>" * 10_000 + b"</a>" * 10_000,
    ],
)
def test_what_is_no_xml_is_execution_failed(site: Site, content: bytes) -> None:
    answer = ask(site, xml(xml_variable("/a")), headers=XML, content=content)
    assert answer.fault == "steps.extractvariables.ExecutionFailed"


def test_an_external_entity_is_not_read(site: Site) -> None:
    content = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>'
    answer = ask(site, xml(xml_variable("/a")), headers=XML, content=content)
    assert answer.fault == "steps.extractvariables.ExecutionFailed"
