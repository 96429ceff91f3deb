"""What is believed of a file, and in which order it is looked at."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest

from telemetry.community.release.signing import public_of
from telemetry.contract.signature import Forged, canonical
from telemetry.sharing.released import MOST_BYTES, key_in, opened
from tests.sharing.releases import KEY, OTHER, latest, month, release

WEEK = release("2026-W45")
PINNED = public_of(KEY)


def refused(file: bytes, pinned: str = PINNED) -> str:
    """Why a file is not believed."""
    with pytest.raises(Forged) as forged:
        opened(file, pinned)
    return str(forged.value)


def test_a_week_and_a_month_come_as_they_were_signed() -> None:
    """With the end of the newest."""
    found = opened(latest(WEEK, month()), PINNED)
    assert (found.week, found.month) == (WEEK, month())
    assert f"{found.ended:%Y-%m-%d %H:%M %Z}" == "2026-11-09 00:00 UTC"
    assert not found.is_development


def test_one_of_both_is_enough() -> None:
    """The first month comes weeks after the first week."""
    assert opened(latest(WEEK), PINNED).month is None
    alone = opened(latest(None, month()), PINNED)
    assert (alone.week, alone.ended.day) == (None, 2)


def test_no_changed_byte_is_believed() -> None:
    """Any one of them; at most the month is lost, which whoever carries the file could leave out as well."""
    file = latest(WEEK, month())
    for place in range(0, len(file), 7):
        for change in (1, 32):
            with contextlib.suppress(Forged):
                found = opened(file[:place] + bytes([file[place] ^ change]) + file[place + 1 :], PINNED)
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
    assert opened(latest(WEEK, month(), month_key=OTHER), PINNED).month is None
    assert opened(latest(WEEK, {"of": "another schema"}, month_key=OTHER), PINNED) == (WEEK, None)
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
    assert opened(latest(WEEK, month(development=True)), PINNED).is_development
