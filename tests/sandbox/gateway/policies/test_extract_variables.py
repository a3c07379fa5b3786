"""What the documentation of ExtractVariables promises of patterns, and what it refuses."""

from __future__ import annotations

import pytest

from sandbox.gateway.bundle import BundleError
from tests.sandbox.gateway.policies.extracting import (
    LENIENT,
    extract,
    json_variable,
    xml_spaces,
    xml_variable,
)
from tests.sandbox.gateway.policies.support import ask, deploy, loaded, seen, shown, variable
from tests.sandbox.gateway.rig import Site, proxy_files, steps


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ('<Header name="a"><Pattern>Bearer {v}</Pattern></Header>', "tok"),
        ('<Header name="a"><Pattern>bearer {v}</Pattern></Header>', ""),
        ('<Header name="a"><Pattern ignoreCase="true">bearer {v}</Pattern></Header>', "tok"),
        ('<Header name="b"><Pattern>*;charset={v}</Pattern></Header>', "UTF-16"),
        ('<Header name="c"><Pattern>%{user%} {v}</Pattern></Header>', "Steve"),
        ('<Header name="none"><Pattern>{v}</Pattern></Header>', ""),
        ('<QueryParam name="code"><Pattern>DBN{v}</Pattern></QueryParam>', "88"),
        ('<QueryParam name="w.2"><Pattern>{v}</Pattern></QueryParam>', "two"),
        ('<Variable name="request.verb"><Pattern>G{v}</Pattern></Variable>', "ET"),
        ('<Variable name="none"><Pattern>{v}</Pattern></Variable>', ""),
    ],
)
def test_a_pattern_takes_what_stands_in_its_braces(site: Site, inner: str, expected: str) -> None:
    value = shown(
        site,
        extract(inner),
        path="/p?code=DBN88&w=one&w=two",
        headers={"a": "Bearer tok", "b": "text/xml;charset=UTF-16", "c": "{user} Steve"},
    )
    assert value == expected


def test_all_values_of_a_header_can_be_taken(site: Site) -> None:
    inner = '<Header name="h.values"><Pattern>{v}</Pattern></Header>'
    deploy(site, extract(inner), show="{v}")
    answer = site.request(headers=[("h", "a"), ("h", "b")])  # type: ignore[arg-type]  # a header twice
    value = seen(answer)
    assert "a" in value
    assert "b" in value


@pytest.mark.parametrize(
    ("patterns", "path", "expected"),
    [
        (("/a/{v}",), "/a/b", "b"),
        (("/a/{v}",), "/a/b/c", ""),
        (("/a/*/{v}",), "/a/foo/bar", "bar"),
        (("/a/*/{v}",), "/a/foo/baz/bar", ""),
        (("/a/**/{v}",), "/a/foo/bar/baz/c", "c"),
        (("/a/**/{v}",), "/a/foo/bar", "bar"),
        (("/a/{v}", "/a/b/{v}", "/a/b/c/{v}"), "/a/b/c/d", "d"),
        (("/a/**/{v}", "/a/{x}/c/{v}"), "/a/b/c/d", "d"),
        (("/**/{x}", "/**/{y}/{v}"), "/a/b/c", "c"),
        (("/{v}/b", "/a/{v}"), "/a/b", "a"),
        (("/A/{v}",), "/a/b", ""),
    ],
)
def test_of_the_paths_that_match_the_one_with_most_segments_counts(
    site: Site, patterns: tuple[str, ...], path: str, expected: str
) -> None:
    inner = "".join(f"<Pattern>{pattern}</Pattern>" for pattern in patterns)
    assert shown(site, extract(f"<URIPath>{inner}</URIPath>"), path=f"/p{path}") == expected


def test_a_pattern_may_hold_several_variables(site: Site) -> None:
    inner = '<Header name="h"><Pattern>{a}-{b}:{c}</Pattern></Header>'
    show = "{a}|{b}|{c}"
    assert shown(site, extract(inner), show=show, headers={"h": "x-y-z:1:2"}) == "x|y-z|1:2"
    assert shown(site, extract(inner), show=show, headers={"h": "x:y"}) == "||"


def test_a_variable_takes_one_character_at_least(site: Site) -> None:
    inner = '<Header name="h"><Pattern>a{v}b</Pattern><Pattern>{w}</Pattern></Header>'
    assert shown(site, extract(inner), show="{w}", headers={"h": "ab"}) == "ab"


def test_a_later_part_overwrites_what_an_earlier_one_has_set(site: Site) -> None:
    query = '<QueryParam name="token"><Pattern>{v}</Pattern></QueryParam>'
    header = '<Header name="token"><Pattern>{v}</Pattern></Header>'
    deploy(site, extract(query + header), show="{v}")
    assert seen(site.request("/p?token=query", headers={"token": "header"})) == "header"
    deploy(site, extract(header + query), show="{v}")
    assert seen(site.request("/p?token=query", headers={"token": "header"})) == "query"


