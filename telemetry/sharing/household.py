"""One project's sharing, put together: its gate, its reports, its server. The daemon and the commands use it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from telemetry.consent.facts import Gatherer
from telemetry.consent.state import KEY, StateRefused, open_state
from telemetry.contract import layout
from telemetry.contract.errors import TelemetryError
from telemetry.contract.faults import reached
from telemetry.contract.promises import REPORTS_A_WEEK
from telemetry.journal.store import Store
from telemetry.sharing.allowance import Allowance, Outlook
from telemetry.sharing.answer import Answer
from telemetry.sharing.ledger import entries_of, mended
from telemetry.sharing.patience import must_wait, retry_with
from telemetry.sharing.reports import LOCK_PATIENCE_SECONDS, Reports, sharing_lock
from telemetry.sharing.sealed import Held, Sealed
from telemetry.sharing.sealing import WEEK_FULL, seal_settled
from telemetry.sharing.sending import Leave, Manner, Round, send_due, was_in_a_request, withheld

LOOKING_SECONDS = 1.0

if TYPE_CHECKING:
    from telemetry.sharing.wire import Wire


class Household:
    """An open store with the key of the person's state folder. Make one with `opened`."""

    def __init__(self, gatherer: Gatherer, store: Store, key: bytes, allowance: Allowance) -> None:
        self.gatherer = gatherer
        self.reports = Reports(store, key, allowance)
        self._store = store

    @property
    def wait(self) -> timedelta:
        """How long a report rests before it may leave."""
        receipt = self.gatherer.receipt()
        return timedelta(hours=max(self.gatherer.config().maturity_hours, receipt.hours if receipt else 0))

    def leave(self, now: datetime) -> Leave:
        """The gate's answer, asked anew."""
        facts, reason = self.gatherer.asked(now)
        consented = datetime.fromtimestamp(facts.receipt_at / 1000, now.tzinfo) if reason is None else now
        return Leave(reason.code if reason else None, consented, facts.endpoint)

    def seal(self, now: datetime, patience: float = LOCK_PATIENCE_SECONDS) -> list[Sealed]:
        """Seal what has settled since the person's yes; nothing where the gate says no."""
        facts, reason = self.gatherer.asked(now)
        if reason is not None and reason.code != "no_endpoint":
            return []
        consented = datetime.fromtimestamp(facts.receipt_at / 1000, now.tzinfo)
        return seal_settled(self.gatherer.store, self.reports, consented, now, patience)

    def seal_if_free(self, now: datetime) -> None:
        """Seal what has settled, unless a request is under way: who only looks does not wait for a server."""
        with suppress(TelemetryError, OSError):  # OSError: a disk that is full, or has no locks; the daemon says so
            self.seal(now, LOOKING_SECONDS)

    def send(self, clock: Callable[[], datetime], at_once: bool = False, chosen: frozenset[str] = frozenset()) -> Round:
        """Send what is due."""
        with closing(_Way()) as way:

            def may_leave() -> Leave:
                leave = self.leave(clock())
                way.leads_to(leave.endpoint)
                return leave

            return send_due(self.reports, may_leave, way, clock, Manner(self.wait, at_once, chosen))

    def own_reasons(self, now: datetime) -> Callable[[Held], str | None]:
        """Why a waiting report may not leave, its own reasons only; None where it has none. Asked once, for all."""
        receipt = self.gatherer.receipt()
        said_yes = receipt is not None and receipt.choice == "yes"
        since = datetime.fromisoformat(receipt.at.replace("Z", "+00:00")) if receipt and said_yes else None
        manner = Manner(self.wait)
        until_free = self._until_free(now)

        def own_reason(held: Held) -> str | None:
            if held.sealed is None:
                return "foreign"
            reason = withheld(held.sealed, since or held.sealed.began, manner, now)
            if was_in_a_request(held) and reason != "before_yes":
                return "under_way"
            return WEEK_FULL if reason is None and until_free(held) else reason

        return own_reason

    def outlook(self, now: datetime) -> Outlook:
        """What of the person's week is taken, by this project and all others that share with the same server."""
        return self.reports.allowance.outlook(self.gatherer.config().endpoint or "", now)

    def left_out(self) -> int:
        """How many features of this project found the week full, and are never shared."""
        return sum(entry.left_out == WEEK_FULL for entry in entries_of(self._store))

    def _until_free(self, now: datetime) -> Callable[[Held], datetime | None]:
        """When there will be a place for a report; None where there is one, or it has one."""
        allowance, outlook = self.reports.allowance, self.outlook(now)
        return lambda held: None if allowance.name_of(held.id) in outlook.leaving else outlook.next_left

    def drop(self, held: Held) -> None:
        """Delete a waiting report for good. Only under the lock."""
        mended(self._store, self.reports)  # or its feature would be sealed once more
        reached("drop_begun")
        self.reports.delete(held)

    def forget_waiting(self) -> int:
        """Delete all reports that wait, and send those no more that were in a request already; how many were deleted.

        The latter may have arrived: they stay in `refused/` with the address, for taking back.
        """
        with sharing_lock(self._store):
            mended(self._store, self.reports)
            waiting = self.reports.held(layout.OUTBOX)
            for held in waiting:
                self.reports.delete(held)
            stopped = {"refused_by": "you", "reason": "stopped"}
            sending = self.reports.held(layout.SENDING)
            self.reports.move(sending, layout.REFUSED, {held.id: stopped for held in sending})
        return len(waiting)

    def next_due(self, now: datetime) -> datetime | None:
        """When the next report may leave, or the next try is; None where none waits."""
        leave = self.leave(now)
        if leave.reason is not None:
            return None
        manner, due = Manner(self.wait), self.due(now)
        moments = [
            due(held)
            for held in self.reports.held(layout.SENDING, layout.OUTBOX)
            if held.sealed is None or withheld(held.sealed, leave.consented, manner, now) != "before_yes"
        ]
        return min(moments, default=None)

    def due(self, now: datetime) -> Callable[[Held], datetime]:
        """When a report may leave: after its rest, with a place, not before the next try. Asked once, for all."""
        wait, until_free = self.wait, self._until_free(now)
        retry = retry_with(self._store, self.gatherer.config().endpoint)
        not_before = retry.not_before if retry and must_wait(retry, now) else None

        def due(held: Held) -> datetime:
            ready = _ready(held, wait, now, until_free(held))
            return max(ready, not_before) if not_before else ready

        return due


