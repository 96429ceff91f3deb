"""One feature from an idea to the archive, over five sessions: every field of its record, exactly."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from itertools import pairwise

from telemetry.contract.vocabulary import PHASES
from tests.canaries import traces_in
from tests.journey.life import furnish, whole_life
from tests.journey.machine import AGENTSPEC, CANARIES, TELEMETRY, Machine

EXPECTED = {
    "feature": {
        "complexity": {
            "file_count": 4,
            "estimated_loc": "100-500",
            "phases_used": ["brainstorm", "define", "design", "build", "ship"],
            "has_iac": True,
            "has_llm": False,
            "has_tests": True,
        },
        "outcome": {"shipped": True, "iterations": 0, "judge_used": True},
    },
    "agents": {
        "matching": [
            {"agent_type": "custom", "file_type": ".sql", "confidence": 0.95, "was_overridden": False},
            {"agent_type": "general", "file_type": ".tf", "confidence": 0.85, "was_overridden": False},
            {"agent_type": "python-developer", "file_type": ".py", "confidence": 0.95, "was_overridden": False},
            {"agent_type": "test-generator", "file_type": ".py", "confidence": 0.95, "was_overridden": True},
        ],
        "effectiveness": [
            {"agent_type": "custom", "assigned_files": 1, "build_success": True, "quality_score": 10.0},
            {"agent_type": "general", "assigned_files": 2, "build_success": True, "quality_score": 5.0},
            {"agent_type": "python-developer", "assigned_files": 1, "build_success": True, "quality_score": 10.0},
        ],
    },
    "judge": {
        "enabled": True,
        "reviewers_count": 3,
        "pre_design_score": 8.8,
        "post_build_score": 6.0,
        "consensus_reached": True,
        "human_override": False,
    },
    "kb": {"domains_consulted": ["airflow", "custom", "dbt"], "patterns_used": 1},
    "errors": {"phase_failed": None, "error_category": None, "recovered": None},
}


def test_a_feature_is_recorded_field_by_field(machine: Machine) -> None:
    """Both plugins installed as people install them; the record is what `agentspec insights` hands out."""
    machine.installs(AGENTSPEC, "agentspec@standin")
    machine.installs(TELEMETRY, "agentspec-telemetry@agentspec-telemetry")
    furnish(machine)
    sessions = [machine.plays(scene.prompt, *scene.replies, plugins=()) for scene in whole_life(machine)]
    assert [played.answer for played in sessions] == ["Done."] * 5
    assert traces_in(machine.home / ".claude/projects", CANARIES) != [], "there were no canaries to be found"
    (record,) = json.loads(machine.agentspec("insights", "--records", "--json"))
    session, timing = record.pop("session"), record["feature"].pop("timing")
    assert record == EXPECTED
    assert session["agentspec_version"] == "3.5.0"
    for phase, played in zip(("define", "design", "build"), sessions[1:4], strict=True):
        assert 1 <= timing[f"{phase}_duration_seconds"] <= played.seconds
    assert 3 <= timing["total_duration_seconds"] <= sum(played.seconds for played in sessions)
    figures = json.loads(machine.agentspec("insights", "--json"))
    assert figures["features"]["started"] == figures["features"]["shipped"] == 1
    assert {(row["rate"], row["n"]) for row in figures["phase_completion"]} == {(None, 0)}, "too young for a rate"
    later = (datetime.now(timezone.utc) + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    then = json.loads(machine.agentspec("insights", "--json", AGENTSPEC_TELEMETRY_NOW=later))
    moved_on = [(row["from"], row["to"], row["rate"], row["n"]) for row in then["phase_completion"]]
    assert moved_on == [(*pair, 1.0, 1) for pair in pairwise(PHASES)]
    assert [row["agent_type"] for row in figures["agents"]] == ["python-developer", "custom", "general"]
