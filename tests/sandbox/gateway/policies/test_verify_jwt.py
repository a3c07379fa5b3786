"""What the documentation of VerifyJWT promises of tokens, with tokens that PyJWT has signed."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.gateway.bundle import BundleError
from tests.sandbox.gateway.policies import tokens
from tests.sandbox.gateway.policies.support import ask, deploy, loaded, shown
from tests.sandbox.gateway.policies.verifying import BY_URI, SECRET, check, fault, verify
from tests.sandbox.gateway.rig import Site, proxy_files, steps


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_token_signed_with_the_secret_passes(site: Site, algorithm: str) -> None:
    assert check(site, verify(algorithm=algorithm), tokens.sign({}, algorithm)).status == 200


_PUBLIC = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]


@pytest.mark.parametrize("algorithm", _PUBLIC)
def test_a_token_signed_with_a_private_key_passes(site: Site, algorithm: str) -> None:
    key = f"<PublicKey><Value>{tokens.public_pem(algorithm)}</Value></PublicKey>"
    policy = verify(algorithm=algorithm, key=key)
    assert check(site, policy, tokens.sign({}, algorithm)).status == 200


def test_another_keys_signature_is_an_invalid_token(site: Site) -> None:
    token = tokens.sign({"sub": "a"})
    head, _, signature = token.rpartition(".")
    forged = f"{tokens.part({'alg': 'HS256'})}.{tokens.part({'sub': 'b'})}.{signature}"
    assert fault(check(site, verify(), forged)) == "InvalidToken"
    assert fault(check(site, verify(), f"{head}.")) == "InvalidToken"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_another_private_keys_signature_is_an_invalid_token(site: Site, algorithm: str) -> None:
    key = f"<PublicKey><Value>{tokens.public_pem(algorithm)}</Value></PublicKey>"
    head, _, signature = tokens.sign({"sub": "a"}, algorithm).rpartition(".")
    forged = f"{head.partition('.')[0]}.{tokens.part({'sub': 'b'})}.{signature}"
    assert fault(check(site, verify(algorithm=algorithm, key=key), forged)) == "InvalidToken"


@pytest.mark.parametrize("algorithm", ["none", "None", "HS512", "RS256", 5, ["HS256"]])
def test_a_token_chooses_no_algorithm_of_its_own(site: Site, algorithm: object) -> None:
    token = f"{tokens.part({'alg': algorithm})}.{tokens.part({})}."
    assert fault(check(site, verify(), token)) == "AlgorithmMismatch"
    several = verify(algorithm="HS256, HS384")
    name = "AlgorithmInTokenNotPresentInConfiguration"
    assert fault(check(site, several, token)) == name


def test_a_public_key_is_no_secret(site: Site) -> None:
    pem = tokens.public_pem("RS256")
    policy = verify(algorithm="RS256", key=f"<PublicKey><Value>{pem}</Value></PublicKey>")
    assert fault(check(site, policy, tokens.sign({}, "HS256"))) == "AlgorithmMismatch"


@pytest.mark.parametrize(
    ("token", "name"),
    [
        ("a.b", "FailedToDecode"),
        ("", "FailedToDecode"),
        ("a.b.c.d", "FailedToDecode"),
        ("*.*.*", "FailedToDecode"),
        (f"{tokens.part([])}.{tokens.part({})}.", "InvalidJsonFormat"),
        (f"{tokens.part({})}.bm8.", "InvalidJsonFormat"),
        (f"{tokens.part({})}.{tokens.part({})}.", "NoAlgorithmFoundInHeader"),
    ],
)
def test_what_is_no_token_is_refused_by_its_fault(site: Site, token: str, name: str) -> None:
    assert fault(check(site, verify(), token)) == name


def test_a_missing_token_is_an_unresolved_variable(site: Site) -> None:
    assert fault(ask(site, SECRET, verify())) == "UnresolvedVariable"
    lenient = verify("<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>")
    assert fault(ask(site, SECRET, lenient)) == "FailedToDecode"


def test_the_token_is_the_bearers_unless_another_source_is_named(site: Site) -> None:
    headers = {"authorization": f"Bearer {tokens.sign({})}"}
    assert ask(site, SECRET, verify(source=""), headers=headers).status == 200


def test_times_go_by_the_sandboxs_clock(site: Site) -> None:
    now = int(site.cloud.clock.now())
    token = tokens.sign({"exp": now + 100, "nbf": now - 1})
    deploy(site, SECRET, verify())
    assert site.request(headers={"t": token}).status == 200
    site.cloud.clock.advance(200)
    assert fault(site.request(headers={"t": token})) == "TokenExpired"


@pytest.mark.parametrize(
    ("claims", "rest", "name"),
    [
        ({"exp": -10}, "", "TokenExpired"),
        ({"exp": -10}, "<TimeAllowance>60s</TimeAllowance>", None),
        ({"exp": -100}, "<TimeAllowance>1m</TimeAllowance>", "TokenExpired"),
        ({"nbf": 100}, "", "TokenNotYetValid"),
        ({"nbf": 50}, "<TimeAllowance>60s</TimeAllowance>", None),
        ({"iat": 100}, "", "TokenNotYetValid"),
        ({"iat": 100}, "<IgnoreIssuedAt>true</IgnoreIssuedAt>", None),
        ({"iat": -100}, "", None),
    ],
)
def test_times_are_checked_with_the_allowance(
    site: Site, claims: dict[str, int], rest: str, name: str | None
) -> None:
    now = int(site.cloud.clock.now())
    token = tokens.sign({claim: now + offset for claim, offset in claims.items()})
    answer = check(site, verify(rest), token)
    assert answer.status == 200 if name is None else fault(answer) == name


@pytest.mark.parametrize("value", ["soon", True, None, [1]])
def test_a_time_that_is_none_is_an_invalid_claim(site: Site, value: object) -> None:
    assert fault(check(site, verify(), tokens.sign_any({"exp": value}))) == "InvalidClaim"


@pytest.mark.parametrize(
    ("rest", "claims", "name"),
    [
        ("<Issuer>i</Issuer>", {"iss": "i"}, None),
        ("<Issuer>i</Issuer>", {"iss": "x"}, "JwtIssuerMismatch"),
        ("<Issuer>i</Issuer>", {}, "JwtIssuerMismatch"),
        ('<Issuer ref="request.header.who"/>', {"iss": "given"}, None),
        ('<Issuer ref="request.header.none">i</Issuer>', {"iss": "i"}, None),
        ('<Issuer ref="request.header.none"/>', {"iss": "i"}, "UnresolvedVariable"),
        ("<Subject>s</Subject>", {"sub": "s"}, None),
        ("<Subject>s</Subject>", {"sub": "S"}, "JwtSubjectMismatch"),
        ("<Audience>a</Audience>", {"aud": "a"}, None),
        ("<Audience>a</Audience>", {"aud": ["x", "a"]}, None),
        ("<Audience>a</Audience>", {"aud": ["x"]}, "JwtAudienceMismatch"),
        ("<Audience>a</Audience>", {"aud": {"a": 1}}, "JwtAudienceMismatch"),
        ("<Id>7</Id>", {"jti": "7"}, None),
        ("<Id>7</Id>", {"jti": "8"}, "InvalidClaim"),
    ],
)
def test_registered_claims_must_be_what_is_expected(
    site: Site, rest: str, claims: dict[str, Any], name: str | None
) -> None:
    answer = check(site, verify(rest), tokens.sign_any(claims), who="given")
    assert answer.status == 200 if name is None else fault(answer) == name


def test_an_expectation_that_is_ignored_is_met_by_no_token(site: Site) -> None:
    rest = '<Issuer ref="gone"/><IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>'
    for claims in ({"iss": ""}, {}, {"iss": None}):
        assert fault(check(site, verify(rest), tokens.sign_any(claims))) == "JwtIssuerMismatch"


def claim(text: str, attributes: str = "", tag: str = "AdditionalClaims") -> str:
    return f'<{tag}><Claim name="c" {attributes}>{text}</Claim></{tag}>'


@pytest.mark.parametrize(
    ("rest", "held", "valid"),
    [
        (claim("x"), "x", True),
        (claim("x"), "y", False),
        (claim("x"), ["x"], False),
        (claim("1", 'type="number"'), 1, True),
        (claim("1", 'type="number"'), True, False),
        (claim("1", 'type="number"'), "1", False),
        (claim("true", 'type="boolean"'), True, True),
        (claim("true", 'type="boolean"'), 1, False),
        (claim("a,b", 'array="true"'), ["a", "b"], True),
        (claim("a,b", 'array="true"'), ["a"], False),
        (claim("1, 2", 'type="number" array="true"'), [1, 2], True),
        (claim('{"a":1}', 'type="map"'), {"a": 1}, True),
        (claim('{"a":"{request.header.who}"}', 'type="map"'), {"a": "given"}, True),
        (claim("", 'ref="request.header.who"'), "given", True),
        (claim("x", 'ref="request.header.none"'), "x", True),
        ('<AdditionalClaims ref="request.header.all"/>', "x", True),
        ('<AdditionalClaims ref="request.header.all"/>', "y", False),
    ],
)
def test_additional_claims_are_compared_by_type(
    site: Site, rest: str, held: object, valid: bool
) -> None:
    answer = check(site, verify(rest), tokens.sign_any({"c": held}), who="given", all='{"c":"x"}')
    assert answer.status == 200 if valid else fault(answer) == "InvalidClaim"


def test_an_additional_claim_must_be_there(site: Site) -> None:
    assert fault(check(site, verify(claim("x")), tokens.sign_any({}))) == "InvalidClaim"


def test_additional_headers_are_compared_too(site: Site) -> None:
    policy = verify(claim("x", tag="AdditionalHeaders"))
    assert check(site, policy, tokens.sign_any({}, {"c": "x"})).status == 200
    assert fault(check(site, policy, tokens.sign_any({}, {"c": "y"}))) == "InvalidClaim"
    assert fault(check(site, policy, tokens.sign_any({"c": "x"}))) == "InvalidClaim"


@pytest.mark.parametrize(
    ("critical", "rest", "valid"),
    [
        (["a"], "", False),
        (["a"], "<KnownHeaders>a, b</KnownHeaders>", True),
        (["a"], '<KnownHeaders ref="request.header.who"/>', False),
        (["given"], '<KnownHeaders ref="request.header.who"/>', True),
        (["a"], "<IgnoreCriticalHeaders>true</IgnoreCriticalHeaders>", True),
        ([], "<KnownHeaders>a</KnownHeaders>", False),
        ("a", "<KnownHeaders>a</KnownHeaders>", False),
    ],
)
def test_a_critical_header_must_be_known(
    site: Site, critical: object, rest: str, valid: bool
) -> None:
    token = tokens.sign_any({}, {"crit": critical, "a": 1, "given": 1})
    answer = check(site, verify(rest), token, who="given")
    assert answer.status == 200 if valid else fault(answer) == "UnhandledCriticalHeader"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("valid", "true"),
        ("claim.subject", "me"),
        ("decoded.claim.sub", "me"),
        ("claim.audience", '["a","b"]'),
        ("claim.roles", '["r"]'),
        ("decoded.claim.n", "3"),
        ("header.algorithm", "HS256"),
        ("header.type", "JWT"),
        ("header.kid", "7"),
        ("decoded.header.kid", "7"),
        ("payload-claim-names", "[sub, aud, roles, n, exp]"),
        ("header-json", '{"kid":"7","typ":"JWT","alg":"HS256"}'),
        ("is_expired", "false"),
        ("claim.expiry", "4102444800000"),
        ("expiry_formatted", "2100-01-01T00:00:00.000+0000"),
    ],
)
def test_what_is_in_the_token_stands_in_variables(site: Site, name: str, expected: str) -> None:
    claims = {"sub": "me", "aud": ["a", "b"], "roles": ["r"], "n": 3, "exp": 4102444800}
    token = tokens.sign(claims, headers={"kid": "7"})
    value = shown(site, SECRET, verify(), show=f"{{jwt.J.{name}}}", headers={"t": token})
    if name == "header-json":
        assert sorted(value) == sorted(expected)
    else:
        assert value == expected


def test_a_token_that_is_not_valid_says_so_in_variables(site: Site) -> None:
    policy = verify("<Issuer>i</Issuer>").replace('name="J"', 'name="J" continueOnError="true"')
    show = "{jwt.J.valid} {JWT.failed} {jwt.J.claim.subject}"
    token = tokens.sign({"sub": "me"})
    assert shown(site, SECRET, policy, show=show, headers={"t": token}) == "false true me"


def test_a_fault_rule_can_tell_the_faults_apart(site: Site) -> None:
    rule = (
        '<FaultRules><FaultRule name="jwt"><Condition>JWT.failed = true and fault.name = '
        '"InvalidToken"</Condition><Step><Name>R</Name></Step></FaultRule></FaultRules>'
    )
    answer = '<AssignMessage name="R"><Set><StatusCode>418</StatusCode></Set></AssignMessage>'
    files = proxy_files(SECRET, verify(), answer, request=steps("A-private.k", "J"), proxy=rule)
    site.deploy(files)
    forged = tokens.sign({}).rpartition(".")[0] + ".AAAA"
    assert site.request(headers={"t": forged}).status == 418


@pytest.mark.parametrize(
    ("policy", "element"),
    [
        (verify(algorithm=""), "Algorithm"),
        (verify(algorithm="HS1"), "Algorithm"),
        (verify(algorithm="none"), "Algorithm"),
        (verify(algorithm="HS256,RS256"), "Algorithm"),
        (verify(key=""), "VerifyJWT"),
        (verify(key=BY_URI), "VerifyJWT"),
        (verify(algorithm="RS256"), "VerifyJWT"),
        (verify(key='<SecretKey><Value ref="k"/></SecretKey>'), "Value"),
        (verify(key="<SecretKey><Value>canary</Value></SecretKey>"), "Value"),
        (verify(algorithm="RS256", key="<PublicKey/>"), "PublicKey"),
        (
            verify(algorithm="RS256", key='<PublicKey><JWKS uri="a" uriRef="b"/></PublicKey>'),
            "JWKS",
        ),
        (verify(algorithm="RS256", key="<PublicKey><JWKS/></PublicKey>"), "JWKS"),
        (verify("<Issuer/>"), "Issuer"),
        (verify("<TimeAllowance>soon</TimeAllowance>"), "TimeAllowance"),
        (verify("<Type>Encrypted</Type>"), "VerifyJWT"),
        (verify("<Algorithms><Key>dir</Key></Algorithms>"), "Algorithms"),
        (verify('<AdditionalClaims><Claim name="iss">x</Claim></AdditionalClaims>'), "Claim"),
        (verify('<AdditionalHeaders><Claim name="alg">x</Claim></AdditionalHeaders>'), "Claim"),
        (verify("<AdditionalClaims><Claim>x</Claim></AdditionalClaims>"), "Claim"),
        (verify(claim("x", 'type="date"')), "Claim"),
        (verify(claim("x", 'array="many"')), "Claim"),
        (verify(claim("")), "Claim"),
        (verify("<AdditionalClaims/>"), "AdditionalClaims"),
        (verify("<MaxLifespan>5h</MaxLifespan>"), "MaxLifespan"),
        (verify("<RequiredClaims>sub</RequiredClaims>"), "RequiredClaims"),
    ],
)
def test_what_can_not_be_executed_is_refused_with_its_element(policy: str, element: str) -> None:
    with pytest.raises(BundleError) as refused:
        loaded(policy)
    assert refused.value.element.endswith(element)
