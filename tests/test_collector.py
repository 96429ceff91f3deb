"""The seed's Python API: programs that run phases themselves get the same events, store and fold."""

from __future__ import annotations

import json
import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from telemetry import PhaseEvent, TelemetryCollector
from telemetry.contract.records import TrackedFeature
from telemetry.features.history import load_features
from tests.canaries import traces_in

ROOT = Path(__file__).resolve().parents[1]
EVENT = jsonschema.Draft202012Validator(yaml.safe_load((ROOT / "schemas" / "event.yaml").read_text(encoding="utf-8")))
NINE = datetime(2026, 11, 20, 9, tzinfo=timezone.utc)
NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)


def phase(collector: TelemetryCollector, name: str, **more: Any) -> PhaseEvent:
    """A phase of half an hour that went well."""
    fields: dict[str, Any] = {
        "session_id": collector.session_id,
        "phase": name,
        "started_at": NINE,
        "completed_at": NINE + timedelta(minutes=30),
        "success": True,
        "agent_count": 2,
        "file_count": 5,
        "judge_enabled": False,
        "judge_score": None,
    }
    return PhaseEvent(**{**fields, **more})


def features(project: Path) -> list[TrackedFeature]:
    """What the fold makes of a project's store."""
    return load_features(project / ".claude" / "telemetry", NOW).features


def lines(project: Path) -> list[dict[str, Any]]:
    """The events of a project's store."""
    months = (project / ".claude" / "telemetry" / "events").iterdir()
    return [json.loads(line) for month in months for line in month.read_text().split("\n") if line]


def test_the_phases_of_one_collector_are_one_feature(tmp_path: Path) -> None:
    """Without a name, the collector's session links them; active times and files are the program's."""
    collector = TelemetryCollector(tmp_path)
    for number, name in enumerate(("define", "design", "build", "ship")):
        begun = NINE + timedelta(hours=number)
        collector.record_phase(phase(collector, name, started_at=begun, completed_at=begun + timedelta(minutes=40)))
    [feature] = features(tmp_path)
    assert feature.state == "shipped"
    assert feature.completed == {"define", "design", "build", "ship"}
    assert feature.record.timing.total_duration_seconds == 4 * 2400
    assert feature.record.complexity.file_count == 5


def test_a_named_feature_goes_on_in_another_collector(tmp_path: Path) -> None:
    """Only a keyed hash of the name is kept, and its spelling does not matter."""
    for name, spelling in (("define", "Canary7Q Orders"), ("design", "CANARY7Q_ORDERS")):
        collector = TelemetryCollector(tmp_path)
        collector.record_phase(phase(collector, name, feature=spelling))
    [feature] = features(tmp_path)
    assert feature.started == {"define", "design"}
    assert traces_in(tmp_path / ".claude", ["Canary7Q", "CANARY7Q", "canary7q"]) == []


def test_every_event_it_writes_is_valid(tmp_path: Path) -> None:
    """By the same schema as the hook's events."""
    collector = TelemetryCollector(tmp_path)
    collector.record_phase(phase(collector, "design", judge_enabled=True, judge_score=8.7))
    events = lines(tmp_path)
    assert [event["kind"] for event in events] == ["phase_started", "judge_ruled", "phase_ended"]
    assert [error.message for event in events for error in EVENT.iter_errors(event)] == []


def test_a_judges_score_counts_as_the_programs_own(tmp_path: Path) -> None:
    """Of 10, before the build; a score is no verdict, so nothing agrees or overrides."""
    collector = TelemetryCollector(tmp_path)
    collector.record_phase(phase(collector, "design", judge_enabled=True, judge_score=8.7))
    judge = features(tmp_path)[0].record.judge
    assert (judge.enabled, judge.pre_design_score, judge.human_override) == (True, 8.7, False)


def test_a_phase_that_failed_is_a_failure(tmp_path: Path) -> None:
    """And is recovered when the phase succeeds later."""
    collector = TelemetryCollector(tmp_path)
    collector.record_phase(phase(collector, "build", success=False))
    assert features(tmp_path)[0].record.errors._asdict() == {
        "phase_failed": "build",
        "error_category": "unknown",
        "recovered": False,
    }
    later = NINE + timedelta(hours=2)
    collector.record_phase(phase(collector, "build", started_at=later, completed_at=later))
    assert features(tmp_path)[0].record.errors.recovered is True


def test_a_phase_without_an_end_ends_when_it_is_recorded(tmp_path: Path) -> None:
    """As in the seed's own example, which never sets completed_at."""
    collector = TelemetryCollector(tmp_path)
    collector.record_phase(phase(collector, "define", started_at=datetime.now(), completed_at=None))
    assert features(tmp_path)[0].completed == {"define"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phase", "deploy"),
        ("agent_count", -1),
        ("file_count", 10_000),
        ("judge_score", 10.1),
        ("completed_at", NINE - timedelta(seconds=1)),
    ],
)
def test_what_cannot_be_right_is_refused_and_not_recorded(tmp_path: Path, field: str, value: object) -> None:
    """The program is told; it is not inside anybody's session."""
    collector = TelemetryCollector(tmp_path)
    with pytest.raises(ValueError):
        collector.record_phase(phase(collector, "define", **{field: value}))
    assert not (tmp_path / ".claude").exists()


def test_the_store_it_makes_is_private(tmp_path: Path) -> None:
    """0700, and ignored by git."""
    collector = TelemetryCollector(tmp_path)
    collector.record_phase(phase(collector, "define"))
    assert stat.S_IMODE(collector.store.stat().st_mode) == 0o700
    assert (collector.store / ".gitignore").read_text() == "*\n"


def test_recording_off_is_obeyed(tmp_path: Path) -> None:
    """Nothing is written, and nothing is said."""
    collector = TelemetryCollector(tmp_path)
    collector.record_phase(phase(collector, "define"))
    (collector.store / "config.yaml").write_text("recording: off\n")
    collector.record_phase(phase(collector, "design"))
    assert [event["kind"] for event in lines(tmp_path)] == ["phase_started", "phase_ended"]
