"""Where hostile projects are tried: people with homes, a server that would notice, and commands as real processes.

Every command runs in a process of its own, in the person's environment and password database, in the project's folder.
They are forked from one interpreter per person and project, which has only imported: that is what makes it affordable.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.contract.events import ROOT
from tests.hooks.running import PATH, SECONDS
from tests.hooks.sharing import SHARE, note_program, python_of
from tests.hooks.test_starting import TO_THE_VERY_END
from tests.people import Person, person

START = {"hook_event_name": "SessionStart", "session_id": "s1", "source": "startup"}
STATUS = ("telemetry", "--status", "--json")
SCREEN = ("telemetry", "--status")
PREVIEW = ("telemetry", "--preview")
SEND = ("telemetry", "--send-now")
DAEMON = ("daemon",)
INSIGHTS = ("insights",)
HELD_UP = 60


class Ran(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """On both streams."""
        return self.out + self.err


# Forks before it runs anything: each command line is a process that ends by itself, or by its alarm. A daemon looks
# around once and ends, instead of waiting ten minutes for more.
MANY = f"""
import json, os, signal, sys, tempfile
from importlib import import_module
for name in ("insights", "telemetry", "daemon", "sharing.standing", "sharing.preview", "sharing.send_now"):
    import_module("telemetry.cli." + name)
from telemetry.cli.main import main
from telemetry.sharing import daemon
daemon.run.__defaults__ = (daemon.Rhythm(idle=0.0), None)
ran = []
for words in json.loads(sys.argv[1]):
    with tempfile.TemporaryFile(dir="/tmp") as out, tempfile.TemporaryFile(dir="/tmp") as err:
        child = os.fork()
        if not child:
            signal.alarm({HELD_UP})
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            code = main(words)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode("utf-8", "backslashreplace"))
        ran.append((code, *said))
print(json.dumps(ran))
"""


def commands(somebody: Person, project: Path, environ: dict[str, str], *lines: tuple[str, ...]) -> list[Ran]:
    """`agentspec …` several times, one after another, in a project."""
    ran = subprocess.run(
        [sys.executable, "-I", "-c", MANY, json.dumps(lines)], cwd=project, env={**somebody.environ, **environ},
        stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=len(lines) * HELD_UP,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr.decode()
    return [Ran(*one) for one in json.loads(ran.stdout)]


def session_starts(somebody: Person, project: Path, environ: dict[str, str]) -> None:
    """The hook that may start a daemon, and all that it leaves in the background, to the very end; without a sound."""
    session = {"CLAUDE_PLUGIN_ROOT": str(ROOT), "CLAUDE_PROJECT_DIR": str(project), "PATH": PATH, "CLAUDECODE": "1"}
    ran = subprocess.run(
        [sys.executable, "-I", "-c", TO_THE_VERY_END, SHARE], cwd=project, input=json.dumps(START).encode(),
        env={**somebody.environ, **session, "AGENTSPEC_TELEMETRY_DAEMON_DELAY": "0", **environ},
        capture_output=True, check=True, timeout=SECONDS,
    )  # fmt: skip
    assert (ran.stdout, ran.stderr) == (b"", b"")


def stranger(place: Path) -> Person:
    """Somebody who has never said yes to anything."""
    return person(place / "stranger")


class Believer(NamedTuple):
    """Somebody who said yes in a project of theirs, in which a report waits."""

    person: Person
    project: Path

    @property
    def store(self) -> Path:
        """The store of that project."""
        return self.project / ".claude" / "telemetry"

    @property
    def receipt(self) -> Path:
        """Their one receipt."""
        (found,) = self.person.state.glob("*.receipt")
        return found

    @property
    def report(self) -> Path:
        """The one report that waits."""
        (found,) = (self.store / "outbox").glob("*.report")
        return found


def believer(place: Path, url: str) -> Believer:
    """Make one. The daemon that their sessions start lives in the password database of the tests."""
    one = Believer(person(place / "believer"), place / "believer" / "trusted")
    one.project.mkdir()
    enabled = one.person.run("telemetry", "--enable", "--yes", "--endpoint", url, project=one.project)
    assert enabled.returncode == 0, enabled.stderr
    ships(one.person, one.project)
    assert one.person.run("telemetry", "--status", project=one.project).returncode == 0
    assert one.report.exists()
    note_program(one.person, place / "believer" / "python", python_of(one.person))
    return one


def ships(somebody: Person, project: Path, feature: str = "ORDERS") -> None:
    """Record a shipped feature, as that person."""
    script = "import sys, pathlib, tests.sharing.projects as x; x.ship(pathlib.Path(sys.argv[1]), sys.argv[2])"
    command = [sys.executable, "-c", script, str(project), feature]
    subprocess.run(command, cwd=ROOT, env=somebody.environ, check=True, capture_output=True)


def things_in(*places: Path) -> dict[str, tuple[object, ...]]:
    """Everything below some places: its kind, owner, mode, where it leads, what is in it."""
    found: dict[str, tuple[object, ...]] = {}
    for place in places:
        for path in (place, *sorted(place.rglob("*"))) if place.exists() else ():
            at = path.lstat()
            what = path.readlink() if path.is_symlink() else _hash(path) if stat.S_ISREG(at.st_mode) else None
            found[str(path)] = (at.st_mode, at.st_uid, at.st_ino, what)
    return found


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def put_back(*places: Path) -> Iterator[None]:
    """Whatever happens to these folders inside the block, they are as they were after it."""
    copies = [place.with_name(f"{place.name}.before") for place in places]
    for place, copy in zip(places, copies, strict=True):
        shutil.copytree(place, copy, symlinks=True)
    try:
        yield
    finally:
        for place, copy in zip(places, copies, strict=True):
            if place.is_symlink() or not place.is_dir():
                place.unlink(missing_ok=True)
            else:
                shutil.rmtree(place)
            copy.rename(place)
