"""The Python API: programs that run phases themselves record them here.

The same events, the same store and the same fold as the hook's. Everything stays in the project's
`.claude/telemetry/`; nothing here can share anything.

    from telemetry import PhaseEvent, TelemetryCollector

    collector = TelemetryCollector(Path.cwd())
    collector.record_phase(PhaseEvent(
        session_id=collector.session_id, phase="define", started_at=started, completed_at=datetime.now(),
        success=True, agent_count=1, file_count=0, judge_enabled=False, judge_score=None,
    ))
"""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from telemetry.capture.commands import normal_name
from telemetry.capture.envelope import Refs, enveloped
from telemetry.contract import layout, settings
from telemetry.contract.vocabulary import PHASES
from telemetry.hook import installed_version, note_switched_off
from telemetry.journal.append import append
from telemetry.journal.retain import retain
from telemetry.journal.store import open_store


@dataclass
class PhaseEvent:
    """One run of a phase, as a program saw it.

    `phase`: brainstorm, define, design, build or ship. Times without a zone are local time.
    `completed_at` may be left None: then the phase ended when it is recorded. `judge_score` is of 10. Name the
    feature to link phases over several collectors: only a keyed hash of the name is kept.
    """

    session_id: str
    phase: str
    started_at: datetime
    completed_at: datetime | None
    success: bool
    agent_count: int
    file_count: int
    judge_enabled: bool
    judge_score: float | None
    feature: str | None = None


class TelemetryCollector:
    """Records phases in a project's local store."""

    def __init__(self, project_root: Path) -> None:
        self.store = project_root / ".claude" / "telemetry"
        self.session_id = str(uuid.uuid4())
        self._project = project_root

    def record_phase(self, event: PhaseEvent) -> None:
        """Record a phase that has ended, or broke off.

        Raises ValueError for an event that cannot be right, and StoreRefused where the store
        cannot be written (`agentspec doctor` says why). With `recording: off` it does nothing.
        """
        _check(event)
        with open_store(str(self._project)) as store:
            config = settings.text_of(store.read(layout.CONFIG, settings.MAX_BYTES + 1))
            if settings.is_recording(config):
                note_switched_off(store, config)
                append(store, _events_of(event, Refs(store.key())))
                today = datetime.now(timezone.utc).strftime("%Y-%m-%d")
                days, megabytes = (settings.number(config, name) for name in ("retention_days", "store_megabytes"))
                retain(store, today, days, megabytes)


def _check(event: PhaseEvent) -> None:
    if event.phase not in PHASES:
        raise ValueError(f"phase is one of {', '.join(PHASES)}")
    if event.completed_at is not None and _utc(event.completed_at) < _utc(event.started_at):
        raise ValueError("completed_at lies before started_at")
    if not (0 <= event.agent_count <= 999 and 0 <= event.file_count <= 9999):
        raise ValueError("agent_count is 0 to 999, file_count 0 to 9999")
    if event.judge_score is not None and not 0 <= event.judge_score <= 10:
        raise ValueError("judge_score is 0 to 10")


def _events_of(event: PhaseEvent, refs: Refs) -> list[dict[str, Any]]:
    name = normal_name(event.feature.strip().replace(" ", "_")) if event.feature else None
    feature = refs("feature", name or event.feature or "") if event.feature else None
    turn = str(uuid.uuid4())  # one recorded phase is one turn: time within it is work
    begun = {"session_id": event.session_id, "prompt_id": turn, "hook_event_name": "api_started"}
    ended = {**begun, "hook_event_name": "api_ended"}
    version = installed_version(os.environ)
    judge = "advisory" if event.judge_enabled else "off"
    start: dict[str, Any] = {"phase": event.phase, "origin": "program", "judge": judge, "agentspec": version}
    end: dict[str, Any] = {
        "phase": event.phase,
        "success": event.success,
        "agents": event.agent_count,
        "files": event.file_count,
    }
    facts = [("phase_ended", feature, end)]
    if event.judge_enabled and event.judge_score is not None:
        ruling = {"phase": event.phase, "verdict": "scored", "score": round(event.judge_score * 10), "seats": 1}
        facts.insert(0, ("judge_ruled", feature, ruling))
    return [
        *enveloped(begun, [("phase_started", feature, start)], refs, _at(event.started_at)),
        *enveloped(ended, facts, refs, _at(event.completed_at or datetime.now())),
    ]


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc)


def _at(moment: datetime) -> str:
    return _utc(moment).strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z"
