"""Inputs that random operations found, each with what must come of it: a refusal, not a failure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sandbox.controlplane.values import UNKNOWN, Plain
from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.examples.every import EXAMPLES
from tests.sandbox.controlplane.examples.example import Made
from tests.sandbox.controlplane.model import Snapshot, World, full_world
from tests.sandbox.controlplane.model_inputs import SECOND
from tests.sandbox.controlplane.rig import Clouds, Refused

_EXAMPLE = {example.token: example for example in EXAMPLES}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> Iterator[World]:
    with full_world(tmp_path_factory.mktemp("found"), pki) as world:
        yield world


@pytest.fixture
def clouds(full: World) -> Clouds:
    full.restore()
    return full.clouds


@pytest.fixture
def made(full: World) -> Made:
    return full.made


def _another(made: Made, token: str, changed: Mapping[str, object]) -> Plain:
    """A second object's inputs, changed."""
    return {**_EXAMPLE[token].given(made), **SECOND.get(token, {}), **changed}


def _refused(clouds: Clouds, made: Made, token: str, changed: Mapping[str, object]) -> str:
    """The refusal of a create; it leaves nothing behind."""
    before = Snapshot.of(clouds)
    with pytest.raises(Refused) as refusal:
        clouds.driver(token).create(token, _another(made, token, changed))
    assert Snapshot.of(clouds) == before
    return str(refusal.value)


@pytest.mark.parametrize(
    ("token", "changed"),
    [
        (rig.IDENTITY, {"resourceGroupName": "group/"}),
        (rig.SETTING, {"name": "", "logs": [{"category": "AuditEvent", "enabled": True}]}),
        (rig.SAVED_SEARCH, {"savedSearchId": ""}),
        (rig.ENTRY, {"name": "a/b"}),
        (rig.NAT_ADDRESS, {"name": "a/b"}),
    ],
)
def test_a_name_that_makes_no_id_is_refused(
    clouds: Clouds, made: Made, token: str, changed: Mapping[str, object]
) -> None:
    assert "must be neither empty nor hold a slash" in _refused(clouds, made, token, changed)


@pytest.mark.parametrize(
    ("token", "name", "bad", "reason"),
    [
        (rig.QUERY_RULE, "ruleName", "a/b", "rule name 'a/b' is invalid"),
        (rig.QUERY_RULE, "ruleName", "ends in a period.", "is invalid"),
        (rig.QUERY_RULE, "ruleName", "x" * 261, "is invalid"),
        (rig.API, "name", "a b", "must match"),
        (rig.API, "name", "", "must match"),
        (rig.FLOW, "name", "a/b", "must match"),
        (rig.ALIAS, "alias", "x" * 256, "must match"),
        (rig.ALIAS, "alias", "a/b", "must match"),
        (rig.APP, "name", "-a", "must match"),
        (rig.APP, "name", "a/b", "must match"),
        (rig.DEVELOPER, "firstName", "x" * 65, "1 to 64 characters"),
        (rig.DEVELOPER, "lastName", "two\nlines", "no line break"),
        (rig.DEVELOPER, "userName", "", "1 to 64 characters"),
    ],
)
def test_a_name_that_the_clouds_documentation_rules_out_is_refused(
    clouds: Clouds, made: Made, token: str, name: str, bad: str, reason: str
) -> None:
    assert reason in _refused(clouds, made, token, {name: bad})


@pytest.mark.parametrize("name", ["x" * 260, "denied 2"])
def test_a_rules_name_may_be_long_and_hold_spaces(clouds: Clouds, made: Made, name: str) -> None:
    given = _another(made, rig.QUERY_RULE, {"ruleName": name})
    assert clouds.azure.create(rig.QUERY_RULE, given)["name"] == name


@pytest.mark.parametrize("revision", ["latest", "", "01", "0", "-1", "9" * 30])
def test_a_revision_that_is_no_number_is_not_found(
    clouds: Clouds, made: Made, revision: str
) -> None:
    assert "not found" in _refused(clouds, made, rig.FLOW_DEPLOYMENT, {"revision": revision})


@pytest.mark.parametrize("path", ["x" * 300, "\x00", "missing.zip", "."])
def test_a_bundles_path_that_is_no_file_is_refused_and_is_no_change(
    clouds: Clouds, made: Made, path: str
) -> None:
    given = {**_EXAMPLE[rig.API].given(made), "configBundle": path}
    assert f"open {path}" in _refused(clouds, made, rig.API, {"configBundle": path})
    assert clouds.gcp.diff(made[rig.API], given).changed == {"configBundle"}
    assert clouds.gcp.update(made[rig.API], given, preview=True)["md5hash"] is UNKNOWN


def test_a_debug_mask_is_imported_by_its_whole_id(clouds: Clouds, made: Made) -> None:
    with pytest.raises(Refused, match="doesn't match any of the accepted formats"):
        clouds.gcp.import_(rig.MASK, made[rig.ENVIRONMENT].id)


def test_an_empty_id_names_nothing(clouds: Clouds) -> None:
    for example in EXAMPLES:
        assert clouds.driver(example.token).import_(example.token, "") is None, example.token


def test_an_absurd_life_of_a_key_is_refused(clouds: Clouds, made: Made) -> None:
    changed = {"keyExpiresIn": "9" * 5_000}
    assert "is no number of milliseconds" in _refused(clouds, made, rig.APP, changed)


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
def test_an_apps_own_key_has_the_documented_characters(
    clouds: Clouds, made: Made, key: str
) -> None:
    changed = {"consumerKey": key, "consumerSecret": "canary-secret"}
    assert "consumerKey must match" in _refused(clouds, made, rig.APP, changed)


def test_a_random_string_is_never_so_long_that_all_else_waits(clouds: Clouds) -> None:
    with pytest.raises(Refused, match="no random string longer than 65536"):
        clouds.random.create(rig.RANDOM_STRING, {"length": 2**31})


def test_random_text_with_line_breaks_is_read_back(clouds: Clouds) -> None:
    only = {"lower": False, "upper": False, "numeric": False, "overrideSpecial": "\n"}
    made = clouds.random.create(rig.RANDOM_STRING, {"length": 3, **only})
    assert made.id == "\n\n\n"
    assert clouds.random.read(made) is not None


@pytest.mark.parametrize("token", [rig.SERVICE, rig.SERVICE_IDENTITY, rig.ACCOUNT])
def test_an_empty_project_is_the_providers(clouds: Clouds, made: Made, token: str) -> None:
    service = {} if token == rig.ACCOUNT else {"service": "apigee.googleapis.com"}
    given = _another(made, token, {**service, "project": ""})
    found = clouds.gcp.create(token, given)
    assert found["project"] == "sandbox-gateway"
    assert clouds.gcp.diff(found, given).changed == set()


@pytest.mark.parametrize(
    ("token", "changed", "reason"),
    [
        (rig.WORKSPACE, {"forceCmkForQuery": True}, "have no forceCmkForQuery"),
        (rig.WORKSPACE, {"publicNetworkAccessForQuery": "Off"}, "Enabled or Disabled"),
        (rig.ASSIGNMENT, {"delegatedManagedIdentityResourceId": "/x"}, "has one tenant"),
        (rig.ENVIRONMENT, {"forwardProxyUri": "http://proxy.example"}, "no forward proxy"),
    ],
)
def test_what_the_sandbox_does_not_do_is_refused_by_name(
    clouds: Clouds, made: Made, token: str, changed: Mapping[str, object], reason: str
) -> None:
    assert reason in _refused(clouds, made, token, changed)
