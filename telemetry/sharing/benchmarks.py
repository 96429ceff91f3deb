"""The community's benchmarks for who shares: asked for when an hour has passed, believed by a key, kept for bad days.

The gate is asked first, by the same rules as before a report is sent, and no request is made where it says no. The
request says nothing of the person: everybody downloads the same file, and what compares does so on this machine. Not
even the server's ETag is sent back, which could be a name it gave to this one: ours is the hash of what we have.

Nothing is shown that the believed key did not sign. Where nothing newer can be had, what was kept is shown, with a
word on why. See docs/decisions/0014-whose-benchmarks-are-believed.md.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from telemetry.consent.facts import Gatherer
from telemetry.consent.gate import Reason
from telemetry.consent.state import State, StateRefused, open_state
from telemetry.contract.config import is_loopback
from telemetry.contract.errors import TelemetryError
from telemetry.contract.release_standing import Standing
from telemetry.contract.signature import Forged
from telemetry.sharing import believed, released
from telemetry.sharing.answer import Download
from telemetry.sharing.believed import Kept, Pin
from telemetry.sharing.canonical import sha256
from telemetry.sharing.released import Latest
from telemetry.sharing.sane import Document
from telemetry.sharing.sealed import text_of

OLD = timedelta(weeks=5)  # releases come weekly, of a week that ended one to two weeks before

WORDS = {
    "timeout": "the server did not answer in time",
    "unreachable": "the server could not be reached",
    "tls": "the server could not prove who it is (TLS)",
    "proxy": "the proxy let nothing through",
    "nothing_released": "the server has released nothing yet",
    "not_modified": "the server's answer made no sense",
    "too_large": "what the server gave was too large for benchmarks",
    "unreadable": "what came was no benchmarks; a login page, perhaps, that answers for everybody",
    "not_canonical": "what the server gave was changed on its way",
    "bad_signature": "what the server gave was not signed by the key it names",
    "other_form": "the server's benchmarks are of a form that this version does not know",
    "development": "the server gave exact figures without noise, as only one on this very machine may",
    "future": "the server gave benchmarks of a time that is not over yet, by this machine's clock",
    "older": "the server gave older benchmarks than it did before",
    "rewritten": "the server gave other figures for a time than it did before",
}
ADVICE = {
    "nothing_released": "Benchmarks appear when enough reports of a week have come, a week after its end.",
    "other_form": "A newer agentspec-telemetry may know it.",
    "tls": "Look at the address in config.yaml; it may be that something on the way answers in its place.",
    "unreadable": "Look at the address in config.yaml, and whether you are online. Your own figures are as they were.",
    "future": "Look at this machine's clock. If it is right, tell the server's operator.",
    "development": "Tell its operator; what it releases protects nobody.",
}
LATER = "Try again later. Your own figures are as they were: agentspec insights"


class Wishes(NamedTuple):
    """What the person asked for besides: not to wait out the hour; the one key to believe from now on."""

    refresh: bool = False
    key: str | None = None


class Benchmarks(NamedTuple):
    """The newest releases (`release` of schemas/release.yaml), and how they stand."""

    week: Document | None
    month: Document | None
    standing: Standing


class NotShared(Exception):
    """The gate said no; nothing was asked."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.code)
        self.reason = reason


Ask = Callable[[str, "str | None"], Download]  # endpoint, the ETag of what is known


def over_the_wire(endpoint: str, known: str | None) -> Download:
    """Ask the server of an address, as for a person who waits for the answer."""
    from telemetry.sharing.wire import WAITED_FOR, Wire  # noqa: PLC0415 a slow import, which opens a socket by itself

    with contextlib.closing(Wire(endpoint, limits=WAITED_FOR)) as wire:
        return wire.benchmarks(known)


