"""A bundle is executed as documented or refused, with its file and element named."""

from __future__ import annotations

import contextlib
import io
import zipfile
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.gateway import bundle
from sandbox.gateway.bundle import BundleError, load
from tests.sandbox.gateway.rig import pack, proxy_files, shared_files, steps

_VARIABLE = "<AssignVariable><Name>a</Name><Value>x</Value></AssignVariable>"
_PLAIN = f'<AssignMessage name="A">{_VARIABLE}</AssignMessage>'


def refused(files: dict[str, str | bytes], kind: str = "proxy") -> BundleError:
    with pytest.raises(BundleError) as raised:
        load(pack(files), "sharedflow" if kind == "sharedflow" else "proxy")
    return raised.value


def test_sound_bundle_loads() -> None:
    loaded = load(pack(proxy_files(_PLAIN, request=steps("A"))), "proxy")
    assert loaded.name == "p"
    assert set(loaded.policies) == {"A"}
    assert [proxy.basepath for proxy in loaded.proxies] == ["/p"]
    assert set(loaded.targets) == {"default"}


def test_shared_flow_loads_and_says_what_it_calls_and_needs() -> None:
    call = '<FlowCallout name="F"><SharedFlowBundle>t</SharedFlowBundle></FlowCallout>'
    token = (
        '<AssignMessage name="T"><AssignTo createNew="true" type="request">m</AssignTo><Set>'
        "<Authentication><GoogleIDToken><Audience>a</Audience></GoogleIDToken></Authentication>"
        "</Set></AssignMessage>"
    )
    loaded = load(pack(shared_files(call, token, steps=steps("F", "T"))), "sharedflow")
    assert loaded.shared_flows == {"t"}
    assert loaded.needs_service_account
    assert not load(pack(shared_files(call, steps=steps("F"))), "sharedflow").needs_service_account


def test_text_between_elements_is_refused() -> None:
    policy = '<RaiseFault name="A"><DisplayName>d</DisplayName>canary</RaiseFault>'
    error = refused(proxy_files(policy, request=steps("A")))
    assert (error.element, error.message) == (
        "RaiseFault",
        "text after <DisplayName> has no meaning here",
    )


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip", b"PK\x05\x06" + b"\0" * 10])
def test_what_is_no_zip_is_refused(content: bytes) -> None:
    with pytest.raises(BundleError, match="zip"):
        load(content, "proxy")


def test_bundle_over_15_megabytes_is_refused() -> None:
    with pytest.raises(BundleError, match="15,728,640"):
        load(b"\0" * (15 * 1024 * 1024 + 1), "proxy")


def test_bundle_that_unpacks_to_too_much_is_refused() -> None:
    files = proxy_files(_PLAIN)
    files["apiproxy/policies/big.xml"] = b" " * (61 * 1024 * 1024)
    content = pack(files)
    assert len(content) < 1024 * 1024
    with pytest.raises(BundleError, match="unpacks to more"):
        load(content, "proxy")


def test_too_many_files_are_refused() -> None:
    files = {f"apiproxy/policies/{n}.xml": b"" for n in range(1001)}
    with pytest.raises(BundleError, match="1,001 files"):
        load(pack(dict(files)), "proxy")


@pytest.mark.parametrize(
    "name",
    [
        "apiproxy/../../x.xml",
        "/apiproxy/x.xml",
        "apiproxy\\policies\\x.xml",
        "apiproxy/./x.xml",
        "x.xml",
        "sharedflowbundle/x.xml",
        "apiproxy/resources/jsc/x.js",
        "apiproxy/policies/x.txt",
        "apiproxy/policies/deep/x.xml",
        "apiproxy/policies//x.xml",
        "apiproxy/resources/properties/deep/x.properties",
        "apiproxy/resources/properties/x.txt",
        "apiproxy/resources/py/x.properties",
        "apiproxy/integration-endpoints/default.xml",
    ],
)
def test_file_out_of_place_is_refused_by_name(name: str) -> None:
    assert refused({**proxy_files(), name: b"<x/>"}).file == name


def test_shared_flow_has_no_property_sets_of_its_own() -> None:
    name = "sharedflowbundle/resources/properties/x.properties"
    assert refused({**shared_files(steps=""), name: b"a=b"}, "sharedflow").file == name


def test_property_set_is_read_with_the_proxy() -> None:
    files = {**proxy_files(), "apiproxy/resources/properties/s.properties": b"a=b"}
    assert load(pack(files), "proxy").property_sets == {"s": {"a": "b"}}


