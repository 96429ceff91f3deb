"""What an export is made of: whatever lies in a store, the text is as schemas/export.yaml says."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.consent.receipt import Receipt
from telemetry.consent.terms import terms
from telemetry.contract.config import config_of
from telemetry.contract.records import FeatureRecord
from telemetry.journal.append import line_of
from telemetry.journal.read import read_block
from telemetry.sharing.export import COLUMNS, Belongings, pieces, rows
from telemetry.sharing.ledger import Entry
from telemetry.sharing.patience import Retry
from telemetry.sharing.sealed import Held
from telemetry.sharing.sealing import sealed_of
from tests.cli.journals import event
from tests.insights.cohorts import feature
from tests.sharing.exports import checked, schema
from tests.sharing.reports import records

NOW = datetime(2026, 11, 22, 10, tzinfo=timezone.utc)
PATH = "/home/canary/project/.claude/telemetry"
TURN = line_of(event(1, "2026-11-20T10:00:00.000Z", kind="turn_ended")).strip()

NOTHING = Belongings(
    exported=NOW,
    config_text=None,
    config=config_of(None),
    receipt=None,
    receipt_fault=None,
    told=None,
    switched_off=False,
    open=[],
    closed=[],
    features=[],
    reports=[],
    sealed=[],
    retry=None,
    places={},
    withdrawals=[],
    pin=None,
    kept=None,
    debug="",
)


def exported(lines: list[bytes] = [], **held: Any) -> Any:  # noqa: B006 never changed
    """An export of these lines and belongings, checked."""
    return checked("".join(pieces(lines, NOTHING._replace(**held))))


def test_who_has_nothing_gets_an_export_of_nothing() -> None:
    """All parts are there."""
    found = exported()
    assert found["events"] == [] and found["features"] == [] and found["receipt"] is None
    assert set(found) == set(schema("export")["properties"])


@pytest.mark.parametrize(
    ("line", "set_aside"),
    [
        (b"\n", 0),
        (b"  \r\n", 0),
        (b'{"v":1,"id"\n', 1),
        (b"\xff\xfe\n", 1),
        (b'{"path":"/home/canary"}\n', 1),
        (TURN[:-1] + b',"note":"canary"}\n', 1),
        (TURN[:-1] + b',"kind":"turn_ended"}\n', 1),
        (b"[" * 100_000 + b"\n", 1),
        (b"\xef\xbb\xbf" + TURN + b"\n", 1),
        (b"\x1c" + TURN + b"\n", 1),
    ],
)
def test_a_line_that_is_no_event_is_counted_and_not_shown(line: bytes, set_aside: int) -> None:
    """As the reader of the journal counts it; its neighbours are there."""
    found = exported([TURN + b"\n", line, b"  " + TURN + b"\r\n"])
    assert len(found["events"]) == 2
    assert found["set_aside"] == set_aside == read_block(line)[2]


def test_a_receipt_has_all_but_the_place_of_the_store() -> None:
    """The path is nobody's business; the word is."""
    word = Receipt(PATH, "a" * 64, "yes", "2026-11-20T10:00:00.000Z", terms(), "https://reports.example.org", 24)
    found = exported(receipt=word)
    assert found["receipt"]["choice"] == "yes"
    assert found["receipt"]["terms"] == terms()._asdict()
    assert "canary" not in json.dumps(found)


@given(records())
def test_every_feature_and_its_report_are_as_their_schemas_say(record: FeatureRecord) -> None:
    """Whatever is in them."""
    one = feature()._replace(record=record, ref="a" * 16 + "/0")
    held = Held("x", "outbox", sealed_of(one, NOW), {})
    found = exported(features=[one], reports=[held])
    assert found["features"][0]["record"] == json.loads(json.dumps(record.as_json()))
    assert held.sealed and found["reports"]["waiting"][0]["token"] == held.sealed.token


