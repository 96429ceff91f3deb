"""A project that is worked in while everything that seals, sends and erases is killed, again and again, at random.

It lives from a yes to a purge, and then anew. Each life is judged twice: before its purge all that may be shared has
been received once; after it, however often it was killed, nothing is here, and nothing raw at the receiver.

    python -m tests.crash.world --folder DIR --seed 7 --crashes 150

Only for a process whose user's home is a throw-away one (tests/people.py). Prints what happened, as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

from telemetry.contract import layout
from telemetry.contract.vocabulary import PHASES
from telemetry.sharing import daemon
from telemetry.sharing.daemon import Rhythm
from telemetry.sharing.sealed import SUFFIX
from tests.crash.children import End, command, forked, fresh, has_ended, killed_at, to_its_end, warm_up
from tests.crash.moody import Moody, moody
from tests.crash.verdict import noted_in, since, wrong_after_purge, wrong_with
from tests.people import ROOM
from tests.sharing.ledger import Ledger
from tests.sharing.projects import project_in, ship

HURRIED = Rhythm(idle=0.3, look_around=0.1, settle=0.0)
KINDS = {"send_now": 4, "daemon": 4, "preview": 2, "drop": 1}
WHILE_PURGING = ("send_now", "daemon", "preview")
REQUESTS, PURGES = 1 / 2, 1 / 15  # at least so many, for each that is killed
LIFE = (6, 14)  # how many are killed in it before its purge
FRESH = 1 / 6  # of all: in an interpreter of its own
CALM, ASKED = 1 / 5, 1 / 2  # of all: not killed, if the server lets it end; killed soon after a request came
SOON = 0.05
FIRST_SPAN, LONGEST_SPAN = 0.3, 2.0
LONGER, SHORTER = 1.15, 0.75
OPTIONS = {"send_now": ("--send-now",), "preview": ("--preview",)}
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
        self.before = server.ledger()  # what came in earlier lives
        self.lives = 0
        self.expected: list[str] = []  # by name, once for each time that it ended
        self.open: list[str] = []
        self.droppable: set[str] = set()
        self.ends: Counter[str] = Counter()
        self.spans: dict[Kind, float] = {}

    # --- what a person does; nobody is killed in it

    def begins(self) -> None:
        """A yes. Some features are from before it, some begin before it and end after it."""
        self.before, self.lives = self.server.ledger(), self.lives + 1
        self.expected, self.open, self.droppable = [], [], set()
        self.server.feels("ok")
        for number in range(3):
            ship(self.project, f"BEFORE_{number}")
            ship(self.project, f"ACROSS_{number}", PHASES[:2])
        args = ("telemetry", "--enable", "--yes", "--endpoint", self.server.url, "--project", str(self.project))
        assert to_its_end(forked(command(*args), self.said)) == End(False, 0), self.said.read_text()
        for number in range(3):
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

    def hit(self, name: str = "") -> int:
        """How many were killed so far, of all or of one kind."""
        return sum(count for end, count in self.ends.items() if end.endswith(f"{name} killed"))

    def crashes(self) -> None:
        """Start one to three processes, and kill each at an instant of its own."""
        self.server.feels("any")
        self.works()
        begun = {self._start(kind): kind for kind in self._kinds()}
        self.works()  # while they run
        choice = self.chance.random()
        if choice < CALM:
            self._kill(begun, dict.fromkeys(begun, LONGEST_SPAN))
        elif choice < CALM + ASKED:
            self._kill(begun, self._when_asked(begun))
        else:
            self._kill_at_random(begun)

    def is_purged(self) -> None:
        """Purge it, while others are at work, until that comes to an end unharmed."""
        self.server.feels("any")
        while self.project.joinpath(*layout.STORE).exists():
            others = self.chance.sample(WHILE_PURGING, self.chance.choice((0, 0, 1, 2)))
            kinds = [Kind(name, self.chance.random() < FRESH) for name in ("purge", *others)]
            begun = {self._start(kind): kind for kind in kinds}
            self._kill_at_random(begun)

    def _kill_at_random(self, begun: dict[int, Kind]) -> None:
        """Each at an instant of its own within the time that it takes, whatever machine this is."""
        spans = {process: self.spans.get(kind, FIRST_SPAN) for process, kind in begun.items()}
        before = self.ends.copy()
        self._kill(begun, {process: self.chance.uniform(0, span) for process, span in spans.items()})
        self._learn(set(begun.values()), self.ends - before)

    def _when_asked(self, begun: dict[int, Kind]) -> dict[int, float]:
        """All of them soon after a request came, if one comes."""
        began, before = time.monotonic(), self.server.asked()
        while self.server.asked() == before and not all(map(has_ended, begun)):
            if time.monotonic() > began + LONGEST_SPAN:
                break
            time.sleep(0.001)
        return {process: self.chance.uniform(0, SOON) for process in begun}

    def _kill(self, begun: dict[int, Kind], instants: Mapping[int, float]) -> None:
        ends = killed_at(dict(instants))
        self.ends.update(f"{begun[process].label} {_said(end)}" for process, end in ends.items())

    def _kinds(self) -> list[Kind]:
        many = self.chance.choice((1, 1, 2, 3))
        names = self.chance.choices(list(KINDS), list(KINDS.values()), k=many)
        return [Kind(name, self.chance.random() < FRESH) for name in names]

    def _start(self, kind: Kind) -> int:
        name, is_fresh = kind
        if name == "daemon":
            return fresh(("daemon", "--project", str(self.project)), self.said) if is_fresh else self._daemon()
        options = {"drop": ("--drop", self._dropped()), "purge": ("--purge", "--yes")}.get(name) or OPTIONS[name]
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

    def _learn(self, kinds: set[Kind], ends: Counter[str]) -> None:
        """So that two of three are hit before their end, whatever else this machine has to do."""
        for kind in kinds:
            hit = ends[f"{kind.label} killed"] > 0
            self.spans[kind] = min(LONGEST_SPAN, self.spans.get(kind, FIRST_SPAN) * (LONGER if hit else SHORTER))

    # --- the end

    def shares_all(self) -> list[str]:
        """One quiet run before a server that behaves; what is wrong then."""
        last = self._quietly("--send-now")
        if last.code:  # a server that was busy asked for a second's patience, and gets it from a person in a hurry, too
            time.sleep(1)
            last = self._quietly("--send-now")
        found = since(self.server.ledger(), self.before)
        wrong = wrong_with(self.project, found, self.expected, self.droppable)
        return wrong + [f"the quiet run ended with {last.code}"] * (last.code != 0)

    def is_gone(self, noted: set[str], more: int) -> list[str]:
        """One quiet purge more, for what the killed ones left to be taken back; what is wrong then."""
        last = self._quietly("--purge", "--yes")
        wrong = wrong_after_purge(self.project, since(self.server.ledger(), self.before), noted, more)
        return wrong + [f"the last purge ended with {last.code}"] * (last.code != 0)

    def bugs(self) -> list[str]:
        """Ends that no process may have."""
        odd = sorted(name for name in self.ends if name.split()[-1] not in ("killed", "0", "1"))
        return [f"a process ended as no process may: {name}" for name in odd]

    def _quietly(self, *options: str) -> End:
        self.server.feels("ok")
        return to_its_end(forked(command("telemetry", *options, "--project", str(self.project)), self.said))


def _said(end: End) -> str:
    return "killed" if end.killed else str(end.code)


def _daemon_in(project: Path, clock: Callable[[], datetime]) -> Callable[[], int]:
    def run() -> int:
        print(daemon.run(str(project), os.environ, clock, HURRIED))
        return 0

    return run


def _lives(world: World) -> list[str]:
    """One life of the project, from a yes to a purge; what was wrong."""
    planned = world.hit() + world.chance.randint(*LIFE)
    world.begins()
    while world.hit() < planned:
        world.crashes()
    wrong, noted, known = world.shares_all(), noted_in(world.project), len(world.expected)
    for _ in range(3):  # so that something is unsealed, waits, or arrived without an answer
        world.crashes()
    world.is_purged()
    return wrong + world.is_gone(noted, len(world.expected) - known)


def play(folder: Path, seed: int, crashes: int) -> dict[str, Any]:
    """The whole of it; what happened."""
    warm_up()
    exec(ROOM)  # far more is killed than leaves in a week
    with moody(folder, seed) as server:
        world, wrong = World(folder, server, seed), list[str]()
        while (
            world.hit() < crashes
            or world.hit("purge") < crashes * PURGES
            or len(_reports(world.before)) < crashes * REQUESTS
        ):
            wrong += _lives(world)
            world.before = server.ledger()
        ledger, met = server.ledger(), server.met()
    wrong += ["what was purged came again"] * (ledger.times != world.before.times)
    return {
        "wrong": wrong + world.bugs(),
        "killed": world.hit(),
        "purges killed": world.hit("purge"),
        "lives": world.lives,
        "received": len(ledger.counted),
        "received again": sum(ledger.times.values()) - len(ledger.counted),
        "requests": len(_reports(ledger)),
        "withdrawals": len(ledger.raw) - len(_reports(ledger)),
        "moods": dict(sorted(met.items())),
        "ends": dict(sorted(world.ends.items())),
        "spans": {kind.label: round(span, 3) for kind, span in sorted(world.spans.items())},
    }


def _reports(ledger: Ledger) -> list[bytes]:
    """The requests that brought reports."""
    return [raw for raw in ledger.raw if raw.startswith(b"POST /v1/reports ")]


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
