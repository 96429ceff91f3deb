"""Between the many requests and the queue: one thread hands over, at once, whatever came while it was busy.

The queue answers when reports are durable, which takes a wait for the disk. Requests do not wait for each other's disk
but share one, whatever the queue is behind its port; and one thread is started for all of them, not one for each.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Condition, Thread
from typing import NamedTuple

from telemetry.community.ports import Full, Queue, Unavailable
from telemetry.community.records import Accepted, Answered

LARGEST = 512  # reports handed over at once
MOST_WAITING = 10_000  # reports in memory; beyond that the queue is not keeping up

Clock = Callable[[], datetime]
Outcome = list[Answered] | Exception


class _Batch(NamedTuple):
    reports: Sequence[Accepted]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[list[Answered]]


class Intake:
    """Hands reports over to a queue. `close` it: what was begun is finished."""

    def __init__(self, queue: Queue, clock: Clock) -> None:
        self._queue, self._clock = queue, clock
        self._waiting: deque[_Batch] = deque()
        self._reports, self._is_closed = 0, False
        self._changed = Condition()
        self._thread = Thread(target=self._serve, name="intake", daemon=True)
        self._thread.start()

    async def put(self, reports: Sequence[Accepted]) -> list[Answered]:
        """As Queue.put, for one of many requests. Raises Full or Unavailable."""
        loop = asyncio.get_running_loop()
        batch = _Batch(reports, loop, loop.create_future())
        with self._changed:
            if self._is_closed:
                raise Unavailable
            if self._reports + len(reports) > MOST_WAITING:
                raise Full
            self._reports += len(reports)
            self._waiting.append(batch)
            self._changed.notify()
        return await batch.answer

    def close(self) -> None:
        """Hand over what waits, then nothing any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join()

    # --- in the thread

    def _serve(self) -> None:
        while group := self._next():
            outcomes = self._outcomes(group)
            for loop in {batch.loop for batch in group}:
                told = [(batch, outcome) for batch, outcome in zip(group, outcomes, strict=True) if batch.loop is loop]
                _call(loop, told)

    def _next(self) -> list[_Batch]:
        """What waits, so much at most, and at least one batch; nothing once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            group, size = list[_Batch](), 0
            while self._waiting and (not group or size + len(self._waiting[0].reports) <= LARGEST):
                group.append(self._waiting.popleft())
                size += len(group[-1].reports)
            self._reports -= size
            return group

    def _outcomes(self, group: list[_Batch]) -> list[Outcome]:
        """All at once; where the queue takes not all of them, each by itself: one may fit where two do not."""
        together = self._put([report for batch in group for report in batch.reports])
        if len(group) == 1:
            return [together]
        if isinstance(together, Unavailable):
            return [together] * len(group)
        if isinstance(together, Exception):
            return [self._put(batch.reports) for batch in group]
        answers = iter(together)
        return [[next(answers) for _ in batch.reports] for batch in group]

    def _put(self, reports: Sequence[Accepted]) -> Outcome:
        try:
            return self._queue.put(reports, self._clock())
        except Exception as error:  # told to those who wait; the thread goes on for the others
            return error


def _call(loop: asyncio.AbstractEventLoop, told: list[tuple[_Batch, Outcome]]) -> None:
    try:
        loop.call_soon_threadsafe(_tell, told)
    except RuntimeError:  # the loop is closed: nobody waits any more
        return


def _tell(told: list[tuple[_Batch, Outcome]]) -> None:
    for batch, outcome in told:
        if batch.answer.done():  # given up
            continue
        if isinstance(outcome, Exception):
            batch.answer.set_exception(outcome)
        else:
            batch.answer.set_result(outcome)