@pytest.mark.parametrize(
    ("name", "content"),
    [("apiproxy/resources/properties/a b.properties", b"a=b"), ("s.properties", b"\xff")],
)
def test_property_set_with_a_bad_name_or_coding_is_refused(name: str, content: bytes) -> None:
    file = name if "/" in name else f"apiproxy/resources/properties/{name}"
    assert refused({**proxy_files(), file: content}).file == file


def test_file_compressed_by_another_method_is_refused() -> None:
    buffer = io.BytesIO(pack(proxy_files()))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("apiproxy/policies/x.xml", _PLAIN)
    with pytest.raises(BundleError, match="deflate"):
        load(buffer.getvalue(), "proxy")


def test_file_that_is_there_twice_is_refused() -> None:
    buffer = io.BytesIO(pack(proxy_files(_PLAIN)))
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("apiproxy/policies/0.xml", _PLAIN)
    with pytest.raises(BundleError, match="twice"):
        load(buffer.getvalue(), "proxy")


def test_encrypted_or_damaged_member_is_refused() -> None:
    content = bytearray(pack(proxy_files(_PLAIN)))
    where = content.find(b"apiproxy/p.xml") + len(b"apiproxy/p.xml")
    content[where : where + 4] = b"\xff\xff\xff\xff"
    with pytest.raises(BundleError, match="zip"):
        load(bytes(content), "proxy")


@pytest.mark.parametrize(
    "xml",
    [
        "<AssignMessage name='A'>",
        "",
        "\0",
        "<!DOCTYPE a [<!ENTITY e 'x'>]><AssignMessage name='A'/>",
        "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><AssignMessage name='A'/>",
        "<!DOCTYPE a><AssignMessage name='A'/>",
        "<a>" * 400 + "</a>" * 400,
        # A thousand million laughs, an undefined entity, a root of another kind of node.
        "<!DOCTYPE l [<!ENTITY a 'ha'>"
        + "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in pairwise("abcdefghij"))
        + "]><l>&j;</l>",
        "<AssignMessage name='A'>&unknown;</AssignMessage>",
        "<?xml version='1.0' encoding='nonsense'?><AssignMessage name='A'/>",
        "<a:AssignMessage name='A'/>",
    ],
)
def test_file_that_is_no_plain_xml_is_refused(xml: str) -> None:
    assert refused(proxy_files(xml)).file == "apiproxy/policies/0.xml"


def _set(inner: str) -> str:
    return f'<AssignMessage name="A"><Set>{inner}</Set></AssignMessage>'


def _callout(connection: str, extra: str = "") -> str:
    return (
        f'<ServiceCallout name="A">{extra}<Response>r</Response>'
        f"<HTTPTargetConnection>{connection}</HTTPTargetConnection></ServiceCallout>"
    )


_URL = "<URL>https://h/</URL>"
_KEY = "<CacheKey><Prefix>p</Prefix><KeyFragment>k</KeyFragment></CacheKey>"


