"""The program's life on the real engine: preview, up, up again, update, refresh, import, destroy."""

from __future__ import annotations

import json

from sandbox import world
from tests.end_to_end.bench import STACK, Bench

_CACHE_SECONDS = "apigee-keyvault:environments.beta.secrets.invoices-backend-key.cache.seconds"


def test_a_preview_of_the_empty_stack_knows_every_resource_and_makes_none(
    bench: Bench, deployed: Bench
) -> None:
    bench.pulumi("stack", "init", STACK)
    preview = json.loads(bench.pulumi("preview", "--stack", STACK, "--json").stdout)
    assert preview["changeSummary"].keys() == {"create"}
    assert bench.resources() == {}
    assert len(deployed.resources()) == preview["changeSummary"]["create"] - _providers_and_stack(
        preview
    )


def _providers_and_stack(preview: dict[str, list[dict[str, str]]]) -> int:
    return sum("::pulumi:p" in step["urn"] for step in preview["steps"])


def test_a_second_up_changes_nothing(deployed: Bench) -> None:
    deployed.up("--expect-no-changes")


def test_a_refresh_finds_what_was_deployed(deployed: Bench) -> None:
    deployed.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", STACK)


def test_an_update_touches_nothing_but_what_was_edited(deployed: Bench) -> None:
    before = deployed.resources()
    deployed.pulumi("config", "set", "--path", _CACHE_SECONDS, "60", "--stack", STACK)
    deployed.up()
    after = deployed.resources()

    changed = {
        urn.rpartition("::")[2] for urn in after if _facts(before[urn]) != _facts(after[urn])
    }
    assert changed == {"beta-cache.invoices-backend-key"}
    assert before.keys() == after.keys()
    deployed.up("--expect-no-changes")


def _facts(resource: dict[str, object]) -> tuple[object, object, object]:
    return resource.get("id"), resource.get("inputs"), resource.get("outputs")


def test_what_exists_can_be_imported(deployed: Bench) -> None:
    type_, group = (
        "azure-native:resources:ResourceGroup",
        f"{world.SUBSCRIPTION}/resourceGroups/platform",
    )
    options = ("--yes", "--generate-code=false", "--protect=false", "--skip-preview")
    deployed.pulumi("import", type_, "platform", group, *options, "--stack", STACK)
    imported = next(
        (urn, resource)
        for urn, resource in deployed.resources().items()
        if urn.endswith("::platform")
    )
    assert imported[1]["id"] == group
    deployed.pulumi("state", "delete", imported[0], "--yes", "--stack", STACK)
    deployed.up("--expect-no-changes")


def test_every_mistake_is_reported_before_anything_is_registered(bench: Bench) -> None:
    bench.pulumi("stack", "init", STACK)
    for path, value in (
        (_CACHE_SECONDS, "999999"),
        ("apigee-keyvault:environments.alpha.secrets.orders-backend-key.callers[0]", "orders-v2"),
        ("apigee-keyvault:environments.alpha.hostname", "x"),
    ):
        bench.pulumi("config", "set", "--path", path, value, "--stack", STACK)
    refused = bench.pulumi("up", "--yes", "--skip-preview", "--stack", STACK, fails=True)
    shown = f"{refused.stdout}{refused.stderr}"
    assert "environments.beta.secrets.invoices-backend-key.cache.seconds" in shown
    assert "environments.alpha.secrets.orders-backend-key.callers" in shown
    assert "orders-v1" in shown
    assert "environments.alpha.hostname" in shown
    assert "hostnames" in shown
    assert "Traceback" not in shown
    assert bench.resources() == {}


def test_destroy_leaves_soft_deleted_vaults_and_what_the_project_shares_and_nothing_else(
    bench: Bench, deployed_alone: Bench
) -> None:
    at_the_start = bench.objects()
    deployed_alone.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK)
    left = {type_ for type_, _ in deployed_alone.objects() - at_the_start}
    # Others in the project may rely on the services by now, no service agent can be deleted, and
    # purge protection keeps the vaults.
    assert left == {
        "azure-native:keyvault:DeletedVault",
        "gcp:projects/service:Service",
        "gcp:projects/serviceIdentity:ServiceIdentity",
    }
    assert deployed_alone.resources() == {}