def benchmarks_for(
    gatherers: Sequence[Gatherer], now: datetime, wishes: Wishes, ask: Ask = over_the_wire
) -> Benchmarks:
    """The benchmarks of the one server that these projects share with.

    Raises NotShared, StateRefused, or TelemetryError where there is nothing to show.
    """
    endpoint = _endpoint_of(gatherers, now)
    state = open_state()
    if state is None:  # gone since the gate looked
        raise StateRefused("state_untrusted")
    with state:
        return _Visit(state, endpoint, now).benchmarks(wishes, ask)


def _endpoint_of(gatherers: Sequence[Gatherer], now: datetime) -> str:
    """The address that the gate has just looked at, and that the person's receipts name."""
    endpoints = set()
    for gatherer in gatherers:
        facts, reason = gatherer.asked(now)
        if reason is not None:
            raise NotShared(reason)
        endpoints.add(str(facts.endpoint))
    if len(endpoints) != 1:
        raise TelemetryError("these projects share with different servers", "Compare one at a time, with --project.")
    return endpoints.pop()


class _Held(NamedTuple):
    """What is kept, proved anew."""

    kept: Kept
    latest: Latest


class _Visit:
    """One look at what a server releases, now."""

    def __init__(self, state: State, endpoint: str, now: datetime) -> None:
        self._state, self._endpoint, self._now = state, endpoint, now
        self._believed: Pin | None = None  # what is written down, as far as it can be read

    def benchmarks(self, wishes: Wishes, ask: Ask) -> Benchmarks:
        """What was kept, where that was asked for lately; else what the server gives."""
        pin = self._pin(wishes.key)
        held = self._held(pin) if pin else None
        if pin and held:
            self._believe(pin)
        if pin and held and not wishes.refresh and believed.was_tried_lately(held.kept, self._now):
            return self._told(pin, held, from_cache=True)
        came = ask(self._endpoint, _tag_of(held.kept) if held else None)
        if came.why == "ok":
            return self._taken(pin, held, came.body)
        if came.why == "not_modified" and pin and held:
            kept = held.kept._replace(fetched=text_of(self._now))
            return self._told(pin, self._keep(held._replace(kept=kept)))
        return self._without(pin, held, came.why)

    # --- the key

    def _pin(self, named: str | None) -> Pin | None:
        """The key to look for: the one that the person names, else the one that is believed."""
        try:
            self._believed = believed.read_pin(self._state, self._endpoint)
        except believed.Altered:
            if named is None:
                raise TelemetryError(
                    "the key that the benchmarks were believed by was altered, and nothing is shown",
                    "Ask the server's operator for it: agentspec insights --community --server-key KEY",
                ) from None
        return self._believed if named is None else Pin(self._endpoint, named, text_of(self._now), told=True)

    def _believe(self, pin: Pin) -> Pin:
        """Write down a key that has just proved a release: a slip of the hand takes no other's place.

        The first key of a server that was never asked before is believed as it comes: there is nobody else to ask.
        """
        if pin != self._believed:
            believed.write_pin(self._state, pin)
            self._believed = pin
        return pin

    def _is_unproved(self, pin: Pin | None) -> bool:
        """Whether a key was named that nothing was proved with (yet)."""
        return pin is not None and pin != self._believed

    # --- what is kept

    def _held(self, pin: Pin) -> _Held | None:
        kept = believed.read_kept(self._state, self._endpoint)
        if kept is None:
            return None
        with contextlib.suppress(Forged):
            return _Held(kept, self._opened(kept.file.encode(), pin.key))
        return None

    def _keep(self, held: _Held, why: str | None = None) -> _Held:
        """A full disk only costs another request."""
        kept = held.kept._replace(tried=text_of(self._now), why=why)
        with contextlib.suppress(OSError):
            believed.write_kept(self._state, kept)
        return held._replace(kept=kept)

    # --- what came

    def _taken(self, pin: Pin | None, held: _Held | None, file: bytes) -> Benchmarks:
        try:
            claimed = released.key_in(file)
            if pin and claimed != pin.key:
                raise _not_named(pin, claimed, self._believed) if self._is_unproved(pin) else _other_key(pin, claimed)
            latest = self._opened(file, claimed)
        except Forged as forged:
            return self._without(pin, held, str(forged))
        step_back = _step_back(held.latest, latest) if held else None
        if step_back:
            return self._without(pin, held, step_back)
        at = text_of(self._now)
        pin = self._believe(pin or Pin(self._endpoint, claimed, at, told=False))
        return self._told(pin, self._keep(_Held(Kept(self._endpoint, file.decode("ascii"), at, at, None), latest)))

    def _opened(self, file: bytes, key: str) -> Latest:
        """Exact figures are for a demo: from elsewhere they would be somebody's, unprotected."""
        latest = released.opened(file, key, self._now)
        if latest.is_development and not is_loopback(urlsplit(self._endpoint).hostname or ""):
            raise Forged("development")
        return latest

    def _without(self, pin: Pin | None, held: _Held | None, why: str) -> Benchmarks:
        """Nothing newer can be had: what is kept, or an error that says what to do."""
        if pin and held:
            return self._told(pin, self._keep(held, why), from_cache=True)
        unproved = f"; {_unproved(pin, self._believed)}" if pin and self._is_unproved(pin) else ""
        raise TelemetryError(
            f"there are no benchmarks to compare with: {_words(why)}{unproved}", ADVICE.get(why, LATER)
        )

    def _told(self, pin: Pin, held: _Held, from_cache: bool = False) -> Benchmarks:
        kept, latest = held
        age = max(timedelta(0), self._now - latest.ended)
        standing = Standing(
            week=latest.week["period"] if latest.week else None,
            month=latest.month["period"] if latest.month else None,
            age_days=age.days,
            is_old=age > OLD,
            fetched=believed.fetched_at(kept),
            from_cache=from_cache,
            why=_words(kept.why) if kept.why else None,
            development=latest.is_development,
            key=pin.key,
            first_seen=believed.is_new(pin, self._now),
        )
        return Benchmarks(latest.week, latest.month, standing)


