"""Two generations of the identity: which one the gateway goes by, and what a refusal of it costs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.apigee import scene as scenes
from tests.apigee.answers import (
    NAME,
    Answer,
    entra_answer,
    entra_refusal,
    vault_answer,
    vault_refusal,
)
from tests.apigee.scene import COLD, FIRST, MINT, SECOND, Scene, Script, form, get

REFUSED = entra_refusal(401, "invalid_client")
FORBIDDEN = vault_refusal(403, "ForbiddenByRbac")
OUTAGE = httpx.Response(503)


@pytest.fixture
def scene(tmp_path: Path, pki: Path) -> Iterator[Scene]:
    """Both generations are declared; no token is cached."""
    opened = scenes.open_scene(tmp_path, pki)
    opened.declare("identity.even", f"0002:{SECOND}")
    yield opened
    opened.cloud.store.close()


def _asked(scene: Scene) -> list[str]:
    """For whom tokens were asked since the calls were last counted."""
    return [form(request)["client_id"] for name, request in scene.sent if name == "entra"]


def _warm(scene: Scene, *clients: str) -> None:
    """Have a token of each of these cached, as requests cache them, and nothing else."""
    entries = {"identity.odd": f"0001:{FIRST}", "identity.even": f"0002:{SECOND}"}
    for client in clients:
        for key, value in entries.items():
            scene.declare(key, value if value.endswith(client) else None)
        scene.cloud.clock.advance(60)
        assert get(scene).status_code == 200
    for key, value in entries.items():
        scene.declare(key, value)
    scene.cloud.clock.advance(60)
    scene.calls()
    scene.lines.clear()


@pytest.mark.parametrize(
    ("odd", "even", "first"),
    [
        (f"0001:{FIRST}", f"0002:{SECOND}", SECOND),
        (f"0003:{FIRST}", f"0002:{SECOND}", FIRST),
        (f"0009:{FIRST}", f"0010:{SECOND}", SECOND),
        (f"0011:{FIRST}", f"0010:{SECOND}", FIRST),
        (None, f"0002:{SECOND}", SECOND),
        (f"0001:{FIRST}", "0002:client", FIRST),
        ("none", f"0002:{SECOND}", SECOND),
    ],
)
def test_a_new_token_is_asked_for_the_newest_generation(
    scene: Scene, odd: str | None, even: str, first: str
) -> None:
    scene.declare("identity.odd", odd)
    scene.declare("identity.even", even)
    assert get(scene).status_code == 200
    assert _asked(scene) == [first]
    assert scene.calls() == COLD
    assert get(scene).status_code == 200
    assert scene.calls() == ["vault"]


# What Entra and the vault answer in their turn, then: status, outcome, calls.
ROWS: list[tuple[str, list[Answer], list[Answer], int, str, list[str]]] = [
    ("entra-refuses-one", [REFUSED, entra_answer()], [vault_answer()], 200, "served", MINT + COLD),
    ("vault-refuses-one", [entra_answer()], [FORBIDDEN, vault_answer()], 200, "served", COLD * 2),
    ("entra-refuses-both", [REFUSED], [vault_answer()], 500, "federation", MINT * 2),
    ("vault-refuses-both", [entra_answer()], [FORBIDDEN], 500, "vault-role", COLD * 2),
    ("entra-then-vault", [REFUSED, entra_answer()], [FORBIDDEN], 500, "vault-role", MINT + COLD),
    ("vault-then-entra", [entra_answer(), REFUSED], [FORBIDDEN], 500, "federation", COLD + MINT),
    ("entra-then-outage", [REFUSED, OUTAGE], [vault_answer()], 503, "outage", MINT * 2),
    ("vault-then-outage", [entra_answer()], [FORBIDDEN, OUTAGE], 503, "outage", COLD * 2),
    ("outage", [OUTAGE], [vault_answer()], 503, "outage", MINT),
    (
        "firewall",
        [entra_answer()],
        [vault_refusal(403, "ForbiddenByFirewall")],
        500,
        "vault-firewall",
        COLD,
    ),
    ("other-refusal", [entra_answer()], [vault_refusal(403, "Other")], 500, "vault-refused", COLD),
    ("absent", [entra_answer()], [vault_refusal(404)], 404, "not-found", COLD),
    (
        "refused-token",
        [entra_answer()],
        [vault_refusal(401), vault_answer()],
        200,
        "served",
        COLD * 2,
    ),
    ("refused-tokens", [entra_answer()], [vault_refusal(401)], 500, "vault-token", COLD * 2),
]


@pytest.mark.parametrize(
    ("entra", "vault", "status", "outcome", "calls"),
    [row[1:] for row in ROWS],
    ids=[row[0] for row in ROWS],
)
def test_the_second_of_two_answers_is_the_outcome_and_there_is_no_third(
    scene: Scene,
    entra: list[Answer],
    vault: list[Answer],
    status: int,
    outcome: str,
    calls: list[str],
) -> None:
    scene.entra, scene.vault = list(entra), list(vault)
    response = get(scene)
    (line,) = scene.lines
    assert (response.status_code, line["outcome"]) == (status, outcome)
    assert scene.calls() == calls
    assert len(calls) <= 2 * len(COLD)
    assert "canary" not in response.text + json.dumps(scene.lines)


def test_a_refusal_is_told_as_the_generation_tried_last_met_it(scene: Scene) -> None:
    scene.entra = [entra_refusal(400, "unauthorized_client"), httpx.Response(404)]
    message = get(scene).json()["error"]["message"]
    assert "unauthorized_client" not in message
    assert "AADSTS700213" not in message


@pytest.mark.parametrize("client", [FIRST, SECOND])
def test_a_cached_token_of_either_generation_saves_asking_for_one(
    scene: Scene, client: str
) -> None:
    _warm(scene, client)
    scene.entra = [OUTAGE]
    assert get(scene).status_code == 200
    assert scene.calls() == ["vault"]


@pytest.mark.parametrize(
    ("warm", "calls"),
    [((FIRST,), ["vault", *COLD]), ((SECOND,), ["vault", *COLD]), ((FIRST, SECOND), ["vault"] * 2)],
)
def test_where_the_vault_refuses_a_cached_tokens_generation_the_others_cached_token_is_looked_up(
    scene: Scene, warm: tuple[str, ...], calls: list[str]
) -> None:
    _warm(scene, *warm)
    scene.vault = [FORBIDDEN, vault_answer()]
    assert get(scene).status_code == 200
    assert scene.calls() == calls


def test_where_entra_refuses_the_newer_generation_the_olders_new_token_is_kept(
    scene: Scene,
) -> None:
    scene.entra = [REFUSED, entra_answer()]
    get(scene)
    assert _asked(scene) == [SECOND, FIRST]
    scene.calls()
    assert get(scene).status_code == 200
    assert scene.calls() == ["vault"]


def test_a_generation_that_is_gone_from_the_declaration_has_no_use_of_its_cached_token(
    scene: Scene,
) -> None:
    _warm(scene, FIRST)
    scene.declare("identity.odd", None)
    scene.cloud.clock.advance(60)
    assert get(scene).status_code == 200
    assert _asked(scene) == [SECOND]
    assert scene.calls() == COLD


def test_a_value_that_only_the_second_generation_may_read_is_cached(scene: Scene) -> None:
    scene.declare(f"cache.{NAME}", "30")
    scene.vault = [FORBIDDEN, vault_answer()]
    get(scene)
    scene.calls()
    assert get(scene).status_code == 200
    assert scene.calls() == []


Refusals = list[tuple[str, Script, list[str]]]
ONE: Refusals = [
    ("federation", lambda scene: setattr(scene, "entra", [REFUSED]), MINT),
    ("vault-role", lambda scene: setattr(scene, "vault", [FORBIDDEN]), COLD),
]


@pytest.mark.parametrize("even", [None, "", "0002:client", SECOND])
@pytest.mark.parametrize(("outcome", "script", "calls"), ONE, ids=[row[0] for row in ONE])
def test_with_one_generation_a_refusal_is_the_outcome_at_once(
    scene: Scene, outcome: str, script: Script, calls: list[str], even: str | None
) -> None:
    scene.declare("identity.even", even)
    script(scene)
    assert get(scene).json()["error"]["code"] == outcome
    assert scene.calls() == calls


def test_the_olders_token_is_renewed_as_one_of_the_newer(scene: Scene) -> None:
    _warm(scene, FIRST)
    scene.cloud.clock.advance(421)
    assert get(scene).status_code == 200
    assert _asked(scene) == [SECOND]
    assert scene.calls() == COLD
    scene.cloud.clock.advance(121)
    assert get(scene).status_code == 200
    assert scene.calls() == ["vault"]


@pytest.mark.parametrize("refusal", [REFUSED, OUTAGE, httpx.ReadTimeout])
def test_where_the_newers_token_is_not_to_be_had_the_olders_stays_in_use(
    scene: Scene, refusal: Answer
) -> None:
    _warm(scene, FIRST)
    scene.cloud.clock.advance(421)
    scene.entra = [refusal]
    assert get(scene).status_code == 200
    assert _asked(scene) == [SECOND]
    assert scene.calls() == COLD
    for _ in range(2):
        assert get(scene).status_code == 200
        assert scene.calls() == ["vault"]


def test_a_kept_token_that_the_vault_refuses_is_replaced_by_one_of_its_own_generation(
    scene: Scene,
) -> None:
    _warm(scene, FIRST)
    scene.cloud.clock.advance(421)
    scene.entra, scene.vault = [REFUSED, entra_answer()], [vault_refusal(401), vault_answer()]
    assert get(scene).status_code == 200
    assert _asked(scene) == [SECOND, FIRST]
