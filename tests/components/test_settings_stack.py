"""Mistakes in the organization's, the audit trail's and the identities' declarations."""

from collections.abc import Callable

import pytest

from tests.components.configurations import WORKSPACE_ID, Tree, complete
from tests.components.mistakes import (
    Case,
    accepted,
    alpha,
    beta,
    ids,
    reported,
    reported_after,
)

IDENTITY = "environments.alpha.identity"
IN_A_ROW = "use a number and the next one, such as [1, 2]"
WEBHOOK = (
    "audit.alerts.webhooks.chat",
    "is not a legal webhook address",
    (
        "use https://HOST/PATH without user, port, query or fragment: it stands in the state in plain "
        "text, so no credential may be in it"
    ),
)
REMOVE = "remove one of the two"
RENAME = "rename one of the two"
ZERO = "00000000-0000-0000-0000-000000000000"
ZERO_GUID = ("is the zero GUID, which stands for nothing", "use the id itself")


def _apigee(tree: Tree) -> Tree:
    block: Tree = tree["apigee-keyvault:apigee"]
    return block


def _audit(tree: Tree) -> Tree:
    block: Tree = tree["apigee-keyvault:audit"]
    return block


def _alerts(tree: Tree) -> Tree:
    block: Tree = _audit(tree)["alerts"]
    return block


def test_a_complete_declaration_becomes_settings() -> None:
    settings = accepted(complete())
    assert settings.protect
    assert (settings.apigee.name_suffix, settings.apigee.nat_addresses) == ("team-a", 2)
    assert (settings.audit.activity_log, settings.audit.sign_in_logs) == (False, True)
    assert settings.audit.alerts is not None
    assert settings.audit.alerts.emails == ("oncall@example.com",)
    assert settings.environments["alpha"].identity.generations == (1, 2)
    assert settings.environments["alpha"].type == "COMPREHENSIVE"
    assert settings.environments["beta"].identity.kind == "application"
    assert settings.environments["beta"].existing


def test_what_is_absent_is_as_safe_as_can_be_and_asks_for_no_rights_in_the_tenant() -> None:
    tree = complete()
    del tree["apigee-keyvault:audit"]
    alpha(tree).pop("identity")
    alpha(tree).pop("type")
    settings = accepted(tree)
    assert (settings.audit.retention_days, settings.audit.workspace_id) == (90, None)
    assert (settings.audit.activity_log, settings.audit.sign_in_logs) == (True, False)
    assert settings.audit.alerts is None
    assert settings.environments["alpha"].identity.kind == "managed"
    assert settings.environments["alpha"].identity.generations == (1,)
    assert settings.environments["alpha"].type == "INTERMEDIATE"
    assert not settings.environments["alpha"].existing


