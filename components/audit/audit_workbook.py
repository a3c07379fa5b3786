"""The workbook that shows the audit trail: its content, as the portal reads it. Pure functions.

The shape is that of microsoft/Application-Insights-Workbooks: items of type 1 (text), 9
(parameters) and 3 (a query).
"""

import json
import uuid

from components.audit.saved_queries import QUERIES, Watched, text

TITLE = "Key Vault fetches through Apigee"

_INTRODUCTION = """\
# Key Vault fetches through Apigee
Each environment of the gateway has a vault of its own, from which it alone reads. What is below \
covers these vaults, and who was given access to them or to the gateway's identities.

A value that the gateway served from its cache never reached a vault and isn't here: the gateway's \
own log in Google Cloud has it, under the same request id."""
_TIME = "TimeRange"
_DAYS = (1, 2, 7, 14, 30)
_MILLISECONDS_A_DAY = 86_400_000

# The sections in their order, with the words for "no rows" where these are good news.
_SECTIONS = (
    ("traffic", "timechart", None),
    ("fetches", "table", None),
    ("denied_fetches", "table", "No request was denied."),
    ("undeclared_callers", "table", "Nobody but declared callers was served."),
    ("latency", "table", None),
    ("expiry_notices", "table", "No expiry was announced."),
    ("access_changes", "table", "Nobody was given access."),
    ("sign_ins", "table", None),
)


def name(scope: str, location: str) -> str:
    """The GUID that names the workbook: the same in every run, another in another place.

    Arguments:
        scope: what tells it from other workbooks, such as the stack's workspace's name.
        location: the Azure location; a workbook can't move.
    """
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"workbook|{scope}|{location}".lower()))


def content(watched: Watched, workspace_id: str) -> str:
    """The workbook as JSON, with its queries sent to the workspace of that resource id."""
    sections = [
        item
        for query, shown_as, all_well in _SECTIONS
        for item in _section(query, shown_as, all_well, watched, workspace_id)
    ]
    workbook = {
        "version": "Notebook/1.0",
        "items": [_text("introduction", _INTRODUCTION), _time_range(), *sections],
        "fallbackResourceIds": [workspace_id],
    }
    return json.dumps(workbook, indent=1)


def _text(item: str, markdown: str) -> dict[str, object]:
    return {"type": 1, "content": {"json": markdown}, "name": item}


def _time_range() -> dict[str, object]:
    choices = [{"durationMs": days * _MILLISECONDS_A_DAY} for days in _DAYS]
    parameter = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, _TIME)),
        "version": "KqlParameterItem/1.0",
        "name": _TIME,
        "label": "Time range",
        "type": 4,
        "isRequired": True,
        "value": choices[0],
        "typeSettings": {"selectableValues": choices, "allowCustom": True},
    }
    parameters = {"version": "KqlParameterItem/1.0", "parameters": [parameter], "style": "pills"}
    return {"type": 9, "content": parameters, "name": "parameters"}


def _section(
    query: str, shown_as: str, all_well: str | None, watched: Watched, workspace_id: str
) -> list[dict[str, object]]:
    """A heading that says what the rows mean, and the query."""
    about = QUERIES[query]
    shown: dict[str, object] = {
        "version": "KqlItem/1.0",
        "query": text(query, watched),
        "size": 0,
        "timeContextFromParameter": _TIME,
        "queryType": 0,
        "resourceType": "microsoft.operationalinsights/workspaces",
        "crossComponentResources": [workspace_id],
        "visualization": shown_as,
    }
    if all_well:
        # Style 3 is the green one, of success.
        shown |= {"noDataMessage": all_well, "noDataMessageStyle": 3}
    heading = _text(f"{query}-heading", f"## {about.title}\n{about.description}")
    return [heading, {"type": 3, "content": shown, "name": query}]
