"""A receiver in a process of its own whose mood a file tells, so that it can change while everything else is killed.

A mood is the name of a behaviour, or `any`: then one request after another meets all of them, in an order of chance.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from tests.sharing import behaviours
from tests.sharing.behaviours import Behaviour, rejecting, saying, status
from tests.sharing.exchange import Exchange
from tests.sharing.ledger import Ledger, from_log
from tests.sharing.receiver import Receiver

ROOT = Path(__file__).parents[2]
MOODS: dict[str, Behaviour] = {
    "ok": behaviours.ok,
    "accepted_200": lambda exchange: exchange.answer(exchange.take()._replace(status=200)),
    "broken": status(500),
    "busy": status(429, retry_after=1),
    "hang": behaviours.hang,
    "hang_after_taking": behaviours.hang_after_taking,
    "cut_before_reading": behaviours.cut_before_reading,
    "cut_after_reading": behaviours.cut_after_reading,
    "cut_within_the_answer": behaviours.cut_within_the_answer,
    "answer_twice": behaviours.answer_twice,
    "garbage": saying(b"\x00\xff{not json"),
}
ONLY_WHEN_ASKED: dict[str, Behaviour] = {"rejecting": rejecting(0)}


class Moody:
    """The receiver, as seen from outside its process."""

    def __init__(self, url: str, mood: Path, log: Path) -> None:
        self.url, self._mood, self._log = url, mood, log

    def feels(self, mood: str) -> None:
        """From the next request on."""
        new = self._mood.with_suffix(".new")
        new.write_text(mood)
        new.replace(self._mood)

    def ledger(self) -> Ledger:
        """What came so far."""
        return from_log(self._log)

    def asked(self) -> int:
        """Something that grows with every request."""
        return _moods_beside(self._log).stat().st_size

    def met(self) -> Counter[str]:
        """How many requests met each mood."""
        return Counter(_moods_beside(self._log).read_text().split())


@contextmanager
def moody(folder: Path, seed: int = 0) -> Iterator[Moody]:
    """A receiver that begins in a good mood."""
    mood, log = folder / "mood", folder / "received.log"
    mood.write_text("ok")
    log.touch()
    _moods_beside(log).touch()
    command = [sys.executable, "-m", "tests.crash.moody", "--log", str(log), "--mood", str(mood), "--seed", str(seed)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Moody(f"http://127.0.0.1:{int(process.stdout.readline())}", mood, log)
        finally:
            process.terminate()


def main(argv: list[str]) -> int:
    """Serve until told to end; the port is printed once it is open."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--mood", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    args = parser.parse_args(argv)
    deck, known = _Deck(args.seed), {**MOODS, **ONLY_WHEN_ASKED}

    def behave(exchange: Exchange) -> None:
        told = args.mood.read_text()
        mood = deck.draws() if told == "any" else told
        with _moods_beside(args.log).open("a") as file:
            file.write(mood + "\n")
        known[mood](exchange)

    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # before there are threads: none of them is to be ended
    receiver = Receiver(always=behave, ledger=Ledger(log=args.log))
    print(receiver.port, flush=True)
    signal.sigwait(ends)
    receiver.close()
    return 0


class _Deck:
    """Moods by chance, and none of them left out for long."""

    def __init__(self, seed: int) -> None:
        self._chance, self._left, self._lock = random.Random(seed), list[str](), Lock()

    def draws(self) -> str:
        """The next."""
        with self._lock:
            if not self._left:
                self._left = self._chance.sample(_LIKELY, len(_LIKELY))
            return self._left.pop()


def _moods_beside(log: Path) -> Path:
    return log.with_suffix(".moods")


_LIKELY = (*MOODS, "ok", "ok", "ok")  # or nothing would ever be sent to its end

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
