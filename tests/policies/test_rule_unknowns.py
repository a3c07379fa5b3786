from pulumi_policy.proxy import UNKNOWN_OBJECT_VALUE, UNKNOWN_STRING_VALUE, unknown_checking_proxy

from policies.rules.unknowns import UNKNOWN, plain, plain_mapping


def test_unknown_is_marked_in_place_and_all_the_rest_is_kept() -> None:
    properties = unknown_checking_proxy(
        {
            "text": "a",
            "number": 1.0,
            "nothing": None,
            "unknown": UNKNOWN_STRING_VALUE,
            "object": {"known": True, "unknown": UNKNOWN_OBJECT_VALUE},
            "list": ["a", UNKNOWN_STRING_VALUE, {"unknown": UNKNOWN_STRING_VALUE}],
        }
    )
    assert plain_mapping(properties) == {
        "text": "a",
        "number": 1.0,
        "nothing": None,
        "unknown": UNKNOWN,
        "object": {"known": True, "unknown": UNKNOWN},
        "list": ["a", UNKNOWN, {"unknown": UNKNOWN}],
    }


def test_assets_and_other_values_pass_unchanged() -> None:
    asset = object()
    assert plain({"asset": [asset]}) == {"asset": [asset]}
