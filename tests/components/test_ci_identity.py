"""CI's identities: what they trust, and that the one that previews can change nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from components.deployer import google_needs
from components.deployer.ci_identity import CiIdentityArgs
from components.deployer.need import union
from components.deployer.reader_rights import permissions

_ARGS = CiIdentityArgs(
    stack="prod",
    environment="prod",
    repository="example-org/gateway",
    resource_group_name="group",
    location="westeurope",
    project="sandbox-gateway",
    pool="projects/100000000001/locations/global/workloadIdentityPools/github",
)


def test_the_subject_names_the_repository_and_the_environment() -> None:
    assert _ARGS.subject == "repo:example-org/gateway:environment:prod"
    assert _ARGS.member == "serviceAccount:apigee-ci-prod@sandbox-gateway.iam.gserviceaccount.com"


def test_a_repository_with_its_numbers_is_taken_as_it_is() -> None:
    args = replace(_ARGS, repository="example-org@12/gateway@345")
    assert args.subject == "repo:example-org@12/gateway@345:environment:prod"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("environment", "*"),
        ("environment", "Prod"),
        ("environment", "an-environment-of-more"),
        ("repository", "gateway"),
        ("repository", "example-org/*"),
        ("repository", "example-org/gateway:environment:prod"),
        ("pool", "github"),
        ("pool", "projects/my-project/locations/global/workloadIdentityPools/github"),
        ("pool", "locations/global/workforcePools/people"),
        ("project", "100000000001"),
        ("location", "West Europe"),
        ("stack", "Prod"),
    ],
)
def test_what_would_trust_more_or_nothing_is_refused_by_name(field: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"the identity of CI for .*: {field} .* use "):
        replace(_ARGS, **{field: value})


def test_who_previews_reads_what_the_deployer_writes_and_no_more() -> None:
    needed = {*union(google_needs.BY_CUSTOM_ROLE), *union(google_needs.BY_CONDITION)}
    read = set(permissions())
    assert read < needed
    verbs = {permission.rsplit(".", 1)[1] for permission in read}
    assert verbs == {"get", "list", "getIamPolicy"}
    writes = (
        "create",
        "update",
        "delete",
        "deploy",
        "undeploy",
        "enable",
        "setIamPolicy",
        "activate",
    )
    assert {p for p in needed - read if not p.endswith(writes)} == set()
