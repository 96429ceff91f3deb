"""Between the many requests and the queue: whatever came without a pause is handed over at once.

The queue answers when reports are durable, which takes a wait for the disk. Requests do not wait for each other's disk
but share one, whatever the queue is behind its port; and a thread is woken once for all of them, not once for each.
While one group is written, the next one grows: two on their way would each be half as large, and cost as much.
All but the queue's own work happens in the loop, so there is nothing to lock.

Of when a report came, only the hour is handed over: the very moment would tell for seven days who came together.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import NamedTuple

from telemetry.community.ports import Full, Inlet, Unavailable
from telemetry.community.records import Accepted, Answered

LARGEST = 512  # reports handed over at once
LONGEST_LINGER = 0.02  # seconds, where requests come without a pause
MOST_WAITING = 10_000  # reports in memory; beyond that the queue is not keeping up

Clock = Callable[[], datetime]
Outcome = list[Answered] | Exception


class _Batch(NamedTuple):
    reports: Sequence[Accepted]
    answer: asyncio.Future[list[Answered]]


class Intake:
    """Hands reports over to a queue, for the requests of one loop. `close` it when none waits any more."""

    def __init__(self, queue: Inlet, clock: Clock) -> None:
        self._queue, self._clock = queue, clock
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="intake")
        self._waiting: deque[_Batch] = deque()
        self._reports = 0
        self._is_due, self._is_closed = False, False  # due: until the group is written

    async def put(self, reports: Sequence[Accepted]) -> list[Answered]:
        """As Queue.put, for one of many requests. Raises Full or Unavailable."""
        if self._is_closed:
            raise Unavailable
        if self._reports + len(reports) > MOST_WAITING:
            raise Full
        loop = asyncio.get_running_loop()
        batch = _Batch(reports, loop.create_future())
        self._reports += len(reports)
        self._waiting.append(batch)
        self._soon(loop)
        return await batch.answer

    def close(self) -> None:
        """Finish what is under way, then take nothing any more."""
        self._is_closed = True
        self._pool.shutdown()

    # --- in the loop

    def _soon(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._waiting and not self._is_due:
            self._is_due = True
            loop.call_soon(self._in_a_pause, loop, 0, loop.time() + LONGEST_LINGER)

    def _in_a_pause(self, loop: asyncio.AbstractEventLoop, before: int, until: float) -> None:
        """Hand over once a turn of the loop brings nothing more: a group costs as much as dozens of its reports."""
        if before < self._reports < LARGEST and loop.time() < until:
            loop.call_soon(self._in_a_pause, loop, self._reports, until)
        else:
            self._hand_over(loop)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        group = self._next()
        done = loop.run_in_executor(self._pool, self._outcomes, [batch.reports for batch in group])
        done.add_done_callback(partial(self._tell, loop, group))

    def _next(self) -> list[_Batch]:
        """What waits, so much at most, and at least one batch."""
        group = [self._waiting.popleft()]
        size = len(group[0].reports)
        while self._waiting and size + len(self._waiting[0].reports) <= LARGEST:
            group.append(self._waiting.popleft())
            size += len(group[-1].reports)
        return group

    def _tell(
        self, loop: asyncio.AbstractEventLoop, group: Sequence[_Batch], done: asyncio.Future[list[Outcome]]
    ) -> None:
        self._is_due = False
        self._reports -= sum(len(batch.reports) for batch in group)
        for batch, outcome in zip(group, done.result(), strict=True):
            if batch.answer.done():  # given up
                continue
            if isinstance(outcome, Exception):
                batch.answer.set_exception(outcome)
            else:
                batch.answer.set_result(outcome)
        self._soon(loop)

    # --- in a thread

    def _outcomes(self, group: Sequence[Sequence[Accepted]]) -> list[Outcome]:
        """All at once; where the queue takes not all of them, each by itself: one may fit where two do not."""
        together = self._put([report for reports in group for report in reports])
        if len(group) == 1:
            return [together]
        if isinstance(together, Unavailable):
            return [Unavailable(*together.args) for _ in group]
        if isinstance(together, Exception):
            return [self._put(reports) for reports in group]
        answers = iter(together)
        return [[next(answers) for _ in reports] for reports in group]

    def _put(self, reports: Sequence[Accepted]) -> Outcome:
        try:
            return self._queue.put(reports, _hour_of(self._clock()))
        except Exception as error:  # told to those who wait
            return error


def _hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
