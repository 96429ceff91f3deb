"""Somebody with a project and a server, for the choices of `agentspec telemetry`, run as people run them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.people import Person, person
from tests.sharing.projects import project_in
from tests.sharing.receiver import Receiver, receiving


class Somebody:
    """A person in a project, with a server to share with."""

    def __init__(self, owner: Person, project: Path, receiver: Receiver) -> None:
        self.owner, self.project, self.receiver = owner, project, receiver
        self.store = project / ".claude" / "telemetry"

    def says(self, *words: str, **environ: str) -> CompletedProcess[str]:
        """`agentspec telemetry …`, without a terminal."""
        return self.owner.run("telemetry", *words, project=self.project, **environ)

    def reads(self, *words: str, **environ: str) -> Any:
        """The same with --json."""
        done = self.says(*words, "--json", **environ)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def says_yes(self) -> None:
        """A script of the person's own, that says yes for them."""
        done = self.says("--enable", "--yes", "--endpoint", self.receiver.url)
        assert done.returncode == 0, done.stderr

    def says_yes_anew(self) -> None:
        """No, and yes again."""
        assert self.says("--disable").returncode == 0
        self.says_yes()

    @property
    def config(self) -> Path:
        """The switch."""
        return self.store / "config.yaml"

    def receipts(self) -> list[str]:
        """The words that were written down."""
        return [json.loads(file.read_text())["choice"] for file in self.owner.state.glob("*.receipt")]


@pytest.fixture
def somebody(tmp_path: Path) -> Iterator[Somebody]:
    """A person who was never asked."""
    with receiving() as receiver:
        yield Somebody(person(tmp_path), project_in(tmp_path), receiver)
        assert receiver.ledger.violations == []
