"""What goes on beside the requests: the sweeper and, where it is wanted, the worker, as threads that end when told to.

Every process that has the data open sweeps: seven days are a promise, and hold whatever else runs or does not. The
sweeper goes first: after days in which no worker ran, what is too old must be gone before anybody adds it up.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from threading import Event, Thread
from typing import NamedTuple

from telemetry.community import worker
from telemetry.community.ports import Unavailable
from telemetry.community.retention import EVERY, Kept, Swept, sweep
from telemetry.community.worker import Worked

log = logging.getLogger("agentspec.community")

SOON = 60.0  # seconds until what did not work is tried again
LOOK = 0.5  # seconds between two looks whether the first sweep is over


class Listener(NamedTuple):
    """Who hears of what was done, for the metrics."""

    worked: Callable[[Worked], None] = lambda worked: None
    swept: Callable[[Swept], None] = lambda swept: None


class Background:
    """The sweeper of a database and, unless `works` says no, its worker. `now`: the date."""

    def __init__(
        self, kept: Kept, now: Callable[[], datetime], patience: float, listener: Listener, *, works: bool = True
    ) -> None:
        self._kept, self._now, self._patience, self._listener = kept, now, patience, listener
        self._end, self._until, self._has_looked = Event(), 0.0, False
        self._is_swept = Event()
        jobs = (("sweeper", self._sweep), *([("worker", self._work)] if works else []))
        self._threads = [Thread(target=self._guard, args=(job,), name=name) for name, job in jobs]

    def start(self) -> None:
        """Begin; the first sweep is made at once."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End: the worker after what waits, if it does not take longer than the patience given."""
        self._until = time.monotonic() + self._patience
        self._end.set()
        for thread in self._threads:
            if thread.ident:  # it was started
                thread.join()

    # --- in the threads

    def _guard(self, job: Callable[[], None]) -> None:
        """A bug in one of them must not end it in silence: it is told, and it begins again."""
        while True:
            try:
                job()
                return
            except Exception as error:
                log.error("a bug in the background: %s", type(error).__name__)
                if self._end.wait(SOON):
                    return

    def _work(self) -> None:
        while not self._is_swept.wait(LOOK):
            if self._end.is_set():
                return
        worker.run(self._kept.queue, self._kept.aggregates, self._is_over, self._listener.worked)

    def _is_over(self, seconds: float) -> bool:
        """The worker's wait. Told to end, it looks once more, and goes on while one batch follows another."""
        if not self._end.wait(seconds):
            return False
        is_first, self._has_looked = not self._has_looked, True
        return time.monotonic() >= self._until or (seconds > 0 and not is_first)

    def _sweep(self) -> None:
        while True:
            if self._end.wait(self._swept()):
                return

    def _swept(self) -> float:
        """Sweep; for how many seconds to rest."""
        try:
            done = sweep(self._kept, self._now())
        except Unavailable:
            return SOON
        self._is_swept.set()
        self._listener.swept(done)
        if done.lost:
            log.error("%d reports were too old before they were added up: no worker ran for seven days", done.lost)
        return EVERY.total_seconds() if done.is_clean else SOON
