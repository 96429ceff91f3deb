"""When to try again: later and later, at random, when the server asks for it, and never not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.contract import layout
from telemetry.journal.store import Store, open_store
from telemetry.sharing.patience import (
    FIRST,
    LONGEST,
    LONGEST_ASKED,
    Retry,
    asked_for,
    must_wait,
    next_try,
    read_retry,
    retry_with,
    server_of,
    write_retry,
)
from tests.sharing.homes import NOW
from tests.sharing.projects import project_in

CHANCES = st.floats(0, 1, exclude_max=True)
ASKED = st.none() | st.timedeltas(timedelta(0), timedelta(days=20_000))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(timezone.utc))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty one."""
    with open_store(str(project_in(tmp_path))) as opened:
        yield opened


@given(st.integers(0, 10_000), CHANCES, ASKED)
def test_the_next_try_is_within_the_window_or_when_the_server_asks(
    failures: int, chance: float, asked: timedelta | None
) -> None:
    """Never now, and never later than a day."""
    before = Retry(failures, "x", NOW) if failures else None
    retry = next_try(before, "timeout", NOW, asked, lambda: chance)
    window = min(FIRST * 2 ** min(failures, 20), LONGEST)
    assert retry.failures == failures + 1
    assert timedelta(seconds=1) <= retry.not_before - NOW <= max(window, min(asked or window, LONGEST_ASKED))
    if asked is not None:
        assert retry.not_before - NOW >= min(asked, LONGEST_ASKED)
    assert must_wait(retry, NOW)


def test_the_window_doubles_from_half_a_minute_to_six_hours() -> None:
    """And stays there."""
    windows, retry = [], None
    for _ in range(13):
        retry = next_try(retry, "x", NOW, None, lambda: 0.999999)
        windows.append(round((retry.not_before - NOW) / timedelta(seconds=1)))
    assert windows == [30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 21600, 21600, 21600]


@given(MOMENTS, MOMENTS, CHANCES, ASKED)
def test_no_clock_makes_a_wait_of_more_than_a_day(
    then: datetime, now: datetime, chance: float, asked: timedelta | None
) -> None:
    """Whatever it said when the try failed."""
    retry = next_try(None, "x", then, asked, lambda: chance)
    assert not must_wait(retry, now) or retry.not_before - now <= LONGEST_ASKED


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("999999999", 999_999_999),
        ("Sun, 22 Nov 2026 10:00:30 GMT", 30),
        ("Sun, 22 Nov 2026 12:00:30 +0200", 30),
        ("Sunday, 22-Nov-26 10:00:30 GMT", 30),
        ("Sun, 22 Nov 2020 10:00:00 GMT", 0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("1e3", None),
        ("٣", None),
        ("9" * 10, None),
        ("9" * 5000, None),
        ("Sun, 22 Nov 99999 10:00:00 GMT", None),
        ("Sun, 99 Nov 2026 10:00:00 GMT", None),
        ("Sun, 22 Nov 2026 10:00:00 +9999", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: int | None) -> None:
    """Anything else asks for nothing."""
    assert asked_for(header, NOW) == (None if seconds is None else timedelta(seconds=seconds))


DATES = st.text(st.sampled_from("Sun, 22Nov206:10+-GMTUTCZ./()\t "), max_size=40)


@given(st.text(max_size=40) | DATES)
def test_any_retry_after_can_come(header: str) -> None:
    """It is a time that is not over, or nothing."""
    asked = asked_for(header, NOW)
    assert asked is None or asked >= timedelta(0)


def test_a_retry_is_kept(store: Store) -> None:
    """For the next daemon; and forgotten once all went well."""
    assert read_retry(store) is None
    retry = Retry(3, "http_503", NOW)
    write_retry(store, retry)
    assert read_retry(store) == retry
    write_retry(store, None)
    assert read_retry(store) is None


def test_a_retry_is_of_one_server_and_names_no_address(store: Store, tmp_path: Path) -> None:
    """The store is the project's, and the address may have been another."""
    retry = Retry(3, "http_503", NOW, server=server_of("https://reports.example.org"))
    write_retry(store, retry)
    assert retry_with(store, "https://reports.example.org") == retry
    assert retry_with(store, "https://other.example.org") is retry_with(store, None) is None
    assert b"example" not in tmp_path.joinpath("project", *layout.STORE, layout.RETRY).read_bytes()


BROKEN = [
    b"",
    b"\xff",
    b"[]",
    b"null",
    b"{}",
    b"[" * 3000,
    b'{"failures":1,"why":"x"}',
    *(
        json.dumps({"failures": failures, "why": "x", "not_before": moment}).encode()
        for failures, moment in [
            (1e400, "2026-11-22T10:00:00Z"),
            ("many", "2026-11-22T10:00:00Z"),
            (1, "2026-11-22T10:00:00"),
            (1, "0001-01-01T00:00:00+14:00"),
            (1, "soon"),
            (1, 5),
        ]
    ),
]


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_memory_is_none(store: Store, tmp_path: Path, text: bytes) -> None:
    """Then it is tried at once."""
    tmp_path.joinpath("project", *layout.STORE, layout.RETRY).write_bytes(text)
    assert read_retry(store) is None


@given(failures=st.integers(-(10**9), 10**9))
def test_an_odd_count_of_failures_is_no_error(failures: int) -> None:
    """Somebody may have written it by hand."""
    assert next_try(Retry(failures, "x", NOW), "x", NOW, None, lambda: 0.5).not_before - NOW <= LONGEST
