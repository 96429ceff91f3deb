"""A project in which somebody said yes, with real files, for tests that then take something away from it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from telemetry.consent.choice import say_yes
from telemetry.consent.edit import set_in_store
from telemetry.consent.facts import Gatherer
from telemetry.consent.gate import TO_SEND, Rule
from telemetry.consent.receipt import Receipt, read_receipt
from telemetry.consent.state import State, open_state, state_path
from telemetry.journal.store import open_store

YES = datetime(2026, 11, 22, 10, tzinfo=timezone.utc)
LATER = YES + timedelta(days=1)
URL = "https://reports.example.org"
STRANGER = 12345


class Ground:
    """The project, its store, the state folder of the person that this test is."""

    def __init__(self, place: Path) -> None:
        self.place, self.project = place, place / "project"
        self.store = self.project / ".claude" / "telemetry"
        self.config, self.key = self.store / "config.yaml", self.store / "key"
        self.project.mkdir()
        with open_store(str(self.project)) as store:
            store.key()

    @property
    def state(self) -> Path:
        """The state folder, of which there may be none yet."""
        return Path(state_path())

    @property
    def receipt(self) -> Path:
        """The one receipt there is."""
        (found,) = self.state.glob("*.receipt")
        return found

    def says_yes(self, endpoint: str | None = URL, at: datetime = YES) -> Receipt:
        """As `agentspec telemetry --enable` does."""
        with open_store(str(self.project)) as store:
            if endpoint:
                set_in_store(store, endpoint=endpoint)
            return say_yes(store, str(self.store), endpoint, 24, at)

    def word(self) -> Receipt | None:
        """The receipt as it is read."""
        with state() as opened:
            return read_receipt(opened, str(self.store))

    def reason(
        self, now: datetime = LATER, environ: Mapping[str, str] | None = None, rules: tuple[Rule, ...] = TO_SEND
    ) -> str | None:
        """What the gate says."""
        surroundings = {"PATH": os.environ["PATH"], **(environ or {})}
        found = Gatherer(str(self.project), surroundings).reason(now, rules)
        return found.code if found else None


def state() -> State:
    """The state folder, which is there."""
    opened = open_state()
    assert opened is not None
    return opened


def git(folder: Path, *words: str) -> None:
    """Git, as somebody who has no settings."""
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "protocol.file.allow=always"]
    quiet = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "PATH": os.environ["PATH"]}
    subprocess.run(["git", *who, *words], cwd=folder, env=quiet, check=True, capture_output=True)


def commit_all(folder: Path) -> None:
    """Everything in a folder into a repository of its own, whatever it ignores."""
    git(folder, "init", "-q")
    git(folder, "add", "-Af")
    git(folder, "commit", "-qm", "x")


def as_root_only() -> None:
    """Only root can give files away."""
    if os.geteuid():
        pytest.skip("only root can give a file to somebody else")
