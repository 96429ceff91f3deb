"""The fold: events → feature records. Pure and total: any valid events in any order of arrival.

Two halves: `runs` looks at one session at a time, `assemble` at one feature at a time, so that
history can fold a long journal piece by piece with the same result.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from telemetry.contract.records import TrackedFeature
from telemetry.features.assemble import features_of
from telemetry.features.runs import Run, runs_of
from telemetry.journal.read import Seen, seen_of


def fold(events: Iterable[dict[str, Any]], now: datetime) -> list[TrackedFeature]:
    """The features in these valid events as of `now`, in the order they were first seen."""
    sessions: dict[str, list[Seen]] = {}
    for event in events:
        sessions.setdefault(event["session"], []).append(seen_of(event))
    by_feature: dict[str, list[Run]] = {}
    for session, its_events in sessions.items():
        for run in runs_of(its_events):
            by_feature.setdefault(feature_key(run, session), []).append(run)
    return tracked(by_feature, now)


def feature_key(run: Run, session: str) -> str:
    """What a run is grouped by: its feature, or its session where no document ever named one."""
    return run.feature or "?" + session


def tracked(by_feature: dict[str, list[Run]], now: datetime) -> list[TrackedFeature]:
    """Assemble every feature; ties in time are broken by name, so that the result has one order."""
    moment = int(now.timestamp() * 1000)
    found = [feature for key, runs in by_feature.items() for feature in features_of(key, runs, moment)]
    return sorted(found, key=lambda feature: (feature.first_seen, feature.ref))
