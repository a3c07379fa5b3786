"""Which queries raise an alert, how often they are asked, and what one alert is about. Data alone."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AlertRule:
    """One rule; it fires where its query (`audit_queries.QUERIES`) has a row.

    Attributes:
        query: the query's name, and the rule's.
        severity: 0 (critical) to 4 (verbose).
        frequency: how often it is asked, as an ISO 8601 duration.
        window: how far back each time. Rows arrive up to 10 minutes late (Microsoft Learn, 'Azure
            Key Vault logging'), the Activity Log's up to 20 ('Log data ingestion time'), so windows
            overlap.
        dimensions: the columns that tell one alert from another; each combination fires by itself.
        lasts: whether it is about a state, which an alert's end ends, or about an event.
        needs: the field of `Watched` without which nothing can be told, if any.
    """

    query: str
    severity: int
    frequency: str
    window: str
    dimensions: tuple[str, ...]
    lasts: bool
    needs: str | None = None


ALERTS = (
    AlertRule("undeclared_callers", 1, "PT5M", "PT30M", ("Vault", "Caller"), lasts=False),
    AlertRule(
        "unplanned_access_changes",
        1,
        "PT5M",
        "PT1H",
        ("Actor", "Operation", "Scope"),
        lasts=False,
        needs="deployers",
    ),
    AlertRule(
        "foreign_addresses",
        1,
        "PT5M",
        "PT30M",
        ("Vault", "Who", "Address"),
        lasts=False,
        needs="addresses",
    ),
    AlertRule("denied_fetches", 2, "PT5M", "PT30M", ("Vault", "Who"), lasts=True),
    # It sees the silence begin, but not last, and so couldn't tell its end.
    AlertRule("silent_vaults", 2, "PT1H", "P2D", ("Vault",), lasts=False, needs="expected"),
    AlertRule("expiry_notices", 3, "PT1H", "PT2H", ("Vault", "Operation", "Object"), lasts=False),
)
