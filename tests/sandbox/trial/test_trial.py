"""`try-bundles` tells what runs and what is refused, and never counts what it couldn't send."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from sandbox.process import SandboxError
from sandbox.trial.readme import requests
from sandbox.trial.report import Result, run, summary, try_sample
from sandbox.trial.samples import find
from sandbox.trial.settings import read_settings
from sandbox.trial.stage import HOST
from sandbox.trial.survey import survey
from sandbox.trial.trials import Trial
from tests.sandbox.gateway.rig import proxy_files, shared_files, steps

_NO_TARGET = "<RouteRule name='none'/>"
_ANSWER = (
    '<AssignMessage name="A"><AssignTo>response</AssignTo><Set><Payload '
    'contentType="application/json">{{"status":"{what}"}}</Payload></Set></AssignMessage>'
)


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)


def answering(what: str = "ok", **changes: str) -> dict[str, str | bytes]:
    """A proxy without a target that answers `{"status": what}`."""
    policy = _ANSWER.format(what=what)
    return proxy_files(policy, response=steps("A"), route=_NO_TARGET, **changes)


def feature(*lines: str) -> dict[str, str]:
    return {
        "test/a.feature": "\n".join(["Feature:", "  A feature", *lines]),
        "test/support/init.js": 'new apickli.Apickli("https", process.env.PROXY_URL)',
        "deploy.sh": 'export PROXY_URL="$APIGEE_HOST/p"\n',
    }


def tried(folder: Path, keys: Path) -> list[Result]:
    (sample,) = find(folder)
    return try_sample(sample, keys)


def trials(folder: Path, keys: Path) -> list[Trial]:
    return [trial for result in tried(folder, keys) for trial in result.trials]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for signing keys, which take a while to make."""
    return tmp_path_factory.mktemp("keys")


def test_every_bundle_beneath_the_folder_is_found_shared_flows_first(tmp_path: Path) -> None:
    write(tmp_path / "one" / "deep", answering())
    write(tmp_path / "one", shared_files(steps=""))
    write(tmp_path / "two", answering())
    (tmp_path / "none").mkdir()
    found = {sample.name: [bundle.path for bundle in sample.bundles] for sample in find(tmp_path)}
    assert found == {
        "one": ["one/sharedflowbundle", "one/deep/apiproxy"],
        "two": ["two/apiproxy"],
    }


def test_a_folder_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="not a folder"):
        find(tmp_path / "gone")


def test_all_that_is_refused_is_told_and_no_more() -> None:
    files = proxy_files(
        '<Quota name="Q"><Allow count="1"/></Quota>',
        '<AssignMessage name="A" x="1" y="2"><Foo/><Set><Bar/></Set></AssignMessage>',
        request=steps("Q", "A"),
        proxy="<EventFlow/>",
        route="<RouteRule name='r'><URL>https://x/</URL></RouteRule>",
    )
    files["apiproxy/resources/jsc/a.js"] = "x"
    files["apiproxy/policies/broken.xml"] = "<"
    loaded, refusals = survey({k: str(v).encode() for k, v in files.items()}, "proxy")
    assert loaded is None
    assert {refusal.where for refusal in refusals} == {
        "resources/jsc/a.js",
        "policies/0.xml: Quota",
        "policies/1.xml: AssignMessage @x",
        "policies/1.xml: AssignMessage @y",
        "policies/1.xml: AssignMessage/Foo",
        "policies/1.xml: AssignMessage/Set/Bar",
        "policies/broken.xml",
        "proxies/default.xml: ProxyEndpoint/EventFlow",
        "proxies/default.xml: ProxyEndpoint/RouteRule/URL",
    }
    assert len(refusals) == 9


def test_what_follows_from_a_refusal_is_not_told() -> None:
    files = proxy_files(
        '<AssignMessage name="a*b"/>', connection="<URL>nowhere</URL>", basepath="/a/*"
    )
    loaded, refusals = survey({k: str(v).encode() for k, v in files.items()}, "proxy")
    assert loaded is None
    assert [refusal.where for refusal in refusals] == [
        "policies/0.xml: AssignMessage @name",
        "proxies/default.xml: ProxyEndpoint/HTTPProxyConnection/BasePath",
        "targets/default.xml: TargetEndpoint/HTTPTargetConnection/URL",
    ]


def test_a_sound_bundle_loads_and_nothing_is_refused() -> None:
    files = {name: str(content).encode() for name, content in answering().items()}
    loaded, refusals = survey(files, "proxy")
    assert loaded is not None
    assert not refusals