STRANGE = ["/home/canary/x", "canary \n", "=cmd()", "é", "", 7, None, ["canary"], {"canary": 1}, "a" * 300]


@pytest.mark.parametrize("strange", STRANGE)
def test_what_anybody_may_have_written_comes_in_no_form_of_its_own(strange: Any) -> None:
    """Names of files, notes on reports, the ledger, the log: known forms, or nothing."""
    sealed = sealed_of(feature()._replace(ref="a" * 16 + "/0"), NOW)
    outcome = {"at": strange, "endpoint": strange, "refused_by": strange, "note": strange}
    name = str(strange)
    found = exported(
        reports=[Held(sealed.id, "sent", sealed, outcome), Held(name, "outbox", None, outcome)],
        sealed=[
            Entry(strange, "a" * 16, "2026-11-20T10:00:00.000Z", True),
            Entry(sealed.id, strange, strange, strange),
        ],
        retry=Retry(10**12, name, NOW),
        open=[name, "a" * 16],
        debug=f"{name} disk_full\n2026-11-20T10:00:00.000Z {name} x\n2026-11-20T10:00:00.000Z disk_full\n",
    )
    assert "canary" not in json.dumps(found)
    assert found["reports"]["waiting"][0]["id"] is None
    assert found["sealed"] == []
    assert found["sessions"]["open"] == ["a" * 16]
    assert found["debug"] == [{"at": "2026-11-20T10:00:00.000Z", "code": "disk_full"}]


def test_a_report_that_moves_meanwhile_is_there_once() -> None:
    """Where it was seen last; a file planted under its name further on does not hide it."""
    sealed = sealed_of(feature()._replace(ref="a" * 16 + "/0"), NOW)
    held = [Held(sealed.id, state, sealed, {}) for state in ("outbox", "sending", "sent")]
    found = exported(reports=[*held, Held(sealed.id, "refused", None, {})])
    assert [len(found["reports"][name]) for name in ("waiting", "under_way", "sent", "refused")] == [0, 0, 1, 0]


def test_a_server_says_its_receipt_in_its_own_words() -> None:
    """Printable and short, as it was kept."""
    sealed = sealed_of(feature()._replace(ref="a" * 16 + "/0"), NOW)
    outcome, place = {"at": "2026-11-20T10:00:00.000Z", "receipt": "r-1 (ok)"}, "https://reports.example.org"
    (sent,) = exported(reports=[Held(sealed.id, "sent", sealed, outcome, (place,))])["reports"]["sent"]
    assert sent["outcome"] == {**outcome, "endpoint": place, "refused_by": None, "reason": None}


# --- CSV


def words_of(part: Any) -> Iterator[str]:
    """Every word that any list of a schema has."""
    if isinstance(part, dict):
        yield from (word for word in part.get("enum", ()) if isinstance(word, str))
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from words_of(inner)


def test_no_word_that_a_feature_can_have_makes_a_formula() -> None:
    """Nor needs quotes. Whatever else is in a cell is a number of 0 or more, a date, a version, true or false."""
    words = set(words_of(schema("feature")))
    assert len(words) > 100
    assert [word for word in words if not re.fullmatch(r"[a-z0-9.][A-Za-z0-9.+_-]*", word)] == []


@given(st.lists(records(), max_size=3))
def test_cells_are_words_numbers_and_dates(found: list[FeatureRecord]) -> None:
    """Whatever the features are; every column is there in every row."""
    text = "".join(rows(feature()._replace(record=record) for record in found))
    header, *lines = csv.reader(text.splitlines())
    assert header == list(COLUMNS)
    assert len(lines) == len(found)
    for cells in lines:
        assert len(cells) == len(header)
        assert [cell for cell in cells if not re.fullmatch(r"([a-z0-9][A-Za-z0-9.:+_ -]*)?", cell)] == []


def test_every_column_is_documented() -> None:
    """In the schema, in the same order."""
    assert list(schema("export")["x-csv"]) == list(COLUMNS)
