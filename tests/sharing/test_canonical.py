"""Canonical JSON: one value, one text; what has no such text is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.sharing.canonical import canonical, sha256

ASCII = st.text(st.characters(max_codepoint=127))
NUMBERS = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1), st.integers(-(10**9), 10**9).map(lambda thousandths: thousandths / 1000)
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, ASCII),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(ASCII, inner, max_size=4)),
)


@given(VALUES)
def test_the_text_is_the_value(value: Any) -> None:
    """What is read back is equal, and written again it is the same text: plain ASCII in one line."""
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text
    assert text.isascii() and b"\n" not in text


@given(st.dictionaries(ASCII, st.integers(0, 9), max_size=6), st.randoms(use_true_random=False))
def test_the_order_in_which_an_object_was_made_plays_no_part(value: dict[str, int], random: Any) -> None:
    """Fields are sorted by their names."""
    items = list(value.items())
    random.shuffle(items)
    assert canonical(dict(items)) == canonical(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, "x"]}, b'{"a":[true,null,"x"],"b":1}'),
        (5.0, b"5"),
        (-0.0, b"0"),
        (0.95, b"0.95"),
        (1e3, b"1000"),
        ({"B": 1, "a": 2, "A": 3}, b'{"A":3,"B":1,"a":2}'),
        ('/"\\\b\f\n\r\t\x01\x7f', b'"/\\"\\\\\\b\\f\\n\\r\\t\\u0001\x7f"'),
        (2**53 - 1, b"9007199254740991"),
        (1e-4, b"0.0001"),
    ],
)
def test_the_text_is_that_of_rfc_8785(value: Any, text: bytes) -> None:
    """Sorted, compact, the shortest number, the short escapes."""
    assert canonical(value) == text


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        -float("inf"),
        1e-7,
        1e16,
        1e300,
        2**53,
        -(2**53),
        "é",
        "\ud800",
        {"é": 1},
        {1: 1},
        {None: 1},
        {True: 1},
        (1, 2),
        {1, 2},
        b"x",
        object(),
        {"a": [{"b": float("nan")}]},
    ],
)
def test_what_has_no_canonical_text_is_refused(value: Any) -> None:
    """It is not bent into something else."""
    with pytest.raises(ValueError):
        canonical(value)


def test_what_is_nested_to_death_is_refused() -> None:
    """And what holds itself, too."""
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValueError):
        canonical(endless)


def test_the_hash_is_sha256() -> None:
    """In hexadecimal, as other tools print it."""
    assert sha256(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
