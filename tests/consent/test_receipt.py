"""A receipt is believed as it was written, where it was written, for what it was written, and in no other case."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from telemetry.consent.receipt import (
    Receipt,
    forget_receipt,
    name_of,
    read_receipt,
    receipts_in,
    store_key_hash,
    write_receipt,
)
from telemetry.consent.state import StateRefused
from telemetry.consent.terms import Terms
from tests.consent.ground import Ground, state

ONE = Receipt("/one/.claude/telemetry", "ab", "yes", "2026-11-22T10:00:00.000Z", Terms("w", "s", "n"), None, 24)


@pytest.fixture
def folder(yes: Ground) -> Path:
    """A state folder with a key and one receipt."""
    return yes.state


def written(receipt: Receipt = ONE) -> Path:
    """Write a receipt; its file's name."""
    with state() as opened:
        write_receipt(opened, receipt)
    return Path(name_of(receipt.store))


def read(store: str = ONE.store) -> Receipt | None:
    """What is kept about a store."""
    with state() as opened:
        return read_receipt(opened, store)


@pytest.mark.parametrize("receipt", [ONE, ONE._replace(choice="no", endpoint="https://a.example", store="/é\n/x")])
def test_what_was_written_is_read(folder: Path, receipt: Receipt) -> None:
    """Also of a folder with an odd name."""
    written(receipt)
    assert read(receipt.store) == receipt


def test_a_name_that_is_no_utf8_has_a_receipt_of_its_own(folder: Path) -> None:
    """Folders may be called anything."""
    receipt = ONE._replace(store=os.fsdecode(b"/\xff/.claude/telemetry"))
    written(receipt)
    assert read(receipt.store) == receipt


def test_of_another_store_there_is_none(folder: Path) -> None:
    """Nor is there one after it was forgotten."""
    written()
    assert read("/two/.claude/telemetry") is None
    with state() as opened:
        forget_receipt(opened, ONE.store)
        forget_receipt(opened, ONE.store)
    assert read() is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("choice", "no"), ("at", "2020-01-01T00:00:00.000Z"), ("endpoint", "https://evil.example"), ("store_key", "cd"),
        ("store", "/two/.claude/telemetry"), ("version", 2), ("mac", "0" * 64), ("mac", None), ("mac", "é"),
        ("terms", {"words": "w", "schema": "x", "never_capture": "n"}), ("terms", None), ("more", 1),
    ],
)  # fmt: skip
def test_a_changed_field_makes_it_worth_nothing(folder: Path, field: str, value: Any) -> None:
    """Whichever, and whatever it says now."""
    file = folder / written()
    file.write_text(json.dumps({**json.loads(file.read_text()), field: value}))
    with pytest.raises(StateRefused, match="receipt_altered"):
        read()


@pytest.mark.parametrize("field", [*Receipt._fields, "mac", "version"])
def test_a_missing_field_makes_it_worth_nothing(folder: Path, field: str) -> None:
    """Whichever."""
    file = folder / written()
    body = json.loads(file.read_text())
    del body[field]
    file.write_text(json.dumps(body))
    with pytest.raises(StateRefused, match="receipt_altered"):
        read()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.one_of(st.binary(max_size=400), st.text(max_size=100).map(str.encode)))
@example(b"null")
@example(b"[]")
@example(b"[" * 60_000)
@example(b'{"mac": 1e999}')
@example(b"9" * 60_000)
def test_what_is_no_receipt_is_worth_nothing(folder: Path, data: bytes) -> None:
    """Bytes of any kind."""
    (folder / written()).write_bytes(data)
    with pytest.raises(StateRefused, match="receipt_altered"):
        read()


def test_under_another_name_it_is_worth_nothing(folder: Path) -> None:
    """A yes for one store is copied to where another's is looked for."""
    (folder / name_of("/two/.claude/telemetry")).write_bytes((folder / written()).read_bytes())
    (folder / name_of("/two/.claude/telemetry")).chmod(0o600)
    with pytest.raises(StateRefused, match="receipt_altered"):
        read("/two/.claude/telemetry")


def test_with_another_key_beside_it_it_is_worth_nothing(folder: Path) -> None:
    """From another machine, or from before the key was made anew."""
    written()
    (folder / "key").write_bytes(os.urandom(32))
    with pytest.raises(StateRefused, match="receipt_altered"):
        read()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o601])
def test_open_to_others_it_is_not_even_read(folder: Path, mode: int) -> None:
    """Whatever the others may do."""
    (folder / written()).chmod(mode)
    with pytest.raises(StateRefused, match="state_untrusted"):
        read()


def test_under_a_second_name_it_is_not_even_read(folder: Path) -> None:
    """Which may lie where others can write."""
    file = folder / written()
    os.link(file, folder / "x")
    with pytest.raises(StateRefused, match="state_untrusted"):
        read()


def test_the_list_of_all_leaves_out_what_was_altered(folder: Path, yes: Ground) -> None:
    """The others stand, yes and no alike."""
    (folder / written()).write_text("{}")
    written(ONE._replace(store="/two", choice="no"))
    with state() as opened:
        assert {(receipt.store, receipt.choice) for receipt in receipts_in(opened)} == {
            (str(yes.store), "yes"),
            ("/two", "no"),
        }


def test_it_holds_neither_key(folder: Path, yes: Ground) -> None:
    """Only what a key makes of the other."""
    keys = (yes.key.read_bytes(), (folder / "key").read_bytes())
    text = yes.receipt.read_bytes()
    assert not any(key in text or key.hex().encode() in text for key in keys)
    with state() as opened:
        assert store_key_hash(opened, keys[0]).encode() in text
