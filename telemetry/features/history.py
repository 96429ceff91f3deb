"""A store's whole history → features. Reads only, but for the cache of a long journal.

A long journal is cut into blocks. Every block is indexed once (whose events are in it, until when);
only blocks that the question is about are folded. Both are remembered, so that the next question
reads only what is new. The cache changes no figure: it is checked, and without it the same work is
done again.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime

from telemetry.contract.records import TrackedFeature
from telemetry.features.blocks import Cut
from telemetry.features.fold import features_in, groups_of
from telemetry.journal.months import Month, months_of
from telemetry.journal.read import read_block

KILOBYTE = 1024
CACHED_FROM = 256 * KILOBYTE  # a shorter journal is read faster than its cache
SMALL_BLOCK, LARGE_BLOCK = 256 * KILOBYTE, 2048 * KILOBYTE  # few to fold for a recent window; few to look after
LARGE_FROM = 32 * LARGE_BLOCK
ATTEMPTS = 5


@dataclass(frozen=True)
class Loaded:
    """The features asked for, and how many events and set-aside lines the whole journal has."""

    features: list[TrackedFeature]
    events: int
    set_aside: int


def load_features(
    store: os.PathLike[str] | str,
    now: datetime,
    since: datetime | None = None,
    block_bytes: int = 0,
    remember: bool = True,
) -> Loaded:
    """The features of a store as of `now`; with `since`, only those first seen at or after it.

    Without `remember` nothing is written, not even a cache. `block_bytes` cuts even a short journal into
    blocks of that size; for tests.
    """
    loaded = load_touched(store, now, since, block_bytes, remember)
    wanted = [feature for feature in loaded.features if since is None or feature.first_seen >= since]
    return Loaded(wanted, loaded.events, loaded.set_aside)


def load_touched(
    store: os.PathLike[str] | str,
    now: datetime,
    since: datetime | None = None,
    block_bytes: int = 0,
    remember: bool = True,
) -> Loaded:
    """As load_features, but with all features of every name that was touched at or after `since`: some began before."""
    with _without_garbage_collection():
        return _load(os.path.abspath(store), now, since, block_bytes, remember)


def _load(store: str, now: datetime, since: datetime | None, block_bytes: int, remember: bool) -> Loaded:
    for _ in range(ATTEMPTS):
        months = months_of(store)
        try:
            size = sum(month.size for month in months)
            if size < (2 * block_bytes or CACHED_FROM):
                return _load_short(months, now)
            block = block_bytes or (SMALL_BLOCK if size < LARGE_FROM else LARGE_BLOCK)
            return _load_long(store, months, now, since, block, remember)
        except FileNotFoundError:
            continue  # retention removed a month between two looks: look again
    return Loaded([], 0, 0)


def _load_short(months: list[Month], now: datetime) -> Loaded:
    data = b"\n".join(Cut(month.path, 0, month.size).read() for month in months)
    sessions, events, set_aside = read_block(data)
    return Loaded(features_in(groups_of(sessions).items(), now), events, set_aside)


def _load_long(
    store: str, months: list[Month], now: datetime, since: datetime | None, block_bytes: int, remember: bool
) -> Loaded:
    from telemetry.features.archive import Archive  # noqa: PLC0415 most journals are too short for it

    earliest = int(since.timestamp() * 1000) if since else 0
    with closing(Archive.open(store, months, block_bytes)) as archive:
        features = features_in(archive.groups_since(earliest), now)
        if remember:
            archive.save()
        return Loaded(features, archive.events, archive.set_aside)


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