def test_the_prefix_stands_before_the_variables_names(site: Site) -> None:
    inner = '<Header name="a"><Pattern>{v}</Pattern></Header>'
    prefix = "<VariablePrefix>q.r</VariablePrefix>"
    assert shown(site, extract(inner, prefix), show="{q.r.v}", headers={"a": "1"}) == "1"


def test_a_response_has_no_path_and_no_query(site: Site) -> None:
    parts = (
        "<URIPath><Pattern>/{v}</Pattern></URIPath>"
        '<QueryParam name="q"><Pattern>{v}</Pattern></QueryParam>'
    )
    show = (
        '<AssignMessage name="S"><Set><Headers><Header name="x-v">[{v}]</Header></Headers></Set>'
        f"{LENIENT}</AssignMessage>"
    )
    site.deploy(proxy_files(extract(parts), show, response=steps("E", "S")))
    assert site.request("/p/x?q=1").headers["x-v"] == "[]"


def test_a_header_of_what_is_no_message_is_not_available(site: Site) -> None:
    inner = '<Header name="a"><Pattern>{v}</Pattern></Header>'
    answer = ask(site, variable("s", "x"), extract(inner, "<Source>s</Source>"))
    assert answer.fault == "steps.extractvariables.SourceMessageNotAvailable"


@pytest.mark.parametrize(("clear", "left"), [("true", ""), ("false", "x=1")])
def test_the_payload_is_cleared_when_that_is_asked(site: Site, clear: str, left: str) -> None:
    inner = '<FormParam name="x"><Pattern>{v}</Pattern></FormParam>'
    source = f'<Source clearPayload="{clear}">request</Source>'
    deploy(site, extract(inner, source), show="{v}")
    told = site.request(
        method="POST",
        headers={"content-type": "application/x-www-form-urlencoded"},
        content=b"x=1",
    ).json()
    assert (told["headers"]["x-v"], told["content"]) == ("1", left)


def test_a_variable_that_can_not_be_set_is_immutable(site: Site) -> None:
    prefix = "<VariablePrefix>client</VariablePrefix>"
    policy = extract('<Header name="a"><Pattern>{ip}</Pattern></Header>', prefix)
    assert ask(site, policy, headers={"a": "1"}).fault == (
        "steps.extractvariables.ImmutableVariable"
    )


@pytest.mark.parametrize(
    ("inner", "element"),
    [
        ("", "ExtractVariables"),
        ("<Nothing/>", "Nothing"),
        ("<Header><Pattern>{v}</Pattern></Header>", "Header"),
        ('<Header name="a"/>', "Header"),
        ('<Header name="a"><Pattern>x</Pattern></Header>', "Pattern"),
        ('<Header name="a"><Pattern>{}</Pattern></Header>', "Pattern"),
        ('<Header name="a"><Pattern>{v}{v}</Pattern></Header>', "Pattern"),
        ("<JSONPayload/>", "JSONPayload"),
        (json_variable(""), "JSONPath"),
        (json_variable("a.b"), "JSONPath"),
        (json_variable("$.a", "date"), "Variable"),
        (json_variable("$.a") * 2, "JSONPayload"),
        ("<XMLPayload/>", "XMLPayload"),
        (f"<XMLPayload>{xml_variable('')}</XMLPayload>", "XPath"),
        (f"<XMLPayload>{xml_variable('/a[')}</XMLPayload>", "XPath"),
        (f"<XMLPayload>{xml_variable('/x:a')}</XMLPayload>", "XPath"),
        (f"<XMLPayload>{xml_variable('$x')}</XMLPayload>", "XPath"),
        (f"<XMLPayload>{xml_variable('nosuch(/a)')}</XMLPayload>", "XPath"),
        (f"<XMLPayload>{xml_variable('count(/a)', 'nodeset')}</XMLPayload>", "XPath"),
        (f"<XMLPayload>{xml_variable('/a/parent::b')}</XMLPayload>", "XPath"),
        (f"<XMLPayload>{xml_variable('/a/..')}</XMLPayload>", "XPath"),
        ('<XMLPayload><Variable name="v"><XPath>/a</XPath></Variable></XMLPayload>', "Variable"),
        (
            xml_spaces('<Namespace prefix="a"/>'),
            "Namespace",
        ),
        (
            xml_spaces('<Namespace prefix="a">u</Namespace><Namespace prefix="a">w</Namespace>'),
            "Namespace",
        ),
    ],
)
def test_what_can_not_be_executed_is_refused_with_its_element(inner: str, element: str) -> None:
    with pytest.raises(BundleError) as refused:
        loaded(extract(inner))
    assert refused.value.file == "apiproxy/policies/0.xml"
    assert refused.value.element.endswith(element)
