"""A project that is worked in while everything that seals and sends is killed, again and again, at random instants.

    python -m tests.crash.world --folder DIR --seed 7 --crashes 150

Only for a process whose user's home is a throw-away one (tests/people.py). Prints what happened, as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

from telemetry.contract import layout
from telemetry.contract.vocabulary import PHASES
from telemetry.sharing import daemon
from telemetry.sharing.daemon import Rhythm
from telemetry.sharing.sealed import SUFFIX
from tests.crash.children import End, command, forked, fresh, killed_at, to_its_end, warm_up
from tests.crash.moody import Moody, moody
from tests.crash.verdict import wrong_with
from tests.people import ROOM
from tests.sharing.projects import project_in, ship

HURRIED = Rhythm(idle=0.3, look_around=0.1, settle=0.0)
KINDS = {"send_now": 4, "daemon": 4, "preview": 2, "drop": 1}
FRESH = 1 / 6  # of all: in an interpreter of its own
CALM = 1 / 12  # of all: not killed, if the server lets it end
LONGEST_SPAN = 1.5
UNTIL_ABANDONED = timedelta(days=13)  # 14 would settle what is in flight


class Kind(NamedTuple):
    """What is started, and whether in an interpreter of its own."""

    name: str
    is_fresh: bool

    @property
    def label(self) -> str:
        """For the account of what happened."""
        return f"fresh {self.name}" if self.is_fresh else self.name


class World:
    """The project, and what we know must become of it."""

    def __init__(self, folder: Path, server: Moody, seed: int) -> None:
        self.project, self.said = project_in(folder), folder / "said"
        self.server, self.chance = server, random.Random(seed)
        self.expected: list[str] = []  # by name, once for each life
        self.open: list[str] = []
        self.droppable: set[str] = set()
        self.ends: Counter[str] = Counter()
        self.spans: dict[Kind, float] = {}

    # --- what a person does; nobody is killed in it

    def says_yes(self) -> None:
        """Some features are from before the yes, some begin before it and end after it."""
        for number in range(5):
            ship(self.project, f"BEFORE_{number}")
            ship(self.project, f"ACROSS_{number}", PHASES[:2])
        args = ("telemetry", "--enable", "--yes", "--endpoint", self.server.url, "--project", str(self.project))
        assert to_its_end(forked(command(*args), self.said)) == End(False, 0), self.said.read_text()
        for number in range(5):
            ship(self.project, f"ACROSS_{number}", PHASES[2:])

    def works(self) -> None:
        """A bit of a person's work: features begin, end, go on after their end, or live a second time."""
        for _ in range(self.chance.randrange(3)):
            self._works_on_one()

    def _works_on_one(self) -> None:
        name, choice = f"FEATURE_{len(self.expected) + len(self.open)}", self.chance.random()
        if choice < 0.6:
            ship(self.project, name)
            self.expected.append(name)
        elif choice < 0.75:
            ship(self.project, name, PHASES[:2])
            self.open.append(name)
        elif choice < 0.9 and self.open:
            ended = self.open.pop(self.chance.randrange(len(self.open)))
            ship(self.project, ended, PHASES[2:])
            self.expected.append(ended)
        elif self._is_all_noted():
            ship(self.project, self.chance.choice(self.expected), ("build",))

    def _is_all_noted(self) -> bool:
        """Whether every feature that ended was sealed: only then is it known that going on changes nothing."""
        sealed = self.project.joinpath(*layout.STORE, layout.SEALED)
        return bool(self.expected) and sealed.is_file() and sealed.read_bytes().count(b"{") == len(self.expected)

    # --- what is killed

    def crashes(self) -> int:
        """Start one to three processes, and kill each at an instant of its own; how many were hit."""
        self.server.feels("any")
        self.works()
        begun = {self._start(kind): kind for kind in self._kinds()}
        self.works()  # while they run
        instants: dict[int, float | None] = {
            process: self.chance.uniform(0, self.spans.setdefault(kind, 0.3)) for process, kind in begun.items()
        }
        if self.chance.random() < CALM:
            instants = dict.fromkeys(instants, LONGEST_SPAN)
        ends = killed_at(instants)
        for process, end in ends.items():
            self._learn(begun[process], end)
        return sum(end.killed for end in ends.values())

    def _kinds(self) -> list[Kind]:
        many = self.chance.choice((1, 1, 2, 3))
        names = self.chance.choices(list(KINDS), list(KINDS.values()), k=many)
        return [Kind(name, self.chance.random() < FRESH) for name in names]

    def _start(self, kind: Kind) -> int:
        name, is_fresh = kind
        if name == "daemon":
            return fresh(("daemon", "--project", str(self.project)), self.said) if is_fresh else self._daemon()
        options = {"send_now": ("--send-now",), "preview": ("--preview",), "drop": ("--drop", self._dropped())}[name]
        args = ("telemetry", *options, "--project", str(self.project))
        return fresh(args, self.said) if is_fresh else forked(command(*args), self.said)

    def _daemon(self) -> int:
        """A daemon whose clock is so far ahead that what was sealed has rested, and whose last try was long ago."""
        ahead = timedelta(hours=25) + (UNTIL_ABANDONED - timedelta(hours=25)) * self.chance.random()
        return forked(_daemon_in(self.project, lambda: datetime.now(timezone.utc) + ahead), self.said)

    def _dropped(self) -> str:
        waiting = sorted(self.project.joinpath(*layout.STORE, layout.OUTBOX).glob("*" + SUFFIX))
        if not waiting:
            return "none"
        chosen = self.chance.choice(waiting).name.removesuffix(SUFFIX)
        self.droppable.add(chosen)
        return chosen

    def _learn(self, kind: Kind, end: End) -> None:
        """Kill within the time that it takes, whatever machine this is: four of five are hit before their end."""
        self.ends[f"{kind.label} {'killed' if end.killed else end.code}"] += 1
        self.spans[kind] = min(LONGEST_SPAN, self.spans[kind] * (1.02 if end.killed else 0.92))

    # --- the end

    def ends_well(self) -> list[str]:
        """One quiet run before a server that behaves; what is wrong then."""
        self.server.feels("ok")
        args = ("telemetry", "--send-now", "--project", str(self.project))
        last = to_its_end(forked(command(*args), self.said))
        wrong = wrong_with(self.project, self.server.ledger(), self.expected, self.droppable)
        wrong += [f"the quiet run ended with {last.code}"] * (last.code != 0)
        bugs = sorted(name for name in self.ends if name.split()[-1] not in ("killed", "0", "1"))
        return wrong + [f"a process ended as no process may: {name}" for name in bugs]


def _daemon_in(project: Path, clock: Callable[[], datetime]) -> Callable[[], int]:
    def run() -> int:
        print(daemon.run(str(project), os.environ, clock, HURRIED))
        return 0

    return run


def play(folder: Path, seed: int, crashes: int) -> dict[str, Any]:
    """The whole of it; what happened."""
    warm_up()
    exec(ROOM)  # far more is killed than leaves in a week
    with moody(folder, seed) as server:
        world, hit = World(folder, server, seed), 0
        world.says_yes()
        while hit < crashes:
            hit += world.crashes()
        wrong = world.ends_well()
        ledger = server.ledger()
    return {
        "wrong": wrong,
        "killed": hit,
        "expected": len(world.expected),
        "received": len(ledger.counted),
        "received again": sum(ledger.times.values()) - len(ledger.counted),
        "requests": len(ledger.raw),
        "ends": dict(sorted(world.ends.items())),
        "spans": {kind.label: round(span, 3) for kind, span in sorted(world.spans.items())},
    }


def main(argv: list[str]) -> int:
    """Play, and print it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--crashes", type=int, required=True)
    args = parser.parse_args(argv)
    print(json.dumps(play(args.folder, args.seed, args.crashes)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
