"""Blocks: stretches of the journal that are read, indexed and remembered as one.

A session that goes on from one block to the next is folded in each of them from all its events up
to there; what the last of them, its owner, has is what counts. So any cutting of the journal gives
what the plain fold gives, and what is known of a block stays true whatever is appended.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple
from zlib import crc32

from telemetry.features.runs import Run, runs_of
from telemetry.journal.read import Index, lines_of, read_block, read_index


class Cut(NamedTuple):
    """A stretch of a month's file: from byte, to byte."""

    path: str
    start: int
    end: int

    def read(self) -> bytes:
        """Its bytes. Raises FileNotFoundError where the month is gone by now."""
        with open(self.path, "rb") as file:
            file.seek(self.start)
            return file.read(self.end - self.start)


@dataclass(frozen=True)
class Head:
    """What is known of a block without folding it.

    `start`, `end`: bytes of the month's file; `mark`: their checksum. `latest`: milliseconds, no
    later is any event of its sessions up to here. `sessions`: all with events in it, each with the
    features it named up to here. `carried`: those that began in an earlier block.
    """

    month: str
    start: int
    end: int
    mark: int
    events: int
    set_aside: int
    latest: int
    sessions: dict[str, list[str]]
    carried: frozenset[str]

    @cached_property
    def features(self) -> frozenset[str]:
        """The features of all its sessions, up to here."""
        return frozenset(chain.from_iterable(self.sessions.values()))

    def as_json(self) -> bytes:
        """The head as one line of JSON."""
        fields = {field.name: getattr(self, field.name) for field in dataclass_fields(self)}
        return json.dumps({**fields, "carried": sorted(self.carried)}, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, line: bytes) -> Head:
        """The head `as_json` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        fields = json.loads(line)
        return cls(**{**fields, "carried": frozenset(fields["carried"])})


def indexed(cut: Cut) -> tuple[Index, int, bool]:
    """A block's index, its checksum, and whether it ends with a whole line."""
    data = cut.read()
    return read_index(data), crc32(data), data.endswith(b"\n")


def folded(work: tuple[Cut, list[tuple[Cut, list[str]]]]) -> bytes:
    """The runs of all sessions in a block, as one line of JSON; with it, which of them earlier blocks have."""
    cut, carried = work
    sessions = read_block(cut.read())[0]
    for earlier, names in carried:
        before = read_block(lines_of(earlier.read(), names))[0]
        for name in names:
            sessions[name] = before.get(name, []) + sessions[name]
    runs = [vars(run) for session, events in sessions.items() for run in runs_of(session, events)]
    return json.dumps(runs, separators=(",", ":")).encode()


def runs_in(body: bytes) -> list[Run]:
    """What `folded` wrote down. Raises ValueError, KeyError, TypeError or RecursionError for anything else."""
    plain: list[dict[str, Any]] = json.loads(body)
    if type(plain) is not list:
        raise TypeError
    return [Run.from_fields(fields) for fields in plain]