def test_a_proxy_is_refused_where_its_shared_flow_is(tmp_path: Path, keys: Path) -> None:
    call = '<FlowCallout name="F"><SharedFlowBundle>s</SharedFlowBundle></FlowCallout>'
    write(tmp_path / "x", proxy_files(call, request=steps("F"), route=_NO_TARGET))
    write(tmp_path / "x", shared_files('<Quota name="Q"/>', steps=steps("Q")))
    flow, proxy = tried(tmp_path, keys)
    assert flow.refusals
    assert [refusal.element for refusal in proxy.refusals] == ["FlowCallout/SharedFlowBundle"]
    assert '"s"' in proxy.refusals[0].message


def test_a_proxy_runs_with_its_shared_flow(tmp_path: Path, keys: Path) -> None:
    call = '<FlowCallout name="F"><SharedFlowBundle>s</SharedFlowBundle></FlowCallout>'
    write(tmp_path / "x", proxy_files(call, response=steps("F"), route=_NO_TARGET))
    write(tmp_path / "x", shared_files(_ANSWER.format(what="shared"), steps=steps("A")))
    scenario = ("Scenario: s", "When I GET /", "Then response body path $.status should be shared")
    write(tmp_path / "x", feature(*scenario))
    assert [trial.outcome for trial in trials(tmp_path, keys)] == ["as stated"]


@pytest.mark.parametrize(
    ("lines", "outcome", "detail"),
    [
        (["When I GET /", "Then response code should be 200"], "as stated", "200"),
        (["When I GET /", "Then response code should be 404"], "not as stated", "404"),
        (["When I GET /"], "answered", "200"),
        (
            ["When I GET /x", "Then response body path $.status should be ok"],
            "as stated",
            "200",
        ),
        (
            ["When I GET /x", "Then response body path $.status should be no"],
            "not as stated",
            "$.status",
        ),
        (
            ["When I GET /", "And response header Content-Type should be application/json"],
            "as stated",
            "200",
        ),
        (["When I GET /", "Then response header x should exist"], "not as stated", "x"),
        (["When I GET /", "Then response body should be valid json"], "as stated", "200"),
        (["When I GET /", "Then response body should be valid xml"], "not as stated", "xml"),
        (["When I GET /", "Then response body should not contain o.$"], "as stated", "200"),
        (["Given I set a header to `key`", "When I GET /"], "not sent", "`key`"),
        (["Given I do magic", "When I GET /"], "not sent", "magic"),
        (["Then response code should be 200"], "not sent", "before any request"),
        (["Given I set body to x"], "not sent", "sends nothing"),
    ],
)
def test_scenario(tmp_path: Path, keys: Path, lines: list[str], outcome: str, detail: str) -> None:
    write(tmp_path / "x", answering())
    write(tmp_path / "x", feature("Scenario: s", *lines))
    (trial,) = trials(tmp_path, keys)
    assert trial.outcome == outcome
    assert detail in trial.detail


def test_scenario_with_examples_runs_once_for_each(tmp_path: Path, keys: Path) -> None:
    write(tmp_path / "x", answering())
    examples = ["Examples:", "| code |", "| 200 |", "| 201 |"]
    lines = ["Scenario Outline: s", "When I GET /", "Then response code should be <code>"]
    write(tmp_path / "x", feature(*lines, *examples))
    assert [trial.outcome for trial in trials(tmp_path, keys)] == ["as stated", "not as stated"]


def test_request_is_sent_as_the_scenario_builds_it(tmp_path: Path, keys: Path) -> None:
    echo = (
        '<AssignMessage name="A"><AssignTo>response</AssignTo><Set><Headers><Header name="saw">'
        "{request.verb} {request.header.x} {request.header.authorization}"
        " {request.formparam.f}</Header></Headers></Set></AssignMessage>"
    )
    write(tmp_path / "x", proxy_files(echo, response=steps("A"), route=_NO_TARGET))
    lines = [
        "Background:",
        'Given I set x header to "v"',
        "Scenario: s",
        "Given I store the raw value 1 as one in scenario scope",
        "And I have basic authentication credentials a and b",
        "And I set form parameters to",
        "| parameter | value |",
        "| f | `one` |",
        "When I POST to /",
        "Then response header saw should be ^POST v Basic YTpi 1$",
    ]
    write(tmp_path / "x", feature(*lines))
    assert [trial.outcome for trial in trials(tmp_path, keys)] == ["as stated"]


