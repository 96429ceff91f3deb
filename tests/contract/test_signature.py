"""A release is whose key is pinned, byte for byte, or nobody's."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from telemetry.community.release.signing import Key, public_of, sign
from telemetry.contract.signature import Forged, canonical, parsed, verify

RELEASE = {"schema": 1, "period": "2026-W45", "tables": {"all": []}}


@pytest.fixture
def key() -> Key:
    """A key of this test's."""
    return Key.generate()


def test_a_part_of_a_larger_file_is_verified_by_itself(key: Key) -> None:
    """As latest.json has two."""
    whole = parsed(canonical({"week": json.loads(sign(RELEASE, key)), "month": None}))
    assert verify(whole["week"], public_of(key)) == RELEASE


def test_no_changed_byte_is_believed(key: Key) -> None:
    """Any one of them."""
    file, pinned = sign(RELEASE, key), public_of(key)
    for place in range(len(file)):
        for change in (1, 32):
            with pytest.raises(Forged):
                verify(file[:place] + bytes([file[place] ^ change]) + file[place + 1 :], pinned)


def test_anothers_signature_is_not_believed_whatever_key_it_claims(key: Key) -> None:
    """Neither openly nor under our name."""
    other = Key.generate()
    with pytest.raises(Forged, match="other_key"):
        verify(sign(RELEASE, other), public_of(key))
    borrowed = json.loads(sign(RELEASE, other)) | {"key": public_of(key)}
    with pytest.raises(Forged, match="bad_signature"):
        verify(canonical(borrowed), public_of(key))


@pytest.mark.parametrize(
    "file",
    [b"", b"[]", b"{}", b"null", b"\xff", b'{"key":1,"release":{},"signature":"zz"}', b"[" * 100_000, b'{"key":NaN}'],
)
def test_garbage_is_forged_and_nothing_else(file: bytes) -> None:
    """No other error."""
    with pytest.raises(Forged):
        verify(file, "00" * 32)


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (b'{"a": 1}', "not_canonical"),
        (b'{"b":1,"a":2}', "not_canonical"),
        (b'{"a":1,"a":1}', "not_canonical"),
        ('{"a":"ä"}'.encode(), "not_canonical"),
        (b'{"a":1}\n', "not_canonical"),
        (b'{"a":1.0}', "unreadable"),
        (b'{"a":1e5}', "unreadable"),
        (b'{"a":Infinity}', "unreadable"),
        (b'{"a":' + b"9" * 5000 + b"}", "unreadable"),
        (b"<html>", "unreadable"),
    ],
)
def test_a_value_has_one_text(file: bytes, code: str) -> None:
    """Every other is refused before anything of it is believed."""
    with pytest.raises(Forged, match=code):
        parsed(file)


def test_nothing_is_loaded_before_there_is_a_signature_to_look_at() -> None:
    """Who never compares never pays for it."""
    code = "import sys, telemetry.contract.signature; sys.exit('cryptography' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
