"""Property-based: no policy's XML and no request's content makes the runtime crash.

A policy either loads or is refused with its file and element; a request either passes or meets a
fault that the policy's documentation names.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from sandbox.cloud import Cloud
from sandbox.gateway.bundle import BundleError, load
from tests.sandbox.gateway.policies import tokens
from tests.sandbox.gateway.policies.support import deploy, variable
from tests.sandbox.gateway.rig import Site

_FAST = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# Whole policies, from whose pieces and mistakes the mutants are made.
_POLICIES = [
    (
        '<AssignMessage name="P"><AssignTo createNew="true" transport="http" type="request">m'
        '</AssignTo><Set><Headers><Header name="a">{v}</Header></Headers><Verb>POST</Verb>'
        '<FormParams><FormParam name="f">1</FormParam></FormParams><StatusCode>200</StatusCode>'
        '<Payload contentType="text/plain" variablePrefix="@" variableSuffix="#">@v#</Payload>'
        "<Authentication><HeaderName>x</HeaderName><GoogleIDToken><Audience>a</Audience>"
        '</GoogleIDToken></Authentication></Set><Copy source="request"><Headers>'
        '<Header name="h.2"/></Headers><Payload>true</Payload></Copy><Remove><QueryParams>'
        '<QueryParam name="q"/></QueryParams></Remove><AssignVariable><Name>n</Name>'
        "<Template>{v}</Template><Ref>v</Ref><Value>1</Value></AssignVariable>"
        "<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables></AssignMessage>"
    ),
    (
        '<ServiceCallout name="P"><Request variable="q" clearPayload="true"><Set><Path>/x</Path>'
        "</Set></Request><Response>r</Response><Timeout>3000</Timeout><HTTPTargetConnection>"
        "<Authentication><GoogleAccessToken><Scopes><Scope>s</Scope></Scopes>"
        "<LifetimeInSeconds>60</LifetimeInSeconds></GoogleAccessToken></Authentication>"
        '<SSLInfo><Enabled>true</Enabled></SSLInfo><Properties><Property name="success.codes">2xx'
        '</Property></Properties><LoadBalancer><Algorithm>Weighted</Algorithm><Server name="a">'
        "<Weight>2</Weight></Server><MaxFailures>1</MaxFailures></LoadBalancer><Path>/p</Path>"
        "</HTTPTargetConnection></ServiceCallout>"
    ),
    (
        '<ExtractVariables name="P"><Source clearPayload="true">request</Source>'
        "<VariablePrefix>x</VariablePrefix><URIPath><Pattern>/a/{b}</Pattern></URIPath>"
        '<Header name="h"><Pattern ignoreCase="true">* {v}</Pattern></Header><JSONPayload>'
        '<Variable name="j" type="integer"><JSONPath>$.a[?(@.b)]</JSONPath></Variable>'
        '</JSONPayload><XMLPayload stopPayloadProcessing="true"><Namespaces>'
        '<Namespace prefix="d">urn:d</Namespace></Namespaces><Variable name="w" type="nodeset">'
        "<XPath>/d:a</XPath></Variable></XMLPayload></ExtractVariables>"
    ),
    (
        '<VerifyJWT name="P"><Algorithm>RS256,RS384</Algorithm><Source>v</Source><PublicKey>'
        '<JWKS uri="https://keys.test/"/></PublicKey><Issuer ref="i">x</Issuer><Audience>a'
        '</Audience><AdditionalClaims><Claim name="c" type="map" array="true">{"a":1}</Claim>'
        "</AdditionalClaims><TimeAllowance>30s</TimeAllowance><KnownHeaders>a</KnownHeaders>"
        "</VerifyJWT>"
    ),
    (
        '<HMAC name="P"><Algorithm>SHA-256</Algorithm><SecretKey encoding="hex" ref="private.k"/>'
        '<Message>{v}</Message><VerificationValue encoding="base64" ref="e"/>'
        '<Output encoding="base16">o</Output></HMAC>'
    ),
    (
        '<SpikeArrest name="P"><Rate ref="r">10ps</Rate><Identifier ref="i"/>'
        '<MessageWeight ref="w"/><UseEffectiveCount>true</UseEffectiveCount></SpikeArrest>'
    ),
    (
        '<VerifyAPIKey name="P"><APIKey ref="k"/><CacheExpiryInSeconds>9</CacheExpiryInSeconds>'
        "</VerifyAPIKey>"
    ),
    (
        '<MessageLogging name="P"><CloudLogging><LogName>projects/p/logs/l</LogName>'
        '<Message contentType="application/json">{"a":"{v}"}</Message><Labels><Label><Key>k</Key>'
        "<Value>{v}</Value></Label></Labels><ResourceType>global</ResourceType></CloudLogging>"
        "</MessageLogging>"
    ),
    '<AssertCondition name="P"><Condition>a = "b" and c &gt; 1</Condition></AssertCondition>',
]

_TEXTS = st.one_of(
    st.sampled_from(
        [
            "",
            "true",
            "-1",
            "0",
            "99999999999999999999",
            "{",
            "{}",
            "{a",
            "{f(}",
            "$.a[",
            "//",
            "x y",
        ]
    ),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12),
)


def _nodes(root: etree._Element) -> list[etree._Element]:
    return list(root.iter())


@st.composite
def _mutants(draw: st.DrawFn) -> bytes:
    """A policy with some of its elements, attributes and texts changed, dropped, doubled or moved."""
    root = etree.fromstring(draw(st.sampled_from(_POLICIES)))
    for _ in range(draw(st.integers(0, 4))):
        nodes = _nodes(root)
        node = draw(st.sampled_from(nodes))
        parent = node.getparent()
        act = draw(
            st.sampled_from(["text", "attribute", "unset", "drop", "double", "move", "rename"])
        )
        if act == "text":
            node.text = draw(_TEXTS)
        elif act == "attribute":
            names = [name for n in nodes for name in n.attrib]
            node.set(draw(st.sampled_from([*names, "unknown"])), draw(_TEXTS))
        elif act == "unset" and node.attrib:
            del node.attrib[draw(st.sampled_from(sorted(node.attrib)))]
        elif act == "rename":
            node.tag = draw(st.sampled_from([n.tag for n in nodes] + ["Unknown"]))
        elif parent is not None and act == "drop":
            parent.remove(node)
        elif parent is not None and act == "double":
            parent.append(etree.fromstring(etree.tostring(node, with_tail=False)))
        elif act == "move":
            other = draw(st.sampled_from(_POLICIES))
            node.append(draw(st.sampled_from(_nodes(etree.fromstring(other)))))
    return etree.tostring(root)


def _bundle(policy: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("apiproxy/p.xml", '<APIProxy name="p" revision="1"/>')
        archive.writestr(
            "apiproxy/proxies/default.xml",
            '<ProxyEndpoint name="default"><HTTPProxyConnection><BasePath>/p</BasePath>'
            '</HTTPProxyConnection><RouteRule name="none"/></ProxyEndpoint>',
        )
        archive.writestr("apiproxy/policies/P.xml", policy)
    return buffer.getvalue()


@pytest.mark.parametrize("policy", _POLICIES)
def test_the_policies_that_mutants_are_made_of_are_valid(policy: str) -> None:
    load(_bundle(policy.encode()), "proxy")


def _refusal(policy: bytes) -> BundleError | None:
    try:
        load(_bundle(policy), "proxy")
    except BundleError as refused:
        return refused
    return None


@_FAST
@given(_mutants())
def test_a_policy_loads_or_is_refused_with_file_and_element(policy: bytes) -> None:
    refused = _refusal(policy)
    if refused is not None:
        assert refused.file == "apiproxy/policies/P.xml"
        assert refused.element or "not well-formed" in refused.message
        assert refused.message


@pytest.fixture(scope="module")
def extracting(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> Iterator[Site]:
    """A proxy that takes a request apart in every way, verifies its token and its code."""
    folder = tmp_path_factory.mktemp("site")
    site = Site(Cloud.open(folder / "state.db", pki))
    variables = "".join(
        f'<Variable name="x{kind}" type="{kind}"><XPath>//a</XPath></Variable>'
        for kind in ("string", "boolean", "integer", "double", "nodeset")
    )
    paths = "".join(
        f'<Variable name="j{kind}" type="{kind}"><JSONPath>$.a</JSONPath></Variable>'
        for kind in ("string", "boolean", "long", "float", "nodeset")
    )
    extract = (
        '<ExtractVariables name="E"><Header name="h"><Pattern>{{a}}-{{b}}*{{c}}'
        "</Pattern></Header><URIPath><Pattern>/**/{{d}}</Pattern></URIPath>"
        '<QueryParam name="q"><Pattern>%{{{{e}}%}}</Pattern></QueryParam>{}</ExtractVariables>'
    )
    deploy(
        site,
        variable("private.k", tokens.SECRET),
        extract.format(f"<JSONPayload>{paths}</JSONPayload>"),
        extract.format(f"<XMLPayload>{variables}</XMLPayload>").replace('"E"', '"X"'),
        '<AssignMessage name="A"><Set><Payload>{jstring}{xnodeset}</Payload><FormParams>'
        '<FormParam name="f">{jstring}</FormParam></FormParams><QueryParams>'
        '<QueryParam name="j">{jnodeset}</QueryParam></QueryParams></Set>'
        "<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables></AssignMessage>",
        '<HMAC name="H" continueOnError="true"><Algorithm>SHA1</Algorithm>'
        '<SecretKey ref="private.k"/><Message ref="request.header.h"/>'
        '<VerificationValue ref="request.header.h"/></HMAC>',
        '<VerifyJWT name="J"><Algorithm>HS256</Algorithm><Source>request.header.t</Source>'
        '<SecretKey><Value ref="private.k"/></SecretKey><KnownHeaders>k</KnownHeaders>'
        '<AdditionalClaims ref="request.header.h"/></VerifyJWT>',
    )
    yield site
    site.cloud.store.close()


_HEADER = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)
_CLAIMS = st.dictionaries(
    st.sampled_from(["exp", "nbf", "iat", "iss", "aud", "sub", "a", "crit", "kid"]), _JSON
)


@st.composite
def _jwts(draw: st.DrawFn) -> str:
    made = tokens.sign_any(draw(_CLAIMS), draw(_CLAIMS))
    if draw(st.booleans()):
        return made
    at = draw(st.integers(0, len(made) - 1))
    return made[:at] + draw(st.sampled_from([".", "", "A", "*"])) + made[at + 1 :]


def _xml(draw: st.DrawFn) -> str:
    text = draw(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8))
    root = etree.Element("r")
    etree.SubElement(root, "a").text = text
    made = etree.tostring(root, encoding="unicode")
    at = draw(st.integers(0, len(made)))
    return made[:at] + draw(st.sampled_from(["", "<", "&", "<!DOCTYPE r>", "</a>"])) + made[at:]


@st.composite
def _bodies(draw: st.DrawFn) -> tuple[str, bytes]:
    kind = draw(
        st.sampled_from(["application/json", "text/xml", "text/plain", "application/a+xml"])
    )
    if draw(st.booleans()):
        return kind, draw(st.binary(max_size=40))
    if "json" in kind:
        return kind, json.dumps(draw(_JSON)).encode()
    return kind, _xml(draw).encode()


_FAULTS = {
    "steps.extractvariables.ExecutionFailed",
    "steps.extractvariables.InvalidJSONPath",
    "steps.extractvariables.UnableToCast",
    *(
        f"steps.jwt.{name}"
        for name in (
            "AlgorithmMismatch",
            "FailedToDecode",
            "InvalidClaim",
            "InvalidJsonFormat",
            "InvalidToken",
            "NoAlgorithmFoundInHeader",
            "TokenExpired",
            "TokenNotYetValid",
            "UnhandledCriticalHeader",
            "UnresolvedVariable",
        )
    ),
}


@_FAST
@given(header=_HEADER, query=_HEADER, token=_jwts() | _HEADER, body=_bodies())
def test_a_request_passes_or_meets_a_documented_fault(
    extracting: Site, header: str, query: str, token: str, body: tuple[str, bytes]
) -> None:
    headers = {"h": header, "t": token, "content-type": body[0]}
    path = f"/p{'/a/b' if len(query) % 2 else ''}?q={quote(query)}"
    answer = extracting.request(path, "POST", headers, body[1])
    assert answer.status == 200 or answer.fault in _FAULTS
