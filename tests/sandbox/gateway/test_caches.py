"""Cache policies over several message processors: levels, keys, scopes, ends."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.gateway.caches import Cache, TwoLevelCache
from sandbox.gateway.messages import Value
from tests.sandbox.gateway.rig import Site, proxy_files, shared_files, steps

_END = "<ExpirySettings><TimeoutInSeconds>60</TimeoutInSeconds></ExpirySettings>"


def policies(
    key: str = "<CacheKey><Prefix>c</Prefix></CacheKey>", end: str = _END, purge: str = ""
) -> tuple[str, ...]:
    """PopulateCache P, LookupCache L, InvalidateCache I and A, which shows what L found."""
    return (
        f'<PopulateCache name="P">{key}<Source>request.header.put</Source>{end}</PopulateCache>',
        f'<LookupCache name="L">{key}<AssignTo>v</AssignTo></LookupCache>',
        f'<InvalidateCache name="I">{key}{purge}</InvalidateCache>',
        (
            '<AssignMessage name="A"><IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>'
            "<Set><Headers>"
            '<Header name="x-v">{v}</Header><Header name="x-hit">{lookupcache.L.cachehit}</Header>'
            '<Header name="x-key">{lookupcache.L.cachekey}</Header>'
            '<Header name="x-cache">{lookupcache.L.cachename}</Header></Headers></Set></AssignMessage>'
        ),
    )


STEPS = (
    "<Step><Name>P</Name><Condition>request.header.put != null</Condition></Step>"
    "<Step><Name>I</Name><Condition>request.header.drop != null</Condition></Step>"
) + steps("L")


def deploy(site: Site, *made: str, name: str = "p", **files: str) -> None:
    path = "" if name == "p" else "/" + name
    site.deploy(
        proxy_files(
            *(made or policies()),
            request=STEPS,
            response=steps("A"),
            basepath=path or "/p",
            **files,
        ),
        name,
    )


def value(site: Site, path: str = "/p", **headers: str) -> str:
    return str(site.request(path, headers=headers).headers["x-v"])


def test_value_that_one_processor_cached_is_found_by_all(site: Site) -> None:
    deploy(site)
    assert value(site, put="x") == "x"
    assert [value(site) for _ in range(4)] == ["x"] * 4


def test_invalidation_reaches_other_processors_within_a_second(site: Site) -> None:
    deploy(site)
    assert value(site, put="x") == "x"  # processor 0
    assert value(site) == "x"  # processor 1 takes it into its memory
    assert value(site, drop="1") == ""  # processor 0
    assert value(site) == "x"
    assert value(site) == ""
    site.cloud.clock.advance(1)
    assert [value(site) for _ in range(2)] == ["", ""]


def test_overwritten_value_is_served_by_others_for_a_second(site: Site) -> None:
    deploy(site)
    value(site, put="old")
    value(site)
    value(site, put="new")
    assert [value(site), value(site)] == ["old", "new"]
    site.cloud.clock.advance(1)
    assert [value(site), value(site)] == ["new", "new"]


def test_entry_ends_with_its_lifetime_in_every_processors_memory(site: Site) -> None:
    deploy(site)
    value(site, put="x")
    site.cloud.clock.advance(59)
    assert [value(site), value(site)] == ["x", "x"]
    site.cloud.clock.advance(1)
    assert [value(site), value(site)] == ["", ""]


def test_other_environments_and_resources_have_entries_of_their_own() -> None:
    cache = TwoLevelCache(Cache())
    cache.put(("alpha", "", "k"), "a", 0.0, 60)
    assert cache.get(("beta", "", "k"), 0.0) is None
    assert cache.get(("alpha", "r", "k"), 0.0) is None


@pytest.mark.parametrize(
    ("scope", "prefix"),
    [
        ("Global", "sandbox-gateway__alpha"),
        ("Application", "sandbox-gateway__alpha__p"),
        ("Proxy", "sandbox-gateway__alpha__p__1__default"),
        ("Exclusive", "sandbox-gateway__alpha__p__1__default"),
        (None, "sandbox-gateway__alpha__p__1__default"),
    ],
)
def test_scope_is_the_prefix_of_a_key_without_one(
    site: Site, scope: str | None, prefix: str
) -> None:
    given_scope = "" if scope is None else f"<Scope>{scope}</Scope>"
    key = f"<CacheKey><KeyFragment>k</KeyFragment></CacheKey>{given_scope}"
    deploy(site, *policies(key))
    assert site.request().headers["x-key"] == f"{prefix}__k"


def test_prefix_takes_the_place_of_the_scope(site: Site) -> None:
    key = (
        "<CacheKey><Prefix>c</Prefix><KeyFragment>a</KeyFragment>"
        '<KeyFragment ref="request.verb" type="string"/></CacheKey><CacheResource>r</CacheResource>'
        "<Scope>Exclusive</Scope>"
    )
    deploy(site, *policies(key))
    answer = site.request()
    assert (answer.headers["x-key"], answer.headers["x-cache"]) == ("c__a__GET", "r")


@pytest.mark.parametrize("scope", ["Target", "Exclusive"])
def test_target_endpoint_is_the_scope_of_its_own_flows(site: Site, scope: str) -> None:
    key = f"<CacheKey><KeyFragment>k</KeyFragment></CacheKey><Scope>{scope}</Scope>"
    target = f"<PreFlow><Request>{steps('L')}</Request><Response>{steps('A')}</Response></PreFlow>"
    files = proxy_files(*policies(key), target=target)
    files["apiproxy/targets/default.xml"] = str(files["apiproxy/targets/default.xml"]).replace(
        'name="default"', 'name="t"'
    )
    files["apiproxy/proxies/default.xml"] = str(files["apiproxy/proxies/default.xml"]).replace(
        "<TargetEndpoint>default<", "<TargetEndpoint>t<"
    )
    site.deploy(files)
    assert site.request().headers["x-key"] == "sandbox-gateway__alpha__p__1__t__k"


def test_proxy_endpoint_is_the_scope_again_once_the_target_has_answered(site: Site) -> None:
    made = policies("<CacheKey><KeyFragment>k</KeyFragment></CacheKey>")
    files = proxy_files(*made, response=steps("L", "A"))
    files["apiproxy/targets/default.xml"] = str(files["apiproxy/targets/default.xml"]).replace(
        'name="default"', 'name="t"'
    )
    files["apiproxy/proxies/default.xml"] = str(files["apiproxy/proxies/default.xml"]).replace(
        "<TargetEndpoint>default<", "<TargetEndpoint>t<"
    )
    site.deploy(files)
    assert site.request().headers["x-key"] == "sandbox-gateway__alpha__p__1__default__k"


def test_target_scope_outside_of_a_target_has_no_key(site: Site) -> None:
    key = "<CacheKey><KeyFragment>k</KeyFragment></CacheKey><Scope>Target</Scope>"
    deploy(site, *policies(key))
    assert site.request().fault == "steps.lookupcache.UnresolvedVariable"


def test_exclusive_entry_is_not_found_by_the_next_revision_but_a_prefixed_one_is(
    site: Site,
) -> None:
    exclusive = policies("<CacheKey><KeyFragment>k</KeyFragment></CacheKey>")
    deploy(site, *exclusive)
    assert value(site, put="x") == "x"
    deploy(site, *exclusive)
    assert value(site) == ""
    deploy(site)
    assert value(site, put="y") == "y"
    deploy(site)
    assert value(site) == "y"


def test_shared_flow_caches_for_the_calling_proxy(site: Site) -> None:
    key = "<CacheKey><KeyFragment>k</KeyFragment></CacheKey>"
    populate, lookup, invalidate, show = policies(key)
    call = '<FlowCallout name="F"><SharedFlowBundle>s</SharedFlowBundle></FlowCallout>'
    site.deploy(shared_files(populate, lookup, invalidate, steps=STEPS), name="s")
    files = proxy_files(call, show, request=steps("F"), response=steps("A"), basepath="/q")
    site.deploy(files, name="q")
    answer = site.request("/q")
    assert answer.headers["x-key"] == "sandbox-gateway__alpha__q__1__default__k"


def test_fragments_that_join_to_the_same_key_meet(site: Site) -> None:
    joined = "<CacheKey><Prefix>c</Prefix><KeyFragment>a__b</KeyFragment></CacheKey>"
    parts = (
        "<CacheKey><Prefix>c</Prefix><KeyFragment>a</KeyFragment><KeyFragment>b</KeyFragment>"
        "</CacheKey>"
    )
    deploy(site, *policies(joined), name="one")
    deploy(site, *policies(parts), name="two")
    assert value(site, "/one", put="x") == "x"
    assert value(site, "/two") == "x"


def test_purge_of_children_takes_all_that_share_the_prefix(site: Site) -> None:
    def key(prefix: str) -> str:
        return (
            f'<CacheKey><Prefix>{prefix}</Prefix><KeyFragment ref="request.header.k"/></CacheKey>'
        )

    purge = "<PurgeChildEntries>true</PurgeChildEntries>"
    deploy(site, *policies(key("c"), purge=purge), name="one")
    deploy(site, *policies(key("cc")), name="two")
    for name in ("one", "two"):
        for fragment in ("a", "b"):
            value(site, f"/{name}", k=fragment, put="x")
    assert value(site, "/one", k="a", drop="1") == ""
    site.cloud.clock.advance(1)
    assert value(site, "/one", k="b") == ""
    assert value(site, "/two", k="a") == "x"


def test_key_over_2_kilobytes_is_a_fault(site: Site) -> None:
    key = '<CacheKey><Prefix>c</Prefix><KeyFragment ref="request.content"/></CacheKey>'
    deploy(site, *policies(key))
    assert site.request(method="POST", content=b"x" * (2048 - 3)).status == 200
    answer = site.request(method="POST", content=b"x" * (2048 - 2))
    assert answer.fault == "policies.populatecache.EntryCannotBeCached"


# 2030-01-15, 10:00:00 UTC
_MORNING = 1894701600.0


@pytest.mark.parametrize(
    ("end", "seconds"),
    [
        ("<TimeOfDay>10:00:30</TimeOfDay>", 30),
        ("<TimeOfDay>09:59:00</TimeOfDay>", 86_340),
        ("<ExpiryDate>01-16-2030</ExpiryDate>", 14 * 3600),
        ("<TimeoutInSeconds>5</TimeoutInSeconds><TimeOfDay>10:00:30</TimeOfDay>", 5),
        ('<TimeoutInSeconds ref="request.header.ttl">5</TimeoutInSeconds>', 7),
        ('<TimeoutInSeconds ref="request.header.none">5</TimeoutInSeconds>', 5),
        ('<TimeOfDay ref="request.header.time">10:00:30</TimeOfDay>', 10),
    ],
)
def test_entry_ends_as_its_settings_say(
    site: Site, monkeypatch: pytest.MonkeyPatch, end: str, seconds: int
) -> None:
    now = [_MORNING]
    monkeypatch.setattr(type(site.cloud.clock), "now", lambda clock: now[0])
    deploy(site, *policies(end=f"<ExpirySettings>{end}</ExpirySettings>"))
    assert value(site, put="x", ttl="7", time="10:00:10") == "x"
    now[0] += seconds - 0.01
    assert value(site) == "x"
    now[0] += 0.01
    assert [value(site), value(site)] == ["", ""]


@pytest.mark.parametrize("given_ttl", ["0", "-1", "1.5", "soon", str(30 * 86_400 + 1)])
def test_lifetime_that_is_none_is_a_fault(site: Site, given_ttl: str) -> None:
    end = '<ExpirySettings><TimeoutInSeconds ref="request.header.ttl"/></ExpirySettings>'
    deploy(site, *policies(end=end))
    answer = site.request(headers={"put": "x", "ttl": given_ttl})
    assert answer.fault == "policies.populatecache.InvalidTimeout"


KEYS = st.sampled_from(["a", "b"])
MOVES = st.one_of(
    st.tuples(st.just("put"), KEYS, st.integers(1, 3)),
    st.tuples(st.just("get"), KEYS, st.just(0)),
    st.tuples(st.just("drop"), KEYS, st.just(0)),
    st.tuples(st.just("purge"), st.just("*"), st.just(0)),
    st.tuples(st.just("wait"), st.just(""), st.sampled_from([0.25, 0.5, 0.75, 1.0, 2.0])),
)


@dataclass
class Model:
    """The writes of each key, in order: (step, value or None for gone, end of its life)."""

    writes: dict[str, list[tuple[int, Value, float]]] = field(default_factory=dict)

    def after(self, key: str, step: int, now: float) -> Value:
        """What the shared level held after a step, if that is not over by `now`."""
        held = [(value, end) for at, value, end in self.writes.get(key, ()) if at <= step]
        return held[-1][0] if held and held[-1][1] > now else None


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), MOVES), max_size=40))
def test_a_processor_sees_its_own_writes_at_once_and_others_within_a_second(
    moves: list[tuple[int, tuple[str, str, float]]],
) -> None:
    shared: Cache[Value] = Cache()
    caches = [TwoLevelCache(shared) for _ in range(4)]
    model, now = Model(), 0.0
    times: list[float] = []
    own: dict[tuple[int, str], int] = {}
    for step, (processor, (move, key, amount)) in enumerate(moves):
        cache, place = caches[processor], ("alpha", "", key)
        if move == "wait":
            now += amount
        times.append(now)
        if move == "get":
            newest = model.after(key, step, now)
            since = own.get((processor, key), 0)
            steps_seen = [at for at in range(since, step) if times[at] > now - 1.0]
            older = {model.after(key, at, now) for at in steps_seen} - {None}
            assert cache.get(place, now) in {newest, *older}
        elif move == "put":
            cache.put(place, step, now, amount)
            model.writes.setdefault(key, []).append((step, step, now + amount))
            own[processor, key] = step
        elif move in ("drop", "purge"):
            if move == "drop":
                cache.drop(place)
            else:
                cache.drop_where(lambda other: other[0] == "alpha")
            for gone in (key,) if move == "drop" else ("a", "b"):
                model.writes.setdefault(gone, []).append((step, None, 0.0))
                own[processor, gone] = step
