"""Action groups, saved searches, workbooks, and the settings of the subscription and of Entra."""

from __future__ import annotations

import json

import pytest

from sandbox import world
from sandbox.controlplane.azure import monitored
from tests.sandbox.controlplane.rig import (
    ACTION_GROUP,
    ENTRA_SETTING,
    GROUP,
    SAVED_SEARCH,
    SETTING,
    WORKBOOK,
    WORKSPACE,
    Clouds,
    Deployed,
    Plain,
    Refused,
)

GUID = "5b1d0c50-5c55-4b9d-8f66-0d4b8d6a1f33"


@pytest.fixture
def workspace(clouds: Clouds) -> Deployed:
    clouds.azure.create(GROUP, {"resourceGroupName": "group"})
    return clouds.azure.create(WORKSPACE, {"resourceGroupName": "group", "workspaceName": "logs"})


def action_group(**other: object) -> Plain:
    return {
        "resourceGroupName": "group",
        "actionGroupName": "security",
        "groupShortName": "security",
        "location": "Global",
        "enabled": True,
        "emailReceivers": [{"name": "team", "emailAddress": "security@example.com"}],
        **other,
    }


def saved_search(**other: object) -> Plain:
    return {
        "resourceGroupName": "group",
        "workspaceName": "logs",
        "savedSearchId": "denied",
        "category": "Key Vault",
        "displayName": "Denied fetches",
        "query": "AZKVAuditLogs | where HttpStatusCode == 403",
        **other,
    }


def workbook(**other: object) -> Plain:
    return {
        "resourceGroupName": "group",
        "resourceName": GUID,
        "location": "westeurope",
        "category": "workbook",
        "displayName": "Secret access",
        "serializedData": json.dumps({"version": "Notebook/1.0", "items": []}),
        **other,
    }


# Action groups


def test_an_action_group_is_global_and_not_where_the_provider_is(
    clouds: Clouds, workspace: Deployed
) -> None:
    unplaced = action_group()
    del unplaced["location"]
    for inputs in (unplaced, action_group(location="westeurope")):
        with pytest.raises(Refused, match=r"LocationNotAvailableForResourceType.*'westeurope'"):
            clouds.azure.create(ACTION_GROUP, inputs)
    assert clouds.azure.create(ACTION_GROUP, action_group())["location"] == "global"


def test_azure_adds_to_each_receiver_and_a_refresh_is_no_drift(
    clouds: Clouds, workspace: Deployed
) -> None:
    made = clouds.azure.create(
        ACTION_GROUP,
        action_group(
            smsReceivers=[{"name": "phone", "countryCode": "49", "phoneNumber": "15112345678"}],
            webhookReceivers=[{"name": "chat", "serviceUri": "https://chat.example.com/hook"}],
        ),
    )
    assert made["emailReceivers"] == [
        {
            "name": "team",
            "emailAddress": "security@example.com",
            "useCommonAlertSchema": False,
            "status": "Enabled",
        }
    ]
    assert made["smsReceivers"][0]["status"] == "Enabled"
    assert made["webhookReceivers"][0]["useAadAuth"] is False
    assert made["armRoleReceivers"] == []
    refreshed = clouds.azure.read(made)
    assert refreshed is not None
    assert refreshed.inputs == made.inputs


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"groupShortName": "thirteen chars"}, "1 to 12 characters"),
        ({"groupShortName": ""}, "1 to 12 characters"),
        ({"actionGroupName": "a?b"}, "action group name 'a\\?b' is invalid"),
        ({"emailReceivers": [{"name": "a", "emailAddress": "nobody"}]}, "emailAddress 'nobody'"),
        (
            {"webhookReceivers": [{"name": "a", "serviceUri": "chat.example.com"}]},
            "serviceUri 'chat.example.com'",
        ),
        (
            {"smsReceivers": [{"name": "a", "countryCode": "+49", "phoneNumber": "1"}]},
            r"countryCode '\+49'",
        ),
        ({"armRoleReceivers": [{"name": "a", "roleId": GUID}]}, "roleId"),
        (
            {"webhookReceivers": [{"name": "team", "serviceUri": "https://a.example.com/"}]},
            "unique in an action group: 'team'",
        ),
        (
            {
                "logicAppReceivers": [
                    {"name": "a", "resourceId": "/x", "callbackUrl": "https://a.example.com/"}
                ]
            },
            "logicAppReceivers",
        ),
    ],
)
def test_a_bad_action_group_is_refused(
    clouds: Clouds, workspace: Deployed, change: Plain, message: str
) -> None:
    with pytest.raises(Refused, match=message):
        clouds.azure.create(ACTION_GROUP, action_group(**change))


