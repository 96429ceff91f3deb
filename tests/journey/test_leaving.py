"""The search of what leaves a journey finds what it looks for, wherever that stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest

from telemetry.sharing.wire import Wire
from tests.canaries import traces_in
from tests.journey import leaving
from tests.journey.machine import FEATURE, Machine
from tests.sharing.lines import lines_of, token_of
from tests.sharing.projects import ship
from tests.sharing.receiver import Receiver, receiving

CANARY = "Canary7QxPlanted"
NOW = datetime(2026, 11, 22, 10, tzinfo=timezone.utc)


def in_a_header(receiver: Receiver) -> None:
    """The address of a server that is named after the person's project."""
    Wire(f"{receiver.url}/{CANARY}", {}).reports(lines_of(1), NOW)


def in_a_packed_body(receiver: Receiver) -> None:
    """A report with a name in it."""
    Wire(receiver.url, {}).reports(lines_of(1) + CANARY.encode() + b"\n", NOW)
    assert CANARY.encode() not in receiver.ledger.raw[0], "it can be read without being unpacked"


def in_a_withdrawal(receiver: Receiver) -> None:
    """A token that is none."""
    Wire(receiver.url, {}).withdrawals([token_of(1), CANARY], NOW)


@pytest.mark.parametrize("planted", [in_a_header, in_a_packed_body, in_a_withdrawal], ids=lambda one: one.__name__)
def test_a_canary_in_a_request_is_found(planted: Callable[[Receiver], None], tmp_path: Path) -> None:
    """Sent by the very code that sends, over a socket."""
    with receiving() as receiver:
        planted(receiver)
        leaving.keep(tmp_path, receiver.ledger.raw)
    assert traces_in(tmp_path, [CANARY]) == [f"request-0: {CANARY}"]


def test_a_request_without_one_is_clean(tmp_path: Path) -> None:
    """Of either kind."""
    with receiving() as receiver:
        wire = Wire(receiver.url, {})
        wire.reports(lines_of(1), NOW)
        wire.withdrawals([token_of(1)], NOW)
        leaving.keep(tmp_path, receiver.ledger.raw)
    assert traces_in(tmp_path, [CANARY]) == []


@pytest.fixture
def used(tmp_path: Path) -> Machine:
    """A machine on which a feature was shipped."""
    machine = Machine(tmp_path)
    ship(machine.project, FEATURE)
    return machine


def test_what_leaves_of_a_feature_is_clean(used: Machine, tmp_path: Path) -> None:
    """It is shared, exported and taken back."""
    leaving.check(used, tmp_path / "leaving")
    found = tmp_path / "leaving/evidence"
    assert {file.name for file in found.iterdir()} == {"export", "store", "request-0", "request-1"}
    assert (found / "request-1").read_bytes().startswith(b"POST /v1/withdrawals ")


def test_a_canary_in_what_lies_beside_reports_is_found(used: Machine, tmp_path: Path) -> None:
    """In a log, for one."""
    (used.store / "debug.log").write_text(f"2026-11-22T10:00:00.000Z {CANARY}\n")
    with pytest.raises(AssertionError, match=r"store/debug\.log: Canary7Qx"):
        leaving.check(used, tmp_path / "leaving")
