"""What the documentation of AssignMessage promises."""

from __future__ import annotations

import httpx
import pytest

from sandbox.gateway.bundle import BundleError
from tests.sandbox.gateway.policies.support import ask, deploy, loaded, seen, shown, variable
from tests.sandbox.gateway.rig import Site, proxy_files, steps

_FORM = {"content-type": "application/x-www-form-urlencoded"}


def assign(inner: str, name: str = "A") -> str:
    return f'<AssignMessage name="{name}">{inner}</AssignMessage>'


def assigned(inner: str, lenient: str = "") -> str:
    return assign(f"<AssignVariable><Name>v</Name>{inner}</AssignVariable>{lenient}")


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<Value>lit {x}</Value>", "lit {x}"),
        ("<Ref>request.verb</Ref><Value>lit</Value>", "GET"),
        ("<Ref>request.header.none</Ref><Value>lit</Value>", "lit"),
        ("<Template>{request.verb}-{environment.name}</Template>", "GET-alpha"),
        ("<Ref>request.verb</Ref><Value>lit</Value><Template>t</Template>", "t"),
        ('<Template ref="request.header.t">own</Template>', "is GET"),
        ('<Template ref="request.header.none">own {request.verb}</Template>', "own GET"),
        ("<Ref/><Value>lit</Value>", "lit"),
    ],
)
def test_of_a_variables_sources_the_template_comes_first_and_the_value_last(
    site: Site, inner: str, expected: str
) -> None:
    assert shown(site, assigned(inner), headers={"t": "is {request.verb}"}) == expected


@pytest.mark.parametrize(
    "inner",
    [
        "<Ref>gone</Ref>",
        "<Template>{gone}</Template>",
        '<Template ref="gone"/>',
        "<PropertySetRef>gone.key</PropertySetRef>",
    ],
)
def test_an_unresolved_source_is_a_fault_unless_it_is_ignored(site: Site, inner: str) -> None:
    assert ask(site, assigned(inner)).fault == "steps.assignmessage.UnresolvedVariable"
    lenient = "<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>"
    assert shown(site, assigned(inner, lenient)) == ""


def test_a_property_set_is_read_by_names_that_a_request_gives(site: Site) -> None:
    policy = assigned("<PropertySetRef>{request.header.set}.{request.header.key}</PropertySetRef>")
    show = assign('<Set><Headers><Header name="x-v">{v}</Header></Headers></Set>', "S")
    files = proxy_files(policy, show, request=steps("A", "S"))
    files["apiproxy/resources/properties/routes.properties"] = "one=first\ntwo=second\n"
    site.deploy(files)
    assert seen(site.request(headers={"set": "routes", "key": "two"})) == "second"


def test_a_template_that_a_variable_holds_and_that_is_none_is_set_variable_failed(
    site: Site,
) -> None:
    policy = assigned('<Template ref="request.header.t"/>')
    answer = ask(site, policy, headers={"t": "{nosuchfunction()}"})
    assert answer.fault == "steps.assignmessage.SetVariableFailed"


def test_children_run_in_the_order_in_which_they_are_written(site: Site) -> None:
    policy = assign(
        '<Set><Headers><Header name="a">1</Header></Headers></Set><Remove><Headers/></Remove>'
        '<Set><Headers><Header name="b">2</Header></Headers></Set>'
    )
    told = ask(site, policy).json()["headers"]
    assert "a" not in told
    assert told["b"] == "2"


def test_form_params_make_a_form(site: Site) -> None:
    policy = assign(
        '<Set><FormParams><FormParam name="a">1 2</FormParam></FormParams><Verb>POST</Verb></Set>'
    )
    told = ask(site, policy).json()
    assert (told["method"], told["content"]) == ("POST", "a=1+2")
    assert told["headers"]["content-type"] == "application/x-www-form-urlencoded"