@pytest.mark.parametrize(
    ("policy", "element", "what"),
    [
        ('<JavaScript name="A"/>', "JavaScript", "not supported"),
        ('<Quota name="A"/>', "Quota", "not supported"),
        ("<AssignMessage/>", "AssignMessage", '"name"'),
        ('<AssignMessage name="A" x="1"/>', "AssignMessage", '"x"'),
        ('<AssignMessage name="A" async="true"/>', "AssignMessage", "async"),
        ('<AssignMessage name="A" enabled="yes"/>', "AssignMessage", '"yes"'),
        ('<AssignMessage name="A">text</AssignMessage>', "AssignMessage", "text"),
        ('<AssignMessage name="A"><Foo/></AssignMessage>', "AssignMessage/Foo", "not supported"),
        (_set('<Payload kind="x"/>'), "AssignMessage/Set/Payload", "kind"),
        (_set("<Headers><X/></Headers>"), "AssignMessage/Set/Headers/X", "not supported"),
        (
            _set('<Headers><Header name="a">{xeger(a)}</Header></Headers>'),
            "AssignMessage/Set/Headers/Header",
            "xeger",
        ),
        (
            (
                '<AssignMessage name="A"><AssignVariable><Name>system.x</Name><Value>1</Value>'
                "</AssignVariable></AssignMessage>"
            ),
            "AssignMessage/AssignVariable/Name",
            "system.x",
        ),
        (_callout("<URL>{scheme}://h/</URL>"), "ServiceCallout/HTTPTargetConnection/URL", "scheme"),
        (
            _callout(
                f"<SSLInfo><IgnoreValidationErrors>true</IgnoreValidationErrors></SSLInfo>{_URL}"
            ),
            "ServiceCallout/HTTPTargetConnection/SSLInfo/IgnoreValidationErrors",
            "false",
        ),
        (
            _callout(f'<Properties><Property name="x">1</Property></Properties>{_URL}'),
            "ServiceCallout/HTTPTargetConnection/Properties/Property",
            '"x"',
        ),
        (_callout(_URL, "<Timeout>soon</Timeout>"), "ServiceCallout/Timeout", "soon"),
        (
            (
                f'<LookupCache name="A">{_KEY}<AssignTo>v</AssignTo>'
                "<SkipCacheLookup>true</SkipCacheLookup></LookupCache>"
            ),
            "LookupCache/SkipCacheLookup",
            "not supported",
        ),
        (
            (
                '<LookupCache name="A"><CacheKey><KeyFragment>k</KeyFragment></CacheKey>'
                "<Scope>Environment</Scope><AssignTo>v</AssignTo></LookupCache>"
            ),
            "LookupCache/Scope",
            "Exclusive",
        ),
        (
            (
                f'<PopulateCache name="A">{_KEY}<Source>v</Source><ExpirySettings>'
                "<TimeoutInSeconds>0</TimeoutInSeconds></ExpirySettings></PopulateCache>"
            ),
            "PopulateCache/ExpirySettings/TimeoutInSeconds",
            "between 1",
        ),
        (
            (
                '<KeyValueMapOperations name="A" mapIdentifier="m"><Scope>environment</Scope>'
                "<ExclusiveCache>true</ExclusiveCache>"
                '<Get assignTo="private.v"><Key><Parameter>k</Parameter></Key></Get>'
                "</KeyValueMapOperations>"
            ),
            "KeyValueMapOperations/ExclusiveCache",
            "not supported",
        ),
        (
            (
                '<ExtractVariables name="A"><JSONPayload><Variable name="v"><JSONPath>$[</JSONPath>'
                "</Variable></JSONPayload></ExtractVariables>"
            ),
            "ExtractVariables/JSONPayload/Variable/JSONPath",
            "JSONPath",
        ),
        (
            '<MessageLogging name="A"><Syslog/></MessageLogging>',
            "MessageLogging",
            "CloudLogging",
        ),
    ],
)
def test_unsupported_part_of_a_policy_is_refused_by_file_and_element(
    policy: str, element: str, what: str
) -> None:
    error = refused(proxy_files(policy))
    assert (error.file, error.element) == ("apiproxy/policies/0.xml", element)
    assert what in error.message
    assert "apiproxy/policies/0.xml" in str(error)


@pytest.mark.parametrize(
    ("files", "element", "what"),
    [
        (proxy_files(request=steps("Gone")), "Step/Name", "no policy"),
        (
            proxy_files(_PLAIN, request="<Step><Name>A</Name><Condition>a =</Condition></Step>"),
            "Step/Condition",
            "missing",
        ),
        (
            proxy_files(
                _PLAIN, request="<Step><Name>A</Name><Condition>client.cn</Condition></Step>"
            ),
            "Step/Condition",
            "client.cn",
        ),
        (proxy_files(proxy="<Foo/>"), "ProxyEndpoint/Foo", "not supported"),
        (proxy_files(basepath="/a/*"), "HTTPProxyConnection/BasePath", "base path"),
        (proxy_files(proxy="<EventFlow/>"), "ProxyEndpoint/EventFlow", "not supported"),
        (
            proxy_files(route='<RouteRule name="r"><URL>https://x/</URL></RouteRule>'),
            "RouteRule/URL",
            "not supported",
        ),
        (proxy_files(route='<RouteRule name="r*"/>'), "RouteRule", "no name"),
        (
            proxy_files(
                proxy='<Flows><Flow name="f"/><Flow name="g"><Condition>a</Condition></Flow></Flows>'
            ),
            "Flows/Flow",
            "can't be reached",
        ),
        (
            proxy_files(
                _PLAIN,
                proxy=f"<PostClientFlow><Response>{steps('A')}</Response></PostClientFlow>",
            ),
            "PostClientFlow",
            "only MessageLogging",
        ),
        (
            proxy_files(
                route='<RouteRule name="r"><TargetEndpoint>gone</TargetEndpoint></RouteRule>'
            ),
            "ProxyEndpoint/RouteRule[r]",
            "gone",
        ),
        (
            proxy_files(proxy="<Flows><Flow name='f'><Condition>(</Condition></Flow></Flows>"),
            "Flow/Condition",
            "missing",
        ),
    ],
)
def test_unsupported_part_of_an_endpoint_is_refused_by_element(
    files: dict[str, str | bytes], element: str, what: str
) -> None:
    error = refused(files)
    assert error.file == "apiproxy/proxies/default.xml"
    assert error.element.endswith(element)
    assert what in error.message


@pytest.mark.parametrize("missing", ["apiproxy/p.xml", "apiproxy/proxies/default.xml"])
def test_bundle_without_its_root_or_endpoint_is_refused(missing: str) -> None:
    files = proxy_files()
    del files[missing]
    refused(files)


