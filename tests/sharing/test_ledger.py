"""The ledger of what was ever sealed: survives tears, garbage and kills, and knows a new feature from an old one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.contract import layout
from telemetry.contract.records import TrackedFeature
from telemetry.sharing.ledger import (
    BEFORE_YES,
    Entry,
    _entry_of,
    by_name,
    entries_of,
    held_back,
    mended,
    record,
    was_sealed,
)
from telemetry.sharing.reports import Reports
from telemetry.sharing.sealed import text_of
from tests.sharing.homes import NOW, reports_in, sealed, waiting
from tests.sharing.reports import PLAIN, record_of


@pytest.fixture
def reports(tmp_path: Path) -> Iterator[Reports]:
    """Those of an empty store."""
    with reports_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Its file."""
    return tmp_path.joinpath("project", *layout.STORE, layout.SEALED)


RECORD = record_of(PLAIN["report"])


def feature(first: datetime, started: frozenset[str] = frozenset(("define", "ship")), life: int = 0) -> TrackedFeature:
    """A feature under the name `name`."""
    return TrackedFeature(f"name/{life}", first, first, "shipped", started, frozenset(), {}, RECORD)


def entry(last: datetime, shipped: bool = True) -> Entry:
    """What was sealed of that name."""
    return Entry("id", "name", text_of(last), shipped)


def from_before(last: datetime, shipped: bool = True) -> Entry:
    """What was there of that name at the yes."""
    return Entry("id", "name", text_of(last), shipped, BEFORE_YES)


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("before", "now", "sealed_before"),
    [
        ([], feature(NOW), False),
        ([entry(NOW)], feature(NOW - HOUR), True),
        ([entry(NOW)], feature(NOW), True),
        ([entry(NOW - HOUR)], feature(NOW), False),
        ([entry(NOW - HOUR)], feature(NOW, life=1), False),
        ([entry(NOW - HOUR)], feature(NOW, frozenset(("brainstorm",)), 3), False),
        ([entry(NOW - HOUR)], feature(NOW, frozenset(("build", "ship"))), True),
        ([entry(NOW - HOUR, shipped=False)], feature(NOW), True),
        ([entry(NOW - HOUR), entry(NOW - 2 * HOUR, shipped=False)], feature(NOW), True),
        ([entry(NOW - 2 * HOUR), entry(NOW + HOUR)], feature(NOW), True),
        ([from_before(NOW - HOUR, shipped=False)], feature(NOW), True),
        ([from_before(NOW - 2 * HOUR, shipped=False), from_before(NOW - HOUR)], feature(NOW), False),
        ([from_before(NOW - 2 * HOUR, shipped=False), from_before(NOW)], feature(NOW), True),
        ([from_before(NOW - 2 * HOUR), from_before(NOW - HOUR, shipped=False)], feature(NOW), True),
        ([from_before(NOW - HOUR)], feature(NOW, frozenset(("build", "ship"))), True),
    ],
    ids=[
        "never seen",
        "the same one",
        "in the same instant",
        "taken up anew after it was shipped",
        "whatever the number of its life",
        "or by a brainstorm",
        "goes on after it was shipped, its beginning no longer there",
        "goes on after it was given up",
        "one of its lives was never shipped",
        "a later life was sealed first",
        "under way at the yes",
        "under way at the yes, and shipped since",
        "under way at the yes, and this is its end",
        "a second life was under way at the yes",
        "shipped at the yes, and goes on",
    ],
)
def test_a_feature_is_sealed_once(before: list[Entry], now: TrackedFeature, sealed_before: bool) -> None:
    """And a name's next life is another feature; what was there at the yes counts as if it had been sealed."""
    assert was_sealed(now, before) is sealed_before