def _tag_of(kept: Kept) -> str:
    """The ETag as the server makes it of these bytes."""
    return f'"{sha256(kept.file.encode())[:32]}"'


def _step_back(before: Latest, after: Latest) -> str | None:
    """Why what came may not replace what is kept: time does not run backwards, and a release is made once.

    In development it is made as often as wanted.
    """
    if before.is_development or after.is_development:
        return None
    for old, new in ((before.week, after.week), (before.month, after.month)):
        if old is not None and (new is None or new["period"] < old["period"]):
            return "older"
        if old is not None and new is not None and new["period"] == old["period"] and new != old:
            return "rewritten"
    return None


def _words(why: str) -> str:
    """Why there is nothing newer; a status by its number."""
    return WORDS.get(why) or f"the server answered {why.removeprefix('http_')}"


def _other_key(pin: Pin, claimed: str) -> TelemetryError:
    named = "the one you named" if pin.told else "the one it had before"
    return TelemetryError(
        f"the server's benchmarks are signed with another key than {named}, and are not believed"
        f" (believed: {pin.key}; now: {claimed})",
        "Ask its operator. If the change is theirs: agentspec insights --community --server-key KEY",
    )


def _not_named(pin: Pin, claimed: str, before: Pin | None) -> TelemetryError:
    return TelemetryError(
        f"the server's benchmarks are signed with another key than the one you named (now: {claimed});"
        f" {_unproved(pin, before)}",
        "Compare the key you named, digit by digit, with what the server's operator publishes.",
    )


def _unproved(pin: Pin, before: Pin | None) -> str:
    """What became of a key that was named in vain."""
    still = f"; believed as before: {before.key}" if before else ""
    return f"nothing proves the key you named, and it was not written down (named: {pin.key}{still})"
