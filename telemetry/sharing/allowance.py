"""How much of one person may leave: REPORTS_A_WEEK reports in any seven days, over all their projects.

The server's noise is made for that many (docs/decisions/0015). A report takes a place before it is sealed, and one at
its server before every request that it is in; a place is noted for good before anything else happens, and free again a
week after the last time. Kept in the person's state folder, under a lock, sealed with the key beside it. What is noted
are hours, and names that only the key can tell: no project, no feature, no address, no id of a report. Where it cannot
be noted, nothing leaves.
"""

from __future__ import annotations

import errno
import hmac
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from telemetry.consent.state import KEY, State, StateRefused, keyed, open_state
from telemetry.contract import durable
from telemetry.contract.errors import TelemetryError
from telemetry.contract.faults import reached
from telemetry.contract.promises import REPORTS_A_WEEK
from telemetry.sharing.locks import lockable, locked_within

PLACES = "places"
WEEK_HOURS = 7 * 24
HELD_HOURS = WEEK_HOURS + 2  # one since minutes are not noted, one for a request that arrives late
PATIENCE_SECONDS = 10.0
VERSION = 1
MAX_BYTES = 1 << 20
_LOCK = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

SEALED = "sealed"
ALL = "all"  # what counts everywhere: places that nobody can tell any more


