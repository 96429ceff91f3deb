"""What the person's settings and the clock say: recording, retention, forgetting, a log that stays small."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from telemetry.contract import layout
from telemetry.hook import record
from telemetry.journal.append import append
from telemetry.journal.notes import note
from telemetry.journal.retain import MEGABYTE, is_month, retain
from telemetry.journal.sessions import FORGET_AFTER_SECONDS
from telemetry.journal.store import open_store
from tests.journal.stores import DEFINE, END, NOW, STOP, environ, event, events_of, journal_of, notes_of, store_of

OTHER = {**STOP, "session_id": "another"}


def months(project: Path) -> list[str]:
    """The months there are."""
    return sorted(path.name[:7] for path in (store_of(project) / "events").iterdir())


def fill(project: Path, sizes: dict[str, int]) -> None:
    """Months of so many bytes."""
    with open_store(str(project)) as store:
        append(store, [event(at=f"{month}-15T10:00:00.000Z") for month in sizes])
    for month, size in sizes.items():
        os.truncate(store_of(project) / "events" / f"{month}.jsonl", size)


OFF = [
    "recording: off\n",
    "recording: OFF\r\n",
    "Recording: no",
    "recording: 'off'\n",
    '"recor\\x64ing": off',
    "{recording: off}",
]


@pytest.mark.parametrize(
    "text", [*OFF, "recording: off".encode("utf-16"), b"# " + b"x" * 70_000 + b"\nrecording: off\n"]
)
def test_off_is_obeyed_from_the_next_event_on(tmp_path: Path, text: str | bytes) -> None:
    """In any spelling and also in a session that is running: not a byte of the store changes."""
    record(DEFINE, environ(tmp_path))
    (store_of(tmp_path) / "config.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
    before = {path: path.stat().st_mtime_ns for path in sorted(store_of(tmp_path).rglob("*"))}
    for payload in (STOP, {**DEFINE, "prompt_id": "p2"}, END):
        record(payload, environ(tmp_path))
    assert {path: path.stat().st_mtime_ns for path in sorted(store_of(tmp_path).rglob("*"))} == before
    (store_of(tmp_path) / "config.yaml").write_text("recording: on\n")
    record({**STOP, "prompt_id": "p3"}, environ(tmp_path))
    assert len(events_of(tmp_path)) == 2


def test_months_that_are_too_old_go(tmp_path: Path) -> None:
    """Whole months, counted from their end; the next month and a clock that was ahead stay."""
    fill(tmp_path, dict.fromkeys(["2025-08", "2025-09", "2025-10", "2026-11", "2026-12", "2030-01"], 10))
    with open_store(str(tmp_path)) as store:
        assert retain(store, "2026-11-22", 400, 256) == 2
    assert months(tmp_path) == ["2025-10", "2026-11", "2026-12", "2030-01"]


def test_the_oldest_months_go_when_there_is_too_much(tmp_path: Path) -> None:
    """Until it fits; this month stays, however large it is."""
    fill(tmp_path, {"2026-08": MEGABYTE, "2026-09": MEGABYTE, "2026-10": MEGABYTE, "2026-11": MEGABYTE})
    with open_store(str(tmp_path)) as store:
        assert retain(store, "2026-11-22", 400, 2) == 2
        assert months(tmp_path) == ["2026-10", "2026-11"]
        os.truncate(store_of(tmp_path) / "events/2026-11.jsonl", 5 * MEGABYTE)
        assert retain(store, "2026-11-22", 400, 1) == 1
    assert months(tmp_path) == ["2026-11"]


def test_a_clock_that_goes_back_deletes_nothing(tmp_path: Path) -> None:
    """What seems to lie in the future stays, and so does what is from before."""
    fill(tmp_path, dict.fromkeys(["2026-08", "2026-11"], 10))
    with open_store(str(tmp_path)) as store:
        assert retain(store, "2020-01-01", 1, 256) == retain(store, "2026-08-01", 1, 256) == 0
    assert months(tmp_path) == ["2026-08", "2026-11"]


def test_retention_is_what_config_yaml_says_at_the_end_of_a_session(tmp_path: Path) -> None:
    """Only then; a session does not wait for it in between."""
    record(DEFINE, environ(tmp_path))
    fill(tmp_path, {"2026-05": 10})
    (store_of(tmp_path) / "config.yaml").write_text("retention_days: 30\n")
    record(STOP, environ(tmp_path))
    assert months(tmp_path) == ["2026-05", "2026-11"]
    record(END, environ(tmp_path))
    assert months(tmp_path) == ["2026-11"]


def test_other_files_among_the_months_are_not_ours_to_delete(tmp_path: Path) -> None:
    """A person's copy, a backup, a name in other digits."""
    fill(tmp_path, {"2020-01": 10})
    others = ["2020-01.jsonl.bak", "notes.txt", "2020-1.jsonl", "٢٠٢٠-01.jsonl", "20200-1.jsonl", "2020-01-jsonl"]
    for name in others:
        (store_of(tmp_path) / "events" / name).touch()
    with open_store(str(tmp_path)) as store:
        assert retain(store, "2026-11-22", 1, 1) == 1
    assert sorted(path.name for path in (store_of(tmp_path) / "events").iterdir()) == sorted(others)
    assert not any(map(is_month, others))


