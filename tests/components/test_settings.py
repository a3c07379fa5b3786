"""Every mistake in a configuration is reported at once, by its path, with how to mend it."""

import contextlib
import itertools
from collections.abc import Callable
from functools import partial

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import naming
from components.configuration.errors import ConfigurationError, nearest
from components.configuration.settings import parse
from tests.components.configurations import CI, Tree, as_engine_gives, complete, valid

PROXIES = ["orders-v1"]
NOT_A_GUID = "use a GUID: 8-4-4-4-12 hexadecimal digits"


def _reported(
    tree: Tree, *, stack: str = "local", encrypted: tuple[str, ...] = ()
) -> set[tuple[str, str, str]]:
    with pytest.raises(ConfigurationError) as caught:
        parse(as_engine_gives(tree), encrypted, stack, PROXIES)
    return {(m.path, m.problem, m.mend) for m in caught.value.mistakes}


def _changed(change: Callable[[Tree], object]) -> Tree:
    tree = valid()
    change(tree)
    return tree


def _alpha(tree: Tree) -> Tree:
    alpha: Tree = tree["apigee-keyvault:environments"]["alpha"]
    return alpha


def _cache(tree: Tree) -> Tree:
    beta = tree["apigee-keyvault:environments"]["beta"]
    cache: Tree = beta["secrets"]["invoices-backend-key"]["cache"]
    return cache


def test_a_valid_configuration_becomes_settings() -> None:
    settings = parse(as_engine_gives(valid()), (), "local", PROXIES)
    assert settings.project == "sandbox-gateway"
    assert settings.apigee.instance == "europe-west1"
    assert settings.audit.retention_days == 90
    assert settings.proxies == ("orders-v1",)
    cache = settings.environments["beta"].secrets["invoices-backend-key"].cache
    assert cache is not None
    assert (cache.seconds, cache.measured_milliseconds) == (300, 45)
    assert settings.environments["alpha"].writers == {"ci": CI}


def test_settings_cannot_be_changed() -> None:
    settings = parse(as_engine_gives(valid()), (), "local", PROXIES)
    with pytest.raises(ValueError, match="frozen"):
        settings.project = "other"  # type: ignore[misc]  # what the test forbids


def test_principals_are_compared_and_kept_without_case() -> None:
    tree = _changed(lambda t: _alpha(t)["writers"].update(ci=CI.replace("3", "A")))
    settings = parse(as_engine_gives(tree), (), "local", PROXIES)
    assert settings.environments["alpha"].writers["ci"] == CI.replace("3", "a")


