"""The bootstrap program on the real engine: a deployer's rights, made once and taken back."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from sandbox import world
from tests.end_to_end.bench import ROOT, STACK, Bench

_BOOTSTRAP = ROOT / "bootstrap"
_ROLE = "azure-native:authorization:RoleDefinition"
_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
_CUSTOM_ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"
_MEMBER = "gcp:projects/iAMMember:IAMMember"


def test_a_deployers_rights_are_made_stay_as_they_are_and_go(bench: Bench) -> None:
    before = bench.objects()
    bench.pulumi("stack", "init", STACK, directory=_BOOTSTRAP)
    bench.up(directory=_BOOTSTRAP)
    made = bench.objects() - before
    assert Counter(type_ for type_, _ in made) == {
        _ROLE: 1,
        _ASSIGNMENT: 2,
        _CUSTOM_ROLE: 2,
        _MEMBER: 2,
    }
    assert all(
        id_.startswith(f"{world.SUBSCRIPTION}/providers/Microsoft.Authorization/")
        for type_, id_ in made
        if type_ in (_ROLE, _ASSIGNMENT)
    )

    bench.up("--expect-no-changes", directory=_BOOTSTRAP)
    refresh = ("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", STACK)
    bench.pulumi(*refresh, directory=_BOOTSTRAP)

    destroy = ("destroy", "--yes", "--skip-preview", "--stack", STACK)
    bench.pulumi(*destroy, directory=_BOOTSTRAP)
    # Google keeps a deleted role for a week, marked so; the next bootstrap takes it back.
    assert {type_ for type_, _ in bench.objects() - before} == {_CUSTOM_ROLE}
    bench.up(directory=_BOOTSTRAP)
    assert bench.objects() - before == made


def test_cis_identities_trust_one_environment_each_and_one_of_them_only_reads(
    bench: Bench, tmp_path: Path
) -> None:
    project = tmp_path / "checkout" / "bootstrap"
    project.mkdir(parents=True)
    for name in (".venv", "components"):
        (project.parent / name).symlink_to(ROOT / name)
    for name in ("__main__.py", "Pulumi.yaml"):
        shutil.copy(_BOOTSTRAP / name, project)
    settings = {
        "gcp:project": world.PROJECT_ID,
        "azure-native:tenantId": world.TENANT_ID,
        "azure-native:subscriptionId": world.SUBSCRIPTION_ID,
        "apigee-keyvault-bootstrap:ci": {
            "repository": "example-org/gateway",
            "location": "westeurope",
            "pool": "projects/100000000001/locations/global/workloadIdentityPools/github",
        },
    }
    (project / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": settings}))
    bench.pulumi("stack", "init", STACK, directory=project)
    bench.up(directory=project)
    bench.up("--expect-no-changes", directory=project)
    rows: list[dict[str, Any]] = bench.state(project)
    made = {str(row["urn"]).rsplit("::", 1)[1]: row for row in rows}
    issuer = "https://token.actions.githubusercontent.com"
    pool = "principal://iam.googleapis.com/projects/100000000001/locations/global/workloadIdentityPools/github"
    for part, environment in (("deployer", STACK), ("previewer", f"preview-{STACK}")):
        subject = f"repo:example-org/gateway:environment:{environment}"
        trust = made[f"{part}-federation"]["inputs"]
        assert (trust["issuer"], trust["subject"]) == (issuer, subject)
        assert made[f"{part}-impersonates"]["inputs"]["member"] == f"{pool}/subject/{subject}"
    types = Counter(str(row["type"]) for row in rows if row.get("custom"))
    assert types == {
        "azure-native:resources:ResourceGroup": 1,
        "azure-native:managedidentity:UserAssignedIdentity": 2,
        "azure-native:managedidentity:FederatedIdentityCredential": 2,
        "gcp:serviceaccount/account:Account": 2,
        "gcp:serviceaccount/iAMMember:IAMMember": 2,
        _ROLE: 1,
        _ASSIGNMENT: 3,
        _CUSTOM_ROLE: 3,
        _MEMBER: 3,
    }


def test_a_person_and_what_is_unknown_are_refused_before_anything_is_made(bench: Bench) -> None:
    before = bench.objects()
    bench.pulumi("stack", "init", STACK, directory=_BOOTSTRAP)
    for key, value, message in (
        ("member", "user:alice@example.com", "member 'user:alice@example.com' is no workload"),
        ("owner", "alice", "owner is an unknown key"),
    ):
        path = f"apigee-keyvault-bootstrap:deployer.{key}"
        bench.pulumi(
            *("config", "set", "--path", path, value, "--stack", STACK), directory=_BOOTSTRAP
        )
        result = bench.pulumi("preview", "--stack", STACK, directory=_BOOTSTRAP, fails=True)
        said = f"{result.stdout}{result.stderr}"
        assert message in said
        assert "Traceback" not in said
    assert bench.objects() == before
