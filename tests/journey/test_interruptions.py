"""Sessions that are ended in the middle of a phase, and an API that fails."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest

from telemetry.contract.records import Errors
from tests.journey.api import fails, hangs, says
from tests.journey.life import saves
from tests.journey.machine import FEATURE, PATIENCE, Machine

LATER = timedelta(days=2)
ONCE = {"CLAUDE_CODE_MAX_RETRIES": "0"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGHUP])
def test_a_session_ended_by_a_signal_leaves_what_was_noticed(machine: Machine, number: signal.Signals) -> None:
    """The phase counts as interrupted, at the latest a day later; the next session makes it good."""
    with machine.running(f"/define {FEATURE}", saves(machine, "DESIGN"), hangs()) as (process, api):
        assert api.hanging.wait(PATIENCE)
        process.send_signal(number)
        process.wait(PATIENCE)
    machine.wait_for_hooks()
    assert machine.told()[:3] == ["define started: typed, judge off", "design saved: ready", "files planned"]
    assert "turn ended" not in machine.told()
    assert machine.feature(LATER).record.errors == Errors("define", "interrupted", False)
    machine.plays(f"/define {FEATURE}", saves(machine, "DEFINE"), says())
    assert machine.feature(LATER).record.errors == Errors("define", "interrupted", True)


def test_a_terminated_session_says_so_at_once(machine: Machine) -> None:
    """SIGTERM lets the CLI tell its hooks."""
    with machine.running(f"/define {FEATURE}", hangs()) as (process, api):
        assert api.hanging.wait(PATIENCE)
        process.terminate()
        process.wait(PATIENCE)
    machine.wait_for_hooks()
    assert machine.told() == ["define started: typed, judge off", "session ended: other"]
    assert machine.feature().record.errors == Errors("define", "interrupted", False)


def test_a_session_that_ends_at_once_has_told_the_end_of_its_turn(machine: Machine) -> None:
    """A shell may start slowly: in the background, `claude -p` would have signalled it before it could ignore that."""
    slowly = "inject=execve:delay_exit=500ms"
    wrapper = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=execve", "-P", "/bin/sh", "-e", slowly)
    machine.plays(f"/define {FEATURE}", says(), wrapper=wrapper)
    assert machine.told() == ["define started: typed, judge off", "turn ended", "session ended: other"]


@pytest.mark.parametrize(
    ("status", "told"), [(529, "turn failed: server_error"), (401, "turn failed: authentication_failed")]
)
def test_an_api_error_is_a_failure_until_the_phase_is_done_again(machine: Machine, status: int, told: str) -> None:
    """And stays noted as recovered afterwards."""
    machine.plays(f"/define {FEATURE}", *[fails(status)] * 20, environ=ONCE)
    assert told in machine.told()
    assert machine.feature().record.errors == Errors("define", "api_error", False)
    machine.plays(f"/define {FEATURE}", saves(machine, "DEFINE"), says())
    assert machine.feature().record.errors == Errors("define", "api_error", True)
    assert machine.feature().record.outcome.iterations == 0
