"""Regular expressions mean what java.util.regex says, or are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.gateway.java_regex import JavaRegexError, compile_regex, replace


@pytest.mark.parametrize(
    ("pattern", "text", "whole"),
    [
        ("/ca?t", "/ct", True),
        ("a.c", "a\u2028c", False),
        ("(?s)a.c", "a\u2028c", True),
        ("(?i)abc", "ABC", True),
        (r"\w+", "é", False),
        (r"\Qa.b\E+", "a.bb", True),
        (r"\Qa.b", "a.b", True),
        (r"(?<year>\d{4})-\k<year>", "2026-2026", True),
        (r"(a)\1", "aa", True),
        (r"a\z", "a", True),
        (r"\x41\u0042\e", "AB\x1b", True),
        ("[a-c&]", "&", True),
        ("[^]]", "]", False),
        ("[]a]", "]", True),
        ("[a|b]", "|", True),
        ("a++b", "aab", True),
        ("(?>a+)b", "aab", True),
        ("^a$", "a", True),
        (r"\{id\}", "{id}", True),
        ("x{2,}", "xxx", True),
    ],
)
def test_pattern(pattern: str, text: str, whole: bool) -> None:
    assert (compile_regex(pattern).fullmatch(text) is not None) is whole


@pytest.mark.parametrize("terminator", ["\n", "\r\n", "\r", "\u0085", "\u2028"])
def test_dollar_stands_before_the_last_line_terminator(terminator: str) -> None:
    assert compile_regex("a$").search(f"a{terminator}")
    assert compile_regex(r"a\Z").search(f"a{terminator}")
    assert not compile_regex(r"a\z").search(f"a{terminator}")
    assert not compile_regex("a$").search(f"a{terminator}b")


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        "[a",
        "[]",
        "*",
        "a{,3}",
        "/{id}",
        "(?P<n>a)",
        "(?#c)",
        "(?(1)a|b)",
        "(?x) a",
        "(?a)b",
        "b(?i)a",
        r"\p{L}",
        r"\G",
        r"\v",
        r"\h",
        r"\R",
        r"\b{g}",
        r"\0101",
        r"\141",
        r"\k<n>",
        r"\N{BULLET}",
        r"\U0001F600",
        r"\y",
        "[a[b]]",
        "[a&&[^b]]",
        r"[\b]",
        "\\",
        "(?<=a+)b",
        "(" * 2400 + ")" * 2400,
        "[a--b]",
        "[--a]",
        "a" * 6000,
    ],
)
def test_what_is_none_or_can_not_be_carried_over_is_refused(pattern: str) -> None:
    with pytest.raises(JavaRegexError):
        compile_regex(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "replacement", "first", "expected"),
    [
        ("a", "banana", "o", False, "bonono"),
        ("a", "banana", "o", True, "bonana"),
        ("(b)(a)", "ba", "$2$1", False, "ab"),
        ("(?<x>b)", "b", "[${x}]", False, "[b]"),
        ("b", "b", r"\$1", False, "$1"),
        ("(b)|(c)", "c", "<$1>", False, "<>"),
        ("^Bearer ", "Bearer X", "", False, "X"),
    ],
)
def test_replacement(pattern: str, text: str, replacement: str, first: bool, expected: str) -> None:
    assert replace(pattern, text, replacement, first) == expected


@pytest.mark.parametrize("replacement", ["$", "$x", "$9", "${none}", "\\"])
def test_replacement_that_java_rejects_is_an_error(replacement: str) -> None:
    with pytest.raises(JavaRegexError):
        replace("a", "a", replacement, first=False)


_PIECE = st.sampled_from(
    [*"ab.*+?()[]{}^$|\\&-,:<>=!0129PQEkxu", "(?", "(?<n>", "\\Q", "\\E", "[^", "&&", "{2}", "(?s)"]
)


@given(st.one_of(st.text(max_size=20), st.lists(_PIECE, max_size=10).map("".join)))
def test_any_text_is_a_pattern_or_a_declared_error(pattern: str) -> None:
    try:
        compile_regex(pattern)
    except JavaRegexError:
        return
