"""Small bundles around one policy, and what their variables hold afterwards."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.gateway import ingress
from sandbox.gateway.bundle import load
from tests.sandbox.gateway.rig import Answer, Site, pack, proxy_files, steps


def with_processors(site: Site, count: int) -> Site:
    """The site with so many message processors."""
    site.gateway = ingress.app(site.cloud, site._connect, count)
    return site


def shower(show: str) -> str:
    """A policy that shows the backend, in the header `x-v`, what a template makes."""
    return (
        '<AssignMessage name="Show"><Set><Headers><Header name="x-v">'
        f"{show}</Header></Headers></Set>"
        "<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables></AssignMessage>"
    )


def names(*policies: str) -> list[str]:
    """The policies' names."""
    return [policy.split('name="')[1].split('"')[0] for policy in policies]


def deploy(site: Site, *policies: str, show: str = "", account: str | None = None) -> None:
    """Deploy policies that run in order in the request flow; `show` is a template for `x-v`."""
    every = (*policies, shower(show)) if show else policies
    files = proxy_files(*every, request=steps(*names(*every)))
    if account is None:
        site.deploy(files)
    else:
        site.deploy(files, account=account or None)


def ask(
    site: Site,
    *policies: str,
    path: str = "/p",
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
) -> Answer:
    """Deploy policies and send one request."""
    deploy(site, *policies)
    return site.request(path, method, headers, content)


def shown(
    site: Site,
    *policies: str,
    show: str = "{v}",
    path: str = "/p",
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
) -> str:
    """Deploy policies and send one request; what the template `show` makes after them."""
    deploy(site, *policies, show=show)
    return seen(site.request(path, method, headers, content))


def seen(answer: Answer) -> str:
    """What the backend was shown."""
    assert answer.status == 200, answer.content
    return str(answer.json()["headers"]["x-v"])


def variable(name: str, value: str) -> str:
    """A policy that gives a variable a literal value."""
    return (
        f'<AssignMessage name="A-{name}"><AssignVariable><Name>{name}</Name>'
        f"<Value>{value}</Value></AssignVariable></AssignMessage>"
    )


def loaded(policy: str) -> None:
    """Load a bundle with this policy. Raises BundleError."""
    load(pack(proxy_files(policy, request=steps(*names(policy)))), "proxy")
