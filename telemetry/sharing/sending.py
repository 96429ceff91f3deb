"""Sending what is due: the gate is asked before every request, the last guard looks at every report.

What has been in a request stays in `sending/` until the server spoke about it, and is sent again: the server counts a
report once by its id. What finds the person's week full waits where it is.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from telemetry.contract import layout
from telemetry.contract.faults import reached
from telemetry.sharing.ahead import one_ahead
from telemetry.sharing.answer import Answer
from telemetry.sharing.guard import refusal_of
from telemetry.sharing.patience import (
    Retry,
    is_asked_to_wait,
    must_wait,
    next_try,
    retry_with,
    server_of,
    write_retry,
)
from telemetry.sharing.reports import Reports, sharing_lock
from telemetry.sharing.sealed import Held, Sealed, text_of

BATCH_REPORTS, BATCH_BYTES = 50, 256 * 1024
# Of 4xx: what says nothing about a report, but about the way, the address or the moment (docs/decisions/0013).
_TRY_AGAIN = frozenset((401, 402, 403, 404, 405, 407, 408, 410, 421, 425, 426, 429, 451))
_TAKEN = frozenset(("accepted", "duplicate"))


class Leave(NamedTuple):
    """The gate's answer before a request: why not, as a code, or None; since when the yes holds, for which address."""

    reason: str | None
    consented: datetime
    endpoint: str | None = None


class Post(Protocol):
    """What sends lines to the server (Wire.reports)."""

    def __call__(self, lines: bytes, now: datetime) -> Answer: ...


class Manner(NamedTuple):
    """How to send: `wait` is the time a report rests before it may leave; `chosen` are ids the person sends at once.

    An empty `chosen` with `at_once` means all of them.
    """

    wait: timedelta
    at_once: bool = False
    chosen: frozenset[str] = frozenset()


class Round(NamedTuple):
    """What one round did. `stopped`: why it ended before all that was due had left, None where it did not.

    `full`: how many were due and found the person's week full.
    """

    sent: int
    refused: int
    stopped: str | None
    retry: Retry | None
    full: int = 0


def withheld(sealed: Sealed, leave_since: datetime, manner: Manner, now: datetime) -> str | None:
    """Why a waiting report may not leave now, as a code; None where it may."""
    if sealed.began < leave_since:
        return "before_yes"
    if manner.at_once and (not manner.chosen or sealed.id in manner.chosen):
        return None
    if now < sealed.sealed + manner.wait or manner.at_once:
        return "resting"
    return None


def is_due(held: Held, sealed: Sealed, leave_since: datetime, manner: Manner, now: datetime) -> bool:
    """Whether a report may leave now. What was in a request already has no more wait to keep, only its next try."""
    reason = withheld(sealed, leave_since, manner, now)
    return reason is None or (reason == "resting" and was_in_a_request(held) and not manner.at_once)


def was_in_a_request(held: Held) -> bool:
    """Whether a report was: its sealed address says so; a file that somebody moved into `sending/` has none."""
    return held.state == layout.SENDING and bool(held.went_to)


def send_due(
    reports: Reports,
    may_leave: Callable[[], Leave],
    post: Post,
    clock: Callable[[], datetime],
    manner: Manner,
    chance: Callable[[], float] = random.random,
) -> Round:
    """Send what is due, batch by batch, until nothing is, the gate closes, or the server fails."""
    with sharing_lock(reports.store):
        leave = may_leave()
        before = retry_with(reports.store, leave.endpoint)
        if leave.reason is not None:
            return Round(0, 0, leave.reason, before)
        if is_asked_to_wait(before, clock()) or (must_wait(before, clock()) and not manner.at_once):
            return Round(0, 0, before.why if before else None, before)
        tally = _Tally()
        due = _due(reports, leave.consented, clock(), manner, tally)
        stop = _send_all(reports, _clean(reports, due, clock, tally), may_leave, post, clock, tally)
        if stop is None and before is not None:
            write_retry(reports.store, None)
        if stop is None or not stop.failed:
            return Round(tally.sent, tally.refused, stop.why if stop else None, before if stop else None, tally.full)
        retry = next_try(before, stop.why, clock(), stop.asked, chance)._replace(server=server_of(leave.endpoint))
        write_retry(reports.store, retry)
        return Round(tally.sent, tally.refused, stop.why, retry, tally.full)


@dataclass
class _Tally:
    """What a round has done so far."""

    sent: int = 0
    refused: int = 0
    full: int = 0


class _Stop(NamedTuple):
    """Why a round ended early: the gate closed, or the server failed, and how much patience it asked for."""

    why: str
    failed: bool = False
    asked: timedelta | None = None