@pytest.mark.parametrize(
    ("before", "shipped", "noted"),
    [
        ([], False, True),
        ([], True, True),
        ([from_before(NOW - HOUR, shipped=False)], False, False),
        ([from_before(NOW - HOUR, shipped=False)], True, True),
        ([from_before(NOW - HOUR)], True, False),
        ([from_before(NOW - HOUR)], False, True),
        ([entry(NOW - HOUR)], True, False),
        ([entry(NOW - HOUR, shipped=False)], False, False),
        ([from_before(NOW + HOUR)], False, False),
    ],
)
def test_what_began_before_the_yes_is_noted_where_that_says_more(
    before: list[Entry], shipped: bool, noted: bool
) -> None:
    """Not at every look: the ledger would grow with each."""
    record = RECORD._replace(outcome=RECORD.outcome._replace(shipped=shipped))
    found = held_back(feature(NOW)._replace(record=record), before)
    assert [(one.name, one.last, one.shipped, one.left_out) for one in found] == (
        [("name", text_of(NOW), shipped, BEFORE_YES)] if noted else []
    )
    assert held_back(feature(NOW)._replace(record=record), [*before, *found]) == []


def test_what_was_noted_is_found_again(reports: Reports) -> None:
    """In order; under the name of the feature, without the number of its life."""
    for number in (1, 2):
        record(reports.store, sealed(number))
    assert [one.name for one in entries_of(reports.store)] == [f"{1:032x}", f"{2:032x}"]


@given(st.binary(max_size=200))
def test_a_line_is_an_entry_or_nothing(line: bytes) -> None:
    """Never an error."""
    assert _entry_of(line) is None


INSTEAD: list[dict[str, object]] = [{"last": 5}, {"last": "never"}, {"name": []}, {"id": {}}, {"more": 1}]
ODD = [
    "[]",
    "{}",
    '{"id":1}',
    "[" * 2000,
    *(
        json.dumps({"id": "i", "name": "n", "last": "2026-11-22T10:00:00.000Z", "shipped": True, **odd})
        for odd in INSTEAD
    ),
]


@pytest.mark.parametrize("line", ODD)
def test_an_odd_line_is_left_out(reports: Reports, ledger: Path, line: str) -> None:
    """Its neighbours are not."""
    record(reports.store, sealed(1))
    ledger.write_text(ledger.read_text() + line)
    record(reports.store, sealed(2))
    entries = mended(reports.store, reports)
    assert len(entries) == 2
    assert len(by_name(entries)) == 2


@given(cut=st.integers(0, 400))
def test_a_torn_ledger_is_mended_from_the_folders(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Wherever it was torn: what lies in a folder was sealed. And mending twice adds nothing."""
    with reports_in(tmp_path_factory.mktemp("torn")) as reports:
        waiting(reports, 1, 2, 3)
        for number in (1, 2, 3):
            record(reports.store, sealed(number))
        with open(f"/proc/self/fd/{reports.store.fd}/{layout.SEALED}", "r+b") as file:  # noqa: PTH123
            file.truncate(cut)
        assert {one.name for one in mended(reports.store, reports)} == {f"{number:032x}" for number in (1, 2, 3)}
        assert len(entries_of(reports.store)) == 3


def test_a_planted_report_is_no_entry(reports: Reports, ledger: Path) -> None:
    """Nobody can keep a feature from being sealed by putting a file into a folder."""
    waiting(reports, 1)
    (ledger.parent / layout.OUTBOX / "planted.report").write_text("{}\n{}\n")
    assert len(mended(reports.store, reports)) == 1


def test_a_long_ledger_is_no_trouble(reports: Reports, ledger: Path) -> None:
    """A hundred thousand features; every name is found at once, not by looking through all."""
    ledger.write_bytes(
        b"".join(
            b'\n{"id":"%d","name":"%d","last":"2026-11-22T10:00:00.000Z","shipped":true}\n' % (number, number)
            for number in range(100_000)
        )
    )
    known = by_name(mended(reports.store, reports))
    assert len(known) == 100_000
    assert all(len(entries) == 1 for entries in known.values())
