"""VerifyJWT policies, and what a request with a token meets."""

from __future__ import annotations

from tests.sandbox.gateway.policies import tokens
from tests.sandbox.gateway.policies.support import ask, variable
from tests.sandbox.gateway.rig import Answer, Site

SECRET = variable("private.k", tokens.SECRET)
SECRET_KEY = '<SecretKey><Value ref="private.k"/></SecretKey>'
SOURCE = "<Source>request.header.t</Source>"
KEYS = "https://keys.test/jwks"
BY_URI = f'<PublicKey><JWKS uri="{KEYS}"/></PublicKey>'


def verify(
    rest: str = "", *, algorithm: str = "HS256", key: str = SECRET_KEY, source: str = SOURCE
) -> str:
    return f'<VerifyJWT name="J"><Algorithm>{algorithm}</Algorithm>{source}{key}{rest}</VerifyJWT>'


def check(site: Site, policy: str, token: str, **headers: str) -> Answer:
    return ask(site, SECRET, policy, headers={"t": token, **headers})


def fault(answer: Answer) -> str:
    assert answer.status == 401
    return answer.fault.removeprefix("steps.jwt.")