ALPHA = "environments.alpha"
CACHE = "environments.beta.secrets.invoices-backend-key.cache"
SINGLE_MISTAKES: list[tuple[Callable[[Tree], object], tuple[str, str, str]]] = [
    (
        lambda t: t.pop("gcp:project"),
        ("gcp:project", "is missing", "give the Google project's id"),
    ),
    (
        lambda t: t.pop("azure-native:tenantId"),
        ("azure-native:tenantId", "is missing", "give the Entra tenant's id"),
    ),
    (
        lambda t: t.update({"azure-native:subscriptionId": "mine"}),
        ("azure-native:subscriptionId", "is not a legal GUID", NOT_A_GUID),
    ),
    (
        lambda t: t.update({"azure-native:location": "West Europe"}),
        (
            "azure-native:location",
            "is not a legal Azure location",
            "use a location's short name, such as westeurope",
        ),
    ),
    (
        lambda t: t.update({"apigee-keyvault:audti": {}}),
        ("audti", "is an unknown key", "did you mean 'audit'?"),
    ),
    (
        lambda t: t.update({"apigee-keyvault:audit": {"retentionDays": 29}}),
        ("audit.retentionDays", "is out of bounds", "use 30 to 730 days"),
    ),
    (
        lambda t: t.update({"apigee-keyvault:environments": {}}),
        (
            "environments",
            "is empty",
            "give the Apigee environments with their secrets: at least one",
        ),
    ),
    (
        lambda t: _alpha(t).update(hostname=["x.example.com"]),
        (f"{ALPHA}.hostname", "is an unknown key", "did you mean 'hostnames'?"),
    ),
    (
        lambda t: _alpha(t).update(hostnames="alpha.api.example.com"),
        (f"{ALPHA}.hostnames", "has the wrong type", "give a list"),
    ),
    (
        lambda t: _alpha(t).update(hostnames=["https://alpha.api.example.com"]),
        (
            f"{ALPHA}.hostnames[0]",
            "is not a legal host name",
            "use a full lower-case host name without scheme, port or path, such as api.example.com",
        ),
    ),
    (
        lambda t: _alpha(t).update(
            maskedVariables=["request.header.Authorization", "Authorization"]
        ),
        (
            f"{ALPHA}.maskedVariables[1]",
            "is not a legal flow variable",
            "use a flow variable such as request.header.Authorization or partnerResponse.content",
        ),
    ),
    (
        lambda t: _alpha(t).update(keystores={"client": ["a", "b"], "other": ["c", "a"]}),
        (
            f"{ALPHA}.keystores.other[1]",
            f"names the keystore of {ALPHA}.keystores.client[0] again",
            "remove one of the two",
        ),
    ),
    (
        lambda t: _alpha(t).update(keystores={"client": []}),
        (
            f"{ALPHA}.keystores.client",
            "is empty",
            (
                "give the keystores of its targets' TLS, by the reference that the targets name; it "
                "refers to the first until the rotation turns it: at least one"
            ),
        ),
    ),
    (
        lambda t: _alpha(t).update(hostnames=["beta.api.example.com"]),
        (
            "environments.beta.hostnames[0]",
            f"names the host of {ALPHA}.hostnames[0] again",
            "remove one of the two",
        ),
    ),
    (
        lambda t: _alpha(t)["proxies"].append("order-v1"),
        (
            f"{ALPHA}.proxies[1]",
            "there is no folder apigee/proxies/order-v1/apiproxy",
            "did you mean 'orders-v1'?",
        ),
    ),
    (
        lambda t: _alpha(t)["proxies"].append("azure-key-vault"),
        (
            f"{ALPHA}.proxies[1]",
            "'azure-key-vault' is the shared flow's name",
            "rename the proxy",
        ),
    ),
    (
        lambda t: _alpha(t)["proxies"].append("orders-v1"),
        (
            f"{ALPHA}.proxies[1]",
            f"names the proxy of {ALPHA}.proxies[0] again",
            "remove one of the two",
        ),
    ),
    (
        lambda t: _alpha(t)["secrets"]["orders-backend-key"].update(callers=["orders_v1"]),
        (
            f"{ALPHA}.secrets.orders-backend-key.callers[0]",
            "'orders_v1' is not among the environment's proxies",
            "did you mean 'orders-v1'?",
        ),
    ),
    (
        lambda t: _alpha(t)["secrets"]["orders-backend-key"].update(callers=[]),
        (
            f"{ALPHA}.secrets.orders-backend-key.callers",
            "is empty",
            "give the proxies that may ask for the secret: at least one",
        ),
    ),
    (
        lambda t: _alpha(t)["secrets"].update({"ORDERS-backend-key": {"callers": ["orders-v1"]}}),
        (
            f"{ALPHA}.secrets.ORDERS-backend-key",
            f"names, but for case, the secret of {ALPHA}.secrets.orders-backend-key again",
            "remove one of the two",
        ),
    ),
    (
        lambda t: _alpha(t)["secrets"].update({"orders_key": {"callers": ["orders-v1"]}}),
        (
            f"{ALPHA}.secrets.orders_key",
            "is not a legal secret name",
            "use 1 to 127 letters, digits and hyphens, as Key Vault does",
        ),
    ),
    (
        lambda t: _alpha(t)["writers"].update(ci="somebody@example.com"),
        (f"{ALPHA}.writers.ci", "is not a legal GUID", NOT_A_GUID),
    ),
    (
        lambda t: _alpha(t)["writers"].update(rotation=CI),
        (
            f"{ALPHA}.writers.rotation",
            f"is the principal of {ALPHA}.writers.ci again",
            "remove one of the two",
        ),
    ),
    (
        lambda t: _cache(t).update(seconds=3601),
        (f"{CACHE}.seconds", "is out of bounds", "use 1 to 3600 seconds"),
    ),
    (
        lambda t: _cache(t).update(seconds=0),
        (f"{CACHE}.seconds", "is out of bounds", "use 1 to 3600 seconds"),
    ),
    (
        lambda t: _cache(t).update(seconds="300"),
        (f"{CACHE}.seconds", "has the wrong type", "give a whole number, unquoted"),
    ),
    (
        lambda t: _cache(t).pop("measuredMilliseconds"),
        (
            f"{CACHE}.measuredMilliseconds",
            "is missing",
            "give how long a fetch of this secret takes, in milliseconds, as measured",
        ),
    ),
    (
        lambda t: _cache(t).update(measuredMilliseconds=9.9),
        (
            f"{CACHE}.measuredMilliseconds",
            "a fetch under 10 ms has nothing to gain from a cache",
            "remove the cache block",
        ),
    ),
]


@pytest.mark.parametrize(
    ("change", "mistake"), SINGLE_MISTAKES, ids=[m[1][0] for m in SINGLE_MISTAKES]
)
def test_each_mistake_is_named_and_nothing_else_is(
    change: Callable[[Tree], object], mistake: tuple[str, str, str]
) -> None:
    assert _reported(_changed(change)) == {mistake}


def test_mistakes_of_every_kind_are_reported_together() -> None:
    tree = valid()
    tree["gcp:project"] = "100000000001"
    tree["apigee-keyvault:enviroments"] = {}
    tree["apigee-keyvault:apigee"] = {"instnace": "europe-west1", "nameSuffix": "Team"}
    _alpha(tree)["proxies"] = "orders-v1"
    _alpha(tree)["secrets"]["orders-backend-key"]["callers"] = ["orders-v2"]
    _cache(tree).update(seconds=0, measuredMilliseconds=1)
    tree["apigee-keyvault:environments"]["Gamma"] = {"hostnames": ["beta.api.example.com"]}
    tree["apigee-keyvault:environments"]["delta"] = None
    assert {path for path, _, _ in _reported(tree, stack="a_b")} == {
        "stack",
        "gcp:project",
        "enviroments",
        "apigee.instnace",
        "apigee.instance",
        "apigee.nameSuffix",
        "environments.alpha.proxies",
        "environments.alpha.secrets.orders-backend-key.callers[0]",
        f"{CACHE}.seconds",
        f"{CACHE}.measuredMilliseconds",
        "environments.Gamma",
        "environments.Gamma.hostnames[0]",
        "environments.delta",
    }


