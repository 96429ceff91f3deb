"""In the real CLI: a person says yes, a feature is built and shipped, a session's daemon shares it a day later."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from telemetry.sharing import process
from tests.canaries import traces_in
from tests.hooks.sharing import DELAY, note_program, python_of
from tests.journey.api import says
from tests.journey.leaving import keep
from tests.journey.life import furnish, whole_life
from tests.journey.machine import AGENTSPEC, BOTH, CANARIES, PATIENCE, TELEMETRY, Machine
from tests.people import Person, person
from tests.sharing.behaviours import ok
from tests.sharing.exchange import Exchange
from tests.sharing.projects import ship
from tests.sharing.receiver import Receiver, receiving


class Shared:
    """A machine, its owner, and a server that the owner said yes to in a terminal."""

    def __init__(self, machine: Machine, place: Path, receiver: Receiver) -> None:
        self.machine, self.place, self.receiver = machine, place, receiver
        self.owner = person(place)

    def says_yes(self) -> str:
        """Say yes at a terminal; what was on the screen."""
        asked = ("telemetry", "--enable", "--endpoint", self.receiver.url)
        with self.owner.terminal(*asked, project=self.machine.project) as terminal:
            terminal.sees("[y/N]")
            terminal.types("y")
            assert terminal.code() == 0, terminal.screen
        return terminal.screen

    def session(self, prompt: str = "hello", plugins: tuple[Path, ...] = (TELEMETRY,)) -> None:
        """A session that says one thing; its daemon starts at once, at the time that `daemon_at` set."""
        played = self.machine.plays(prompt, says(), plugins=plugins, environ=self.environ())
        assert played.code == 0, played.errors

    def environ(self) -> dict[str, str]:
        """What a session has of the owner: the password database, and no word against sharing."""
        names = ("LD_PRELOAD", "NSS_WRAPPER_PASSWD", "NSS_WRAPPER_GROUP")
        return {**{name: self.owner.environ[name] for name in names}, DELAY: "0", "DISABLE_TELEMETRY": ""}

    def daemon_at(self, somebody: Person | None) -> None:
        """What time it is for the daemons of the next sessions; None: they do nothing."""
        if somebody is None:
            note_program(self.owner, self.place / "program", "exit 0")
            return
        moved = {name: text for name, text in somebody.environ.items() if "FAKE" in name}
        note_program(somebody, self.place / "program", python_of(somebody, **moved))

    def preview(self, somebody: Person) -> list[str]:
        """The bytes of all waiting reports, as the person reads them."""
        told = somebody.run("telemetry", "--preview", "--json", project=self.machine.project)
        return [one["bytes"] for one in json.loads(told.stdout)["waiting"]]


@pytest.fixture
def shared(machine: Machine, tmp_path: Path) -> Iterator[Shared]:
    """Everything, up to the yes."""
    place = tmp_path / "owner"
    place.mkdir()
    with receiving() as receiver:
        yield Shared(machine, place, receiver)
        assert process.end(str(machine.store), PATIENCE)
        assert receiver.ledger.violations == []


def test_a_day_after_its_feature_a_daemon_shares_the_bytes_that_could_be_read(shared: Shared, tmp_path: Path) -> None:
    """From the yes to the server, with a canary in everything that a person or a project has."""
    machine = shared.machine
    furnish(machine)
    screen = shared.says_yes()
    assert "Sharing:      on" in screen
    shared.daemon_at(None)
    for scene in whole_life(machine):
        machine.plays(scene.prompt, *scene.replies, plugins=BOTH, environ=shared.environ())
    (shown,) = shared.preview(shared.owner)
    assert json.loads(shown)["report"]["feature"]["outcome"]["shipped"] is True
    assert "python-developer" in shown

    shared.daemon_at(shared.owner.later(23))
    shared.session()
    lock = machine.store / "daemon.lock"
    machine.wait_until(lambda: lock.exists() and lock.read_text().strip() != "")  # the daemon is there
    assert shared.receiver.ledger.raw == [], "it must rest for a day"
    assert process.end(str(machine.store), PATIENCE)

    shared.daemon_at(shared.owner.later(25))
    shared.session()
    machine.wait_until(lambda: any((machine.store / "sent").glob("*.report")))
    assert [held.line.decode() for held in shared.receiver.ledger.reports.values()] == [shown]
    exported = shared.owner.run("telemetry", "--export", project=machine.project).stdout
    assert json.loads(exported)
    evidence = tmp_path / "evidence"
    shutil.copytree(machine.store, evidence / "store")  # outbox, sent and logs; the purge takes them
    (evidence / "export").write_text(exported)
    assert shared.owner.later(25).run("telemetry", "--purge", "--yes", project=machine.project).returncode == 0
    assert [held.state for held in shared.receiver.ledger.reports.values()] == ["withdrawn"]
    keep(evidence, shared.receiver.ledger.raw)
    assert traces_in(evidence, [*CANARIES, str(machine.project), str(shared.owner.home)]) == []


def test_off_in_the_middle_of_a_batch_is_the_end_of_it(shared: Shared) -> None:
    """Sixty reports wait, fifty fit a request; `sharing: off` is written while that one is under way."""
    machine = shared.machine
    assert AGENTSPEC.is_dir()

    def off_meanwhile(exchange: Exchange) -> None:
        config = machine.store / "config.yaml"
        config.write_text(config.read_text().replace("sharing: on", "sharing: off"))
        ok(exchange)

    shared.owner = shared.owner.with_room()
    shared.says_yes()
    for number in range(60):
        ship(machine.project, f"FEATURE_{number}", ("define", "ship"), ago=timedelta(0))
    assert len(shared.preview(shared.owner)) == 60
    shared.receiver.script(always=off_meanwhile)
    shared.daemon_at(shared.owner.later(25))
    shared.session()
    machine.wait_until(lambda: len(list((machine.store / "sent").glob("*.report"))) == 50)
    machine.wait_until(lambda: process.running_in(str(machine.store)) is None)
    assert len(shared.receiver.ledger.counted) == 50
    assert len(shared.receiver.ledger.raw) == 1
