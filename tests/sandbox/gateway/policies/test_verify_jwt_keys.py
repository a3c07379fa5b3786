"""The keys of VerifyJWT: secrets, public keys, certificates, key sets and how long they are kept."""

from __future__ import annotations

import httpx
import pytest

from tests.sandbox.gateway.policies import tokens
from tests.sandbox.gateway.policies.support import ask, deploy, variable, with_processors
from tests.sandbox.gateway.policies.verifying import BY_URI, KEYS, check, fault, verify
from tests.sandbox.gateway.rig import Site


def serve(site: Site, text: str, status: int = 200) -> None:
    site.hosts["keys.test"] = lambda request: httpx.Response(status, text=text)


def asked(site: Site) -> int:
    return sum(call.url.host == "keys.test" for call in site.calls)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "ES512"])
def test_the_key_of_a_set_is_the_one_that_the_token_names(site: Site, algorithm: str) -> None:
    serve(site, tokens.key_set("ES384", algorithm))
    policy = verify(algorithm=algorithm, key=BY_URI)
    token = tokens.sign({}, algorithm, {"kid": algorithm})
    assert check(site, policy, token).status == 200
    unknown = tokens.sign({}, algorithm, {"kid": "other"})
    assert fault(check(site, policy, unknown)) == "NoMatchingPublicKey"
    assert fault(check(site, policy, tokens.sign({}, algorithm))) == "KeyIdMissing"


@pytest.mark.parametrize(
    "key",
    [
        '<PublicKey><JWKS uriRef="where"/></PublicKey>',
        '<PublicKey><JWKS ref="keys"/></PublicKey>',
        '<PublicKey><Value ref="pem"/></PublicKey>',
        '<PublicKey><Certificate ref="certificate"/></PublicKey>',
    ],
)
def test_keys_may_come_from_variables(site: Site, key: str) -> None:
    serve(site, tokens.key_set("RS256"))
    given = [
        variable("where", KEYS),
        variable("keys", tokens.key_set("RS256")),
        variable("pem", tokens.public_pem("RS256")),
        variable("certificate", tokens.certificate_pem("RS256")),
    ]
    policy = verify(algorithm="RS256", key=key)
    token = tokens.sign({}, "RS256", {"kid": "RS256"})
    assert ask(site, *given, policy, headers={"t": token}).status == 200


def test_a_certificate_may_be_out_of_date(site: Site) -> None:
    pem = tokens.certificate_pem("ES256")
    key = f"<PublicKey><Certificate>\n   {pem}  </Certificate></PublicKey>"
    assert check(site, verify(algorithm="ES256", key=key), tokens.sign({}, "ES256")).status == 200


def test_a_fetched_key_set_is_kept_for_300_seconds_by_each_processor(site: Site) -> None:
    with_processors(site, 2)
    serve(site, tokens.key_set("RS256"))
    deploy(site, verify(algorithm="RS256", key=BY_URI))
    headers = {"t": tokens.sign({}, "RS256", {"kid": "RS256"})}
    assert [site.request(headers=headers).status for _ in range(4)] == [200] * 4
    assert asked(site) == 2
    serve(site, tokens.key_set("ES256"))
    site.cloud.clock.advance(290)
    assert [site.request(headers=headers).status for _ in range(2)] == [200] * 2
    site.cloud.clock.advance(11)
    assert fault(site.request(headers=headers)) == "NoMatchingPublicKey"
    assert asked(site) == 3


@pytest.mark.parametrize(
    ("text", "status"), [("{", 200), ("[]", 200), ('{"keys":[1]}', 200), ("{}", 500), ("", 404)]
)
def test_what_is_no_key_set_is_a_parsing_failure_and_is_not_kept(
    site: Site, text: str, status: int
) -> None:
    with_processors(site, 1)
    serve(site, text, status)
    deploy(site, verify(algorithm="RS256", key=BY_URI))
    headers = {"t": tokens.sign({}, "RS256", {"kid": "RS256"})}
    assert fault(site.request(headers=headers)) == "KeyParsingFailed"


def test_a_key_set_that_can_not_be_had_is_a_parsing_failure(site: Site) -> None:
    token = tokens.sign({}, "RS256", {"kid": "RS256"})
    assert fault(check(site, verify(algorithm="RS256", key=BY_URI), token)) == "KeyParsingFailed"


@pytest.mark.parametrize(
    ("algorithm", "of", "name"),
    [
        ("RS256", "ES256", "WrongKeyType"),
        ("ES256", "RS256", "WrongKeyType"),
        ("ES256", "ES384", "InvalidCurve"),
    ],
)
def test_a_key_of_another_kind_is_refused(site: Site, algorithm: str, of: str, name: str) -> None:
    key = f"<PublicKey><Value>{tokens.public_pem(of)}</Value></PublicKey>"
    answer = check(site, verify(algorithm=algorithm, key=key), tokens.sign({}, algorithm))
    assert fault(answer) == name


@pytest.mark.parametrize(
    ("value", "attributes", "name"),
    [
        ("short", "", "InsufficientKeyLength"),
        ("xyz", 'encoding="hex"', "InvalidSecretKey"),
        ("abc", 'encoding="hex"', "InvalidSecretKey"),
    ],
)
def test_a_secret_that_is_none_is_refused(
    site: Site, value: str, attributes: str, name: str
) -> None:
    key = f'<SecretKey {attributes}><Value ref="private.s"/></SecretKey>'
    answer = ask(
        site, variable("private.s", value), verify(key=key), headers={"t": tokens.sign_any({})}
    )
    assert fault(answer) == name


def test_a_secret_is_decoded_as_its_encoding_says(site: Site) -> None:
    key = '<SecretKey encoding="base16"><Value ref="private.s"/></SecretKey>'
    text = tokens.SECRET.encode().hex()
    answer = ask(
        site, variable("private.s", text), verify(key=key), headers={"t": tokens.sign_any({})}
    )
    assert answer.status == 200
