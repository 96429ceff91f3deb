"""Finding and ending the daemon of a store: nothing is signalled but a daemon of ours."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from telemetry.contract import layout
from telemetry.sharing.process import end, is_daemon, running_in

HOLDS = """\
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
fcntl.flock(fd, fcntl.LOCK_EX)
os.pwrite(fd, f"{os.getpid()}\\n".encode(), 0)
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def holding(store: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the daemon's lock, with its id inside."""
    command = [sys.executable, "-c", HOLDS, str(store / layout.DAEMON_LOCK), *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_the_daemon_is_found_and_ended(tmp_path: Path) -> None:
    """By SIGTERM; it is gone when `end` returns."""
    with holding(tmp_path, "daemon") as daemon:
        assert running_in(str(tmp_path)) == daemon.pid
        assert is_daemon(daemon.pid)
        assert end(str(tmp_path))
        assert daemon.wait(timeout=10) == -signal.SIGTERM
    assert running_in(str(tmp_path)) is None


def test_a_process_that_is_no_daemon_is_not_signalled(tmp_path: Path) -> None:
    """A container that shares the store has other ids: there is a daemon, but who is not for us to say."""
    with holding(tmp_path) as stranger:
        assert not end(str(tmp_path), patience=0.2)
        assert stranger.poll() is None


@pytest.mark.parametrize("text", ["", "0", "1", "-1", "99999999999999999999", "²", "one"])
def test_an_id_that_is_none_is_no_process(tmp_path: Path, text: str) -> None:
    """0 would be our own group, -1 everybody: the daemon is seen by its lock, and left alone."""
    lock = tmp_path / layout.DAEMON_LOCK
    lock.write_text(text)
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert running_in(str(tmp_path)) == 0
        assert not end(str(tmp_path), patience=0.1)


def test_a_lock_that_nobody_holds_is_no_daemon(tmp_path: Path) -> None:
    """Nor is one that is not there, a link, a pipe."""
    assert running_in(str(tmp_path)) is None
    (tmp_path / "elsewhere").write_text(str(os.getpid()))
    lock = tmp_path / layout.DAEMON_LOCK
    lock.symlink_to(tmp_path / "elsewhere")
    assert end(str(tmp_path))
    lock.unlink()
    os.mkfifo(lock)
    assert end(str(tmp_path))
    lock.unlink()
    lock.write_text(str(os.getpid()))
    assert end(str(tmp_path))
