"""A sealed report's file: believed exactly as it was written, and not otherwise."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from telemetry.sharing.canonical import canonical
from telemetry.sharing.sealed import SUFFIX, decode, encode, outcome_line, text_of
from tests.sharing.homes import KEY, sealed
from tests.sharing.reports import sealed_reports

ONE = sealed(1)
FILE = encode(ONE, KEY)


@given(sealed_reports())
def test_what_was_sealed_is_found_again(report: object) -> None:
    """Bytes, token and dates, whatever the report says."""
    one = sealed(1, data=canonical(report))
    assert decode(one.name, "outbox", encode(one, KEY), KEY).sealed == one


@given(st.integers(0, FILE.rindex(b"\n") - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(place: int, change: int) -> None:
    """Neither of what leaves nor of what is remembered, the wait included."""
    changed = bytearray(FILE)
    changed[place] ^= change
    held = decode(ONE.name, "outbox", bytes(changed), KEY)
    assert held.sealed is None or held.sealed == ONE  # an escaped letter may be spelt in another way


@given(st.integers(0, len(FILE) - 2))
def test_half_a_file_is_none(length: int) -> None:
    """Wherever it was torn."""
    assert decode(ONE.name, "outbox", FILE[:length], KEY).sealed is None


@given(st.binary(max_size=300))
def test_any_bytes_can_lie_there(data: bytes) -> None:
    """They are nobody's report, and no error."""
    held = decode("x" + SUFFIX, "outbox", data, KEY)
    assert (held.id, held.sealed) == ("x", None)


def test_another_key_or_another_name_is_not_ours() -> None:
    """A file of another person's, or one that was renamed to be sent twice."""
    assert decode(ONE.name, "outbox", FILE, bytes(32)).sealed is None
    assert decode("other" + SUFFIX, "outbox", FILE, KEY).sealed is None


def test_a_report_goes_on_being_ours_after_its_outcome() -> None:
    """The last whole line of what became of it counts; a torn one does not."""
    told = FILE + outcome_line({"receipt": "a"}) + outcome_line({"receipt": "b"})
    held = decode(ONE.name, "sent", told + b'{"receipt":', KEY)
    assert held.sealed == ONE
    assert held.outcome == {"receipt": "b"}


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_an_instant_is_written_in_utc_to_the_millisecond(moment: datetime, minutes: int) -> None:
    """And read again as the same."""
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)), microsecond=moment.microsecond // 1000 * 1000)
    one = sealed(1)._replace(sealed_at=text_of(aware))
    assert one.sealed == aware
    assert len(one.sealed_at) == 24
