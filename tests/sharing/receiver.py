"""A small strict server of the wire format, over a real loopback socket, that can be told to misbehave.

    with receiving(status(503, retry_after=1), cut_after_reading) as receiver:   # then ok
        ...  # what sends to receiver.url
        receiver.wait_until(lambda: len(receiver.ledger.counted) == 3)
    assert receiver.ledger.violations == []

In a thread of the test, or as its own process: `python -m tests.sharing.receiver --port 0 --log FILE`.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Event, Thread
from typing import BinaryIO

from tests.sharing.behaviours import BY_NAME, Behaviour, ok, status
from tests.sharing.exchange import Exchange, Gone, NoHttp, Reply, Request, head_of
from tests.sharing.ledger import Ledger

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


class Receiver:
    """The server. `ledger` holds what came."""

    def __init__(self, *script: Behaviour, always: Behaviour = ok, ledger: Ledger | None = None, port: int = 0) -> None:
        self.ledger = ledger or Ledger()
        self._script, self._always = deque(script), always
        self._changed = Condition()
        self._release, self._hanging, self._closed = Event(), 0, False
        self._connections: set[socket.socket] = set()
        self._threads: list[Thread] = []
        self._door = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port: int = self._door.getsockname()[1]
        self._start(self._accept)

    @property
    def url(self) -> str:
        """What config.yaml calls the endpoint."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def hanging(self) -> int:
        """How many requests were left without an answer so far."""
        return self._hanging

    def script(self, *behaviours: Behaviour, always: Behaviour | None = None) -> None:
        """What to do with the next requests, one each; then `always`, or as before."""
        with self._changed:
            self._script.extend(behaviours)
            self._always = always or self._always

    def wait_until(self, true: Callable[[], bool]) -> None:
        """Return when it is true; asked again whenever something came."""
        with self._changed:
            assert self._changed.wait_for(true, PATIENCE), (self.ledger.times, self.ledger.violations)

    def release(self) -> None:
        """End all that hangs or drips now."""
        with self._changed:
            self._release.set()
            self._release = Event()

    def aggregate(self) -> None:
        """Turn all that is held into numbers."""
        with self._changed:
            self.ledger.aggregate()

    def close(self) -> None:
        """Hang up on everybody and return when nothing runs any more."""
        with self._changed:
            self._closed = True
            self._release.set()
            for open_one in (self._door, *self._connections):
                with contextlib.suppress(OSError):
                    open_one.shutdown(socket.SHUT_RDWR)
        while self._threads:
            self._threads.pop().join()
        self._door.close()

    # --- what an exchange asks for

    def note(self, raw: bytes) -> None:
        """Keep the bytes of a request."""
        with self._changed:
            self.ledger.note(raw)
            self._changed.notify_all()

    def violate(self, what: str) -> None:
        """Remember what may not be."""
        with self._changed:
            self.ledger.violate(what)

    def judge(self, request: Request, rejecting: Collection[int]) -> Reply:
        """Count what is in it."""
        with self._changed:
            reply = self.ledger.judge(request, rejecting)
            self._changed.notify_all()
            return reply

    def released(self) -> Event:
        """The event that ends what begins to wait now."""
        with self._changed:
            return self._release

    def hangs(self) -> Event:
        """The same, counted."""
        with self._changed:
            self._hanging += 1
            self._changed.notify_all()
            return self._release

    # ---

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = Thread(target=work, args=args, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the door was shut
            while True:
                connection, _ = self._door.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._changed:
                    if self._closed:
                        connection.close()
                        return
                    self._connections.add(connection)
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream, contextlib.suppress(OSError, Gone):
            while head := head_of(stream):
                if not self._behave(connection, stream, head):
                    break
        with self._changed:
            self._connections.discard(connection)

    def _behave(self, connection: socket.socket, stream: BinaryIO, head: bytes) -> bool:
        """One exchange; whether there may be another on this connection."""
        try:
            exchange = Exchange(self, connection, stream, head)
        except Gone as gone:
            self.note(head)
            if isinstance(gone, NoHttp):
                self.violate("something that is no HTTP request")
            raise
        with self._changed:
            behaviour = self._script.popleft() if self._script else self._always
        behaviour(exchange)
        return exchange.open


@contextmanager
def receiving(*script: Behaviour, always: Behaviour = ok) -> Iterator[Receiver]:
    """A receiver in a thread of this process. `script`: what it does with the first requests, one each."""
    receiver = Receiver(*script, always=always)
    try:
        yield receiver
    finally:
        receiver.close()


@contextmanager
def receiving_apart(log: Path, *options: str) -> Iterator[str]:
    """A receiver in a process of its own; its address. `ledger.from_log` reads the log."""
    command = [sys.executable, "-m", "tests.sharing.receiver", "--log", str(log), *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def main(argv: list[str]) -> int:
    """Serve until told to end; the port is printed once it is open."""
    parser = argparse.ArgumentParser(prog="python -m tests.sharing.receiver", description=main.__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, help="a file that gets every request, report and violation as a line")
    parser.add_argument("--fast", action="store_true", help="count reports and check nothing else: for benchmarks")
    parser.add_argument("--always", default="ok", help=f"a status, or one of: {', '.join(BY_NAME)}")
    args = parser.parse_args(argv)
    always = status(int(args.always)) if args.always.isdecimal() else BY_NAME[args.always]
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # before there are threads: none of them is to be ended
    receiver = Receiver(always=always, ledger=Ledger(fast=args.fast, log=args.log), port=args.port)
    print(receiver.port, flush=True)
    signal.sigwait(ends)
    receiver.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
