"""Requests and bundles that mean harm: one request may fail, the process and the others go on."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from sandbox.gateway import limited as limited_module
from sandbox.gateway.limited import limited
from tests.sandbox.gateway.policies.support import ask, deploy, shown, variable
from tests.sandbox.gateway.rig import HOST, Site, proxy_files, shared_files, steps
from tests.sandbox.gateway.test_flow import assign

_TIMED_OUT = "messaging.runtime.ExpressionTimedOut"
_MEGABYTE = 1024 * 1024


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the time that an expression has, to wait less."""
    monkeypatch.setattr(limited_module, "SECONDS", limited_module.SECONDS / 10)


def _conditional(condition: str) -> dict[str, str | bytes]:
    """A proxy with a flow under that condition."""
    flow = f"<Flows><Flow name='f'><Condition>{condition}</Condition></Flow></Flows>"
    return proxy_files(proxy=flow)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    ("condition", "content"),
    [
        ('request.content ~~ "(a+)+b"', b"a" * 64),
        ('request.content ~~ "(.*a){12}b"', b"a" * 400),
        ('request.content ~~ ".*.*.*b"', b"a" * _MEGABYTE),
        ('request.content ~ "*a*a*a*b"', b"a" * _MEGABYTE),
        ('request.content ~/ "**a**a**a**b"', b"a" * _MEGABYTE),
    ],
)
def test_a_pattern_that_backtracks_without_end_is_cut_off(
    site: Site, condition: str, content: bytes
) -> None:
    site.deploy(_conditional(condition))
    answer = site.request(method="POST", content=content)
    assert (answer.status, answer.fault) == (500, _TIMED_OUT)
    site.cloud.clock.advance(1)
    assert site.request(method="POST", content=b"x").status == 200


def test_a_pattern_over_a_megabyte_that_does_not_backtrack_is_not_cut_off(site: Site) -> None:
    site.deploy(_conditional('request.content ~~ "a*b"'))
    assert site.request(method="POST", content=b"a" * _MEGABYTE + b"b").status == 200


@pytest.mark.usefixtures("short")
def test_a_replacement_that_backtracks_is_cut_off(site: Site) -> None:
    show = "{replaceAll(request.content,'(a+)+b','')}"
    answer = ask(site, assign("A", "x", show), method="POST", content=b"a" * 64)
    assert answer.fault == _TIMED_OUT


@pytest.mark.usefixtures("short")
def test_a_path_pattern_that_backtracks_is_cut_off(site: Site) -> None:
    pattern = "/".join(["{a}", *["**"] * 8, "b"])
    policy = (
        '<ExtractVariables name="E"><URIPath><Pattern>/' + pattern + "</Pattern></URIPath>"
        "</ExtractVariables>"
    )
    answer = ask(site, policy, path="/p" + "/a" * 2_000)
    assert answer.fault == _TIMED_OUT


def _extract(path: str) -> str:
    return (
        '<ExtractVariables name="E"><JSONPayload><Variable name="v">'
        f"<JSONPath>{path}</JSONPath></Variable></JSONPayload>"
        "<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables></ExtractVariables>"
    )


_JSON = {"content-type": "application/json"}


@pytest.mark.usefixtures("short")
def test_a_path_over_deep_json_is_cut_off_or_refused(site: Site) -> None:
    deep = b'{"a":' * 400 + b"1" + b"}" * 400
    answer = ask(site, _extract("$..a..a..a..a"), method="POST", headers=_JSON, content=deep)
    assert answer.status == 500
    assert answer.fault in (_TIMED_OUT, "messaging.runtime.ExpressionTooDeep")


@pytest.mark.parametrize("content", [b"[" * 200_000, b"[" * 900 + b"]" * 900, b"9" * _MEGABYTE])
def test_json_that_is_too_deep_or_too_long_is_a_fault_or_finds_nothing(
    site: Site, content: bytes
) -> None:
    answer = ask(site, _extract("$..v"), method="POST", headers=_JSON, content=content)
    assert answer.status in (200, 500)
    if answer.status == 500:
        assert answer.fault != "messaging.runtime.InternalError"


@pytest.mark.parametrize(
    "content",
    [
        b"<a>" * 100_000,
        b'<!DOCTYPE a [<!ENTITY x "xxxx"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>',
        b"<a " + b" ".join(b'n%d="1"' % n for n in range(20_000)) + b"/>",
    ],
)
def test_hostile_xml_is_a_fault_or_finds_nothing(site: Site, content: bytes) -> None:
    policy = (
        '<ExtractVariables name="E"><XMLPayload><Variable name="v" type="string">'
        "<XPath>//b</XPath></Variable></XMLPayload></ExtractVariables>"
    )
    headers = {"content-type": "text/xml"}
    answer = ask(site, policy, method="POST", headers=headers, content=content)
    assert answer.status in (200, 500)
    if answer.status == 500:
        assert answer.fault == "steps.extractvariables.ExecutionFailed"


def test_a_text_that_doubles_itself_ends_at_what_a_message_can_hold(site: Site) -> None:
    double = (
        '<AssignMessage name="D"><AssignVariable><Name>v</Name><Template>{v}{v}</Template>'
        "</AssignVariable></AssignMessage>"
    )
    names = ["A-v", *["D"] * 40]
    site.deploy(proxy_files(variable("v", "0123456789abcdef"), double, request=steps(*names)))
    assert site.request().fault == "protocol.http.TooBigBody"


def test_a_replacement_that_grows_without_end_is_a_fault(site: Site) -> None:
    grow = assign("A", "x", "{replaceAll(request.content,'a',request.content)}")
    answer = ask(site, grow, method="POST", content=b"a" * 3_300)
    assert answer.fault == "protocol.http.TooBigBody"