def _ready(held: Held, wait: timedelta, now: datetime, free: datetime | None) -> datetime:
    """When a report may leave."""
    if held.sealed is None:
        return now  # not ours: to be refused, and said
    ready = now if was_in_a_request(held) else held.sealed.sealed + wait
    return max(ready, free) if free else ready


class _Way:
    """The way to a server, opened when something leaves: what it needs takes 8 MB, and opens a socket by itself."""

    def __init__(self) -> None:
        self._endpoint: str | None = None
        self._wire: Wire | None = None

    def leads_to(self, endpoint: str | None) -> None:
        """To the address that the gate has just looked at, and to no other."""
        if endpoint != self._endpoint:
            self.close()
            self._endpoint = endpoint

    def __call__(self, lines: bytes, now: datetime) -> Answer:
        if self._endpoint is None:
            return Answer(0, "no_endpoint")
        if self._wire is None:
            from telemetry.sharing.wire import Wire  # noqa: PLC0415

            self._wire = Wire(self._endpoint)
        return self._wire.reports(lines, now)

    def close(self) -> None:
        """Let the connection go, if there was one."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None


def opened(gatherer: Gatherer, store: Store, most: int = REPORTS_A_WEEK) -> Household:
    """Put a project's sharing together. Raises StateRefused where the person's state folder has no key to go by.

    `most`: how many reports a week holds. Nothing that a person, a project or a variable says becomes another number.
    """
    state = open_state()
    if state is None:
        raise StateRefused("no_receipt")
    with state:
        if KEY not in state.names():
            raise StateRefused("no_receipt")  # the first yes was cut off before there was a key
        key = state.key()
    return Household(gatherer, store, key, Allowance(key, most))
