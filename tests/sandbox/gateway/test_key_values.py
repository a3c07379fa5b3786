"""KeyValueMapOperations over several message processors: reads, writes, scopes, what memory keeps."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.gateway.rig import Site, proxy_files, shared_files, steps

_ENTRY = "gcp:apigee/environmentKeyvaluemapsEntries:EnvironmentKeyvaluemapsEntries"
_PLACE = "organizations/sandbox-gateway/environments/alpha/keyvaluemaps/m/entries"

SHOW = (
    '<AssignMessage name="A"><IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables><Set>'
    '<Headers><Header name="x-v">{private.v}</Header></Headers></Set></AssignMessage>'
)


def operations(
    *, name: str = "K", scope: str = "", attributes: str = 'mapIdentifier="m"', body: str
) -> str:
    return (
        f'<KeyValueMapOperations name="{name}" {attributes}>{scope}'
        f"<ExpiryTimeInSecs>60</ExpiryTimeInSecs>{body}</KeyValueMapOperations>"
    )


def get(key: str = '<Parameter ref="request.header.k"/>', attributes: str = "") -> str:
    return f'<Get assignTo="private.v" {attributes}><Key>{key}</Key></Get>'


def put(
    override: str = 'override="true"', values: str = '<Value ref="request.header.put"/>'
) -> str:
    return f'<Put {override}><Key><Parameter ref="request.header.k"/></Key>{values}</Put>'


DELETE = '<Delete><Key><Parameter ref="request.header.k"/></Key></Delete>'
ROUTE = '<RouteRule name="r"/>'


def deploy(site: Site, *, write: str = "", read: str = "", drop: str = "", name: str = "p") -> None:
    """A proxy that writes on `put`, deletes on `drop`, and then shows what it reads."""
    policies = (
        write or operations(name="P", body=put()),
        drop or operations(name="D", body=DELETE),
        read or operations(name="G", body=get()),
        SHOW,
    )
    flow = (
        "<Step><Name>P</Name><Condition>request.header.put != null</Condition></Step>"
        "<Step><Name>D</Name><Condition>request.header.drop != null</Condition></Step>"
    ) + steps("G")
    site.deploy(
        proxy_files(*policies, request=flow, response=steps("A"), route=ROUTE, basepath=f"/{name}"),
        name,
    )


def value(site: Site, path: str = "/p", k: str = "a", **headers: str) -> str:
    return str(site.request(path, headers={"k": k, **headers}).headers["x-v"])


@pytest.mark.parametrize("processors", [1, 4])
def test_each_processor_keeps_what_it_read_until_it_expires(site: Site, processors: int) -> None:
    site.processors = processors
    site.restart()
    entry = site.key_value("a:b/c", "old")
    deploy(site)
    assert [value(site, k="a:b/c") for _ in range(processors)] == ["old"] * processors
    site.cloud.store.remove(_ENTRY, entry, site.cloud.clock.now())
    site.cloud.clock.advance(58)
    assert [value(site, k="a:b/c") for _ in range(processors)] == ["old"] * processors
    site.cloud.clock.advance(2)
    assert [value(site, k="a:b/c") for _ in range(processors)] == [""] * processors


def test_an_absent_entry_is_looked_up_anew(site: Site) -> None:
    deploy(site)
    assert [value(site), value(site)] == ["", ""]
    site.key_value("a", "new")
    assert [value(site), value(site)] == ["new", "new"]


def test_a_write_is_seen_by_its_processor_at_once_and_by_others_after_expiry(site: Site) -> None:
    site.key_value("a", "old")
    deploy(site)
    assert [value(site), value(site)] == ["old", "old"]
    assert value(site, put="new") == "new"
    assert [value(site), value(site)] == ["old", "new"]
    site.cloud.clock.advance(60)
    assert [value(site), value(site)] == ["new", "new"]


def test_a_deleted_entry_is_gone_from_the_map_and_from_its_processor(site: Site) -> None:
    site.key_value("a", "old")
    deploy(site)
    assert [value(site), value(site)] == ["old", "old"]
    assert value(site, drop="1") == ""
    assert [value(site), value(site)] == ["old", ""]
    assert site.cloud.store.get(_ENTRY, f"{_PLACE}/a") is None


def test_a_write_lands_in_the_control_planes_own_entry(site: Site) -> None:
    deploy(site)
    value(site, put="x")
    found = site.cloud.store.get(_ENTRY, f"{_PLACE}/a")
    assert found is not None
    assert found.body["value"] == "x"


@pytest.mark.parametrize(
    ("override", "kept"), [('override="true"', "new"), ('override="false"', "old"), ("", "old")]
)
def test_an_entry_is_overwritten_only_where_the_policy_says_so(
    site: Site, override: str, kept: str
) -> None:
    site.key_value("a", "old")
    deploy(site, write=operations(name="P", body=put(override)))
    assert value(site, put="new") == kept


def test_an_index_takes_one_of_several_values(site: Site) -> None:
    values = '<Value ref="request.header.put"/><Value>second</Value>'
    deploy(
        site,
        write=operations(name="P", body=put(values=values)),
        read=operations(name="G", body=get(attributes='index="2"')),
    )
    assert value(site, put="x") == "second"
    deploy(
        site,
        read=operations(name="G", body=get(attributes='index="3"')),
        name="q",
    )
    assert value(site, "/q") == ""


@pytest.mark.parametrize(
    ("scope", "by_another_proxy", "by_another_environment"),
    [("environment", "x", ""), ("apiproxy", "", "x"), ("organization", "x", "x")],
)
def test_a_scope_bounds_who_sees_an_entry(
    site: Site, scope: str, by_another_proxy: str, by_another_environment: str
) -> None:
    site.add_environment("beta", "beta.api.example.com")
    tag = f"<Scope>{scope}</Scope>"
    write = operations(name="P", scope=tag, body=put())
    read = operations(name="G", scope=tag, body=get())
    for name in ("p", "q"):
        deploy(site, write=write, read=read, name=name)
    site.deploy_again("p", "beta")
    assert value(site, put="x") == "x"
    assert value(site, "/q") == by_another_proxy
    answer = site.request("/p", headers={"k": "a"}, host="beta.api.example.com")
    assert answer.headers["x-v"] == by_another_environment


def test_without_a_scope_a_map_is_the_environments(site: Site) -> None:
    site.key_value("a", "x")
    deploy(site)
    assert value(site) == "x"


def test_a_shared_flow_reads_the_calling_proxys_map(site: Site) -> None:
    tag = "<Scope>apiproxy</Scope>"
    deploy(site, write=operations(name="P", scope=tag, body=put()))
    value(site, put="x")
    read = operations(name="G", scope=tag, body=get())
    site.deploy(shared_files(read, steps=steps("G")), name="s")
    call = '<FlowCallout name="F"><SharedFlowBundle>s</SharedFlowBundle></FlowCallout>'
    files = {"request": steps("F"), "response": steps("A"), "route": ROUTE}
    site.deploy(proxy_files(call, SHOW, **files))
    assert value(site) == "x"
    site.deploy(proxy_files(call, SHOW, basepath="/q", **files), name="q")
    assert value(site, "/q") == ""


def test_a_map_may_be_named_by_a_variable(site: Site) -> None:
    site.key_value("a", "x")
    named = '<MapName ref="request.header.map"/>'
    deploy(site, read=operations(name="G", attributes="", body=named + get()))
    assert value(site, map="m") == "x"
    assert value(site, map="other") == ""


def test_a_named_map_is_not_made_by_a_write(site: Site) -> None:
    body = "<MapName>gone</MapName>" + put()
    deploy(site, write=operations(name="P", attributes="", body=body))
    answer = site.request(headers={"k": "a", "put": "x"})
    assert answer.fault == "steps.keyvaluemapoperations.KeyValueMapNotFound"


def test_initial_entries_fill_a_map_when_it_is_made_and_never_again(site: Site) -> None:
    seeds = (
        "<InitialEntries><Entry><Key><Parameter>a</Parameter></Key><Value>seed</Value></Entry>"
        "</InitialEntries>"
    )
    scope = "<Scope>apiproxy</Scope>"
    deploy(
        site,
        write=operations(name="P", scope=scope, body=put()),
        read=operations(name="G", scope=scope, body=seeds + get()),
        drop=operations(name="D", scope=scope, body=DELETE),
    )
    assert value(site) == "seed"
    assert value(site, drop="1") == ""
    assert value(site, put="x") == "x"


def test_parameters_of_a_key_are_joined(site: Site) -> None:
    site.key_value("one__GET", "x")
    key = '<Parameter>one</Parameter><Parameter ref="request.verb"/>'
    deploy(site, read=operations(name="G", body=get(key)))
    assert value(site) == "x"


@pytest.mark.parametrize(("size", "status"), [(10 * 1024, 200), (10 * 1024 + 1, 500)])
def test_a_value_over_10_kilobytes_is_not_written(site: Site, size: int, status: int) -> None:
    values = '<Value ref="request.content"/>'
    deploy(site, write=operations(name="P", body=put(values=values)))
    headers = {"k": "a", "put": "1"}
    answer = site.request(method="POST", headers=headers, content=b"x" * size)
    assert answer.status == status


@pytest.mark.parametrize("text", ["0", "-1"])
def test_an_expiry_of_0_or_less_is_the_default(site: Site, text: str) -> None:
    policy = operations(name="G", body=get()).replace(">60<", f">{text}<")
    entry = site.key_value("a", "x")
    deploy(site, read=policy)
    assert [value(site), value(site)] == ["x", "x"]
    site.cloud.store.remove(_ENTRY, entry, site.cloud.clock.now())
    site.cloud.clock.advance(298)
    assert [value(site), value(site)] == ["x", "x"]
    site.cloud.clock.advance(2)
    assert [value(site), value(site)] == ["", ""]


MOVES = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(["x", "y", "z"])),
    st.tuples(st.just("drop"), st.just("1")),
    st.tuples(st.just("read"), st.just("")),
    st.tuples(st.just("wait"), st.sampled_from(["20", "61"])),
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(MOVES, max_size=10))
def test_a_read_is_never_older_than_the_expiry_and_sees_its_processors_writes(
    site: Site, moves: list[tuple[str, str]]
) -> None:
    if "/p" not in site.paths():
        deploy(site)
    site.cloud.clock.advance(61)
    value(site, drop="1")
    written: list[tuple[float, str]] = [(site.cloud.clock.now(), "")]
    for move, text in moves:
        if move == "wait":
            site.cloud.clock.advance(float(text))
            continue
        seen = value(site, **({} if move == "read" else {move: text}))
        now = site.cloud.clock.now()
        if move != "read":
            written.append((now, text if move == "put" else ""))
            assert seen == written[-1][1]
            continue
        older = [held for (_, held), (until, _) in pairwise(written) if until > now - 61]
        assert seen in {written[-1][1], *older}