def test_empty_lists_of_set_and_add_change_nothing(site: Site) -> None:
    lists = "<Headers/><QueryParams/><FormParams/>"
    policy = assign(f"<Set>{lists}<Verb/><Path/></Set><Add>{lists}</Add>")
    told = ask(site, policy, path="/p?q=1", method="POST", content=b"x=1", headers=_FORM).json()
    assert (told["method"], told["content"]) == ("POST", "x=1")
    assert told["url"].endswith("?q=1")


def test_add_keeps_the_values_that_are_there(site: Site) -> None:
    policy = assign(
        '<Add><QueryParams><QueryParam name="q">2</QueryParam></QueryParams>'
        '<Headers><Header name="h">b</Header></Headers></Add>'
    )
    told = ask(site, policy, path="/p?q=1", headers={"h": "a"}).json()
    assert told["url"].endswith("?q=1&q=2")
    assert told["headers"]["h"] == "a, b"


_QUERY = "/p?q=1&q=2&q=3&r=4"


@pytest.mark.parametrize(
    ("items", "query"),
    [
        ("", ""),
        ('<QueryParam name="q"/>', "?r=4"),
        ('<QueryParam name="q.2"/>', "?q=1&q=3&r=4"),
        ('<QueryParam name="q.9"/>', "?q=1&q=2&q=3&r=4"),
        ('<QueryParam name="q">false</QueryParam><QueryParam name="r">true</QueryParam>', None),
        ('<QueryParam name="q">false</QueryParam>', "?q=1&q=2&q=3&r=4"),
    ],
)
def test_remove_drops_what_is_named_by_index_or_by_nothing(
    site: Site, items: str, query: str | None
) -> None:
    policy = assign(f"<Remove><QueryParams>{items}</QueryParams></Remove>")
    url = ask(site, policy, path=_QUERY).json()["url"]
    assert url.endswith("/base" + ("?q=1&q=2&q=3" if query is None else query))


def test_remove_of_nothing_in_particular_removes_everything(site: Site) -> None:
    told = ask(
        site, assign("<Remove/>"), path="/p?q=1", method="POST", content=b"x", headers={"h": "1"}
    ).json()
    assert told["content"] == ""
    assert told["url"].endswith("/base")
    assert "h" not in told["headers"]


@pytest.mark.parametrize(("text", "left"), [("true", ""), ("false", "x"), ("", "x")])
def test_remove_drops_the_payload_only_when_it_says_true(site: Site, text: str, left: str) -> None:
    policy = assign(f"<Remove><Payload>{text}</Payload></Remove>")
    assert ask(site, policy, method="POST", content=b"x").json()["content"] == left


_MADE = '<AssignTo createNew="true" transport="http" type="request">m</AssignTo>'


@pytest.mark.parametrize(
    ("copy", "show", "expected"),
    [
        ("", "{m.verb}|{m.header.h}|{m.header.h.2}|{m.queryparam.q}|{m.content}", "POST|a|b|1|x=1"),
        ('<Headers><Header name="H"/></Headers>', "{m.header.h.2}|{m.verb}", "b|GET"),
        ('<Headers><Header name="h.2"/></Headers>', "{m.header.h}|{m.header.h.2}", "b|"),
        ('<Headers><Header name="h.3"/></Headers>', "{m.header.h}", ""),
        ('<Headers><Header name="h">false</Header></Headers>', "{m.header.h}", ""),
        ("<QueryParams/>", "{m.querystring}", "q=1&q=2"),
        ('<FormParams><FormParam name="x">text</FormParam></FormParams>', "{m.content}", "x=1"),
        ("<Verb>true</Verb><Payload>true</Payload>", "{m.verb}{m.content}", "POSTx=1"),
        ("<Verb/><Payload>false</Payload><Version>true</Version>", "{m.verb}{m.content}", "GET"),
        ("<Path>true</Path>", "{m.path}", "/p"),
        ("<StatusCode>true</StatusCode>", "{m.verb}", "GET"),
    ],
)
def test_copy_takes_what_it_names_and_all_when_it_names_nothing(
    site: Site, copy: str, show: str, expected: str
) -> None:
    policy = assign(f'{_MADE}<Copy source="request">{copy}</Copy>')
    deploy(site, policy, show=show)
    headers = [("h", "a"), ("h", "b"), ("content-type", "application/x-www-form-urlencoded")]
    answer = site.request(
        "/p?q=1&q=2",
        "POST",
        httpx.Headers(headers),
        b"x=1",
    )
    assert seen(answer) == expected


