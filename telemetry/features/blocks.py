"""Blocks: stretches of the journal that are read, indexed and remembered as one. Pure.

A session's runs are kept with the last block that has events of it, its owner, and are folded there
from all its events. So any cutting of the journal gives what the plain fold gives.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from telemetry.features.runs import Run


@dataclass(frozen=True)
class Head:
    """What is known of a block without folding it.

    `start`, `end`: bytes of the month's file; `mark`: checksum of the bytes before `end`.
    `latest`: milliseconds, its last event. `sessions`: all with events in it; `carried`: those of
    them that began in an earlier block. `features`: refs in it, and those its carried sessions
    named before.
    """

    month: str
    start: int
    end: int
    mark: int
    events: int
    set_aside: int
    latest: int
    sessions: frozenset[str]
    carried: frozenset[str]
    features: frozenset[str]

    def as_json(self) -> bytes:
        """The head as one line of JSON."""
        *plain, sessions, carried, features = vars(self).values()
        return json.dumps([*plain, *map(sorted, (sessions, carried, features))], separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, line: bytes) -> Head:
        """The head `as_json` wrote. Raises ValueError or TypeError for anything else."""
        *plain, sessions, carried, features = json.loads(line)
        return cls(*plain, *map(frozenset, (sessions, carried, features)))


def body_of(folded: dict[str, list[Run]]) -> bytes:
    """The runs of these sessions as one line of JSON."""
    plain = {session: [vars(run) for run in runs] for session, runs in folded.items() if runs}
    return json.dumps(plain, separators=(",", ":")).encode()


def runs_in(body: bytes) -> dict[str, list[Run]]:
    """What `body_of` was given. Raises ValueError or KeyError for anything else."""
    plain: dict[str, list[dict[str, Any]]] = json.loads(body)
    return {session: [Run.from_fields(fields) for fields in runs] for session, runs in plain.items()}
