"""One feature from /brainstorm to /ship, as the real CLI told it: exactly these facts and no others."""

from __future__ import annotations

from telemetry.capture.observe import observe
from tests.capture.payloads import plainly, recorded

F = "feature:ORDERS_PIPELINE"


def started(phase: str, feature: str | None = F) -> tuple[str, str | None, dict[str, object]]:
    """A typed command."""
    return ("phase_started", feature, {"phase": phase, "origin": "typed", "judge": "off", "agentspec": "0.0.0"})


def saved(document: str, status: str) -> tuple[str, str, dict[str, object]]:
    """A document."""
    return ("document_saved", F, {"document": document, "status": status})


def page(domain: str, pattern: str | None = None) -> tuple[str, None, dict[str, object]]:
    """A page that was read."""
    return ("knowledge_read", None, {"domain": domain, "pattern": pattern})


def ran(agent: str) -> tuple[str, None, dict[str, object]]:
    """A subagent."""
    return ("agent_ran", None, {"agent": agent, "outcome": "completed"})


def passed(phase: str, score: int) -> tuple[str, str, dict[str, object]]:
    """A judge."""
    return ("judge_ruled", F, {"phase": phase, "verdict": "pass", "score": score, "seats": 1})


END = [("turn_ended", None, {}), ("session_ended", None, {"reason": "other"})]
FILES = [
    ("dags/orders.py", "pipeline-architect", ".py", False),
    ("models/stg_orders.sql", "dbt-specialist", ".sql", False),
    ("tests/test_orders.py", "test-generator", ".py", True),
    ("config.yaml", "general", ".yaml", False),
]
ROWS = [{"file": f"file:{file}", "agent": agent, "type": kind} for file, agent, kind, _ in FILES]
PARTS = {"part": 1, "parts": 1, "total": 4}
PLANNED = [{**row, "test": file[3]} for row, file in zip(ROWS, FILES, strict=True)]
BUILT = [{**row, "verified": True} for row in ROWS]
COUNTS = {"lines": 290, "tasks_done": 4, "tasks_total": 4, "tests_passed": 12, "tests_total": 12}

EXPECTED = [
    started("brainstorm", None),
    saved("brainstorm", "ready"),
    *END,
    started("define"),
    saved("define", "ready"),
    ("scope_defined", F, {"domains": ["dbt", "airflow"], "infrastructure": "none", "clarity": 13}),
    *END,
    started("design"),
    page("dbt"),
    page("airflow"),
    page("dbt", "page:dbt/patterns/incremental-model.md"),
    saved("design", "ready"),
    ("files_planned", F, {**PARTS, "files": PLANNED}),
    passed("design", 88),
    *END,
    started("build"),
    ran("pipeline-architect"),
    ran("dbt-specialist"),
    ran("test-generator"),
    saved("build", "complete"),
    ("build_reported", F, COUNTS),
    ("files_built", F, {**PARTS, "files": BUILT}),
    passed("build", 91),
    *END,
    started("ship"),
    saved("ship", "complete"),
    *END,
]


def test_a_recorded_feature_leaves_exactly_these_facts() -> None:
    """Of 70 payloads; the rest has nothing to teach."""
    found = [fact for payload in recorded("orders-pipeline.jsonl") for fact in observe(payload, plainly)]
    assert found == EXPECTED
