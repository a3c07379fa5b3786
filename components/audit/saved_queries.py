"""What is asked of the audit trail, in Kusto's language.

Owns which queries there are, what each needs to know of the deployment, and their texts. Which of
them raise an alert is `alert_rules`' matter. Pure functions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from components.audit import kql


@dataclass(frozen=True)
class Watched:
    """What the queries are about.

    Attributes:
        vault_ids: resource ids of the vaults, by a name for each.
        gateways: object ids of the gateways' identities, by a name for each.
        writers: object ids of the workloads that write values, by a name for each.
        identity_ids: resource ids of the gateways' identities, where these are Azure resources.
        deployers: object ids of those who run deployments.
        addresses: the addresses from which the gateways call.
        expected: names of the vaults (keys of `vault_ids`) that a day without a fetch is odd for,
            once there was one with some.
    """

    vault_ids: Mapping[str, str]
    gateways: Mapping[str, str]
    writers: Mapping[str, str] = field(default_factory=dict)
    identity_ids: Sequence[str] = ()
    deployers: Sequence[str] = ()
    addresses: Sequence[str] = ()
    expected: Sequence[str] = ()


@dataclass(frozen=True)
class Query:
    """One question.

    Attributes:
        title: the question in a few words.
        description: what the rows of its answer mean.
        values: what it needs to know: names in `_VALUES`.
        after: the file of definitions that it goes by, if any.
    """

    title: str
    description: str
    values: tuple[str, ...] = ()
    after: str | None = None


# What the files of definitions themselves need.
_REQUESTS, _CHANGES = "_requests", "_access_changes"
_DEFINED_WITH = MappingProxyType(
    {_REQUESTS: ("names", "vaults"), _CHANGES: ("enclosing", "watched")}
)

QUERIES: Mapping[str, Query] = MappingProxyType(
    {
        "access_changes": Query(
            "Changes of access",
            "Role assignments, role definitions and federated credentials that were written for "
            "the vaults and identities, by deployments and by others.",
            after=_CHANGES,
        ),
        "denied_fetches": Query(
            "Denied requests",
            "A vault refused a request: a missing grant, a firewall, a disabled secret, or somebody "
            "trying.",
            after=_REQUESTS,
        ),
        "expiry_notices": Query(
            "Secrets, keys and certificates near or past their expiry",
            "Key Vault announced that an object expires within 30 days, or has expired.",
            after=_REQUESTS,
        ),
        "fetches": Query(
            "Who fetched what",
            "Requests for secrets, keys and certificates by vault, object, caller and status.",
            after=_REQUESTS,
        ),
        "foreign_addresses": Query(
            "A gateway's identity used from elsewhere",
            "A gateway's identity called a vault from an address that isn't the gateway's.",
            values=("addresses", "gateways"),
            after=_REQUESTS,
        ),
        "latency": Query(
            "How long the vaults took",
            "Percentiles of the time that a vault took for a request, in milliseconds.",
            after=_REQUESTS,
        ),
        "sign_ins": Query(
            "Sign-ins of the gateways' identities",
            "With which federated credential and from where the gateways' identities signed in.",
            values=("gateways",),
        ),
        "silent_vaults": Query(
            "No fetches where there should be",
            "No gateway got anything from a vault for a day, and one did the day before: requests "
            "fail before they reach it, or its audit trail is cut.",
            values=("expected", "gateways"),
            after=_REQUESTS,
        ),
        "traffic": Query(
            "Fetches over time", "Requests by vault, every 15 minutes.", after=_REQUESTS
        ),
        "undeclared_callers": Query(
            "Callers that aren't declared",
            "A vault served somebody who is neither a gateway nor a declared writer.",
            values=("callers", "deployers"),
            after=_REQUESTS,
        ),
        "unplanned_access_changes": Query(
            "Access changed outside a deployment",
            "Somebody who runs no deployments wrote a role assignment, a role definition or a "
            "federated credential that gives access to a vault or an identity.",
            values=("deployers",),
            after=_CHANGES,
        ),
    }
)


def text(name: str, watched: Watched) -> str:
    """A query's whole text."""
    query = QUERIES[name]
    needed = {*query.values, *_DEFINED_WITH.get(query.after or "", ())}
    values = {value: _VALUES[value](watched) for value in needed}
    return kql.query(values, [*([query.after] if query.after else []), name])


def _last(resource_id: str) -> str:
    """A vault's name, which is unique over all of Azure."""
    return resource_id.rpartition("/")[2].lower()


def _lowered(values: Sequence[str]) -> list[str]:
    return [value.lower() for value in values]


def _watched_ids(watched: Watched) -> list[str]:
    return _lowered([*watched.vault_ids.values(), *watched.identity_ids])


def _enclosing(watched: Watched) -> str:
    """The groups and subscriptions that the watched resources lie in."""
    parts = [resource_id.split("/") for resource_id in _watched_ids(watched)]
    return kql.array("/".join(part[:length]) for part in parts for length in (3, 5))


def _names(watched: Watched) -> str:
    """A name for each declared caller; one principal may be declared under several."""
    declared: dict[str, set[str]] = {}
    for name, principal_id in [*watched.gateways.items(), *watched.writers.items()]:
        declared.setdefault(principal_id.lower(), set()).add(name)
    rows = [(principal_id, ", ".join(sorted(names))) for principal_id, names in declared.items()]
    return kql.table(("Caller", "Name"), rows)


_VALUES: Mapping[str, Callable[[Watched], str]] = MappingProxyType(
    {
        "addresses": lambda watched: kql.array(watched.addresses),
        "callers": lambda watched: kql.array(
            _lowered([*watched.gateways.values(), *watched.writers.values()])
        ),
        "deployers": lambda watched: kql.array(_lowered(watched.deployers)),
        "enclosing": _enclosing,
        "expected": lambda watched: kql.array(
            _last(watched.vault_ids[name]) for name in watched.expected
        ),
        "gateways": lambda watched: kql.array(_lowered([*watched.gateways.values()])),
        "names": _names,
        "vaults": lambda watched: kql.array(map(_last, watched.vault_ids.values())),
        "watched": lambda watched: kql.array(_watched_ids(watched)),
    }
)
