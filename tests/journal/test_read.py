"""The reader: bytes of a month → events; what is no event is set aside, counted, and hides nobody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.contract.event_check import is_event
from telemetry.journal.append import line_of
from telemetry.journal.months import months_of
from telemetry.journal.read import Seen, lines_of, read_block, read_index, seen_of
from tests.features.events import Story, planned, ref
from tests.features.strategies import Event, events

THOROUGH = settings(max_examples=400, deadline=None)
Block = tuple[dict[str, list[Seen]], int, int]


def plain(data: bytes) -> Block:
    """What `read_block` is to give, by the plainest means there are."""
    sessions: dict[str, list[Seen]] = {}
    count = set_aside = 0
    for line in data.decode("utf-8", "replace").split("\n"):
        if not line or line.isspace():
            continue
        event = decoded(line)
        if event is None:
            set_aside += 1
        else:
            count += 1
            sessions.setdefault(event["session"], []).append(seen_of(event))
    return sessions, count, set_aside


def decoded(line: str) -> Event | None:
    """The event of a line; a name given twice says two things, so it is none."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError
        return dict(pairs)

    try:
        event = json.loads(line, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return None
    return event if is_event(event) else None


def agree(data: bytes) -> None:
    """Both ways of reading say what the plain one says."""
    sessions, count, set_aside = plain(data)
    assert read_block(data) == (sessions, count, set_aside)
    index = read_index(data)
    assert (index.events, index.set_aside) == (count, set_aside)
    assert index.latest == max((event[0] for found in sessions.values() for event in found), default="")
    assert {name: sorted(features) for name, features in index.named.items()} == {
        name: sorted({event[3][1:-1] for event in found if event[3] != "null"}) for name, found in sessions.items()
    }


def escaped(line: bytes, session: str) -> bytes:
    """The line with the first letter of its session in JSON's other spelling."""
    return line.replace(session.encode(), b"\\u%04x" % ord(session[0]) + session[1:].encode())


def a_life() -> list[bytes]:
    """The framed lines of a feature, all kinds of documents in them."""
    story = Story().defines().scope("dbt").designs(planned("a", "dbt-specialist", ".sql")).builds().report(70)
    return [line_of(event) for event in story.judge("pass", 88).reads("dbt", "p").agent("custom").closed().events]


# --- lines as the hook writes them


def test_every_line_the_hook_writes_is_read() -> None:
    """All of them, none set aside."""
    data = b"".join(a_life())
    sessions, count, set_aside = read_block(data)
    assert (count, set_aside, list(sessions)) == (len(a_life()), 0, [ref("first")])
    agree(data)


@THOROUGH
@given(st.lists(events(), max_size=12))
def test_reading_what_was_appended_gives_the_events_back(journal: list[Event]) -> None:
    """In their order, session by session."""
    data = b"".join(line_of(event) for event in journal)
    expected: dict[str, list[Seen]] = {}
    for event in journal:
        expected.setdefault(event["session"], []).append(seen_of(event))
    assert read_block(data) == (expected, len(journal), 0)
    agree(data)


def test_nothing_is_nothing() -> None:
    """An empty month, and one of blank lines only."""
    for data in (b"", b"\n", b"\n\n \t\n\r\n"):
        assert read_block(data) == ({}, 0, 0)
        agree(data)


# --- valid in another form


@THOROUGH
@given(st.lists(st.tuples(events(), st.randoms(use_true_random=False), st.integers(0, 3)), max_size=6))
def test_a_valid_event_counts_whatever_its_form(drawn: list[tuple[Event, Any, int]]) -> None:
    """Fields in another order, spaces, escapes, a carriage return."""
    lines = []
    for event, random, form in drawn:
        names = list(event)
        random.shuffle(names)
        text = json.dumps({name: event[name] for name in names}, indent=None if form else 0).replace("\n", " ")
        lines.append(text.replace('":', '" : ') if form == 1 else text)
        if form == 2:
            lines[-1] = escaped(text.encode(), event["session"]).decode()
        if form == 3:
            lines[-1] = "  " + text + "\t\r"
    data = "\n".join(lines).encode()
    assert read_block(data)[1:] == (len(drawn), 0)
    agree(data)


# --- torn, altered and foreign lines


def test_a_torn_line_is_set_aside_and_hides_no_neighbour() -> None:
    """Every frame begins with a line end, so the tail ends where the next line begins; cut at every byte."""
    before, torn, after = a_life()[:3]
    for length in range(2, len(torn) - 1):
        data = before + torn[:length] + after
        assert read_block(data)[1:] == (2, 1)
        agree(data)


def test_foreign_lines_are_counted_one_by_one() -> None:
    """Text, other JSON, bytes that are no text, events of another version."""
    good = a_life()[0]
    foreign = [
        b"hello",
        b"{}",
        b"[]",
        b"null",
        b"NaN",
        b"1",
        b'"' + b"x" * 9000 + b'"',
        b"\xff\xfe\x00",
        b"[" * 50_000,
        good.strip().replace(b'"v":1', b'"v":2'),
        good.strip().replace(b'"v":1', b'"v":true'),
        good.strip().replace(b'"v":1', b'"v":1.0'),
        good.strip().replace(b'"kind"', b'"note":"hi","kind"'),
        good.strip()[:-1] + b',"note":"hi"}',
        good.strip() + b" " + good.strip(),
        good.strip() + b"x",
        b"\xef\xbb\xbf" + good.strip(),
    ]
    data = b"\n".join([good, *foreign, good])
    assert read_block(data)[1:] == (2, len(foreign))
    agree(data)


@pytest.mark.parametrize("name", ["kind", "at", "v", "session", "phase", "feature"])
def test_a_line_that_gives_a_name_twice_is_set_aside(name: str) -> None:
    """It says two things; also where both are the same."""
    event = Story().phase("define").events[0]
    doubled = json.dumps(event, separators=(",", ":"))[:-1] + f',"{name}":{json.dumps(event[name])}}}'
    assert read_block(doubled.encode())[1:] == (0, 1)
    agree(doubled.encode())


def test_tables_are_checked_to_their_last_word() -> None:
    """The quick way through a table of files accepts what is_event accepts, and nothing else."""
    (line,) = [one for one in a_life() if b"files_planned" in one]
    row = b'{"file":"' + ref("a").encode() + b'","agent":"dbt-specialist","type":".sql","test":false}'
    assert row in line
    variants = [
        (line.replace(b"dbt-specialist", b"somebody"), 0),
        (line.replace(b".sql", b".exe"), 0),
        (line.replace(b'"test":false', b'"test":null'), 0),
        (line.replace(b'"test":false', b'"verified":false'), 0),
        (line.replace(b"files_planned", b"files_built"), 0),
        (line.replace(b"files_planned", b"files_built").replace(b'"test":false', b'"verified":null'), 1),
        (line.replace(b'"part":1', b'"part":0'), 0),
        (line.replace(b'"total":1', b'"total":01'), 0),
        (line.replace(b'"total":1', b'"total":10000'), 0),
        (line.replace(b'"total":1', b'"total":9999'), 1),
        (line.replace(row, b""), 1),
        (line.replace(row, row + b","), 0),
        (line.replace(row, b"," + row), 0),
        (line.replace(row, row + b"," + row), 1),
        (line.replace(row, row + row), 0),
        (line.replace(row, b",".join([row] * 36)), 1),
        (line.replace(row, b",".join([row] * 37)), 0),
    ]
    for data, events_in_it in variants:
        assert read_block(data)[1:] == (events_in_it, 1 - events_in_it), data
        agree(data)


@THOROUGH
@given(st.lists(events(), min_size=1, max_size=4), st.data())
def test_any_damage_is_read_as_json_and_the_schema_would(journal: list[Event], data: st.DataObject) -> None:
    """Bytes changed, taken out, put in, anywhere."""
    block = bytearray(b"".join(line_of(event) for event in journal))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(block) - 1))
        to = data.draw(st.integers(at, min(at + 30, len(block))))
        block[at:to] = data.draw(st.sampled_from([b"", b"\n", b'"', b"}", b"{", b",", b"0", b"null", b"\xff", b"\\"]))
        if not block:
            return
    agree(bytes(block))