def _send_all(
    reports: Reports,
    clean: Iterator[Batch],
    may_leave: Callable[[], Leave],
    post: Post,
    clock: Callable[[], datetime],
    tally: _Tally,
) -> _Stop | None:
    halves: list[Batch] = []
    while (batch := halves.pop() if halves else next(clean, None)) is not None:
        leave = may_leave()
        if leave.reason is not None:
            return _Stop(leave.reason)
        endpoint, began = leave.endpoint or "", clock()
        batch = _since(leave.consented, batch)
        batch = _under_way(reports, batch, endpoint, began, tally)
        if not batch:
            continue
        reached("send_begun")
        answer = post(b"".join(sealed.data + b"\n" for _, sealed in batch), clock())
        reached("send_answered")
        decided = _carry_out(reports, batch, answer, clock(), tally)
        reports.allowance.have_left([held.id for held, _ in batch], endpoint, began, clock())
        if _is_final(answer.status) and len(batch) > 1:
            middle = len(batch) // 2  # one of them may be the reason: look for it
            halves += [batch[middle:], batch[:middle]]
        elif decided < len(batch):
            return _Stop(answer.why if answer.why != "ok" else "answer_incomplete", True, answer.asked)
    return None


Batch = list[tuple[Held, Sealed]]


def batches(due: Batch) -> Iterator[Batch]:
    """Batches of at most 50 reports and 256 KiB."""
    batch: Batch = []
    size = 0
    for held, sealed in due:
        length = len(sealed.data) + 1
        if batch and (len(batch) == BATCH_REPORTS or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((held, sealed))
        size += length
    if batch:
        yield batch


def _due(reports: Reports, consented: datetime, now: datetime, manner: Manner, tally: _Tally) -> Batch:
    """What may leave now, oldest first; what we did not seal goes to refused/."""
    waiting = reports.held(layout.SENDING, layout.OUTBOX)
    once = {held.id: held for held in waiting}.values()  # a copy that somebody made is no second report
    tally.refused += _turn_down(reports, [(held, "foreign") for held in once if held.sealed is None], now)
    return [(held, held.sealed) for held in once if held.sealed and is_due(held, held.sealed, consented, manner, now)]


def _clean(reports: Reports, due: Batch, clock: Callable[[], datetime], tally: _Tally) -> Iterator[Batch]:
    """Batches that the last guard has looked at; what it turns down goes to refused/."""
    for batch, faults in one_ahead(_looked_at, batches(due)):
        tally.refused += _turn_down(reports, faults, clock())
        yield batch


def _since(consented: datetime, batch: Batch) -> Batch:
    """What the yes holds for that is there now: a person may have said a new one, to another address, meanwhile."""
    return [(held, sealed) for held, sealed in batch if sealed.began >= consented]


def _looked_at(batch: Batch) -> tuple[Batch, list[tuple[Held, str]]]:
    """What may leave of a batch, and what may not, with the reason."""
    found = [(held, sealed, refusal_of(sealed.data)) for held, sealed in batch]
    clean = [(held, sealed) for held, sealed, reason in found if reason is None]
    return clean, [(held, reason) for held, _, reason in found if reason is not None]


def _turn_down(reports: Reports, faults: list[tuple[Held, str]], now: datetime) -> int:
    outcomes = {held.id: {"refused_by": "guard", "reason": reason, "at": text_of(now)} for held, reason in faults}
    return len(reports.move([held for held, _ in faults], layout.REFUSED, outcomes))


def _under_way(reports: Reports, batch: Batch, endpoint: str, now: datetime, tally: _Tally) -> Batch:
    moved, full = reports.under_way([held for held, _ in batch], endpoint, now)
    tally.full += full
    return [(held, held.sealed) for held in moved if held.sealed]


def _carry_out(reports: Reports, batch: Batch, answer: Answer, now: datetime, tally: _Tally) -> int:
    """Move the reports that the answer decides; how many those are."""
    at, refused_by = text_of(now), {"refused_by": "server"}
    held = [one for one, _ in batch]
    if _is_final(answer.status):
        refusals = {held[0].id: {**refused_by, "reason": answer.why, "at": at}} if len(held) == 1 else {}
        receipts = {}
    else:
        said = {str(one.get("id")): one for one in answer.results or []}
        decided = {one.id: (_status(said, one), said.get(one.id, {})) for one in held}
        receipts = {
            key: {"receipt": _short(its.get("receipt")), "at": at}
            for key, (status, its) in decided.items()
            if status in _TAKEN
        }
        refusals = {
            key: {**refused_by, "reason": _short(its.get("reason")), "at": at}
            for key, (status, its) in decided.items()
            if status == "rejected"
        }
    reports.move([one for one in held if one.id in receipts], layout.SENT, receipts)
    reports.move([one for one in held if one.id in refusals], layout.REFUSED, refusals)
    tally.sent += len(receipts)
    tally.refused += len(refusals)
    return len(receipts) + len(refusals)


def _status(said: dict[str, dict[str, object]], held: Held) -> str | None:
    status = said.get(held.id, {}).get("status")
    return status if isinstance(status, str) else None


def _is_final(status: int) -> bool:
    return 400 <= status < 500 and status not in _TRY_AGAIN


def _short(value: object) -> str:
    """A server's word, in bounds: printable ASCII, shown to a person later."""
    return "".join(one for one in str(value)[:200] if one.isascii() and one.isprintable())
