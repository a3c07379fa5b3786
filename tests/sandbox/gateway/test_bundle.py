"""A bundle is executed as documented or refused, with its file and element named."""

from __future__ import annotations

import contextlib
import io
import zipfile

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
    ],
)
def test_file_out_of_place_is_refused_by_name(name: str) -> None:
    assert refused({**proxy_files(), name: b"<x/>"}).file == name


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
        ('<SpikeArrest name="A"><Rate>1ps</Rate></SpikeArrest>', "SpikeArrest", "not supported"),
        ("<AssignMessage/>", "AssignMessage", '"name"'),
        ('<AssignMessage name="A" x="1"/>', "AssignMessage", '"x"'),
        ('<AssignMessage name="A" async="true"/>', "AssignMessage", "async"),
        ('<AssignMessage name="A" enabled="yes"/>', "AssignMessage", '"yes"'),
        ('<AssignMessage name="A">text</AssignMessage>', "AssignMessage", "text"),
        ('<AssignMessage name="A"><Foo/></AssignMessage>', "AssignMessage/Foo", "not supported"),
        (_set("<Path>/x</Path>"), "AssignMessage/Set/Path", "not supported"),
        (
            _set('<Payload variablePrefix="@">x</Payload>'),
            "AssignMessage/Set/Payload",
            "variablePrefix",
        ),
        (_set("<Payload><a/></Payload>"), "AssignMessage/Set/Payload/a", "not supported"),
        (_set("<Headers><X/></Headers>"), "AssignMessage/Set/Headers/X", "not supported"),
        (
            _set('<Headers><Header name="a">{xeger(a)}</Header></Headers>'),
            "AssignMessage/Set/Headers/Header",
            "xeger",
        ),
        (
            _set("<Authentication><GoogleAccessToken/></Authentication>"),
            "AssignMessage/Set/Authentication",
            "GoogleIDToken",
        ),
        (
            (
                '<AssignMessage name="A"><AssignVariable><Name>system.x</Name><Value>1</Value>'
                "</AssignVariable></AssignMessage>"
            ),
            "AssignMessage/AssignVariable",
            "system.x",
        ),
        (_callout("<URL>{scheme}://h/</URL>"), "ServiceCallout/HTTPTargetConnection/URL", "scheme"),
        (
            _callout(f"<LoadBalancer/>{_URL}"),
            "ServiceCallout/HTTPTargetConnection/LoadBalancer",
            "not supported",
        ),
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
                "<CacheLookupTimeoutInSeconds>1</CacheLookupTimeoutInSeconds></LookupCache>"
            ),
            "LookupCache/CacheLookupTimeoutInSeconds",
            "not supported",
        ),
        (
            (
                '<LookupCache name="A"><CacheKey><KeyFragment>k</KeyFragment></CacheKey>'
                "<AssignTo>v</AssignTo></LookupCache>"
            ),
            "LookupCache/CacheKey",
            "Prefix",
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
                "<Put><Key><Parameter>k</Parameter></Key><Value>v</Value></Put>"
                '<Get assignTo="private.v"><Key><Parameter>k</Parameter></Key></Get>'
                "</KeyValueMapOperations>"
            ),
            "KeyValueMapOperations/Put",
            "not supported",
        ),
        (
            '<ExtractVariables name="A"><XMLPayload/></ExtractVariables>',
            "ExtractVariables",
            "nothing to extract",
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


_TAG = st.sampled_from(["AssignMessage", "Set", "Headers", "Header", "Payload", "Get", "Key", "a"])


@given(
    st.recursive(
        _TAG.map(lambda t: f"<{t} name='n'>{{a}}</{t}>"),
        lambda inner: st.builds(
            lambda tag, parts: f"<{tag} name='n'>{''.join(parts)}</{tag}>",
            _TAG,
            st.lists(inner, max_size=3),
        ),
        max_leaves=8,
    )
)
def test_any_policy_xml_is_a_policy_or_a_bundle_error(xml: str) -> None:
    with contextlib.suppress(BundleError):
        load(pack(proxy_files(xml)), "proxy")
