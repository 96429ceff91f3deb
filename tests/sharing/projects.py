"""Projects with features in them, for tests of sharing: recorded by the same API that programs use, now."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from telemetry import PhaseEvent, TelemetryCollector
from telemetry.contract.vocabulary import PHASES


def project_in(folder: Path, name: str = "project") -> Path:
    """An empty project."""
    project = folder / name
    project.mkdir(parents=True)
    return project


def ship(project: Path, feature: str, phases: tuple[str, ...] = PHASES, ago: timedelta = timedelta(0)) -> None:
    """Record the phases of a feature, a second each, the last of them ending `ago`."""
    collector = TelemetryCollector(project)
    moment = datetime.now(timezone.utc) - ago
    for number, phase in enumerate(phases):
        collector.record_phase(
            PhaseEvent(
                session_id=collector.session_id,
                phase=phase,
                started_at=moment + timedelta(milliseconds=number),
                completed_at=moment + timedelta(milliseconds=number + 1),
                success=True,
                agent_count=1,
                file_count=3,
                judge_enabled=False,
                judge_score=None,
                feature=feature,
            )
        )
