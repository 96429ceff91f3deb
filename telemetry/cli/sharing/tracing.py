"""Whether a process, or any that it starts, opens a socket: seen by strace, or, where there is none, by Python itself.

The second way sees the Python processes that are started here (an audit hook, PEP 578), neither the shell around them
nor what they start; who asks is told which way it was, and what it cannot see.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

LIMIT_SECONDS = 120
STRACE = "strace: every system call about sockets, of every process and all its children"
AUDIT_HOOK = (
    "Python's own audit hook: our Python processes, but no shell around them and no program that they start "
    "(strace is not here, or may not trace)"
)
CONTROL = "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()"

# A local socket to the system's own name service leads nowhere outside; it is counted apart.
_OUTSIDE = re.compile(r"\bsocket\((?!AF_UNIX|AF_LOCAL|AF_NETLINK)")
_SPY = """\
import sys
def spy(event, arguments, place=sys.argv.pop(1)):
    if event.startswith("socket."):
        with open(place, "a") as file:
            file.write("socket(" + event + ")\\n")
sys.addaudithook(spy)
"""


class Seen(NamedTuple):
    """One command: what it was, how it ended, how many sockets it opened to the outside."""

    what: str
    code: int
    sockets: int


class Tracer:
    """Runs commands and looks at them. `how` says by which way."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder, self._environ = folder, environ
        self._strace = shutil.which("strace") if _may_trace() else None
        self._count = 0

    @property
    def how(self) -> str:
        """By which way sockets are seen."""
        return STRACE if self._strace else AUDIT_HOOK

    @property
    def sees_shells(self) -> bool:
        """Whether commands of the shell can be looked at."""
        return self._strace is not None

    def shell(self, what: str, command: str, payload: bytes, project: Path) -> Seen:
        """Run a hook's command as Claude Code does; only where `sees_shells`."""
        return self._run(what, ["/bin/sh", "-c", command], payload, project)

    def python(self, what: str, code: str, arguments: list[str], project: Path, payload: bytes = b"") -> Seen:
        """Run Python code in a process of its own."""
        spied = code if self._strace else _SPY + code
        place = [] if self._strace else [str(self._log())]
        return self._run(what, [sys.executable, "-I", "-c", spied, *place, *arguments], payload, project)

    def _run(self, what: str, command: list[str], payload: bytes, project: Path) -> Seen:
        log = self._log()
        if self._strace:
            command = [self._strace, "-f", "-qq", "-e", "trace=socket,connect", "-o", str(log), *command]
        done = subprocess.run(
            command, input=payload, env=dict(self._environ), cwd=project, capture_output=True,
            timeout=LIMIT_SECONDS, check=False,
        )  # fmt: skip
        self._count += 1
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        return Seen(what, done.returncode, len(_OUTSIDE.findall(text)))

    def _log(self) -> Path:
        return self._folder / f"trace-{self._count}"


def _may_trace() -> bool:
    try:
        return (
            subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode
            == 0
        )
    except OSError:
        return False
