"""A person whose home is throw-away, for real subprocesses.

Consent lies where the password database says a person's home is, and no variable can say otherwise. So the tests
give their subprocesses a password database: Debian's libnss-wrapper, loaded before the C library, answers
`getpwuid` from a file. Nothing here may read or write the home of whoever runs the tests.
"""

from __future__ import annotations

import fcntl
import os
import pty
import pwd
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, NamedTuple, NoReturn

import pytest

REAL_HOME = Path(pwd.getpwuid(os.geteuid()).pw_dir)  # read before any test replaces the answer
STATE = Path(".local/state/agentspec-telemetry")
PATIENCE = 60.0
# Under libfaketime 0.9.10 clock_nanosleep fails (EINVAL), and with it every time.sleep of Python 3.11 and newer:
# git was asked, ended a moment late, and was "unknown". What runs at a moved time sleeps as Python 3.10 did.
SLEEPS = "import select, time; time.sleep = lambda seconds: select.select((), (), (), seconds) and None"
# A week with room for more than ten: in code alone, since nothing that a person can say makes one.
PLENTY = 10_000
ROOM = f"from telemetry.sharing.household import opened; opened.__defaults__ = ({PLENTY},)"


class LibnssWrapperIsMissing(Exception):
    """Install Debian's package libnss-wrapper: without it, subprocesses of tests would find the real home."""


class LibfaketimeIsMissing(Exception):
    """Install Debian's package faketime: the clock of subprocesses is moved with it."""


class ATestMayNotLookUpPeople(Exception):
    """Tests ask `pwd.getpwuid` for the home: the answer is a throw-away one."""


class Window(NamedTuple):
    """A terminal's size. `errors`: where standard error goes instead."""

    rows: int = 24
    columns: int = 80
    errors: IO[str] | None = None


USUAL = Window()