def test_copy_onto_itself_changes_nothing(site: Site) -> None:
    policy = assign('<Copy><Headers><Header name="h.1"/></Headers></Copy>')
    assert ask(site, policy, headers={"h": "1"}).json()["headers"]["h"] == "1"


@pytest.mark.parametrize(
    ("source", "fault"), [("gone", "UnresolvedVariable"), ("v", "VariableOfNonMsgType")]
)
def test_copy_from_what_is_no_message_is_a_fault(site: Site, source: str, fault: str) -> None:
    policy = assign(f'{_MADE}<Copy source="{source}"/>')
    answer = ask(site, variable("v", "x"), policy)
    assert answer.fault == f"steps.assignmessage.{fault}"


def test_parameters_and_verb_have_no_effect_on_a_response(site: Site) -> None:
    policy = assign(
        '<AssignTo createNew="true" type="response">m</AssignTo><Set><Verb>PUT</Verb>'
        '<QueryParams><QueryParam name="q">1</QueryParam></QueryParams>'
        '<FormParams><FormParam name="f">1</FormParam></FormParams>'
        "<StatusCode>207</StatusCode></Set>"
    )
    assert (
        shown(site, policy, show="{m.status.code}|{m.content}|{m.header.content-type}") == "207||"
    )


def test_status_has_no_effect_on_a_request(site: Site) -> None:
    policy = assign("<Set><StatusCode>none</StatusCode></Set>")
    assert ask(site, policy).status == 200


@pytest.mark.parametrize(
    ("attributes", "text", "expected"),
    [
        ('variablePrefix="@" variableSuffix="#"', '{"a":"@request.verb#"}', '{"a":"GET"}'),
        ('variablePrefix="@"', "@request.verb}{request.verb}", "GET{request.verb}"),
        ("", "{request.verb}@request.verb#", "GET@request.verb#"),
    ],
)
def test_a_payload_may_delimit_its_variables_otherwise(
    site: Site, attributes: str, text: str, expected: str
) -> None:
    policy = assign(f"<Set><Payload {attributes}>{text}</Payload><Verb>POST</Verb></Set>")
    assert ask(site, policy).json()["content"] == expected


_ENVELOPE = '<e:Body xmlns:e="urn:e"><e:v a="{request.verb}">a &amp; {request.verb} &lt;</e:v> t <x/></e:Body>'


def test_a_payload_may_be_xml_whose_text_is_a_template(site: Site) -> None:
    policy = assign(f"<Set><Payload contentType='text/xml'>{_ENVELOPE}</Payload></Set>")
    answer = ask(site, policy, method="PUT").json()
    assert answer["content"] == _ENVELOPE.replace("{request.verb}", "PUT")
    assert answer["headers"]["content-type"] == "text/xml"


def test_an_xml_payload_keeps_text_beside_its_elements_and_prefixes_from_outside(
    site: Site,
) -> None:
    policy = assign("<Set><Payload> a &amp; <p:b>c</p:b> d </Payload></Set>").replace(
        "<AssignMessage ", '<AssignMessage xmlns:p="urn:p" '
    )
    content = ask(site, policy, method="PUT").json()["content"]
    assert content == ' a &amp; <p:b xmlns:p="urn:p">c</p:b> d '


def test_an_xml_payload_of_an_unknown_function_is_refused() -> None:
    with pytest.raises(BundleError) as refused:
        loaded(assign("<Set><Payload><a>{canary()}</a></Payload></Set>"))
    assert refused.value.element.endswith("Set/Payload")


