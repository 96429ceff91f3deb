"""A store's whole history → features. Reads only, but for the cache of a long journal.

A long journal is cut into blocks. Every block is indexed once (whose events are in it, until when);
only blocks that the question is about are folded. Both are remembered, so that the next question
reads only what is new. The cache changes no figure: it is checked, and without it the same work is
done again.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from telemetry.contract.records import TrackedFeature
from telemetry.features.fold import feature_key, tracked
from telemetry.features.runs import Run, runs_of
from telemetry.journal.months import months_of
from telemetry.journal.read import read_block

BLOCK_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True)
class Loaded:
    """The features asked for, and how many events and set-aside lines the whole journal has."""

    features: list[TrackedFeature]
    events: int
    set_aside: int


def load_features(store: Path, now: datetime, since: datetime | None = None, block_bytes: int = BLOCK_BYTES) -> Loaded:
    """The features of a store as of `now`; with `since`, only those first seen at or after it."""
    months = months_of(store)
    earliest = int(since.timestamp() * 1000) if since else 0
    with _without_garbage_collection():
        if sum(month.size for month in months) < 2 * block_bytes:
            data = b"\n".join(month.path.read_bytes() for month in months)
            runs, events, set_aside = _fold_all(data)
        else:
            from telemetry.features.archive import Archive  # noqa: PLC0415 most journals are too short for it

            archive = Archive.open(store, months, block_bytes)
            runs = archive.runs_since(earliest)
            archive.save()
            events, set_aside = archive.events, archive.set_aside
        features = tracked(runs, now)
    wanted = [feature for feature in features if since is None or feature.first_seen >= since]
    return Loaded(wanted, events, set_aside)


def _fold_all(data: bytes) -> tuple[dict[str, list[Run]], int, int]:
    sessions, events, set_aside = read_block(data)
    by_feature: dict[str, list[Run]] = {}
    for session, found in sessions.items():
        for run in runs_of(found):
            by_feature.setdefault(feature_key(run, session), []).append(run)
    return by_feature, events, set_aside


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """A million small tuples are no garbage; looking for some among them doubles the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
