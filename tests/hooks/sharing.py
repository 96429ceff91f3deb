"""Somebody who said yes, as far as the start of a session can see: an outbox, a switch, a noted program."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.contract.events import ROOT
from tests.hooks.running import HOOKS
from tests.people import Person

SHARE = next(
    handler["command"]
    for group in HOOKS["SessionStart"]
    for handler in group["hooks"]
    if "G=share" in handler["command"]
)


# What the starter says after the interpreter's name: -I -c CODE ROOT daemon …
_OF_THE_STARTER = "import sys; del sys.argv[1:3]; exec(sys.argv.pop(1))"

DELAY = "AGENTSPEC_TELEMETRY_DAEMON_DELAY"


def say_yes(project: Path) -> Path:
    """Give a project what a yes leaves in it; the store."""
    store = project / ".claude" / "telemetry"
    (store / "outbox").mkdir(parents=True, exist_ok=True)
    (store / "config.yaml").write_text("recording: on\nsharing: on\n")
    return store


def note_program(somebody: Person, interpreter: Path, script: str, root: Path = ROOT) -> Path:
    """Note a program in somebody's state folder, as a yes does: an interpreter that is a shell script."""
    interpreter.write_text(f"#!/bin/sh\n{script}\n")
    interpreter.chmod(0o755)
    somebody.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    noted = somebody.state / "program"
    noted.touch(0o600)
    noted.write_text(f"{interpreter}\n{root}\n")
    return noted


def python_of(somebody: Person, **environ: str) -> str:
    """A script for `note_program` that is the real Python, in the password database (and at the time) of the tests.

    The daemon gets next to nothing of the session's environment, so nothing that moves its home or its clock.
    """
    kept = {name: somebody.environ[name] for name in somebody.environ if name.startswith(("LD_", "NSS_"))}
    exports = "\n".join(f"export {name}='{value}'" for name, value in {**kept, **environ}.items())
    return f"{exports}\nexec '{sys.executable}' -I -c '{somebody.first}; {_OF_THE_STARTER}' \"$@\""
