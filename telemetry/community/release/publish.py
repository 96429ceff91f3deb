"""Puts signed releases where they are served from: files by the name of their period, and `latest.json`.

The database is the truth; a kill between its commit and the last file is mended by publishing again. A file that is
there with other bytes is never written over (in development mode it is: its figures are nobody's).

What is here is public: any user and any web server of the machine may read it, whatever the umask of who released it.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from telemetry.community.release.periods import is_period
from telemetry.contract import durable
from telemetry.contract.errors import TelemetryError
from telemetry.contract.signature import canonical

LATEST = "latest.json"
FOLDER_MODE, FILE_MODE = 0o755, 0o644
MOST_BYTES = 100_000  # of one release; `latest.json` holds two


def name_of(period: str) -> str:
    """The file of a week or a month."""
    return f"{period}.json"


def publish(folder: Path, releases: Mapping[str, bytes], *, development: bool) -> list[str]:
    """Write what is not there yet, then `latest.json`; the names that are new. Raises TelemetryError, OSError."""
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _open_to_all(fd, FOLDER_MODE)
        durable.sweep(fd, durable.IN_USE_SECONDS)
        new = [period for period, file in releases.items() if _put(fd, name_of(period), file, development)]
        if releases and _held(fd, LATEST) != (newest := latest(releases)):
            durable.write(fd, LATEST, newest, "latest", FILE_MODE)
    finally:
        os.close(fd)
    return new


def periods_in(folder: Path) -> set[str]:
    """The periods that have a file, whoever wrote it."""
    names = {file.stem for file in folder.iterdir() if file.suffix == ".json"} if folder.is_dir() else set()
    return set(filter(is_period, names))


def latest(releases: Mapping[str, bytes]) -> bytes:
    """The newest week and the newest month (null where there is none), each as signed, in one file."""
    weeks = [period for period in sorted(releases) if "W" in period]
    months = [period for period in sorted(releases) if "W" not in period]
    newest = {
        name: json.loads(releases[all_of[-1]]) if all_of else None
        for name, all_of in (("week", weeks), ("month", months))
    }
    return canonical(newest)


def _put(folder: int, name: str, file: bytes, development: bool) -> bool:
    there = _held(folder, name)
    if there == file:
        return False
    if there is not None and not (development and _is_development(there)):
        raise TelemetryError(
            f"{name} is there with other bytes than were released", "Find out who wrote it, and move it away."
        )
    durable.write(folder, name, file, "release", FILE_MODE)
    return True


def _is_development(file: bytes) -> bool:
    """Whether its figures are nobody's: a noised release beside exact ones would give the noise away."""
    try:
        return bool(json.loads(file)["release"]["development"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def _held(folder: int, name: str) -> bytes | None:
    try:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return None
    with os.fdopen(fd, "rb") as file:
        _open_to_all(fd, FILE_MODE)
        return file.read(4 * MOST_BYTES)


def _open_to_all(fd: int, mode: int) -> None:
    """What an older version, or a strict umask, left closed."""
    if stat.S_IMODE(os.fstat(fd).st_mode) & mode != mode:
        os.fchmod(fd, mode)