@dataclass(frozen=True)
class Person:
    """Somebody with a home and a small environment, for subprocesses that shall be theirs.

    `has_room`: whether their weeks hold more reports than ten, where it is something else that is tested.
    """

    home: Path
    environ: dict[str, str]
    has_room: bool = False
    window: Window = USUAL

    @property
    def state(self) -> Path:
        """Where the person's consent lies."""
        return self.home / STATE

    def later(self, hours: float) -> Person:
        """The same person, whose every clock is that much ahead: the system's own, not a variable of ours."""
        return replace(self, environ={**self.environ, **clock_ahead(self.environ, hours)})

    def with_room(self) -> Person:
        """The same person, in whose weeks there is room for many reports."""
        return replace(self, has_room=True)

    def before(self, window: Window) -> Person:
        """The same person, before another terminal."""
        return replace(self, window=window)

    @property
    def first(self) -> str:
        """What Python does before it is `agentspec` for this person."""
        return f"{SLEEPS}; {ROOM}" if self.has_room else SLEEPS

    def starts(self, *args: str, project: Path, **env: str) -> subprocess.Popen[str]:
        """`agentspec …` in a project, still running when this returns; nothing on standard input."""
        return subprocess.Popen(
            self._agentspec(*args), cwd=project, env={**self.environ, **env},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip

    def run(self, *args: str, project: Path, input: str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
        """`agentspec …` in a project, from beginning to end, without a terminal."""
        return subprocess.run(
            self._agentspec(*args), cwd=project, env={**self.environ, **env}, input=input or "",
            capture_output=True, check=False, text=True, encoding="utf-8", timeout=PATIENCE,
        )  # fmt: skip

    @contextmanager
    def terminal(self, *args: str, project: Path, **env: str) -> Iterator[Terminal]:
        """`agentspec …` in a terminal, where a person can answer; killed if the block leaves it running."""
        environ = {**self.environ, "TERM": "xterm", **env}
        opened = Terminal(self._agentspec(*args), project, environ, self.window)
        try:
            yield opened
        finally:
            opened.process.kill()
            opened.process.wait()
            opened.hangs_up()

    def _agentspec(self, *args: str) -> list[str]:
        """The command of this checkout. Isolated, as the console script is: no module comes from the project."""
        return [sys.executable, "-I", "-c", f"{self.first}; from telemetry.cli.main import run; run()", *args]


class Terminal:
    """One command and its screen.

    with person.terminal("telemetry", "--enable", project=project) as terminal:
        terminal.sees("[y/N]")
        terminal.types("y")
        assert terminal.code() == 0
    assert "Thank you" in terminal.screen
    """

    def __init__(self, command: list[str], folder: Path, environ: Mapping[str, str], window: Window = USUAL) -> None:
        self._ours: int | None
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", window.rows, window.columns, 0, 0))
        # A terminal starts nothing with ^C ignored, as a shell does that runs the tests in the background; and setsid
        # makes it the controlling terminal: /dev/tty and ^C work.
        self.process = subprocess.Popen(
            ["env", "--default-signal=INT,QUIT", "setsid", "--ctty", *command], cwd=folder, env=dict(environ),
            stdin=theirs, stdout=theirs, stderr=theirs if window.errors is None else window.errors,
        )  # fmt: skip
        os.close(theirs)
        self._drawn = b""

    @property
    def screen(self) -> str:
        """All that has been shown so far, what was typed included."""
        return self._drawn.decode("utf-8", "replace").replace("\r\n", "\n")

    def sees(self, text: str) -> None:
        """Return when the text stands on the screen."""
        until = time.monotonic() + PATIENCE
        while text not in self.screen:
            assert self._reads(until), f"{text!r} never came:\n{self.screen}"

    def types(self, line: str) -> None:
        """Type a line and press enter."""
        self.presses(line + "\n")

    def presses(self, keys: str) -> None:
        """Press keys: "\\x03" interrupts, "\\x04" ends the input."""
        assert self._ours is not None
        os.write(self._ours, keys.encode())

    def hangs_up(self) -> None:
        """Close the window."""
        if self._ours is not None:
            os.close(self._ours)
            self._ours = None

    def code(self) -> int:
        """Wait for the end, and say how it ended."""
        until = time.monotonic() + PATIENCE
        while self._reads(until):
            pass
        return self.process.wait(timeout=PATIENCE)

    def _reads(self, until: float) -> bool:
        """Take what is drawn next; False when there will be no more."""
        if self._ours is None or not select.select([self._ours], [], [], max(0.0, until - time.monotonic()))[0]:
            return False
        try:
            more = os.read(self._ours, 1 << 16)
        except OSError:  # Linux says EIO when nobody holds the other end any more
            return False
        self._drawn += more
        return bool(more)


def person(folder: Path) -> Person:
    """Somebody new below a folder of the test's; another folder makes another person."""
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    return Person(home, {**_surroundings(home), **_password_database(folder, home)})


def be(somebody: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this very process take its user for that person; so will the subprocesses that inherit its environment."""
    entry = pwd.getpwuid(os.geteuid())

    def getpwuid(uid: int) -> pwd.struct_passwd:
        return pwd.struct_passwd((entry.pw_name, "x", uid, entry.pw_gid, "", str(somebody.home), "/bin/sh"))

    def refuse(*_: object) -> NoReturn:
        raise ATestMayNotLookUpPeople

    monkeypatch.setattr(pwd, "getpwuid", getpwuid)
    monkeypatch.setattr(pwd, "getpwnam", refuse)
    monkeypatch.setattr(pwd, "getpwall", refuse)
    for name, value in somebody.environ.items():
        if name not in ("PATH", "LANG"):
            monkeypatch.setenv(name, value)


def found_here() -> dict[str, str]:
    """By what a process with an environment of its own finds the home that this test has, whatever its HOME says."""
    return {name: os.environ[name] for name in ("LD_PRELOAD", "NSS_WRAPPER_PASSWD", "NSS_WRAPPER_GROUP")}


def real_state() -> frozenset[Path]:
    """What there is about consent in the real home. No test may change it."""
    return frozenset((REAL_HOME / STATE).rglob("*"))


def _surroundings(home: Path) -> dict[str, str]:
    """Few variables: no CI, no proxy, no wish of the person who runs the tests."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}


def _password_database(folder: Path, home: Path) -> dict[str, str]:
    """A password database in which the user of the tests lives in that home, and the variables that make it count."""
    uid, gid = os.geteuid(), os.getegid()
    people = {0: ("root", 0, "/nonexistent"), 65534: ("nobody", 65534, "/nonexistent")}
    people[uid] = (people[uid][0] if uid in people else "person", gid, str(home))
    groups = {0: "root", 65534: "nogroup"}
    groups.setdefault(gid, "people")
    passwd, group = folder / "passwd", folder / "group"
    passwd.write_text("".join(f"{name}:x:{uid}:{gid}::{at}:/bin/sh\n" for uid, (name, gid, at) in people.items()))
    group.write_text("".join(f"{name}:x:{gid}:\n" for gid, name in groups.items()))
    return {"LD_PRELOAD": _wrapper(), "NSS_WRAPPER_PASSWD": str(passwd), "NSS_WRAPPER_GROUP": str(group)}


def _wrapper() -> str:
    found = [*Path("/usr").glob("lib*/libnss_wrapper.so"), *Path("/usr/lib").glob("*/libnss_wrapper.so")]
    if not found:
        raise LibnssWrapperIsMissing("apt-get install libnss-wrapper")
    return str(found[0])


def clock_ahead(environ: Mapping[str, str], hours: float) -> dict[str, str]:
    """What to add to an environment so that the date of a process is that much ahead; what it measures is not."""
    return {
        "LD_PRELOAD": f"{environ['LD_PRELOAD']}:{_libfaketime()}",
        "FAKETIME": f"{hours:+g}h",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


def _libfaketime() -> str:
    found = sorted(Path("/usr/lib").glob("**/faketime/libfaketime.so.1"))
    if not found:
        raise LibfaketimeIsMissing("apt-get install faketime")
    return str(found[0])
