"""The look-over at the end of every journey sees what it looks for."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest

from telemetry.journal.store import open_store
from tests.journey.api import Api, says, serving
from tests.journey.machine import FEATURE, Machine

SECRETS = {
    "notes.txt": FEATURE.encode(),
    "canary7qx": b"",
    "events/draft.tmp": hashlib.sha256(b"Canary7Qx").hexdigest().encode(),
    "open/x": hashlib.md5(FEATURE.encode()).hexdigest().encode(),
    "cache.jsonl": base64.b64encode(b"a line with Canary7Qx in it"),
}


@pytest.fixture
def used(tmp_path: Path) -> Machine:
    """A machine with an empty store."""
    machine = Machine(tmp_path)
    with open_store(str(machine.project)) as store:
        store.key()
    machine.check()
    return machine


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_anywhere_in_the_store_is_found(used: Machine, name: str) -> None:
    """In a name, in a temporary file, as a hash, in Base64."""
    file = used.store / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(SECRETS[name])
    with pytest.raises(AssertionError, match=file.name):
        used.check()


def test_a_line_that_is_no_event_is_found(used: Machine) -> None:
    """As a hook that goes wrong might leave it."""
    (used.store / "events").mkdir()
    (used.store / "events/2026-11.jsonl").write_text('{"v":1}\n')
    with pytest.raises(AssertionError, match="1 lines are no events"):
        used.check()


def test_a_noted_failure_is_found(used: Machine) -> None:
    """The hook is silent, debug.log is not."""
    (used.store / "debug.log").write_text("2026-11-22T10:00:00.000Z bug_TypeError\n")
    with pytest.raises(AssertionError, match="bug_TypeError"):
        used.check()


def test_a_process_left_behind_is_found(used: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hook that never ends."""
    monkeypatch.setattr("tests.journey.machine.PATIENCE", 0.2)
    with subprocess.Popen(["sh", "-c", "sleep 60; : hooks/run"], env={"HOME": str(used.home)}) as process:
        with pytest.raises(AssertionError, match="hooks/run"):
            used.check()
        process.kill()


def test_a_request_beyond_the_script_is_answered_and_counted(used: Machine) -> None:
    """And the session comes to its end."""
    with serving(Api((says("One."),))) as api:
        process = used.starts(api, "Canary7Qx hello")
        process.communicate(timeout=60)
    assert (process.returncode, api.asked) == (0, 1)
