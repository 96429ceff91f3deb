"""What is believed of a file, and in which order it is looked at."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from telemetry.community.release.signing import public_of
from telemetry.contract.signature import Forged, canonical
from telemetry.sharing.released import MOST_BYTES, key_in, opened
from tests.sharing.releases import KEY, OTHER, latest, month, release

WEEK = release("2026-W45")
PINNED = public_of(KEY)
NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)


def refused(file: bytes, pinned: str = PINNED, now: datetime = NOW) -> str:
    """Why a file is not believed."""
    with pytest.raises(Forged) as forged:
        opened(file, pinned, now)
    return str(forged.value)


def test_a_week_and_a_month_come_as_they_were_signed() -> None:
    """With the end of the newest."""
    found = opened(latest(WEEK, month()), PINNED, NOW)
    assert (found.week, found.month) == (WEEK, month())
    assert f"{found.ended:%Y-%m-%d %H:%M %Z}" == "2026-11-09 00:00 UTC"
    assert not found.is_development


def test_one_of_both_is_enough() -> None:
    """The first month comes weeks after the first week."""
    assert opened(latest(WEEK), PINNED, NOW).month is None
    alone = opened(latest(None, month()), PINNED, NOW)
    assert (alone.week, alone.ended.day) == (None, 2)


def test_no_changed_byte_is_believed() -> None:
    """Any one of them; at most the month is lost, which whoever carries the file could leave out as well."""
    file = latest(WEEK, month())
    for place in range(0, len(file), 7):
        for change in (1, 32):
            with contextlib.suppress(Forged):
                found = opened(file[:place] + bytes([file[place] ^ change]) + file[place + 1 :], PINNED, NOW)
                assert found == (WEEK, None)


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (b"", "unreadable"),
        (b"<html>Welcome to our Wi-Fi</html>", "unreadable"),
        (b"[]", "unreadable"),
        (b"{}", "unreadable"),
        (b"null", "unreadable"),
        (b'{"month":1,"week":2}', "unreadable"),
        (b'{"month":null,"week":[]}', "unreadable"),
        (b"[" * 100_000, "unreadable"),
        (b'{"month":null,"week":null}', "nothing_released"),
        (b'{"month": null, "week": null}', "not_canonical"),
        (b'{"month":null,"week":null}\n', "not_canonical"),
        (latest(WEEK, key=OTHER), "other_key"),
        (latest(None, month(), key=OTHER), "other_key"),
        (latest({"a": 1}), "other_form"),
        (latest({**WEEK, "schema": 2}), "other_form"),
        (latest({**WEEK, "note": "x"}), "other_form"),
        (latest({**WEEK, "period": "2026-W45\n"}), "other_form"),
        (latest(month()), "other_form"),
        (latest(None, WEEK), "other_form"),
        (latest(release("2027-W53")), "other_form"),
        (latest(release("2026-W45", ("2020-W01",))), "other_form"),
        (latest(release("2026-W45", ("2026-W44", "2026-W45"))), "other_form"),
        (latest(release("2026-W45", ("2026-W45", "2026-W45"))), "other_form"),
        (latest(None, release("2026-10", ("2026-W44", "2026-W45"))), "other_form"),
        (latest(None, release("2026-10", ("2026-W39",))), "other_form"),
        (latest(None, release("2026-10", ("2026-W43", "2026-W42"))), "other_form"),
        (latest(None, release("2026-10", ("2026-W42", "2026-W42"))), "other_form"),
        (latest(None, release("2026-10", ("2026-W42", "2026-W53"))), "other_form"),
        (latest(None, release("2026-10", ("2025-W42",))), "other_form"),
        (latest(release("2099-W10")), "future"),
        (latest(release("2026-W47"), month("2026-12")), "future"),
        (latest(None, month("2099-12")), "future"),
        (latest(release("2099-W10", development=True)), "future"),
        (latest(None, month("2026-12", development=True)), "future"),
        (latest(release("2026-W45", reports=0)), "other_form"),
        (latest(WEEK) + b" " * MOST_BYTES, "too_large"),
    ],
)
def test_what_is_no_benchmarks_is_refused_with_a_code(file: bytes, code: str) -> None:
    """Never with another error."""
    assert refused(file) == code


def borrowed(week: Any, **fields: str) -> bytes:
    """A file whose signature says otherwise."""
    whole = json.loads(latest(week, key=OTHER))
    whole["week"] |= fields
    return canonical(whole)


def test_the_signature_is_looked_at_before_what_was_signed() -> None:
    """A file that claims the key, and has another's signature, or none."""
    assert refused(borrowed(WEEK, key=PINNED)) == "bad_signature"
    assert refused(borrowed({"a": 1}, key=PINNED)) == "bad_signature"
    assert refused(borrowed(WEEK, key=PINNED, signature="")) == "bad_signature"
    assert refused(borrowed(WEEK, key=PINNED, signature="zz")) == "unreadable"


def test_a_month_of_an_earlier_key_is_left_out_and_a_forged_one_spoils_all() -> None:
    """A server that changed its key has such a month until the next; who forges is no server."""
    assert opened(latest(WEEK, month(), month_key=OTHER), PINNED, NOW).month is None
    assert opened(latest(WEEK, {"of": "another schema"}, month_key=OTHER), PINNED, NOW) == (WEEK, None)
    whole = json.loads(latest(WEEK, month(), month_key=OTHER))
    whole["month"]["key"] = PINNED
    assert refused(canonical(whole)) == "bad_signature"


def test_the_key_of_a_file_is_that_of_its_newest_release() -> None:
    """As it claims."""
    assert key_in(latest(WEEK, month(), month_key=OTHER)) == PINNED
    assert key_in(latest(None, month(), key=OTHER)) == public_of(OTHER)
    for key in ("zz", PINNED.upper(), PINNED + "\n"):
        with pytest.raises(Forged, match="unreadable"):
            key_in(borrowed(WEEK, key=key))


def test_one_part_in_development_marks_the_whole() -> None:
    """It must be said wherever it is shown."""
    assert opened(latest(WEEK, month(development=True)), PINNED, NOW).is_development


def test_a_release_can_be_of_what_is_over_and_no_later() -> None:
    """A day is given to clocks that differ."""
    end = datetime(2026, 11, 9, tzinfo=timezone.utc)
    assert opened(latest(WEEK), PINNED, end - timedelta(days=1)).week == WEEK
    assert refused(latest(WEEK), now=end - timedelta(days=1, seconds=1)) == "future"
    assert opened(latest(None, month()), PINNED, end - timedelta(days=8)).month == month()
    assert refused(latest(None, month()), now=end - timedelta(days=8, seconds=1)) == "future"


def test_exact_figures_can_be_of_the_running_week_and_month() -> None:
    """A demo does not wait for the end of either; what has not begun it cannot have counted."""
    running = (release("2026-W48", development=True), release("2026-11", ("2026-W47", "2026-W48"), development=True))
    assert opened(latest(*running), PINNED, NOW) == running
    assert refused(latest(release("2026-W48")), now=NOW) == "future"
    assert refused(latest(release("2026-W49", development=True)), now=NOW) == "future"


def test_a_month_across_a_year_has_the_weeks_of_its_thursdays() -> None:
    """Week 53 of 2026 ends in January, and is of December."""
    december = release("2026-12", ("2026-W49", "2026-W50", "2026-W51", "2026-W52", "2026-W53"))
    assert opened(latest(None, december), PINNED, NOW + timedelta(days=60)).month == december
