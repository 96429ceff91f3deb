"""An export (schemas/export.yaml) → features, as `telemetry/features/history.py` has them from a store. Reads only.

The file may come from anybody: it is read piece by piece, however it is laid out, and believed nothing but events that
are events. Whatever else stands among them is set aside and counted; what stands behind them is not looked at.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from datetime import datetime
from sys import intern
from typing import Any, TextIO

from telemetry.contract.errors import TelemetryError
from telemetry.contract.event_check import is_event
from telemetry.features.fold import features_in, groups_of
from telemetry.features.history import Loaded
from telemetry.journal.read import Seen, seen_of

FORMAT = "agentspec-telemetry-export"
VERSION = 1
MAX_BYTES = 512 << 20  # twice what a store may hold that nobody gave more room
_CHUNK = 1 << 20  # letters read at once
_AHEAD = 1 << 16  # letters that are there before an event is decoded: far more than any has

_B = r"[ \t\r\n]*"
_HEAD = re.compile(
    rf'{_B}\{{{_B}"format"{_B}:{_B}"{FORMAT}"{_B},{_B}"version"{_B}:{_B}{VERSION}{_B},{_B}"events"{_B}:{_B}\[{_B}'
)
_JOINT = re.compile(rf"{_B}([,\]]){_B}")
_TAIL = re.compile(rf',{_B}"set_aside"{_B}:{_B}([0-9]{{1,9}}){_B}[,}}]')


class _Damaged(Exception):
    """The file is no export, or not all of one."""


def load_export(path: str, now: datetime) -> Loaded:
    """The features in an export as of `now`. Raises TelemetryError for a file that is none."""
    sessions: dict[str, list[Seen]] = {}
    shared: dict[str, dict[str, Any]] = {}  # events of one kind mostly say the same: a closed world
    events = strange = 0
    try:
        with _opened(path) as file:
            text = _Text(file)
            for value in text.elements():
                if is_event(value):
                    at, identity, turn, feature, kind, fields = seen_of(value)
                    kept = shared.setdefault(repr(fields), fields)
                    seen = (at, identity, intern(turn), intern(feature), intern(kind), kept)
                    sessions.setdefault(value["session"], []).append(seen)
                    events += 1
                else:
                    strange += 1
            set_aside = strange + text.set_aside()
    except _Damaged:
        raise TelemetryError(
            f"{path} is no export, or a damaged one", "agentspec telemetry --export FILE writes one."
        ) from None
    return Loaded(features_in(groups_of(sessions).items(), now), events, set_aside)


class _Text:
    """The file's text, of which little is held at a time."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._text, self._at = file.read(_CHUNK), 0

    def elements(self) -> Iterator[Any]:
        """What stands where events should."""
        self._passes(_HEAD)
        if self._text.startswith("]", self._at):
            self._at += 1
            return
        joint = ","
        while joint == ",":
            yield self._element()
            joint = self._passes(_JOINT)[1]

    def set_aside(self) -> int:
        """How many lines of the journal were no events already when it was exported; stands behind the events."""
        return int(self._passes(_TAIL)[1])

    def _element(self) -> Any:
        self._reads_on()
        try:
            value, self._at = _decode(self._text, self._at)
        except (ValueError, RecursionError):
            raise _Damaged from None
        return value

    def _passes(self, pattern: re.Pattern[str]) -> re.Match[str]:
        self._reads_on()
        found = pattern.match(self._text, self._at)
        if found is None:
            raise _Damaged
        self._at = found.end()
        return found

    def _reads_on(self) -> None:
        if len(self._text) - self._at < _AHEAD and (more := self._file.read(_CHUNK)):
            self._text, self._at = self._text[self._at :] + more, 0


def _opened(path: str) -> TextIO:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or "no name of a file"
        raise TelemetryError(
            f"{path}: {reason}", "--from wants a file that agentspec telemetry --export wrote."
        ) from None
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
        os.close(fd)
        raise _Damaged
    return os.fdopen(fd, encoding="utf-8", errors="replace")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; one that gives a name twice says two things, so it says nothing."""
    found = dict(pairs)
    return found if len(found) == len(pairs) else {}


_decode = json.JSONDecoder(object_pairs_hook=_once_each).raw_decode
