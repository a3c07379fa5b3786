"""What the messages on persons say, beyond which resource they are on."""

from datetime import date

import pytest

from policies.pack.model import Context, Resource
from policies.pack.rules.persons import application_access, google_person_member, role_assignments
from policies.pack.rules.persons.faults import Fault, finding

CONTEXT = Context(date(2026, 11, 25), {"groups": [], "workloads": []})
IAM_BINDING = "gcp:projects/iAMBinding:IAMBinding"
GRANT = "azuread:index:serviceprincipaldelegatedpermissiongrant"


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ("allUsers", "is everybody;"),
        ("allAuthenticatedUsers", "is everybody with a Google account;"),
        ("user:a@example.com", "is a person;"),
        (" USER:a@example.com", "is a person;"),
        ("group:a@example.com", "is a group that isn't one of the parameter groups;"),
        ("domain:example.com", "is everybody of a domain;"),
        ("deleted:user:a@example.com?uid=1", "is a deleted principal"),
        ("projectOwner:p", "is every owner of a project;"),
        ("projectEditor:p", "is every editor of a project;"),
        ("projectViewer:p", "is every viewer of a project;"),
        ("principal://iam.googleapis.com/locations/global/workforcePools/p/x", "is a workforce"),
        ("serviceAccount:a@example.com", "isn't a workload of any known form;"),
        (5.0, "isn't a text"),
    ],
)
def test_google_member_is_told_with_where_it_stands(member: object, said: str) -> None:
    workload = "serviceAccount:a@p.iam.gserviceaccount.com"
    binding = Resource("urn", "a", IAM_BINDING, {"members": [workload, member, "user:second"]})
    (found,) = google_person_member.RULE.judge(binding, CONTEXT)
    assert found.message.startswith(f"Google access 'a': members[1] {said}")
    assert "; members[2] is a person. " in found.message


@pytest.mark.parametrize(
    ("principal_type", "said"),
    [
        (None, "principalType is absent, which stands for User: a person."),
        ("AgentUser", "principalType is AgentUser, which isn't a workload."),
        ("canary", "isn't exactly"),
        (["User"], "isn't exactly"),
    ],
)
def test_principal_type_is_repeated_only_where_it_is_one_of_azures(
    principal_type: object, said: str
) -> None:
    assignment = Resource("urn", "a", properties={"principalType": principal_type})
    (found,) = role_assignments.RULE.judge(assignment, CONTEXT)
    assert said in found.message
    assert "canary" not in found.message


def test_consent_says_whether_it_is_for_one_person_or_for_all() -> None:
    one = Resource("urn-1", "one", GRANT, {"userObjectId": "canary"})
    everybody = Resource("urn-2", "all", GRANT)
    found = application_access.RULE.judge({GRANT: [one, everybody]}, CONTEXT)
    for_one, for_all = (finding.message for finding in found)
    assert "may act for a person" in for_one
    assert "may act for every user" in for_all


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "0 is wrong. Mend."),
        (3, "0 is wrong; 1 is wrong; 2 is wrong. Mend."),
        (5, "0 is wrong; 1 is wrong; 2 is wrong; and 2 more. Mend."),
    ],
)
def test_three_faults_are_shown_and_the_others_counted(count: int, said: str) -> None:
    faults = [Fault(str(number), "is wrong") for number in range(count)]
    (found,) = finding(Resource("urn", "a"), "Thing", faults, "Mend.")
    assert found.message == f"Thing 'a': {said}"