def test_host_out_of_reach_is_named_and_is_no_pass(tmp_path: Path, keys: Path) -> None:
    write(tmp_path / "x", proxy_files())
    write(
        tmp_path / "x",
        feature("Scenario: s", "When I GET /", "Then response code should be 503"),
    )
    (trial,) = trials(tmp_path, keys)
    assert trial.outcome == "needs"
    assert trial.detail == "backend.test; answered 503"


def test_scenario_whose_address_no_script_tells_is_not_sent(tmp_path: Path, keys: Path) -> None:
    write(tmp_path / "x", answering())
    write(tmp_path / "x", {**feature("Scenario: s", "When I GET /"), "deploy.sh": ""})
    (trial,) = trials(tmp_path, keys)
    assert trial.outcome == "not sent"
    assert "PROXY_URL" in trial.detail


def test_settings_are_fixed_texts_only(tmp_path: Path) -> None:
    script = """
export NAME="sample"
HOST_AND_PATH="$APIGEE_HOST/v1/${NAME}"
TOKEN=$(gcloud auth print-access-token)
PROJECT="<put yours>"
OTHER="$TOKEN"
  export LATE='fixed'
"""
    write(tmp_path, {"deploy.sh": script})
    assert read_settings(tmp_path) == {
        "APIGEE_HOST": HOST,
        "RUNTIME_HOST_ALIAS": HOST,
        "NAME": "sample",
        "HOST_AND_PATH": f"{HOST}/v1/sample",
        "LATE": "fixed",
    }


def test_curl_lines_to_the_gateway_are_read(tmp_path: Path) -> None:
    text = """
```bash
curl -i https://$APIGEE_HOST/p/a?x=1 -H "X: y z" | jq .
curl -X PUT "https://${APIGEE_HOST}/p" \\
  --data '{"a": 1}'
curl https://$APIGEE_HOST/p -d key=$KEY
curl https://$APIGEE_HOST/p --cert c.pem --key k.pem
curl https://$APIGEE_HOST/p -d @file
curl https://elsewhere.example/p
curl https://$APIGEE_HOST/p -H "a
```
"""
    write(tmp_path, {"README.md": text, "a.http": "POST https://$APIGEE_HOST/p/h HTTP/1.1\n"})
    found = list(requests(tmp_path, read_settings(tmp_path)))
    sent = [(r.where, r.method, r.path, r.headers, r.body) for r in found if not r.blocked]
    assert sent == [
        ("README.md:3", "GET", "/p/a?x=1", {"X": "y z"}, ""),
        ("README.md:4", "PUT", "/p", {}, '{"a": 1}'),
        ("a.http:1", "POST", "/p/h", {}, ""),
    ]
    assert [r.blocked.split(":")[0] for r in found if r.blocked] == [
        "needs $KEY",
        "presents a client certificate",
        "sends the file file",
        "the command can't be read",
    ]


def test_request_of_a_readme_goes_to_the_proxy_that_listens_there(
    tmp_path: Path, keys: Path
) -> None:
    write(tmp_path / "x" / "one", answering(basepath="/one"))
    write(tmp_path / "x" / "two", answering(basepath="/two"))
    write(tmp_path / "x", {"README.md": "\ncurl https://$APIGEE_HOST/two/a\n"})
    one, two = tried(tmp_path, keys)
    assert one.trials == []
    assert [(trial.outcome, trial.where) for trial in two.trials] == [("answered", "README.md:2")]


def test_report_names_file_element_and_attribute_and_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "good", answering())
    write(
        tmp_path / "good",
        feature("Scenario: s", "When I GET /", "Then response code should be 200"),
    )
    write(tmp_path / "bad", proxy_files('<Quota name="Q"/>', '<AssignMessage name="A" x="1"/>'))
    before = sorted(tmp_path.rglob("*"))
    assert run(tmp_path) == 0
    printed = capsys.readouterr().out
    assert "AssignMessage @x" in printed
    assert "policies/0.xml: Quota" in printed
    assert "2 bundles: 1 run, 1 are refused" in printed
    assert "  1 answered as the sample states" in printed
    assert "  1  policy Quota" in printed
    assert sorted(tmp_path.rglob("*")) == before


def test_summary_counts_a_reason_once_a_bundle(tmp_path: Path, keys: Path) -> None:
    write(tmp_path / "bad", proxy_files('<Quota name="Q"/>', '<Quota name="R"/>'))
    lines = list(summary(tried(tmp_path, keys)))
    assert lines[-1].split() == ["1", "policy", "Quota"]