@THOROUGH
@given(st.binary(max_size=200))
def test_any_bytes_can_be_read(data: bytes) -> None:
    """Nothing raises."""
    agree(data)


# --- lines of a session


@THOROUGH
@given(st.lists(events(), max_size=12))
def test_the_lines_of_a_session_hold_all_its_events(journal: list[Event]) -> None:
    """They may hold others'; every third line spells its session in escapes."""
    lines = [line_of(event) for event in journal]
    lines[::3] = [escaped(line, event["session"]) for line, event in zip(lines[::3], journal[::3], strict=True)]
    data = b"".join(lines)
    sessions = read_block(data)[0]
    for session in sessions:
        assert read_block(lines_of(data, [session]))[0][session] == sessions[session]


# --- months


def store_with(tmp_path: Path, *names: str) -> Path:
    """A store with these files in its journal."""
    store = tmp_path / ".claude" / "telemetry"
    (store / "events").mkdir(parents=True)
    for name in names:
        (store / "events" / name).write_bytes(b"".join(a_life()))
    return store


def test_months_are_found_oldest_first_and_other_files_left_alone(tmp_path: Path) -> None:
    """By their names."""
    store = store_with(tmp_path, "2026-11.jsonl", "2025-12.jsonl", "notes.txt", "2026-11.jsonl.bak", "x026-11.jsonl")
    (store / "events" / "2026-10.jsonl").mkdir()
    assert [month.name for month in months_of(str(store))] == ["2025-12.jsonl", "2026-11.jsonl"]


def test_a_store_that_is_not_there_has_no_months(tmp_path: Path) -> None:
    """Nothing was ever recorded."""
    assert months_of(str(tmp_path / ".claude" / "telemetry")) == []


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A month, the journal, the store or .claude itself: planted in a clone, they lead to somebody else's files."""
    elsewhere = store_with(tmp_path / "elsewhere", "2026-11.jsonl")
    mine = store_with(tmp_path / "mine")
    (mine / "events" / "2026-11.jsonl").symlink_to(elsewhere / "events" / "2026-11.jsonl")
    assert months_of(str(mine)) == []
    for number, (link, target) in enumerate(
        [
            (".claude/telemetry/events", elsewhere / "events"),
            (".claude/telemetry", elsewhere),
            (".claude", elsewhere.parent),
        ]
    ):
        project = tmp_path / str(number)
        (project / link).parent.mkdir(parents=True)
        (project / link).symlink_to(target)
        assert months_of(str(project / ".claude" / "telemetry")) == []
