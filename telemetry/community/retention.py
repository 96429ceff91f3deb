"""Seven days: how long anything of a single report may stay. Above the ports: it holds for every adapter."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from telemetry.community.ports import Aggregates, Queue

LONGEST = timedelta(days=7)
EVERY = timedelta(hours=1)  # from one sweep to the next, and one at the start


class Swept(NamedTuple):
    """What a sweep did. `lost`: of those that expired, how many had waited seven days for a worker.

    `is_clean`: no trace of what was deleted is left; if not, the next sweep tries again.
    """

    expired: int
    lost: int
    forgotten: int
    is_clean: bool


class Kept(Protocol):
    """What is swept."""

    @property
    def queue(self) -> Queue:
        """Raw reports."""
        ...

    @property
    def aggregates(self) -> Aggregates:
        """Sums, and what single reports added."""
        ...

    def scrub(self) -> bool:
        """Leave no trace of what was deleted; whether that is so."""
        ...


def sweep(kept: Kept, now: datetime) -> Swept:
    """Delete what would be too old before the next sweep. Raises Unavailable; then the next one does it."""
    before = now - LONGEST + EVERY
    expired = kept.queue.expire(before)
    forgotten = kept.aggregates.forget(before)
    return Swept(expired.reports, expired.unsettled, forgotten, kept.scrub())
