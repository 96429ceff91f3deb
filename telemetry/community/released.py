"""The releases that were published, as their readers see them: files of the folder, verified, as plain records.

Reads what anybody may read, and nothing else of the server.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from telemetry.community.release.making import SCHEMA
from telemetry.community.release.periods import is_month, is_week
from telemetry.community.release.publish import MOST_BYTES, name_of
from telemetry.contract.errors import TelemetryError
from telemetry.contract.release import Release, release_of
from telemetry.contract.signature import Forged, verify


class Published(NamedTuple):
    """The newest month and week, and for each of them the one before, where there are such."""

    newest: tuple[Release, ...]
    before: tuple[Release, ...]

    @property
    def development(self) -> bool:
        """Whether any of them is to be marked wherever it is shown."""
        return any(one.development for one in (*self.newest, *self.before))


def published(folder: Path, public: str) -> Published:
    """What lies in a folder of releases, signed by the public key (hex). Raises TelemetryError."""
    months, weeks = (_latest(folder, public, is_one) for is_one in (is_month, is_week))
    if not months and not weeks:
        raise TelemetryError("nothing is released yet", "agentspec-community release makes what is due.")
    return Published((*months[:1], *weeks[:1]), (*months[1:], *weeks[1:]))


def _latest(folder: Path, public: str, is_one: Callable[[str], bool]) -> list[Release]:
    """The newest of a kind and the one before it."""
    names = [file.stem for file in folder.iterdir() if file.suffix == ".json"] if folder.is_dir() else []
    periods = sorted(filter(is_one, names), reverse=True)
    return [_opened(folder, period, public) for period in periods[:2]]


def _opened(folder: Path, period: str, public: str) -> Release:
    file = folder / name_of(period)
    try:
        with file.open("rb") as opened:
            document = verify(opened.read(MOST_BYTES + 1), public)
    except OSError as error:
        raise TelemetryError(f"{file} cannot be read: {error.strerror}") from error
    except Forged as error:
        raise TelemetryError(
            f"{file} is no release of this server: {error}", "Find out who wrote it, and move it away."
        ) from None
    if document["schema"] != SCHEMA or document["period"] != period:  # signed, but under another name
        raise TelemetryError(f"{file} is of another period or version", "agentspec-community release mends files.")
    return release_of(document)
