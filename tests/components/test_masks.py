"""No message of the flow, or of the sample that every stack deploys, shows a secret in a debug session.

What other proxies hand on is masked by their environments' `maskedVariables`.
"""

import re
from pathlib import Path

import pytest

from components.gateway.gateway_environment import MASKED_VARIABLES

APIGEE = Path(__file__).parents[2] / "apigee"
CARRIER = re.compile(r"\{private\.(secret\.value|kv\.(token|assertion))\}")


def _policies() -> dict[str, str]:
    bundles = (APIGEE / "sharedflows", APIGEE / "proxies" / "orders-v1")
    return {p.stem: p.read_text() for b in bundles for p in b.rglob("policies/*.xml")}


def _message(policy: str) -> str:
    found = re.search(r'<Request variable="([^"]+)"|<AssignTo[^>]*>([^<]+)<', policy)
    assert found, policy
    return found[1] or found[2]


def test_every_header_and_payload_that_carries_a_secret_is_masked() -> None:
    carried = set()
    for policy in _policies().values():
        for header, value in re.findall(r'<Header name="([^"]+)">([^<]*)</Header>', policy):
            if CARRIER.search(value):
                carried.add(f"{_message(policy)}.header.{header}")
        for payload in re.findall(r"<Payload[^>]*>([^<]*)</Payload>", policy):
            if CARRIER.search(payload):
                carried.add(f"{_message(policy)}.content")
        if header := re.search(r"<Authentication>\s*<HeaderName>([^<]+)<", policy):
            carried.add(f"{_message(policy)}.header.{header[1]}")
    assert len(carried) >= 4
    assert carried <= set(MASKED_VARIABLES)


def test_every_answer_of_a_callout_is_masked() -> None:
    answers = {m for p in _policies().values() for m in re.findall(r"<Response>([^<]+)<", p)}
    assert answers
    assert {f"{answer}.content" for answer in answers} <= set(MASKED_VARIABLES)


@pytest.mark.parametrize("variable", MASKED_VARIABLES)
def test_every_masked_message_is_one_that_the_bundles_use(variable: str) -> None:
    message = variable.partition(".")[0]
    assert any(re.search(rf'[">]{message}["<]', policy) for policy in _policies().values())