def test_refusal_names_the_attribute_and_leads_to_the_element() -> None:
    error = refused(proxy_files(_set('<Headers><Header name="a" x="1">b</Header></Headers>')))
    assert (error.attribute, error.position) == ("x", (0, 0, 0))
    assert 'attribute "x"' in str(error)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("apiproxy/p.xml", "<SharedFlowBundle name='p'/>"),
        ("apiproxy/p.xml", "<APIProxy name='p q'/>"),
        ("apiproxy/proxies/default.xml", "<TargetEndpoint name='default'/>"),
        ("apiproxy/targets/default.xml", "<ProxyEndpoint name='default'/>"),
    ],
)
def test_file_with_the_wrong_root_or_name_is_refused(file: str, text: str) -> None:
    assert refused({**proxy_files(), file: text}).file == file


@pytest.mark.parametrize(
    ("property_", "fine"),
    [("request.streaming.enabled", True), ("api.timeout", False), ("nonsense", False)],
)
def test_proxy_property_is_accepted_only_where_it_changes_nothing(
    property_: str, fine: bool
) -> None:
    files = proxy_files()
    endpoint = str(files["apiproxy/proxies/default.xml"])
    item = f'<Properties><Property name="{property_}">false</Property></Properties>'
    end = "</HTTPProxyConnection>"
    files["apiproxy/proxies/default.xml"] = endpoint.replace(end, item + end)
    if fine:
        load(pack(files), "proxy")
        return
    assert property_ in refused(files).message


@pytest.mark.parametrize("what", ["name", "base path"])
def test_two_proxy_endpoints_differ_in_name_and_base_path(what: str) -> None:
    files = proxy_files()
    second = str(files["apiproxy/proxies/default.xml"])
    change = ("/p<", "/q<") if what == "name" else ('name="default"', 'name="other"')
    files["apiproxy/proxies/second.xml"] = second.replace(*change)
    assert what in refused(files).message


def test_two_policies_of_one_name_are_refused() -> None:
    assert "already" in refused(proxy_files(_PLAIN, _PLAIN)).message


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda b: b"PK\x03\x04" + b)))
def test_any_bytes_are_a_bundle_or_a_bundle_error(content: bytes) -> None:
    with pytest.raises(BundleError):
        load(content, "proxy")


@given(st.data())
def test_damaged_zip_is_a_bundle_or_a_bundle_error(data: st.DataObject) -> None:
    content = bytearray(pack(proxy_files(_PLAIN)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert isinstance(load(bytes(content), "proxy"), bundle.Bundle)
    except BundleError:
        return


_TAG = st.sampled_from(
    [
        *("AssignMessage", "Set", "Headers", "Header", "Payload", "Get", "Key", "a"),
        *(
            "ProxyEndpoint",
            "TargetEndpoint",
            "SharedFlow",
            "APIProxy",
            "PreFlow",
            "Request",
            "Step",
        ),
        *("Name", "Condition", "RouteRule", "HTTPProxyConnection", "BasePath", "FaultRules"),
        *(
            "HTTPTargetConnection",
            "URL",
            "Properties",
            "Property",
            "Flows",
            "Flow",
            "PostClientFlow",
        ),
    ]
)
_XML = st.recursive(
    st.builds(
        lambda tag, text: f"<{tag} name='n'>{text}</{tag}>",
        _TAG,
        st.sampled_from(
            ["", "{a}", "/p", "n", "a = 1", "a ~~ '('", "https://h/", "&lt;", "<![CDATA[{]]>"]
        ),
    ),
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag} name='n'>{''.join(parts)}</{tag}>",
        _TAG,
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)


@given(st.sampled_from(["policies/0", "proxies/default", "targets/default", "p"]), _XML)
def test_any_xml_anywhere_is_a_bundle_or_a_bundle_error(place: str, xml: str) -> None:
    with contextlib.suppress(BundleError):
        load(pack({**proxy_files(_PLAIN), f"apiproxy/{place}.xml": xml}), "proxy")


@given(
    st.sampled_from(["policies/0", "proxies/default", "targets/default", "p"]),
    st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)),
    st.integers(0, 200),
)
def test_damaged_xml_is_a_bundle_or_a_bundle_error(place: str, put: bytes, at: int) -> None:
    files = proxy_files(_PLAIN, request=steps("A"))
    text = str(files.get(f"apiproxy/{place}.xml", "")).encode()
    files[f"apiproxy/{place}.xml"] = text[:at] + put + text[at + 3 :]
    with contextlib.suppress(BundleError):
        load(pack(files), "proxy")