def test_an_action_group_changes_in_place_but_for_its_name_and_place(
    clouds: Clouds, workspace: Deployed
) -> None:
    made = clouds.azure.create(ACTION_GROUP, action_group())
    changed = action_group(enabled=False, groupShortName="sec")
    assert clouds.azure.diff(made, changed).replaced == set()
    clouds.azure.update(made, changed)
    assert (made["enabled"], made["groupShortName"]) == (False, "sec")
    for name in ("actionGroupName", "resourceGroupName", "location"):
        found = clouds.azure.diff(made, action_group(**{name: "swedencentral"}))
        assert found.replaced == {name}
        assert found.deletes_first


# Saved searches


def test_a_saved_search_is_a_workspaces_and_goes_with_it(
    clouds: Clouds, workspace: Deployed
) -> None:
    with pytest.raises(Refused, match="ResourceNotFound"):
        clouds.azure.create(SAVED_SEARCH, saved_search(workspaceName="other"))
    made = clouds.azure.create(SAVED_SEARCH, saved_search())
    assert made.id == f"{workspace.id}/savedSearches/denied"
    assert made["version"] == 2
    clouds.azure.delete(workspace)
    assert clouds.azure.read(made) is None


def test_a_saved_search_cannot_be_changed_for_want_of_its_etag(
    clouds: Clouds, workspace: Deployed
) -> None:
    made = clouds.azure.create(SAVED_SEARCH, saved_search())
    changed = saved_search(query="AZKVAuditLogs | where HttpStatusCode >= 400")
    assert clouds.azure.diff(made, changed).replaced == set()
    with pytest.raises(Refused, match=r'Status=409 Code="Conflict".*etag'):
        clouds.azure.update(made, changed)
    assert clouds.azure.diff(made, saved_search(savedSearchId="v2")).replaced == {"savedSearchId"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"category": " "}, "category must not be empty"),
        ({"functionParameters": "a:int"}, "need a functionAlias"),
        ({"functionAlias": "no good"}, "functionAlias 'no good' is invalid"),
    ],
)
def test_a_bad_saved_search_is_refused(
    clouds: Clouds, workspace: Deployed, change: Plain, message: str
) -> None:
    with pytest.raises(Refused, match=message):
        clouds.azure.create(SAVED_SEARCH, saved_search(**change))


def test_an_alias_is_used_once_in_a_workspace(clouds: Clouds, workspace: Deployed) -> None:
    clouds.azure.create(SAVED_SEARCH, saved_search(functionAlias="Denied"))
    with pytest.raises(Refused, match="taken by the saved search 'denied'"):
        clouds.azure.create(SAVED_SEARCH, saved_search(functionAlias="Denied", savedSearchId="b"))


def test_tags_of_a_saved_search_are_names_and_values(clouds: Clouds, workspace: Deployed) -> None:
    tags = [{"name": "Group", "value": "Computer"}]
    assert clouds.azure.create(SAVED_SEARCH, saved_search(tags=tags))["tags"] == tags


# Workbooks


def test_a_workbook_is_named_by_a_guid_which_the_provider_does_not_make(
    clouds: Clouds, workspace: Deployed
) -> None:
    unnamed = workbook()
    del unnamed["resourceName"]
    for inputs in (unnamed, workbook(resourceName="secret-access")):
        with pytest.raises(Refused, match="must be a GUID"):
            clouds.azure.create(WORKBOOK, inputs)
    made = clouds.azure.create(WORKBOOK, workbook())
    assert (made["name"], made["kind"], made["sourceId"]) == (GUID, "shared", "azure monitor")


def test_a_workbooks_source_comes_back_in_lower_case(clouds: Clouds, workspace: Deployed) -> None:
    made = clouds.azure.create(WORKBOOK, workbook(sourceId=workspace.id))
    assert made["sourceId"] == workspace.id.lower()
    refreshed = clouds.azure.read(made)
    assert refreshed is not None
    assert refreshed.inputs == made.inputs


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"serializedData": "{"}, "serializedData is no valid JSON"),
        ({"serializedData": "[" * 100_000}, "serializedData is no valid JSON"),
        ({"serializedData": "[]"}, "JSON object with a list of items"),
        ({"serializedData": '{"items": {}}'}, "JSON object with a list of items"),
        ({"kind": "user"}, "kind 'user' is invalid"),
        ({"category": "report"}, "category 'report' is invalid"),
        ({"displayName": ""}, "displayName must not be empty"),
        ({"storageUri": "/x"}, "storageUri"),
    ],
)
def test_a_bad_workbook_is_refused(
    clouds: Clouds, workspace: Deployed, change: Plain, message: str
) -> None:
    with pytest.raises(Refused, match=message):
        clouds.azure.create(WORKBOOK, workbook(**change))


def test_a_changed_workbook_is_another_revision(clouds: Clouds, workspace: Deployed) -> None:
    made = clouds.azure.create(WORKBOOK, workbook())
    before = made["revision"]
    content = json.dumps({"version": "Notebook/1.0", "items": [{"type": 1}]})
    assert clouds.azure.diff(made, workbook(serializedData=content)).replaced == set()
    clouds.azure.update(made, workbook(serializedData=content))
    assert made["serializedData"] == content
    assert made["revision"] != before


