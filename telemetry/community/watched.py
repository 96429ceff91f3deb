"""A queue's inlet that remembers how its last write went, for whoever asks if the server is ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from telemetry.community.ports import Inlet, Unavailable
from telemetry.community.records import Accepted, Answered


class _Write(NamedTuple):
    at: float
    is_done: bool


class Watched:
    """Hands everything on. `ticks`: seconds that never go back; `patience`: how long what was seen holds."""

    def __init__(self, inlet: Inlet, ticks: Callable[[], float], patience: float) -> None:
        self._inlet, self._ticks, self._patience = inlet, ticks, patience
        self._last: _Write | None = None

    def put(self, reports: Sequence[Accepted], now: datetime) -> list[Answered]:
        """See the port."""
        try:
            answers = self._inlet.put(reports, now)
        except Unavailable:
            self._last = _Write(self._ticks(), False)
            raise
        self._last = _Write(self._ticks(), True)
        return answers

    def check(self, now: datetime) -> None:
        """Raise Unavailable where the last write has failed.

        Who hears of it may send nobody here any more, and an idle server writes nothing: so what was seen holds for as
        long as senders are put off, and then an empty write is tried. A full disk takes that one; it shows again with
        the next reports.
        """
        last, at = self._last, self._ticks()
        if last is None or at - last.at >= self._patience:
            self._last = _Write(at, last is None or last.is_done)  # one tries, others are answered meanwhile
            self.put([], now)
        elif not last.is_done:
            raise Unavailable("the last write failed")
