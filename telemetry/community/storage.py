"""Which adapter keeps everything: the one module that knows any. Another one is chosen here, and nothing above changes.

Whoever asks has two ports, and does not know what is behind them: a file, or a server elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from telemetry.community.ports import Unavailable
from telemetry.community.retention import Kept
from telemetry.community.settings import Settings
from telemetry.community.sqlite.database import exists, open_database
from telemetry.contract.errors import TelemetryError


class Storage(Kept, Protocol):
    """Both ports, open."""

    def close(self) -> None:
        """Finish what was begun; no call after this."""
        ...


@contextmanager
def opened(settings: Settings) -> Iterator[Storage]:
    """What is kept, made where there is nothing, and brought to the newest version; closed at the end.

    Raises TelemetryError.
    """
    try:
        storage: Storage = open_database(_file(settings), capacity=settings.capacity)
    except Unavailable as error:
        raise TelemetryError(
            f"{place_of(settings)} cannot be opened: {error}", "AGENTSPEC_COMMUNITY_DATA names the folder it lies in."
        ) from error
    try:
        yield storage
    finally:
        storage.close()


@contextmanager
def opened_again(settings: Settings) -> Iterator[Storage]:
    """The same, where a server has been: who is in the wrong place is told. Raises TelemetryError."""
    if not exists(_file(settings)):
        raise TelemetryError(
            f"no server has kept anything in {settings.data}", "AGENTSPEC_COMMUNITY_DATA names its folder."
        )
    with opened(settings) as storage:
        yield storage


def place_of(settings: Settings) -> str:
    """Where it is, for people."""
    return str(_file(settings))


def _file(settings: Settings) -> Path:
    return settings.data / "community.db"