CASES: list[Case] = [
    (
        lambda t: t.update({"apigee-keyvault:protect": "yes"}),
        ("protect", "has the wrong type", "give true or false, unquoted"),
    ),
    (
        lambda t: _apigee(t).update(nameSuffix="-team"),
        (
            "apigee.nameSuffix",
            "is not a legal name suffix",
            (
                "use 1 to 14 lower-case letters, digits and single hyphens, without the hyphen in "
                "front"
            ),
        ),
    ),
    (
        lambda t: _apigee(t).update(natAddresses=21),
        ("apigee.natAddresses", "is out of bounds", "use 0 to 20 addresses"),
    ),
    (
        lambda t: _apigee(t).update(deployer="user:somebody@example.com"),
        (
            "apigee.deployer",
            "is not a legal workload",
            "use serviceAccount:EMAIL, or a principal of a workload identity pool",
        ),
    ),
    (
        lambda t: _audit(t).update(workspaceId=WORKSPACE_ID),
        (
            "audit.retentionDays",
            "is the business of whoever owns the adopted workspace",
            "remove it, or audit.workspaceId",
        ),
    ),
    (
        lambda t: _audit(t).update(alerts={"emails": [], "webhooks": {}}),
        (
            "audit.alerts",
            "has no receiver",
            "give emails or webhooks, or remove the alerts block",
        ),
    ),
    (
        lambda t: _alerts(t).update(emails=["oncall"]),
        (
            "audit.alerts.emails[0]",
            "is not a legal e-mail address",
            "use an address such as oncall@example.com",
        ),
    ),
    (
        lambda t: _alerts(t)["emails"].append("OnCall@example.com"),
        ("audit.alerts.emails[1]", "is the address of audit.alerts.emails[0] again", REMOVE),
    ),
    (
        lambda t: _alerts(t)["webhooks"].update(pager="https://chat.example.com/hooks/vaults"),
        (
            "audit.alerts.webhooks.pager",
            "is the address of audit.alerts.webhooks.chat again",
            REMOVE,
        ),
    ),
    *(
        (lambda t, address=address: _alerts(t)["webhooks"].update(chat=address), WEBHOOK)
        for address in (
            "http://chat.example.com/hook",
            "https://user:canary@chat.example.com/hook",
            "https://chat.example.com/hook?sig=canary",
            "https://chat.example.com/hook#canary",
            "https://[chat/hook",
        )
    ),
    (
        lambda t: _alerts(t).update(expected=["aplha"]),
        ("audit.alerts.expected[0]", "there is no environment 'aplha'", "did you mean 'alpha'?"),
    ),
    (
        lambda t: beta(t).update(type="INTERMEDIATE"),
        (
            "environments.beta.type",
            "is the business of whoever owns the existing environment",
            "remove it, or environments.beta.existing",
        ),
    ),
    (
        lambda t: alpha(t).update(type="BASE"),
        (
            "environments.alpha.type",
            "is none of what can be chosen",
            "use 'INTERMEDIATE' or 'COMPREHENSIVE'",
        ),
    ),
    (
        lambda t: alpha(t)["identity"].update(kind="user"),
        (f"{IDENTITY}.kind", "is none of what can be chosen", "use 'managed' or 'application'"),
    ),
    (
        lambda t: alpha(t)["identity"].update(generations=[]),
        (
            f"{IDENTITY}.generations",
            "is empty",
            (
                "give the generations of the identity that work now: a new token is asked for the "
                "newer, and for the other where that one is refused: at least one"
            ),
        ),
    ),
    (
        lambda t: alpha(t)["identity"].update(generations=[0]),
        (f"{IDENTITY}.generations[0]", "is out of bounds", "use 1 to 999"),
    ),
    (
        lambda t: alpha(t)["identity"].update(generations=[1, 2, 3]),
        (
            f"{IDENTITY}.generations",
            "has more than two generations",
            "use one or two, such as [1, 2]",
        ),
    ),
    *(
        (
            lambda t, generations=generations: alpha(t)["identity"].update(generations=generations),
            (
                f"{IDENTITY}.generations",
                "aren't two generations in a row, the older one first",
                IN_A_ROW,
            ),
        )
        for generations in ([2, 1], [1, 3], [2, 2])
    ),
    (
        lambda t: alpha(t)["identity"].update(owners=[ZERO.replace("0", "1")]),
        (
            f"{IDENTITY}.owners",
            "only an application has owners",
            f"remove it, or let {IDENTITY}.kind be application",
        ),
    ),
    (
        lambda t: alpha(t)["writers"].update(ci=ZERO),
        ("environments.alpha.writers.ci", *ZERO_GUID),
    ),
    (
        lambda t: t.update({"azure-native:tenantId": ZERO}),
        ("azure-native:tenantId", *ZERO_GUID),
    ),
]


@pytest.mark.parametrize(("change", "mistake"), CASES, ids=ids(CASES))
def test_each_mistake_is_reported_once_and_nothing_else_is(
    change: Callable[[Tree], object], mistake: tuple[str, str, str]
) -> None:
    assert reported_after(change) == [mistake]


def test_an_adopted_workspace_needs_no_retention() -> None:
    tree = complete()
    _audit(tree).pop("retentionDays")
    _audit(tree)["workspaceId"] = WORKSPACE_ID
    assert accepted(tree).audit.workspace_id == WORKSPACE_ID


def test_names_that_differ_in_case_only_never_meet_in_azure() -> None:
    tree = complete()
    tree["apigee-keyvault:environments"]["Alpha"] = {"hostnames": ["gamma.api.example.com"]}
    assert [path for path, _, _ in reported(tree, stack="Prod")] == ["environments.Alpha", "stack"]


def test_two_environments_whose_joined_names_are_one_are_told_apart_or_refused() -> None:
    tree = complete()
    environments = tree["apigee-keyvault:environments"]
    environments["alpha-orders"] = {"hostnames": ["c.example.com"], "proxies": ["v1"]}
    environments["alpha-writer-ci"] = {"hostnames": ["d.example.com"]}
    environments["alpha"]["writers"]["ci-gateway"] = ZERO.replace("0", "4")
    assert {(path, problem, mend) for path, problem, mend in reported(tree) if mend == RENAME} == {
        (
            "environments.alpha-orders.proxies[0]",
            "joined to its environment's name is the name of environments.alpha.proxies[0] again",
            RENAME,
        ),
        (
            "environments.alpha-writer-ci",
            (
                "joined to its environment's name is the name of "
                "environments.alpha.writers.ci-gateway again"
            ),
            RENAME,
        ),
    }
