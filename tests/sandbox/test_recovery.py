"""What recovery writes into the state of an imported resource."""

from __future__ import annotations

from typing import Any

from sandbox.recovery import add_unread, reported

_DEPLOYMENT = "gcp:apigee/environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment"
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def _imported(type_: str = "gcp:apigee/api:Api", **read: object) -> dict[str, Any]:
    return {"type": type_, "inputs": {**read}, "outputs": {**read}}


def test_a_declared_input_that_was_not_read_is_added() -> None:
    resource = _imported(name="a")
    add_unread(resource, {"name": "a", "configBundle": "a.zip"})
    assert resource["inputs"] == resource["outputs"] == {"name": "a", "configBundle": "a.zip"}


def test_what_was_read_stays_so_that_drift_shows() -> None:
    resource = _imported(name="drifted")
    add_unread(resource, {"name": "a"})
    assert resource["inputs"] == {"name": "drifted"}


def test_a_default_in_place_of_what_is_never_read_gives_way() -> None:
    resource = _imported(_DEPLOYMENT, override=False, revision=1)
    add_unread(resource, {"override": True, "revision": 2})
    assert resource["inputs"] == {"override": True, "revision": 1}


def test_what_a_preview_does_not_know_or_show_is_not_added() -> None:
    resource = _imported()
    add_unread(resource, {"a": _UNKNOWN, "b": {"c": "[secret]"}, "__defaults": ["a"]})
    assert resource["inputs"] == {}


def test_a_failed_previews_report_is_its_diagnostics_and_nothing_else() -> None:
    said = '{"config": {"a": "b"}, "steps": [], "diagnostics": [{"message": "error: boom\\n"}]}'
    assert reported(said) == "error: boom"
    for other in ("error: no stack named 'nope' found\n", "[]", "7", '{"steps": []}', ""):
        assert reported(other) == other