class NotCounted(TelemetryError):
    """What would leave cannot be counted, so nothing does."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"what leaves cannot be counted ({why}), so nothing does",
            "It is counted in ~/.local/state/agentspec-telemetry, which must be yours alone and have room.",
        )


class Place(NamedTuple):
    """One place: whose, and when it was last taken, in hours since 1970.

    `seen`: in which hour the clock was found to be before `hour`, None where it was not. The time may be wrong then,
    or have been wrong before: the place is held for a week from either.
    """

    name: str
    hour: int
    seen: int | None = None

    def free_at(self, hour: int) -> int:
        """The hour from which on it is free, as far as can be told in this one."""
        return (self.hour if self.hour <= hour or self.seen is None else self.seen) + HELD_HOURS

    def is_held(self, hour: int) -> bool:
        """Whether it is taken in this hour."""
        return hour < self.free_at(hour)

    def looked_at(self, hour: int) -> Place:
        """The same, found in this hour: a clock that was set back begins a week of its own."""
        is_back = hour < self.hour and (self.seen is None or hour < self.seen)
        return self._replace(seen=hour) if is_back else self

    def taken_again(self, hour: int) -> Place:
        """The same, taken in this hour."""
        return Place(self.name, hour) if self.hour <= hour else self._replace(seen=hour)


Book = dict[str, tuple[Place, ...]]  # by what they are for: SEALED, ALL, or a server's name here


class Outlook(NamedTuple):
    """What is taken of the places at a moment. `next_…`: when one is free again, None where one is now.

    `left`: at one server; `leaving`: what the reports are called that have a place there.
    """

    most: int
    sealed: int
    left: int
    next_sealed: datetime | None
    next_left: datetime | None
    leaving: frozenset[str]


class Allowance:
    """The person's places. `key`: the state folder's. `most`: how many there are; only tests say another number."""

    def __init__(self, key: bytes, most: int = REPORTS_A_WEEK) -> None:
        self._key = key
        self.most = most

    def to_seal(self, report: str, now: datetime) -> bool:
        """Take a place for a report that is about to be sealed; whether there was one. Noted for good on return."""
        return bool(self._take(SEALED, [report], now))

    def free_to_seal(self, now: datetime) -> int:
        """How many more may be sealed now. Notes nothing."""
        found = self.outlook("", now)
        return max(found.most - found.sealed, 0)

    def to_leave(self, reports: Sequence[str], endpoint: str, now: datetime) -> frozenset[str]:
        """Take places for reports that are about to be in a request; those that have one. Noted for good on return.

        A report that was in a request this week keeps its place, and keeps it for longer.
        """
        return self._take(self._server(endpoint), reports, now)

    def have_left(self, reports: Sequence[str], endpoint: str, began: datetime, now: datetime) -> None:
        """Hold the places of a request anew that has ended: a machine may have slept in it, for days."""
        if _hour_of(began) != _hour_of(now):
            self._take(self._server(endpoint), reports, now)

    def outlook(self, endpoint: str, now: datetime) -> Outlook:
        """What is taken now. Notes nothing."""
        hour = _hour_of(now)
        with _state() as state:
            book = self._found(self._stored(state), hour)
        sealed, left = (_held(book, kind, hour) for kind in (SEALED, self._server(endpoint)))
        return Outlook(
            self.most,
            len(sealed),
            len(left),
            self._next(sealed, hour),
            self._next(left, hour),
            frozenset(place.name for place in left),
        )

    def noted(self) -> Book | None:
        """All that is noted, as it stands there; None where that cannot be read."""
        with suppress(NotCounted), _state() as state:
            return self._stored(state)
        return None

    def name_of(self, report: str) -> str:
        """What a report is called here: without the key, nobody can tell which it is."""
        return keyed(self._key, "place", report.encode())[:16]

    def _server(self, endpoint: str) -> str:
        """What a server is called here. Its host alone: an address can be written in many ways."""
        host = (urlsplit(endpoint).hostname or "").rstrip(".")
        return keyed(self._key, "server", host.encode())[:16]

    def _take(self, kind: str, reports: Sequence[str], now: datetime) -> frozenset[str]:
        hour, names = _hour_of(now), {self.name_of(report): report for report in reports}
        with _alone() as state:
            stored = self._stored(state)
            before = self._found(stored, hour)
            held = _held(before, kind, hour)
            has = {place.name for place in held} & names.keys()
            taken = {*has, *[name for name in names if name not in has][: max(self.most - len(held), 0)]}
            after = _still_known({**before, kind: _taken(before.get(kind, ()), taken, hour)}, hour)
            if after != stored:
                durable.write(state.fd, PLACES, self._encoded(after), step="places")
        reached("places_taken")
        return frozenset(names[name] for name in taken)

    def _found(self, stored: Book | None, hour: int) -> Book:
        """The places as they are found in this hour. What was damaged or altered counts as all taken just now."""
        if stored is None:
            stored = {ALL: tuple(Place(secrets.token_hex(8), hour) for _ in range(self.most))}
        return {kind: tuple(place.looked_at(hour) for place in places) for kind, places in stored.items()}

    def _stored(self, state: State) -> Book | None:
        """What the file says; nothing is taken where there is none. None for one that we did not write."""
        data = state.read(PLACES, most=MAX_BYTES)
        if data is None:
            return {}
        try:
            body = json.loads(data)
            if not hmac.compare_digest(str(body.pop("mac")), self._mac(body)) or body["version"] != VERSION:
                return None
            return {kind: tuple(Place(*place) for place in places) for kind, places in body["places"].items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def _encoded(self, book: Book) -> bytes:
        body: dict[str, Any] = {"version": VERSION, "places": book}
        return json.dumps({**body, "mac": self._mac(body)}, separators=(",", ":")).encode() + b"\n"

    def _mac(self, body: dict[str, Any]) -> str:
        return keyed(self._key, "places", json.dumps(body, sort_keys=True, separators=(",", ":")).encode())

    def _next(self, held: list[Place], hour: int) -> datetime | None:
        if len(held) < self.most:
            return None
        free_at = sorted(place.free_at(hour) for place in held)[len(held) - self.most]
        return datetime.fromtimestamp(free_at * 3600, timezone.utc)


def _held(book: Book, kind: str, hour: int) -> list[Place]:
    return [place for place in (*book.get(kind, ()), *book.get(ALL, ())) if place.is_held(hour)]


def _taken(places: tuple[Place, ...], names: set[str], hour: int) -> tuple[Place, ...]:
    again = [place.taken_again(hour) if place.name in names else place for place in places]
    return (*again, *(Place(name, hour) for name in sorted(names - {place.name for place in places})))


def _still_known(book: Book, hour: int) -> Book:
    """Without the places that are free, but for those that a clock which is set right will show as taken."""
    known = {
        kind: tuple(place for place in places if place.is_held(hour) or hour < place.hour)
        for kind, places in book.items()
    }
    return {kind: places for kind, places in known.items() if places}


def _hour_of(now: datetime) -> int:
    return int(now.timestamp() // 3600)


@contextmanager
def _state() -> Iterator[State]:
    """The open state folder; whatever is wrong with it or the disk, nothing is counted."""
    try:
        state = open_state()
        if state is None:
            raise StateRefused("no_receipt")
        with state:
            yield state
    except StateRefused as refused:
        raise NotCounted(refused.code) from refused
    except OSError as error:
        raise NotCounted(error.strerror or "no lock") from error


@contextmanager
def _alone() -> Iterator[State]:
    """The open state folder, and nobody else of the person's projects at the places. The key's file is the lock."""
    with _state() as state, lockable(os.open(KEY, _LOCK, dir_fd=state.fd)) as fd:
        if not locked_within(fd, PATIENCE_SECONDS):
            raise TimeoutError(errno.ETIMEDOUT, "another agentspec is busy with it")
        yield state