def test_a_clock_that_goes_backwards_loses_no_event(tmp_path: Path) -> None:
    """Each has its own time; all are read."""
    times = [
        "2026-11-22T10:00:00.000Z",
        "2026-11-21T10:00:00.000Z",
        "2025-01-01T00:00:00.000Z",
        "2099-12-31T23:59:59.999Z",
    ]
    for number, at in enumerate(times):
        record({**DEFINE, "prompt_id": f"p{number}"}, environ(tmp_path, at))
    assert len(set(events_of(tmp_path))) == len(times)
    assert notes_of(tmp_path) == []


@pytest.mark.parametrize(
    "at", ["soon", "2026-11-22", "1970-01-01T00:00:00.000Z", "2026-11-22T10:00:00.000Z\n", "Canary" * 9]
)
def test_a_clock_that_tells_no_time_records_nothing(tmp_path: Path, at: str) -> None:
    """And what it says, free text as it is, is written nowhere."""
    record(DEFINE, environ(tmp_path, at))
    assert journal_of(tmp_path) == b""
    free = at.strip("0123456789-:.TZ\n").encode()
    kept = b"".join(path.read_bytes() for path in store_of(tmp_path).rglob("debug.log"))
    assert not free or free not in kept


def test_what_follows_counts_only_beside_agentspec_work_in_the_same_session(tmp_path: Path) -> None:
    """Turns of an ordinary session are nobody's business."""
    record(OTHER, environ(tmp_path))
    record(DEFINE, environ(tmp_path))
    record(OTHER, environ(tmp_path))
    record(STOP, environ(tmp_path))
    assert len(events_of(tmp_path)) == 2


def test_a_session_long_silent_is_forgotten_by_any_turn(tmp_path: Path) -> None:
    """Otherwise one AgentSpec session would cost all later ones a Python at every turn."""
    record(DEFINE, environ(tmp_path))
    [mark] = (store_of(tmp_path) / "open").iterdir()
    record(OTHER, environ(tmp_path))
    assert mark.exists()
    then = time.time() - FORGET_AFTER_SECONDS - 60
    os.utime(mark, (then, then))
    record(OTHER, environ(tmp_path))
    assert not mark.exists()
    record(STOP, environ(tmp_path))
    assert len(events_of(tmp_path)) == 1


def test_a_turn_keeps_its_sessions_mark_fresh(tmp_path: Path) -> None:
    """A session of days is one session."""
    record(DEFINE, environ(tmp_path))
    [mark] = (store_of(tmp_path) / "open").iterdir()
    os.utime(mark, (0, 0))
    record(STOP, environ(tmp_path))
    assert mark.stat().st_mtime > time.time() - 60


def test_debug_log_stays_small_for_ever(tmp_path: Path) -> None:
    """However often something goes wrong."""
    with open_store(str(tmp_path)) as store:
        for _ in range(5000):
            note(store, NOW, "bug_ZeroDivisionError")
        size = (store_of(tmp_path) / "debug.log").stat().st_size
    assert 0 < size <= layout.MAX_DEBUG_BYTES + 100
    assert set(notes_of(tmp_path)) == {"bug_ZeroDivisionError"}


def test_the_same_hook_registered_twice_has_the_same_id(tmp_path: Path) -> None:
    """Plugin and settings together: two lines, one event."""
    for payload in (DEFINE, DEFINE, STOP, STOP):
        record(payload, environ(tmp_path))
    ids = events_of(tmp_path)
    assert len(ids) == 4 and len(set(ids)) == 2