@pytest.mark.parametrize(
    "element",
    [
        '<AssignTo createNew="false" transport="http" type="request"/>',
        '<AssignTo type="request"/>',
        "",
    ],
)
def test_without_a_name_the_flows_own_message_is_changed(site: Site, element: str) -> None:
    policy = assign(f"{element}<Set><StatusCode>299</StatusCode></Set>")
    site.deploy(proxy_files(policy, response=steps("A")))
    assert site.request().status == 299


def test_a_new_message_without_a_name_replaces_the_flows_own(site: Site) -> None:
    policy = assign('<AssignTo createNew="true" type="request"/><Set><Verb>PUT</Verb></Set>')
    told = ask(site, policy, headers={"h": "1"}).json()
    assert told["method"] == "PUT"
    assert "h" not in told["headers"]


@pytest.mark.parametrize("type_", ['type="response"', ""])
def test_a_named_message_is_made_where_there_is_none(site: Site, type_: str) -> None:
    policy = assign(f"<AssignTo {type_}>m</AssignTo><Set><Payload>x</Payload></Set>")
    kind = "{m.status.code}" if type_ else "{m.verb}"
    assert shown(site, policy, show=f"{kind}{{m.content}}") == ("200x" if type_ else "GETx")


def test_a_variable_that_must_be_a_message_and_is_none_is_a_fault(site: Site) -> None:
    policy = assign('<AssignTo createNew="false">v</AssignTo>')
    answer = ask(site, variable("v", "x"), policy)
    assert answer.fault == "steps.assignmessage.VariableOfNonMsgType"


def test_an_unknown_version_can_not_be_set(site: Site) -> None:
    assert ask(site, assign("<Set><Version>1.0</Version></Set>")).status == 200
    answer = ask(site, assign("<Set><Version>3</Version></Set>"))
    assert answer.fault == "steps.assignmessage.SetVariableFailed"


@pytest.mark.parametrize(
    ("inner", "element"),
    [
        ("<AssignVariable><Name/><Value>1</Value></AssignVariable>", "AssignVariable/Name"),
        ("<AssignVariable><Name>a</Name></AssignVariable>", "AssignVariable"),
        (
            "<AssignVariable><Name>a</Name><Ref>{b}</Ref></AssignVariable>",
            "AssignVariable/Ref",
        ),
        (
            "<AssignVariable><Name>a</Name><ResourceURL>jsc://x</ResourceURL></AssignVariable>",
            "AssignVariable",
        ),
        ('<Copy source="request"><Headers><Header name="h.0"/></Headers></Copy>', "Header"),
        ('<Remove><Headers><Header name="h.-1"/></Headers></Remove>', "Header"),
        ('<Set><Payload variablePrefix="@@">x</Payload></Set>', "Payload"),
        ("<Set><Nothing/></Set>", "Nothing"),
        ("<Add><Payload>x</Payload></Add>", "Payload"),
        ('<AssignTo createNew="perhaps"/>', "AssignTo"),
        ('<AssignTo transport="smtp"/>', "AssignTo"),
        ("<ResourceURL>x</ResourceURL>", "ResourceURL"),
    ],
)
def test_what_can_not_be_executed_is_refused_with_its_element(inner: str, element: str) -> None:
    with pytest.raises(BundleError) as refused:
        loaded(assign(inner))
    assert refused.value.file == "apiproxy/policies/0.xml"
    assert refused.value.element.endswith(element)


def test_what_no_encoding_can_write_becomes_a_question_mark(site: Site) -> None:
    extract = (
        '<ExtractVariables name="E"><Source>request.header.j</Source><JSONPayload>'
        '<Variable name="s"><JSONPath>$.a</JSONPath></Variable></JSONPayload></ExtractVariables>'
    )
    policy = assign("<Set><Payload>[{s}]</Payload><Verb>POST</Verb></Set>")
    answer = ask(site, extract, policy, headers={"j": '{"a": "\\ud800\\u00e9"}'})
    assert answer.json()["content"] == "[?é]"
