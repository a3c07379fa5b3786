"""The lists of the deployer's rights are what the program needs: no type is missing, none too many."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from components import roles
from components.deployer import azure_needs, google_needs
from components.gateway.gateway_environment import MASKED_VARIABLES
from components.identity.gateway_identity import LOG_ROLE
from tests.components.configurations import VAULT_ID, WORKSPACE_ID, Tree, as_engine_gives, complete
from tests.components.recording import EXISTING, Recording, record_main

ROOT = Path(__file__).parents[2]
STACKS = ("local", "dev", "prod")
LISTED = {
    **azure_needs.BY_CUSTOM_ROLE,
    **azure_needs.BY_CONDITION,
    **azure_needs.BY_PERSONS,
    **google_needs.BY_CUSTOM_ROLE,
    **google_needs.BY_CONDITION,
}
# What exists already where a configuration adopts it.
_ADOPTED = {
    **EXISTING,
    "organizations/sandbox-gateway/environments/beta": {"name": "beta", "type": "INTERMEDIATE"},
    "organizations/sandbox-gateway/environments/beta/debugmask": {"variables": MASKED_VARIABLES},
    WORKSPACE_ID: {"name": "platform", "customerId": "1"},
    VAULT_ID: {
        "name": "kv-platform",
        "properties": {
            "enableRbacAuthorization": True,
            "vaultUri": "https://kv-platform.vault.azure.net/",
        },
    },
}


def _configurations() -> Iterator[Tree]:
    """The stacks' own, and what they leave out: one with every setting, one with its opposites."""
    for stack in STACKS:
        yield yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    yield complete()
    opposite = complete()
    alpha = opposite["apigee-keyvault:environments"]["alpha"]
    del alpha["vault"]["network"]["privateEndpoint"]["dnsZoneId"]
    opposite["apigee-keyvault:audit"] |= {"activityLog": True}
    yield opposite


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Recording]:
    # Where the program looks for its bundles, and puts what it packs.
    directory = tmp_path_factory.mktemp("program")
    (directory / "apigee").symlink_to(ROOT / "apigee")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        return [
            record_main(
                ROOT / "__main__.py", as_engine_gives(tree), preview=False, existing=_ADOPTED
            )
            for tree in _configurations()
        ]


def _types(recording: Recording) -> set[str]:
    """Types that are made or read in a cloud."""
    made = {r.type for r in recording.resources if r.custom}
    read = {urn.split("::")[2].rpartition("$")[2] for urn in recording.reads}
    return {type_ for type_ in made | read if not type_.startswith("random:")}


def test_the_lists_name_exactly_the_types_that_the_program_registers(
    recordings: list[Recording],
) -> None:
    assert set.union(*map(_types, recordings)) == set(LISTED)


def test_what_every_stack_registers_a_deployer_is_given(recordings: list[Recording]) -> None:
    in_stacks = set.union(*map(_types, recordings[: len(STACKS)]))
    assert in_stacks & set(azure_needs.BY_PERSONS) == set()


def test_a_type_is_in_one_list_with_rights_of_its_own_cloud() -> None:
    lists = (
        azure_needs.BY_CUSTOM_ROLE,
        azure_needs.BY_CONDITION,
        azure_needs.BY_PERSONS,
        google_needs.BY_CUSTOM_ROLE,
        google_needs.BY_CONDITION,
    )
    assert len(LISTED) == sum(map(len, lists))
    for type_, need in LISTED.items():
        assert need.rights
        assert len(set(need.rights)) == len(need.rights), type_
        assert all((need.why, need.source))
        of_azure = type_.startswith("azure-native:") and type_ not in azure_needs.BY_PERSONS
        assert all(right.startswith("Microsoft.") == of_azure for right in need.rights), type_


def test_the_condition_names_exactly_the_roles_that_the_program_assigns(
    recordings: list[Recording],
) -> None:
    assigned = {
        grant.inputs["roleDefinitionId"].rpartition("/")[2]
        for recording in recordings
        for grant in recording.of("RoleAssignment")
    }
    assert assigned == {role.guid for role in roles.ASSIGNED}


def test_in_the_project_the_program_grants_the_one_role_that_its_deployer_may(
    recordings: list[Recording],
) -> None:
    granted = {
        member.inputs["role"]
        for recording in recordings
        for member in recording.of("IAMMember")
        if member.type == "gcp:projects/iAMMember:IAMMember"
    }
    assert granted == {LOG_ROLE}
