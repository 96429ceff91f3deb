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
    return features_in(groups_of(sessions).items(), now)


def groups_of(sessions: dict[str, list[Seen]]) -> dict[str, list[Run]]:
    """The runs of all sessions, put together by feature."""
    groups: dict[str, list[Run]] = {}
    for session, events in sessions.items():
        for run in runs_of(session, events):
            groups.setdefault(run.key, []).append(run)
    return groups


def features_in(groups: Iterable[tuple[str, list[Run]]], now: datetime) -> list[TrackedFeature]:
    """Assemble every feature; ties in time are broken by name, so that the result has one order."""
    moment = int(now.timestamp() * 1000)
    found = [feature for key, runs in groups for feature in features_of(key, runs, moment)]
    return sorted(found, key=lambda feature: (feature.first_seen, feature.ref))
