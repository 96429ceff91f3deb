"""The files of a project that an installation touches. All disk access of this room is here.

A file is replaced in one step (written beside it, synced, renamed) and keeps its mode. Links that lead out of the
project are not followed: what they point at was not put into our hands.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from telemetry.contract import layout
from telemetry.install.ledger import NAME as LEDGER
from telemetry.install.ledger import Ledger, loaded
from telemetry.install.refusal import InstallRefused

LOCAL, SHARED = "settings.local.json", "settings.json"
IGNORE_ALL = b"*\n"


@dataclass(frozen=True)
class Edit:
    """A file, what it holds now, and what it is to hold; None is no file."""

    path: Path
    old: bytes | None
    new: bytes | None


@dataclass(frozen=True)
class Place:
    """A project's folder, and our corners of it."""

    project: Path

    @property
    def claude(self) -> Path:
        """Where Claude Code keeps the project's settings."""
        return self.project / layout.STORE[0]

    @property
    def commands(self) -> Path:
        """Where Claude Code looks for the project's slash commands."""
        return self.claude / "commands"

    def command(self, name: str) -> Path:
        """The file of a slash command of the project."""
        return self.commands / f"{name}.md"

    @property
    def store(self) -> Path:
        """Where the events are, and the ledger."""
        return self.project.joinpath(*layout.STORE)

    def shown(self, path: Path) -> str:
        """A file as a person knows it."""
        return str(path.relative_to(self.project))

    def read(self, path: Path) -> bytes | None:
        """What a file holds, None where there is none."""
        real = self._real(path)
        if not os.path.lexists(path):
            return None
        if not real.is_file():
            raise InstallRefused(f"{self.shown(path)} is no plain file", "Move it away and run the command again.")
        return real.read_bytes()

    def apply(self, edit: Edit) -> None:
        """Make one edit; refuses where the file is no longer as it was read."""
        if edit.new == edit.old:
            return
        if self.read(edit.path) != edit.old:
            raise InstallRefused(
                f"{self.shown(edit.path)} was changed by another program just now", "Run the command again."
            )
        if edit.new is None:
            self._real(edit.path).unlink()
        else:
            _replace(self._real(edit.path), edit.new, private=edit.path.parent == self.store)

    def make_folder(self, path: Path, mode: int = 0o777) -> None:
        """Make a folder where there is none."""
        self._real(path)
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode)

    def make_store(self) -> None:
        """A private store that git ignores; the first hook furnishes the rest."""
        self.make_folder(self.store, 0o700)
        ignore = self.store / layout.IGNORE
        if self.read(ignore) is None:
            self.apply(Edit(ignore, None, IGNORE_ALL))

    def drop_store(self) -> None:
        """Remove a store in which nothing has been recorded."""
        if self.store.is_dir() and [entry.name for entry in self.store.iterdir()] == [layout.IGNORE]:
            (self.store / layout.IGNORE).unlink()
            self.drop_folder(self.store)

    def drop_folder(self, path: Path) -> None:
        """Remove a folder if nothing is in it."""
        with contextlib.suppress(OSError):
            path.rmdir()

    def missing(self, paths: list[Path]) -> frozenset[str]:
        """The names of those that are not there."""
        return frozenset(path.name for path in paths if not path.exists())

    def ledger(self) -> Ledger:
        """What the last installation noted; an empty ledger where there is none."""
        return loaded((self.read(self.store / LEDGER) or b"").decode("utf-8", "replace"))

    def keep_ledger(self, ledger: Ledger | None) -> None:
        """Note what was done, or forget it."""
        path = self.store / LEDGER
        self.apply(Edit(path, self.read(path), None if ledger is None else ledger.dumped().encode()))

    def _real(self, path: Path) -> Path:
        try:
            real = path.resolve()
        except (OSError, RuntimeError) as error:
            raise InstallRefused(f"{self.shown(path)} is a link that leads nowhere", "Remove the link.") from error
        if not real.is_relative_to(self.project.resolve()):
            raise InstallRefused(
                f"{self.shown(path)} is a link that leads out of the project, so it was not followed",
                "Put a file or folder of the project in its place, or set up the project it leads to.",
            )
        return real


def _replace(place: Path, content: bytes, private: bool) -> None:
    mode = 0o600 if private else _mode_of(place)
    fd, draft = tempfile.mkstemp(prefix=place.name + ".", suffix=".tmp", dir=place.parent)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            os.fchmod(fd, mode)
            file.flush()
            os.fsync(fd)
        Path(draft).replace(place)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(draft).unlink()
        raise
    _sync_folder(place.parent)


def _mode_of(place: Path) -> int:
    try:
        return place.stat().st_mode & 0o7777
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # some file systems cannot sync a folder
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
