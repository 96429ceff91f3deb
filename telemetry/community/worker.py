"""From the queue into the sums: claim, judge, add, settle; each report exactly once, whatever is killed in between.

    claim       the queue hands out what is not settled; what is never settled, it hands out again
    judge       unreadable, or implausible: into quarantine, with a code
    add         the sums take what is not in them yet, all or nothing, for good
    settle      only now the queue lets go

A kill before `add` changed nothing; one after it is handed out again, and the sums know its id. A report that was taken
back meanwhile is never let in. A bug in judging one report costs that report: it is quarantined as `unforeseen`, and
the worker goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from telemetry.community.contributions import contribution_of
from telemetry.community.plausibility import reason_against
from telemetry.community.ports import Aggregates, Quarantined, Queue, Unavailable
from telemetry.community.records import Contribution, Delivery
from telemetry.contract.report_check import is_report
from telemetry.contract.weeks import week_of

BATCH = 200


class Worked(NamedTuple):
    """Of the reports that were claimed: how many were new to the sums, how many were there already, or kept out."""

    claimed: int = 0
    added: int = 0
    known: int = 0
    quarantined: int = 0

    def __add__(self, other: object) -> Worked:
        """Both together."""
        if not isinstance(other, Worked):
            return NotImplemented
        return Worked(*(mine + others for mine, others in zip(self, other, strict=True)))


class Rhythm(NamedTuple):
    """Seconds: between two looks at an empty queue; before the first new try, and at most, where nothing is reached."""

    idle: float = 0.2
    first: float = 0.2
    most: float = 30.0


def work_off(queue: Queue, aggregates: Aggregates, limit: int = BATCH) -> Worked:
    """One batch: into the sums, or into quarantine. Raises Unavailable, with nothing lost or half done."""
    judged = [_judged(delivery) for delivery in queue.claim(limit)]
    kept_out = [one for one in judged if isinstance(one, Quarantined)]
    contributions = [one for one in judged if isinstance(one, Contribution)]
    if kept_out:
        queue.quarantine(kept_out)
    added = 0
    if contributions:
        added = aggregates.add(contributions)
        queue.settle([one.report_id for one in contributions])
    return Worked(len(judged), added, len(contributions) - added, len(kept_out))


def drain(queue: Queue, aggregates: Aggregates, limit: int = BATCH) -> Worked:
    """Batches until the queue hands out nothing more. Raises Unavailable."""
    total = Worked()
    while (worked := work_off(queue, aggregates, limit)).claimed:
        total += worked
    return total


def run(
    queue: Queue,
    aggregates: Aggregates,
    wait: Callable[[float], bool],
    tell: Callable[[Worked], None] = lambda worked: None,
    rhythm: Rhythm = Rhythm(),  # noqa: B008  immutable
) -> None:
    """Work until told to end; a batch is always finished first.

    `wait`: waits for so many seconds, or less where there is news, and says whether to end (0 seconds: only says it).
    `tell`: hears of every batch that was not empty, for the metrics.
    """
    patience = rhythm.first
    pause = 0.0
    while not wait(pause):
        try:
            worked = work_off(queue, aggregates)
        except Unavailable:
            pause, patience = patience, min(patience * 2, rhythm.most)
            continue
        patience = rhythm.first
        pause = 0.0 if worked.claimed else rhythm.idle
        if worked.claimed:
            tell(worked)


def _judged(delivery: Delivery) -> Contribution | Quarantined:
    """What a delivered report adds, or why it is kept out."""
    try:
        return _opened(delivery)
    except Exception:  # one report must not stop all others; its code says that somebody has to look
        return Quarantined(delivery.id, "unforeseen")


def _opened(delivery: Delivery) -> Contribution | Quarantined:
    try:
        sealed = json.loads(delivery.body)
    except (ValueError, RecursionError):
        return Quarantined(delivery.id, "unreadable")
    if not is_report(sealed):
        return Quarantined(delivery.id, "unreadable")
    report = sealed["report"]
    if report["session"]["id"] != delivery.id:
        return Quarantined(delivery.id, "another_id")
    reason = None if delivery.released else reason_against(report)
    return Quarantined(delivery.id, reason) if reason else _contribution(report, delivery)


def _contribution(report: dict[str, Any], delivery: Delivery) -> Contribution:
    """As old as the report: added late, it is not kept for longer."""
    return contribution_of(report, delivery.id, week_of(delivery.came))._replace(came=delivery.came)
