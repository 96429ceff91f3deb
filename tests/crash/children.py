"""Processes to be killed: forks of a process that has imported everything, and fresh interpreters.

A fork is as real as any process, and starts where the work starts: nearly every kill hits a step, not an import.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from telemetry.cli.main import main as agentspec
from tests.people import ROOM

AHEAD = ("enable", "disable", "preview", "drop", "send_now", "standing", "purge")
LONGEST = 60.0
# Of Python 3.12 and newer, where another test has left a thread: the forks use nothing of its.
MAY_FORK = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


class End(NamedTuple):
    """How a process ended: by our kill, or by itself with this code."""

    killed: bool
    code: int


def warm_up() -> None:
    """Import what the forks need, so that they do not."""
    for name in (*(f"telemetry.cli.sharing.{one}" for one in AHEAD), "telemetry.cli.telemetry", "telemetry.cli.daemon",
                 "telemetry.sharing.daemon", "telemetry.sharing.wire", "jsonschema"):  # fmt: skip
        import_module(name)


def forked(action: Callable[[], int], said: Path) -> int:
    """Start a fork that does this, and says what it says into a file; its process id."""
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        return process
    code = 99
    try:
        _speak_into(said)
        code = action()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)  # neither the tests' own tidying up, nor a traceback into their output


def command(*args: str) -> Callable[[], int]:
    """`agentspec …`, as an action for a fork."""
    return lambda: agentspec(args)


def fresh(args: Sequence[str], said: Path) -> int:
    """Start `agentspec …` in a new interpreter, in a week with room; its process id."""
    line = [sys.executable, "-I", "-c", f"{ROOM}; from telemetry.cli.main import run; run()", *args]
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    out = [(os.POSIX_SPAWN_OPEN, fd, str(said), flags, 0o600) for fd in (1, 2)]
    return os.posix_spawn(sys.executable, line, os.environ, file_actions=out)


def killed_at(instants: dict[int, float | None]) -> dict[int, End]:
    """Kill each process so many seconds from now, if it has not ended by then; None: let it end. How each ended."""
    begun = time.monotonic()
    watched = {os.pidfd_open(process): process for process in instants}
    ends: dict[int, End] = {}
    poll = select.poll()
    for fd in watched:
        poll.register(fd, select.POLLIN)
    while watched:
        ours = {process: instant for process in watched.values() if (instant := instants[process]) is not None}
        waits = min(ours.values(), default=LONGEST) - (time.monotonic() - begun)
        ended = [fd for fd, _ in poll.poll(max(0.0, waits) * 1000)]
        if not ended:
            assert ours, "a process that nobody kills hangs"
            process = min(ours, key=lambda one: ours[one])
            os.kill(process, signal.SIGKILL)
            instants = {**instants, process: LONGEST}
        for fd in ended:
            process = watched.pop(fd)
            poll.unregister(fd)
            os.close(fd)
            ends[process] = _end_of(process)
    return ends


def has_ended(process: int) -> bool:
    """Whether a process has come to its end; who asks for its code may still do so."""
    return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def to_its_end(process: int) -> End:
    """Wait for a process."""
    return killed_at({process: None})[process]


def _end_of(process: int) -> End:
    _, status = os.waitpid(process, 0)
    code = os.waitstatus_to_exitcode(status)
    return End(code == -signal.SIGKILL, code)


def _speak_into(said: Path) -> None:
    fd = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (fd, 1), (fd, 2)):
        os.dup2(source, target)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
