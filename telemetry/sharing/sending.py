"""Sending what is due: the gate is asked before every request, the last guard looks at every report.

What has been in a request stays in `sending/` until the server spoke about it, and is sent again: the server counts a
report once by its id.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from telemetry.contract import layout
from telemetry.contract.faults import reached
from telemetry.sharing.answer import Answer
from telemetry.sharing.guard import refusal_of
from telemetry.sharing.patience import Retry, must_wait, next_try, read_retry, write_retry
from telemetry.sharing.reports import Reports, sharing_lock
from telemetry.sharing.sealed import Held, Sealed, text_of

BATCH_REPORTS, BATCH_BYTES = 50, 256 * 1024
_TRY_AGAIN = frozenset((408, 425, 429))
_TAKEN = frozenset(("accepted", "duplicate"))


class Leave(NamedTuple):
    """The gate's answer before a request: why not, as a code, or None; since when the yes holds, for which address."""

    reason: str | None
    consented: datetime
    endpoint: str | None = None


class Post(Protocol):
    """What sends lines to the server (Wire.reports)."""

    def __call__(self, lines: bytes, now: datetime) -> Answer: ...


class Terms(NamedTuple):
    """How to send: `wait` is the time a report rests before it may leave; `chosen` are ids the person sends at once.

    An empty `chosen` with `at_once` means all of them.
    """

    wait: timedelta
    at_once: bool = False
    chosen: frozenset[str] = frozenset()


class Round(NamedTuple):
    """What one round did. `stopped`: why it ended before all that was due had left, None where it did not."""

    sent: int
    refused: int
    stopped: str | None
    retry: Retry | None


def withheld(sealed: Sealed, leave_since: datetime, terms: Terms, now: datetime) -> str | None:
    """Why a waiting report may not leave now, as a code; None where it may."""
    if datetime.fromisoformat(sealed.first.replace("Z", "+00:00")) < leave_since:
        return "before_yes"
    if terms.at_once and (not terms.chosen or sealed.id in terms.chosen):
        return None
    if now < sealed.sealed + terms.wait or terms.at_once:
        return "resting"
    return None


def is_due(held: Held, sealed: Sealed, leave_since: datetime, terms: Terms, now: datetime) -> bool:
    """Whether a report may leave now. What was in a request already has no more wait to keep, only its next try."""
    reason = withheld(sealed, leave_since, terms, now)
    return reason is None or (reason == "resting" and held.state == layout.SENDING and not terms.at_once)


def send_due(
    reports: Reports,
    may_leave: Callable[[], Leave],
    post: Post,
    clock: Callable[[], datetime],
    terms: Terms,
    chance: Callable[[], float] = random.random,
) -> Round:
    """Send what is due, batch by batch, until nothing is, the gate closes, or the server fails."""
    sent = refused = 0
    with sharing_lock(reports.store):
        before = read_retry(reports.store)
        if must_wait(before, clock()) and not terms.at_once:
            return Round(0, 0, before.why if before else None, before)
        leave = may_leave()
        if leave.reason is not None:
            return Round(0, 0, leave.reason, before)
        due, refused = _due(reports, leave.consented, clock(), terms)
        stack = list(reversed(list(batches(due))))
        while stack:
            batch = stack.pop()
            leave = may_leave()
            if leave.reason is not None:
                return Round(sent, refused, leave.reason, before)
            batch = _under_way(reports, batch)
            if not batch:
                continue
            reached("send_begun")
            answer = post(b"".join(sealed.data + b"\n" for _, sealed in batch), clock())
            reached("send_answered")
            taken, turned_down = _carry_out(reports, batch, answer, clock(), leave.endpoint)
            sent, refused = sent + taken, refused + turned_down
            if _is_final(answer.status) and len(batch) > 1:
                middle = len(batch) // 2  # one of them may be the reason: look for it
                stack += [batch[middle:], batch[:middle]]
            elif taken + turned_down < len(batch):
                why = answer.why if answer.why != "ok" else "answer_incomplete"
                retry = next_try(before, why, clock(), answer.asked, chance)
                write_retry(reports.store, retry)
                return Round(sent, refused, why, retry)
        if before is not None:
            write_retry(reports.store, None)
    return Round(sent, refused, None, None)


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


def _due(reports: Reports, consented: datetime, now: datetime, terms: Terms) -> tuple[Batch, int]:
    """What may leave now, oldest first; what the last guard turns down goes to refused/, and is counted."""
    due: Batch = []
    outcomes, turned_down = {}, []
    waiting = reports.held(layout.SENDING, layout.OUTBOX)
    for held in {held.id: held for held in waiting}.values():  # a copy that somebody made is no second report
        reason = refusal_of(held.sealed.data) if held.sealed else "foreign"
        if reason is not None:
            outcomes[held.id] = {"refused_by": "guard", "reason": reason, "at": text_of(now)}
            turned_down.append(held)
        elif held.sealed and is_due(held, held.sealed, consented, terms, now):
            due.append((held, held.sealed))
    return due, len(reports.move(turned_down, layout.REFUSED, outcomes))


def _under_way(reports: Reports, batch: Batch) -> Batch:
    moved = reports.move([held for held, _ in batch], layout.SENDING)
    return [(held, held.sealed) for held in moved if held.sealed]


def _carry_out(reports: Reports, batch: Batch, answer: Answer, now: datetime, endpoint: str | None) -> tuple[int, int]:
    """Move the reports that the answer decides; how many were taken, how many turned down.

    The address is noted with a receipt: the next yes may be to another, and taking back must find the first.
    """
    at = text_of(now)
    if _is_final(answer.status):
        if len(batch) > 1:
            return 0, 0
        reason = {batch[0][0].id: {"refused_by": "server", "reason": answer.why, "at": at}}
        reports.move([batch[0][0]], layout.REFUSED, reason)
        return 0, 1
    said = {str(one.get("id")): one for one in answer.results or []}
    taken = {held.id: said[held.id] for held, _ in batch if _status(said, held) in _TAKEN}
    turned_down = {held.id: said[held.id] for held, _ in batch if _status(said, held) == "rejected"}
    place = {"endpoint": endpoint} if endpoint else {}
    receipts = {key: {"receipt": _short(one.get("receipt")), "at": at, **place} for key, one in taken.items()}
    reasons = {
        key: {"refused_by": "server", "reason": _short(one.get("reason")), "at": at} for key, one in turned_down.items()
    }
    reports.move([held for held, _ in batch if held.id in taken], layout.SENT, receipts)
    reports.move([held for held, _ in batch if held.id in turned_down], layout.REFUSED, reasons)
    return len(taken), len(turned_down)


def _status(said: dict[str, dict[str, object]], held: Held) -> str | None:
    status = said.get(held.id, {}).get("status")
    return status if isinstance(status, str) else None


def _is_final(status: int) -> bool:
    return 400 <= status < 500 and status not in _TRY_AGAIN


def _short(value: object) -> str:
    """A server's word, in bounds: printable ASCII, shown to a person later."""
    return "".join(one for one in str(value)[:200] if one.isascii() and one.isprintable())