def _branching(site: Site) -> None:
    """A shared flow that calls itself twenty times over, on each of five levels, whatever fails."""
    call = (
        '<FlowCallout name="F" continueOnError="true"><SharedFlowBundle>s</SharedFlowBundle>'
        "</FlowCallout>"
    )
    site.deploy(shared_files(call, steps=steps(*["F"] * 20)), name="s")
    site.deploy(proxy_files(call, request=steps("F"), basepath="/loop"), name="loop")


def test_shared_flows_that_call_each_other_without_end_time_out(site: Site) -> None:
    _branching(site)
    answer = site.request("/loop")
    assert (answer.status, answer.fault) == (504, "flow.APITimedOut")


def test_other_requests_are_served_while_one_goes_on(site: Site) -> None:
    _branching(site)
    site.deploy(proxy_files())
    ended: list[str] = []

    async def get(client: httpx.AsyncClient, path: str) -> None:
        await client.get(f"https://{HOST}{path}")
        ended.append(path)

    async def both() -> None:
        transport = httpx.ASGITransport(app=site.gateway)
        async with httpx.AsyncClient(transport=transport) as client:
            await asyncio.gather(get(client, "/loop"), get(client, "/p"))

    asyncio.run(both())
    assert ended == ["/p", "/loop"]


def test_a_target_that_sends_without_end_is_left(site: Site) -> None:
    sent = [0]

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                sent[0] += 1
                yield b"x" * _MEGABYTE

    site.hosts["backend.test"] = lambda request: httpx.Response(200, stream=Endless())
    site.deploy(proxy_files())
    answer = site.request()
    assert (answer.status, answer.fault) == (502, "protocol.http.TooBigBody")
    assert sent[0] == 11


def test_a_form_of_countless_fields_is_refused(site: Site) -> None:
    site.deploy(proxy_files())
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert site.request(method="POST", headers=form, content=b"a&" * 9_000).status == 200
    answer = site.request(method="POST", headers=form, content=b"a&" * 10_000)
    assert (answer.status, answer.fault) == (413, "protocol.http.TooBigBody")


def test_many_headers_reach_the_target(site: Site) -> None:
    deploy(site)
    headers = {f"x-{n}": "v" for n in range(2_000)}
    assert len(site.request(headers=headers).json()["headers"]) >= 2_000


def test_a_deep_value_can_be_read_as_text(site: Site) -> None:
    content = json.dumps({"a": [[[[]]]]}).encode()
    policy = _extract("$.a")
    assert shown(site, policy, method="POST", headers=_JSON, content=content) == "[[[[]]]]"


def test_a_short_piece_of_work_leaves_no_alarm_behind() -> None:
    assert limited(lambda: 1) == 1
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_on_another_thread_the_work_is_done_without_an_alarm() -> None:
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(limited, lambda: 1).result() == 1


_KEY = "<Key><Parameter ref='v'/></Key>"
_SURROGATES = [
    assign("A", "x", "{sha256Hex(v)}{encodeBase64(v)}{hmacSha256(v,v)}{toUpperCase(v)}"),
    assign("A", "x", "{xpath('//a',v)}{jsonPath('$.a',v)}{replaceAll(v,'a',v)}"),
    (
        '<AssignMessage name="A"><Set><QueryParams><QueryParam name="q">{v}</QueryParam></QueryParams>'
        "<Payload>{v}</Payload><Path>{v}</Path></Set></AssignMessage>"
    ),
    (
        '<AssignMessage name="A"><AssignVariable><Name>request.content</Name><Ref>v</Ref>'
        "</AssignVariable></AssignMessage>"
    ),
    (
        '<AssignMessage name="A"><AssignVariable><Name>request.queryparam.q</Name><Ref>v</Ref>'
        "</AssignVariable></AssignMessage>"
    ),
    (
        '<PopulateCache name="A"><CacheKey><KeyFragment ref="v"/></CacheKey><Source>v</Source>'
        "<ExpirySettings><TimeoutInSeconds>9</TimeoutInSeconds></ExpirySettings></PopulateCache>"
    ),
    (
        f'<KeyValueMapOperations name="A" mapIdentifier="m"><Put>{_KEY}<Value ref="v"/></Put>'
        f'<Get assignTo="private.w">{_KEY}</Get><Delete>{_KEY}</Delete></KeyValueMapOperations>'
    ),
    (
        '<HMAC name="A"><Algorithm>SHA256</Algorithm><Message>{v}</Message>'
        '<SecretKey ref="private.v"/></HMAC>'
    ),
    (
        '<VerifyJWT name="A"><Algorithm>HS256</Algorithm><Source>v</Source>'
        '<SecretKey><Value ref="private.v"/></SecretKey></VerifyJWT>'
    ),
    (
        '<AssignMessage name="A"><AssignVariable><Name>target.url</Name><Ref>v</Ref>'
        "</AssignVariable></AssignMessage>"
    ),
]


@pytest.mark.parametrize("policy", _SURROGATES)
def test_a_text_that_no_encoding_can_write_is_no_internal_error(site: Site, policy: str) -> None:
    extract = (
        '<ExtractVariables name="E"><JSONPayload><Variable name="v"><JSONPath>$.a</JSONPath>'
        "</Variable></JSONPayload></ExtractVariables>"
    )
    secret = variable("private.v", "x").replace("<Value>x</Value>", "<Ref>v</Ref>")
    content = b'{"a":"a\\ud800 b"}'
    answer = ask(site, extract, secret, policy, method="POST", headers=_JSON, content=content)
    if answer.status == 500:
        assert answer.fault != "messaging.runtime.InternalError"
