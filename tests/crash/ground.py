"""Small lives of a project, each of which passes some of the places where a process may be killed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

from telemetry.contract import faults, layout
from telemetry.contract.promises import REPORTS_A_WEEK
from telemetry.sharing import daemon
from telemetry.sharing.sealed import SUFFIX
from tests.crash.children import End, command, forked, to_its_end
from tests.crash.moody import Moody
from tests.crash.verdict import since, wrong_with
from tests.crash.world import HURRIED
from tests.sharing.ledger import Ledger
from tests.sharing.projects import project_in, ship

LATER = timedelta(hours=25)  # what was sealed now has rested by then


class Ground:
    """A project, its person, and a server that many grounds share one after another."""

    def __init__(self, folder: Path, server: Moody) -> None:
        self.folder, self.project, self.server = folder, project_in(folder), server
        self.before = server.ledger()
        self.expected: list[str] = []
        self.droppable: set[str] = set()

    @property
    def store(self) -> Path:
        """Where the project's store lies."""
        return self.project.joinpath(*layout.STORE)

    def runs(self, *options: str) -> Callable[[], int]:
        """`agentspec telemetry …` in this project."""
        return command("telemetry", *options, "--project", str(self.project))

    def enables(self) -> Callable[[], int]:
        """A person's yes."""
        return self.runs("--enable", "--yes", "--endpoint", self.server.url)

    def daemon(self) -> Callable[[], int]:
        """A daemon, a day later."""

        def run() -> int:
            daemon.run(str(self.project), os.environ, lambda: datetime.now(timezone.utc) + LATER, HURRIED)
            return 0

        return run

    def does(self, action: Callable[[], int]) -> End:
        """Something, in a process of its own, to its end."""
        return to_its_end(forked(action, self.folder / "said"))

    def killed_at(self, fault: str, action: Callable[[], int]) -> End:
        """The same, killed at a boundary."""

        def run() -> int:
            os.environ[faults.VARIABLE] = fault
            return action()

        return self.does(run)

    def passes(self, action: Callable[[], int]) -> list[str]:
        """The same, to its end: the boundaries that it passes, in their order."""
        notes = self.folder / "passed"

        def run() -> int:
            with notes.open("w") as file:
                _note_boundaries(lambda step: file.write(step + "\n"))
                return action()

        self.does(run)
        return notes.read_text().split()

    def shipped(self, *names: str) -> None:
        """Features that are to be shared."""
        for name in names:
            ship(self.project, name)
        self.expected += names

    def waiting(self) -> str:
        """The id of the first report that waits; it may be dropped from now on."""
        found = min(one.name for one in (self.store / layout.OUTBOX).glob("*" + SUFFIX)).removesuffix(SUFFIX)
        self.droppable.add(found)
        return found

    def received(self) -> Ledger:
        """What came since this ground was laid."""
        return since(self.server.ledger(), self.before)

    def wrong(self) -> list[str]:
        """What is wrong after one quiet run."""
        self.server.feels("ok")
        last = self.does(self.runs("--send-now"))
        return wrong_with(self.project, self.received(), self.expected, self.droppable) + [
            f"the quiet run ended with {last.code}"
        ] * (last.code != 0)


class Life(NamedTuple):
    """What is there before, the mood of the server, and what is done and may be killed in it."""

    before: Callable[[Ground], None]
    does: Callable[[Ground], Callable[[], int]]
    mood: str = "ok"


def _nothing(ground: Ground) -> None:
    """A new project of a new person, with a feature from before the yes."""
    ship(ground.project, "BEFORE")


def _consented(ground: Ground) -> None:
    _nothing(ground)
    assert ground.does(ground.enables()).code == 0
    ship(ground.project, "UNFINISHED", ("define", "design"))


def _finished(ground: Ground) -> None:
    _consented(ground)
    ground.shipped("ONE", "TWO")


def _sealed(ground: Ground) -> None:
    _finished(ground)
    assert ground.does(ground.runs("--preview")).code == 0


def _nowhere(ground: Ground) -> None:
    """A yes that named no server."""
    _nothing(ground)
    assert ground.does(ground.runs("--enable", "--yes")).code == 0
    ground.shipped("ONE", "TWO")


def _late(ground: Ground) -> None:
    """An event from before the yes was written a moment after it."""
    _finished(ground)
    ship(ground.project, "LATE", ("define",), ago=timedelta(hours=1))


def _failed(ground: Ground) -> None:
    _sealed(ground)
    ground.server.feels("broken")
    assert ground.does(ground.runs("--send-now")).code == 1


def _unnoted(ground: Ground) -> None:
    _finished(ground)
    assert ground.killed_at("seal_put", ground.runs("--preview")).killed


def _one_too_many(ground: Ground) -> None:
    _consented(ground)
    ground.shipped(*(f"FEATURE_{number}" for number in range(REPORTS_A_WEEK)))
    assert ground.does(ground.runs("--preview")).code == 0
    ground.shipped("ONE_TOO_MANY")


def _one_more(ground: Ground) -> None:
    _sealed(ground)
    ground.shipped("THREE")


LIVES: dict[str, Life] = {
    "yes": Life(_nothing, Ground.enables),
    "name a server": Life(_nowhere, Ground.enables),
    "no": Life(_sealed, lambda ground: ground.runs("--disable")),
    "seal": Life(_finished, lambda ground: ground.runs("--preview")),
    "seal in a full week": Life(_one_too_many, lambda ground: ground.runs("--preview")),
    "seal beside what began before the yes": Life(_late, lambda ground: ground.runs("--preview")),
    "mend": Life(_unnoted, lambda ground: ground.runs("--preview")),
    "drop": Life(_sealed, lambda ground: ground.runs("--drop", ground.waiting())),
    "drop what was never noted": Life(_unnoted, lambda ground: ground.runs("--drop", ground.waiting())),
    "send": Life(_sealed, lambda ground: ground.runs("--send-now")),
    "send to who fails": Life(_sealed, lambda ground: ground.runs("--send-now"), "broken"),
    "send again": Life(_failed, lambda ground: ground.runs("--send-now")),
    "send to who rejects": Life(_sealed, lambda ground: ground.runs("--send-now"), "rejecting"),
    "daemon": Life(_one_more, Ground.daemon),
}


def _note_boundaries(note: Callable[[str], object]) -> None:
    """From now on this process, which is a fork, tells every boundary that it passes."""
    boundary = faults.reached
    for name, module in list(sys.modules.items()):
        if name.startswith("telemetry.") and getattr(module, "reached", None) is boundary:
            vars(module)["reached"] = note