# The subscription's Activity Log


def activity_log(workspace: Deployed, **other: object) -> Plain:
    return {
        "resourceUri": world.SUBSCRIPTION,
        "name": "activity",
        "workspaceId": workspace.id,
        "logs": [{"category": "Administrative", "enabled": True}],
        **other,
    }


def test_the_activity_log_comes_back_with_every_category(
    clouds: Clouds, workspace: Deployed
) -> None:
    made = clouds.azure.create(SETTING, activity_log(workspace))
    assert made.id == (
        f"{world.SUBSCRIPTION}/providers/Microsoft.Insights/diagnosticSettings/activity"
    )
    assert {log["category"]: log["enabled"] for log in made["logs"]} == {
        name: name == "Administrative" for name in monitored.SUBSCRIPTION.logs
    }
    refreshed = clouds.azure.read(made)
    assert refreshed is not None
    assert refreshed.inputs == made.inputs


@pytest.mark.parametrize(
    "change",
    [
        {"logs": [{"category": "AuditEvent", "enabled": True}]},
        {"logs": [{"categoryGroup": "allLogs", "enabled": True}]},
        {"metrics": [{"category": "AllMetrics", "enabled": True}]},
    ],
)
def test_what_the_activity_log_has_not_is_refused(
    clouds: Clouds, workspace: Deployed, change: Plain
) -> None:
    with pytest.raises(Refused, match="is not supported"):
        clouds.azure.create(SETTING, activity_log(workspace, **change))


def test_another_subscription_is_unknown(clouds: Clouds, workspace: Deployed) -> None:
    with pytest.raises(Refused, match="SubscriptionNotFound"):
        clouds.azure.create(SETTING, activity_log(workspace, resourceUri=f"/subscriptions/{GUID}"))


def test_a_category_of_the_activity_log_goes_to_a_workspace_once(
    clouds: Clouds, workspace: Deployed
) -> None:
    clouds.azure.create(SETTING, activity_log(workspace))
    with pytest.raises(Refused, match=r"Status=409.*'activity' for category 'Administrative'"):
        clouds.azure.create(SETTING, activity_log(workspace, name="again"))
    other = [{"category": "Policy", "enabled": True}]
    clouds.azure.create(SETTING, activity_log(workspace, name="policy", logs=other))


def test_a_resource_group_takes_none_of_the_subscriptions_settings_along(
    clouds: Clouds, workspace: Deployed
) -> None:
    made = clouds.azure.create(SETTING, activity_log(workspace))
    group = clouds.azure.import_(GROUP, f"{world.SUBSCRIPTION}/resourceGroups/group")
    assert group is not None
    clouds.azure.delete(group)
    assert clouds.azure.read(made) is not None


# Entra's sign-ins


def sign_ins(workspace: Deployed, **other: object) -> Plain:
    return {
        "name": "sign-ins",
        "workspaceId": workspace.id,
        "logs": [{"category": "ManagedIdentitySignInLogs", "enabled": True}],
        **other,
    }


def test_entras_setting_is_the_tenants(clouds: Clouds, workspace: Deployed) -> None:
    made = clouds.azure.create(ENTRA_SETTING, sign_ins(workspace))
    assert made.id == "/providers/microsoft.aadiam/diagnosticSettings/sign-ins"
    enabled = [log["category"] for log in made["logs"] if log["enabled"]]
    assert enabled == ["ManagedIdentitySignInLogs"]
    assert len(made["logs"]) == len(monitored.TENANT.logs)
    assert "/resourcegroups/" in made["workspaceId"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"logs": [{"category": "AuditEvent", "enabled": True}]}, "is not supported"),
        ({"logs": [{"enabled": True}]}, "either a category or a category group"),
        ({"logs": []}, "At least one log"),
        ({"storageAccountId": "/x"}, "no such destination: storageAccountId"),
        ({"workspaceId": f"{world.SUBSCRIPTION}/resourceGroups/group/x"}, "ResourceNotFound"),
    ],
)
def test_a_bad_setting_of_entra_is_refused(
    clouds: Clouds, workspace: Deployed, change: Plain, message: str
) -> None:
    with pytest.raises(Refused, match=message):
        clouds.azure.create(ENTRA_SETTING, sign_ins(workspace, **change))


def test_entra_has_five_settings_at_most(clouds: Clouds, workspace: Deployed) -> None:
    for number in range(5):
        logs = [{"category": monitored.TENANT.logs[number], "enabled": True}]
        clouds.azure.create(ENTRA_SETTING, sign_ins(workspace, name=f"s-{number}", logs=logs))
    with pytest.raises(Refused, match="limit of 5"):
        clouds.azure.create(
            ENTRA_SETTING,
            sign_ins(workspace, name="six", logs=[{"category": "RiskyUsers", "enabled": True}]),
        )
