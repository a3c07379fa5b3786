"""What the documentation of the cache and key value map policies promises."""

from __future__ import annotations

from tests.sandbox.gateway.rig import Site, proxy_files, steps

_SHOW = (
    '<AssignMessage name="Show"><Set><Headers><Header name="x-v">{v}</Header></Headers></Set>'
    "<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables></AssignMessage>"
)


def shown(site: Site, *policies: str, show: str = "v", **request: object) -> str:
    """Deploy policies in order, then one that shows a variable to the backend; its value."""
    names = [policy.split('name="')[1].split('"')[0] for policy in policies]
    last = _SHOW.replace("{v}", f"{{{show}}}")
    site.deploy(proxy_files(*policies, last, request=steps(*names, "Show")))
    return str(site.request(**request).json()["headers"]["x-v"])  # type: ignore[arg-type]  # passed on as given


_KEY = '<CacheKey><Prefix>c</Prefix><KeyFragment ref="request.header.k"/></CacheKey>'


def _cache(site: Site, populate: str = '<TimeoutInSeconds ref="ttl">60</TimeoutInSeconds>') -> None:
    lookup = f'<LookupCache name="L">{_KEY}<AssignTo>v</AssignTo></LookupCache>'
    put = (
        f'<PopulateCache name="P">{_KEY}<Source>request.header.put</Source><ExpirySettings>'
        f"{populate}</ExpirySettings></PopulateCache>"
    )
    drop = f'<InvalidateCache name="I">{_KEY}</InvalidateCache>'
    when = "<Step><Name>{}</Name><Condition>request.header.{} != null</Condition></Step>"
    flow = when.format("P", "put") + when.format("I", "drop") + steps("L", "Show")
    show = _SHOW.replace("{v}", "{v}/{lookupcache.L.cachehit}")
    site.deploy(proxy_files(lookup, put, drop, show, request=flow))


def _value(site: Site, **headers: str) -> str:
    return str(site.request(headers={"k": "1", **headers}).json()["headers"]["x-v"])


def test_cached_value_lives_until_its_time_is_over(site: Site) -> None:
    _cache(site)
    assert _value(site) == "/false"
    assert _value(site, put="x") == "x/true"
    site.cloud.clock.advance(58)
    assert _value(site) == "x/true"
    assert _value(site, k="2") == "/false"
    site.cloud.clock.advance(2)
    assert _value(site) == "/false"


def test_invalidated_value_is_gone(site: Site) -> None:
    _cache(site)
    assert _value(site, put="x") == "x/true"
    assert _value(site, drop="1") == "/false"


def test_value_over_256_kilobytes_is_not_cached(site: Site) -> None:
    put = (
        '<PopulateCache name="P"><CacheKey><Prefix>c</Prefix></CacheKey>'
        "<Source>request.content</Source><ExpirySettings><TimeoutInSeconds>1</TimeoutInSeconds>"
        "</ExpirySettings></PopulateCache>"
    )
    site.deploy(proxy_files(put, request=steps("P")))
    assert site.request(method="POST", content=b"x" * 262_145).status == 500
    assert site.request(method="POST", content=b"x" * 262_144).status == 200


def kvm(target: str = "private.v") -> str:
    return (
        '<KeyValueMapOperations name="K" mapIdentifier="m"><Scope>environment</Scope>'
        f'<ExpiryTimeInSecs>60</ExpiryTimeInSecs><Get assignTo="{target}"><Key>'
        '<Parameter ref="request.header.k"/></Key></Get></KeyValueMapOperations>'
    )


def test_another_environments_key_value_is_not_seen(site: Site) -> None:
    site.key_value("a", "beta's", environment="beta")
    assert shown(site, kvm(), show="private.v", headers={"k": "a"}) == ""


def test_key_value_goes_to_private_variables_only(site: Site) -> None:
    site.key_value("a", "x")
    site.deploy(proxy_files(kvm("v"), request=steps("K")))
    assert site.request(headers={"k": "a"}).fault == "steps.keyvaluemapoperations.SetVariableFailed"