def test_an_encrypted_key_is_refused_and_its_value_not_repeated() -> None:
    tree = valid()
    tree["apigee-keyvault:apigee"]["instance"] = "canary value"
    with pytest.raises(ConfigurationError) as caught:
        parse(as_engine_gives(tree), {"apigee-keyvault:apigee", "other:key"}, "local", PROXIES)
    assert {m.path for m in caught.value.mistakes} == {"apigee", "apigee.instance"}
    assert "canary" not in str(caught.value)


def test_a_secret_value_in_a_wrong_place_is_not_repeated() -> None:
    tree = _changed(
        lambda t: _alpha(t)["secrets"]["orders-backend-key"].update(value="canary-hunter")
    )
    with pytest.raises(ConfigurationError) as caught:
        parse(as_engine_gives(tree), (), "local", PROXIES)
    assert "canary" not in str(caught.value)


def test_the_report_has_one_line_for_each_mistake() -> None:
    tree = valid()
    del tree["gcp:project"]
    tree["apigee-keyvault:audti"] = {}
    with pytest.raises(ConfigurationError) as caught:
        parse(as_engine_gives(tree), (), "local", PROXIES)
    assert str(caught.value).splitlines() == [
        "Pulumi.local.yaml has 2 mistakes; nothing was deployed:",
        "  - audti: is an unknown key; did you mean 'audit'?",
        "  - gcp:project: is missing; give the Google project's id",
    ]


def test_the_nearest_name_is_found_without_case_or_else_all_are_listed() -> None:
    assert nearest("ORDERS-V1", ["orders-v1", "billing"]) == "did you mean 'orders-v1'?"
    assert nearest("zzz", ["orders-v1", "billing"]) == "use one of billing, orders-v1"
    assert nearest("zzz", ["billing"]) == "use 'billing'"
    assert nearest("zzz", []) == "there is none to refer to yet"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
KEYS = (*complete()["apigee-keyvault:environments"]["alpha"], "existing")


def _hidden_somewhere(tree: Tree) -> st.SearchStrategy[Tree]:
    """The tree with one of its values, at any depth, replaced by anything."""
    branches = [
        value.map(partial(_replaced, tree, key))
        for key, old in tree.items()
        for value in (JSON, *([_hidden_somewhere(old)] if isinstance(old, dict) and old else []))
    ]
    return st.one_of(branches)


def _replaced(tree: Tree, key: str, value: object) -> Tree:
    return {**tree, key: value}


@hypothesis.settings(deadline=None)  # a busy machine is no mistake
@given(
    st.dictionaries(
        st.sampled_from(["alpha", "beta"]), st.dictionaries(st.sampled_from(KEYS), JSON) | JSON
    )
)
def test_no_configuration_whatever_its_shape_makes_the_report_itself_fail(tree: Tree) -> None:
    config = as_engine_gives({**valid(), "apigee-keyvault:environments": tree})
    with contextlib.suppress(ConfigurationError):
        parse(config, (), "local", PROXIES)


@hypothesis.settings(deadline=None, max_examples=300)
@given(_hidden_somewhere(complete()))
def test_anything_in_the_place_of_any_setting_is_accepted_or_reported(tree: Tree) -> None:
    with contextlib.suppress(ConfigurationError):
        parse(as_engine_gives(tree), (), "local", PROXIES)


def test_every_name_derived_from_a_legal_environment_is_legal_in_each_cloud() -> None:
    longest = "e" * naming.MAX_ENVIRONMENT_LENGTH
    assert naming.ENVIRONMENT.allows(longest)
    assert not naming.ENVIRONMENT.allows(longest + "e")
    vault = naming.vault(longest, "x" * naming.VAULT_SUFFIX_LENGTH)
    assert len(vault) == 24
    assert 6 <= len(naming.gateway_identity("ab")) <= len(naming.gateway_identity(longest)) <= 30


@pytest.mark.parametrize("name", ["a", "Alpha", "1alpha", "al_pha", "alpha-", "al--pha", "", "é"])
def test_an_environment_name_that_some_cloud_refuses_is_illegal(name: str) -> None:
    assert not naming.ENVIRONMENT.allows(name)


def test_assignment_names_differ_by_scope_principal_and_role_but_not_by_case() -> None:
    names = {
        naming.role_assignment(*triple)
        for triple in itertools.product(["/s1", "/s2"], ["p1", "p2"], ["r1", "r2"])
    }
    assert len(names) == 8
    assert naming.role_assignment("/S1", "P1", "R1") == naming.role_assignment("/s1", "p1", "r1")
