"""In the real CLI: the start of a session starts the daemon once, and the session neither waits for it nor ends it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hooks.sharing import DELAY, note_program, say_yes
from tests.journey.api import Api, says, serving
from tests.journey.machine import PATIENCE, TELEMETRY, Machine, Played
from tests.journey.terminal import terminal
from tests.people import person


class Started:
    """A machine whose owner said yes, and a stand-in for the daemon that waits for a word before it leaves a mark."""

    def __init__(self, machine: Machine, place: Path) -> None:
        self.machine, self.store = machine, say_yes(machine.project)
        self.go, self.marks = place / "go", place / "marks"
        somebody = person(place)
        script = f'until [ -e "{self.go}" ]; do sleep 0.02; done\nprintf "%s\\n" "${{7}}" >>"{self.marks}"'
        note_program(somebody, place / "stand-in", script)
        names = ("LD_PRELOAD", "NSS_WRAPPER_PASSWD", "NSS_WRAPPER_GROUP")
        self.environ = {**{name: somebody.environ[name] for name in names}, DELAY: "0", "DISABLE_TELEMETRY": ""}

    def session(self, *arguments: str, **environ: str) -> Played:
        """A session that says one thing."""
        told = {**self.environ, **environ}
        return self.machine.plays("hello", says(), arguments=arguments, plugins=(TELEMETRY,), environ=told)

    def projects(self, expected: int) -> list[str]:
        """The projects whose daemon has started, now that it may; waits for as many as are expected."""
        self.go.touch()
        until = time.monotonic() + PATIENCE
        while len(self._seen()) < expected and time.monotonic() < until:
            time.sleep(0.02)
        self.machine.wait_for_hooks()
        return self._seen()

    def _seen(self) -> list[str]:
        return self.marks.read_text().splitlines() if self.marks.exists() else []


@pytest.fixture
def started(machine: Machine, tmp_path: Path) -> Started:
    """Where sharing is on."""
    place = tmp_path / "person"
    place.mkdir()
    return Started(machine, place)


def test_the_daemon_outlives_the_session_that_started_it(started: Started) -> None:
    """And while it has not even begun, `claude -p` comes to its end: it waits for nothing."""
    assert started.session().answer == "Done."
    assert not started.marks.exists()
    assert started.projects(1) == [str(started.machine.project)]


def test_each_session_starts_it_once(started: Started) -> None:
    """New, resumed, and set up both as a plugin and in the project's settings: the daemon's own lock does the rest."""
    started.session()
    started.session("--continue")
    assert len(started.projects(2)) == 2


def test_a_window_that_is_closed_closes_no_daemon(started: Started) -> None:
    """Nor what still waits for the start of the session to be over."""
    environ = {**started.environ, DELAY: "2"}
    api = Api(())
    with serving(api), terminal(started.machine, api, environ=environ) as screen:
        screen.close()
        screen.process.wait(PATIENCE)
        assert not started.marks.exists()
    assert started.projects(1) == [str(started.machine.project)]


def off_in_config(started: Started) -> dict[str, str]:
    """The switch says off."""
    (started.store / "config.yaml").write_text("sharing: off\n")
    return {}


def never_said_yes(started: Started) -> dict[str, str]:
    """The switch came with a clone."""
    (started.store / "outbox").rmdir()
    return {}


def forbidden(started: Started) -> dict[str, str]:
    """The person wants no tracking."""
    return {"DO_NOT_TRACK": "1"}


@pytest.mark.parametrize("no", [off_in_config, never_said_yes, forbidden], ids=lambda no: no.__name__)
def test_without_a_yes_a_session_starts_no_daemon(started: Started, no: Callable[[Started], dict[str, str]]) -> None:
    """Shown by a session with a yes that comes after it, and is the only one seen."""
    assert started.session(**no(started)).answer == "Done."
    say_yes(started.machine.project)
    started.session()
    assert len(started.projects(1)) == 1


def test_a_projects_settings_name_no_other_program(started: Started, tmp_path: Path) -> None:
    """Their `env` reaches the hook; what it leads to is not run."""
    planted, evil = started.machine.project / "planted", tmp_path / "EVIL"
    for name in ("python3", "uname", "sh"):
        (planted / name).parent.mkdir(exist_ok=True)
        (planted / name).write_text(f'#!/bin/sh\ntouch "{evil}"\n')
        (planted / name).chmod(0o755)
    note = planted / ".local/state/agentspec-telemetry/program"
    note.parent.mkdir(parents=True, mode=0o700)
    note.write_text(f"{planted}/python3\n{planted}\n")
    note.chmod(0o600)
    hostile = {"XDG_STATE_HOME": str(note.parent.parent), "XDG_CACHE_HOME": str(planted), "PYTHONPATH": str(planted)}
    settings = {"env": {**hostile, "HOME": str(planted)}}
    (started.machine.project / ".claude/settings.json").write_text(json.dumps(settings))
    started.session()
    assert started.projects(1) == [str(started.machine.project)]
    assert not evil.exists()
