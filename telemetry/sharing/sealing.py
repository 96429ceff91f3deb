"""Sealing: every settled feature becomes a report, once, if a person said yes before it began.

But for those that find the person's week full: they are left out, for good. To wait would be no help to who finishes
more than ten a week, always; and which are left out must not depend on what they are.
"""

from __future__ import annotations

import os
import random
import secrets
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from telemetry.contract import layout
from telemetry.contract.faults import reached
from telemetry.contract.records import TrackedFeature
from telemetry.features.history import load_touched
from telemetry.journal.store import Store
from telemetry.sharing.anonymise import anonymised
from telemetry.sharing.canonical import canonical, sha256
from telemetry.sharing.ledger import (
    BEFORE_YES,
    Entry,
    by_name,
    entries_of,
    held_back,
    hold_back,
    leave_out,
    mended,
    name_of,
    record,
    was_sealed,
)
from telemetry.sharing.reports import LOCK_PATIENCE_SECONDS, Reports, sharing_lock
from telemetry.sharing.sealed import Sealed, text_of

VERSION = 1  # of schemas/report.yaml
CLOCK_TOLERANCE = timedelta(minutes=10)
WEEK_FULL = "week_full"
SEALED_BEFORE = "sealed_before"


class Candidate(NamedTuple):
    """A feature, and what the rules look at besides. `before`: what was sealed of the same name."""

    feature: TrackedFeature
    consented: datetime
    before: list[Entry]
    now: datetime


def has_settled(one: Candidate) -> str | None:
    """A feature is shared when it is over: shipped, or untouched for 14 days."""
    return "in_flight" if one.feature.state == "in_flight" else None


def began_after_the_yes(one: Candidate) -> str | None:
    """Nothing from before the yes is shared."""
    return BEFORE_YES if one.feature.first_seen < one.consented else None


def is_not_from_the_future(one: Candidate) -> str | None:
    """An event from the future means a clock that was wrong."""
    return "clock" if one.feature.last_seen > one.now + CLOCK_TOLERANCE else None


def was_not_sealed_before(one: Candidate) -> str | None:
    """A feature is shared once, however it goes on; one that was there at the yes, never."""
    if not was_sealed(one.feature, one.before):
        return None
    return BEFORE_YES if one.before[-1].left_out == BEFORE_YES else SEALED_BEFORE


RULES: tuple[Callable[[Candidate], str | None], ...] = (
    was_not_sealed_before,
    began_after_the_yes,
    has_settled,
    is_not_from_the_future,
)


def reason_not_to_seal(one: Candidate) -> str | None:
    """The first rule that speaks against it; None where none does."""
    return next((code for rule in RULES if (code := rule(one))), None)


def hold_back_all(store: Store, store_path: str, now: datetime) -> None:
    """Before a yes: note every feature there is, so that retention cannot make a new one of what is left of it."""
    with sharing_lock(store):
        known = by_name(entries_of(store))
        fresh = []
        for feature in load_touched(store_path, now).features:
            before = known.setdefault(name_of(feature.ref), [])
            fresh += (held := held_back(feature, before))
            before += held
        hold_back(store, fresh)


def seal_settled(
    store_path: str, reports: Reports, consented: datetime, now: datetime, patience: float = LOCK_PATIENCE_SECONDS
) -> list[Sealed]:
    """Seal what has settled and was not sealed before; what was sealed now. The gate was asked by the caller.

    Safe against kills at any moment and parallel sessions: under the lock, the place in the week first, then the
    report, the ledger after it, and the ledger is mended from the folders before it is believed.
    """
    with sharing_lock(reports.store, patience):
        reports.sweep()
        rest_again(reports, now)
        known = by_name(mended(reports.store, reports))
        done = []
        features = load_touched(store_path, now, since=consented).features
        for feature in _in_turn(_to_seal(reports.store, features, known, consented, now), reports, now):
            sealed = sealed_of(feature, now)
            reached("seal_begun")
            if reports.allowance.to_seal(sealed.id, now):
                reports.put(sealed)
                reached("seal_put")
                record(reports.store, sealed)
                reached("seal_recorded")
                done.append(sealed)
            else:
                leave_out(reports.store, sealed, WEEK_FULL)
                reached("seal_left_out")
        return done


def _to_seal(
    store: Store, features: list[TrackedFeature], known: dict[str, list[Entry]], consented: datetime, now: datetime
) -> list[TrackedFeature]:
    """What no rule speaks against, each as if those before it were noted already.

    What began before the yes and was not noted then, as its event came a moment late, or its name, is noted now.
    """
    found: list[TrackedFeature] = []
    fresh: list[Entry] = []
    for feature in features:
        name = name_of(feature.ref)
        before = known.setdefault(name, [])
        reason = reason_not_to_seal(Candidate(feature, consented, before, now))
        if reason == BEFORE_YES:
            fresh += (held := held_back(feature, before))
            before += held
        elif reason is None:
            before.append(Entry("", name, text_of(feature.last_seen), feature.record.outcome.shipped))
            found.append(feature)
    hold_back(store, fresh)
    return found


def _in_turn(features: list[TrackedFeature], reports: Reports, now: datetime) -> list[TrackedFeature]:
    """In the order in which they are to find a place: where there is none for all, chance says for which."""
    if not features:
        return []
    free = reports.allowance.free_to_seal(now)
    if len(features) <= free:
        return features
    first = set(random.sample(range(len(features)), free))
    turns = sorted(range(len(features)), key=lambda number: number not in first)
    return [features[number] for number in turns]


def rest_again(reports: Reports, now: datetime) -> None:
    """What was sealed in the future, by a clock that was wrong, rests from now on: else it would rest for years."""
    for held in reports.held(layout.OUTBOX):
        if held.sealed and held.sealed.sealed > now + CLOCK_TOLERANCE:
            reports.put(held.sealed._replace(sealed_at=text_of(now)))


def unsealed_data(feature: TrackedFeature, now: datetime) -> bytes:
    """A feature's bytes as they would leave, but for id and withdrawal: those are made when it is sealed."""
    return _data(feature, now, str(uuid.UUID(int=0, version=4)), "0" * 64)


def sealed_of(feature: TrackedFeature, now: datetime) -> Sealed:
    """A feature's report with a fresh id and a fresh token."""
    report_id, token = str(uuid.UUID(bytes=os.urandom(16), version=4)), secrets.token_hex(32)
    return Sealed(
        id=report_id,
        feature=feature.ref,
        first=text_of(feature.first_seen),
        last=text_of(feature.last_seen),
        shipped=feature.record.outcome.shipped,
        sealed_at=text_of(now),
        token=token,
        data=_data(feature, now, report_id, sha256(token.encode())),
    )


def _data(feature: TrackedFeature, now: datetime, report_id: str, withdrawal: str) -> bytes:
    report = anonymised(feature.record, report_id, now)
    return canonical({"version": VERSION, "withdrawal": withdrawal, "report": report})
