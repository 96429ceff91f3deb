"""What every choice of `agentspec telemetry` stands on: the project, its gate, the environment, the time.

The time is the system's own: the variable that moves the hook's clock may not shorten a report's wait or date a yes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple, TextIO

from telemetry.cli.projects import here, is_claude_codes_own, named_project, project_around
from telemetry.consent.choice import untrusted
from telemetry.consent.facts import Gatherer
from telemetry.consent.state import StateRefused
from telemetry.contract.errors import TelemetryError
from telemetry.journal.store import open_store
from telemetry.sharing.household import Household, opened
from telemetry.sharing.sealed import Held


class Setting(NamedTuple):
    """`is_person`: somebody sits at a terminal, and it is their own, not a session of Claude Code."""

    project: str
    gatherer: Gatherer
    environ: Mapping[str, str]
    is_person: bool

    @property
    def store(self) -> str:
        """Where the project's store lies, whether it is there or not."""
        return self.gatherer.store

    def now(self) -> datetime:
        """This instant."""
        return datetime.now(timezone.utc)


def setting_of(project: str | None, environ: Mapping[str, str] = os.environ, anywhere: bool = False) -> Setting:
    """The setting of the project that was named, or of the one around here; `anywhere`: even where none can be."""
    found = named_project(project) if project else project_around(here()) or here()
    if is_claude_codes_own(found, environ) and not anywhere:
        raise TelemetryError(
            "this is your home folder, or its .claude is Claude Code's own", "Use it in a project's folder."
        )
    is_person = sys.stdin.isatty() and sys.stdout.isatty() and not in_session(environ)
    return Setting(found, Gatherer(found, environ), environ, is_person)


def in_session(environ: Mapping[str, str]) -> bool:
    """Whether Claude Code runs this: then it may be a model that typed it."""
    return bool(environ.get("CLAUDECODE"))


@contextmanager
def household_of(setting: Setting) -> Iterator[Household | None]:
    """The project's reports; None where there never was a yes, or no store."""
    if not Path(setting.store).is_dir():
        yield None
        return
    with open_store(setting.gatherer.project, create=False) as store:
        try:
            household = opened(setting.gatherer, store)
        except StateRefused as refused:
            if refused.code != "no_receipt":
                raise untrusted(refused) from refused
            yield None
            return
        yield household


def found_in(held: list[Held], typed: str) -> Held:
    """The one report whose id begins with what was typed."""
    matching = list({one.id: one for one in held if typed and one.id.startswith(typed.lower())}.values())
    if len(matching) == 1:
        return matching[0]
    if not matching:
        raise TelemetryError(f"no waiting report {typed!r}", "agentspec telemetry --preview lists them with their ids.")
    raise TelemetryError(f"{len(matching)} waiting reports begin with {typed!r}", "Type more of the id.")


def asked(question: str, screen: TextIO | None = None) -> str:
    """What the person typed; nothing where the input is at its end."""
    print(question, end="", file=screen, flush=True)
    try:
        return input()
    except EOFError:
        print(file=screen)
        return ""


def moment(text: str) -> str:
    """An instant of a record in the person's own time; as it stands there, if that is in no calendar."""
    try:
        return f"{datetime.fromisoformat(text.replace('Z', '+00:00')).astimezone():%Y-%m-%d %H:%M}"
    except OverflowError:
        return printable(text)


def printable(text: object) -> str:
    """A word from a file of the store, or from a server: whatever it is, it does not command the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(text)[:200])


def plural(count: int, word: str) -> str:
    """`1 report`, `2 reports`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
