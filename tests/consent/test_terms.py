"""A yes holds for the words, the schema and NEVER_CAPTURE.yaml as they were: each has a hash, and nothing else does."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from telemetry.consent import terms


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Terms that are made anew at each asking."""
    monkeypatch.setattr(terms, "terms", terms.terms.__wrapped__)
    return monkeypatch


def test_they_are_the_same_at_every_asking(fresh: pytest.MonkeyPatch) -> None:
    """Or a yes would lapse by itself."""
    assert terms.terms() == terms.terms()
    assert all(len(one) == 64 for one in terms.terms())


def test_each_is_hashed_by_itself(fresh: pytest.MonkeyPatch) -> None:
    """So that what has changed can be said."""
    before = terms.terms()
    fresh.setattr(terms, "WORDS", terms.WORDS + " ")
    assert terms.terms() == before._replace(words=terms.terms().words) != before


@pytest.mark.parametrize(
    "path",
    [
        ("properties", "report", "properties", "session", "properties"),
        ("properties", "report", "properties", "agents"),
        ("properties",),
    ],
)
def test_a_field_more_in_the_schema_is_another_schema(path: tuple[str, ...], fresh: pytest.MonkeyPatch) -> None:
    """Wherever it is added; so is a description that says something else."""
    before, schema = terms.terms(), copy.deepcopy(terms.report_schema())
    part: dict[str, Any] = schema
    for name in path:
        part = part[name]
    part["more"] = {"type": "boolean"}
    fresh.setattr(terms, "report_schema", lambda: schema)
    assert terms.terms() == before._replace(schema=terms.terms().schema) != before


def test_one_kind_of_thing_less_in_never_capture_is_another_promise(fresh: pytest.MonkeyPatch) -> None:
    """And one more, too: the person reads the new list."""
    before, rules = terms.terms(), copy.deepcopy(terms.never_capture())
    rules["entries"].pop()
    fresh.setattr(terms, "never_capture", lambda: rules)
    assert terms.terms() == before._replace(never_capture=terms.terms().never_capture) != before


def test_the_order_in_which_a_file_is_written_does_not_matter(fresh: pytest.MonkeyPatch) -> None:
    """Nor do its comments: it is what it says that was agreed to."""
    before, schema = terms.terms(), terms.report_schema()
    fresh.setattr(terms, "report_schema", lambda: dict(reversed(schema.items())))
    assert terms.terms() == before
