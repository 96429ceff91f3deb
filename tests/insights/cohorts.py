"""Features made up for tests: one at a time, a month like the seed's, and any at all (Hypothesis)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from telemetry.contract.records import (
    Complexity,
    Effectiveness,
    Errors,
    FeatureRecord,
    Judge,
    Knowledge,
    Matching,
    Outcome,
    Session,
    Timing,
    TrackedFeature,
)
from telemetry.contract.vocabulary import AGENTS, DOMAINS, FILE_TYPES, PHASES

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=timezone.utc)
CATEGORIES = (
    "api_error",
    "tests_failed",
    "build_blocked",
    "judge_blocked",
    "needs_clarification",
    "interrupted",
    "abandoned",
    "unknown",
)


def feature(  # noqa: PLR0913 every test names just what it is about
    state: Any = "shipped",
    phases: tuple[str, ...] = PHASES,
    *,
    days_ago: float = 20,
    idle_days: float | None = None,
    hours: float = 2.0,
    files: int = 8,
    tested: bool = True,
    judged: bool = False,
    agents: dict[str, float | None] | None = None,
    matching: tuple[Matching, ...] = (),
    domains: tuple[str, ...] = (),
    error: tuple[str, str] | None = None,
    agent_runs: dict[str, int] | None = None,
) -> TrackedFeature:
    """A feature that came through `phases`, begun long enough ago to be in a rate.

    `agents` maps each agent of its build to its quality; what is in flight was touched lately.
    """
    seen = NOW - timedelta(days=days_ago)
    if idle_days is None:
        idle_days = min(days_ago, 5) if state == "in_flight" else days_ago
    record = FeatureRecord(
        session=Session("00000000-0000-4000-8000-000000000000", "2026-11-22T10:00:00.000Z", "3.5.0"),
        complexity=Complexity(files, "100-500", phases, has_tests=tested),
        timing=Timing(total_duration_seconds=int(hours * 3600)),
        outcome=Outcome(state == "shipped", 0, judged),
        matching=matching,
        effectiveness=tuple(
            Effectiveness(agent, 4, state == "shipped", quality) for agent, quality in (agents or {}).items()
        ),
        judge=Judge(enabled=judged, pre_design_score=8.0 if judged else None),
        kb=Knowledge(domains, 0),
        errors=Errors(error[0], error[1], False) if error else Errors(),
    )
    last = NOW - timedelta(days=idle_days)
    started = frozenset(phases)
    return TrackedFeature("0" * 16, seen, last, state, started, started, agent_runs or {}, record)


def seed_month() -> list[TrackedFeature]:
    """A month much like the seed's screen: ten shipped, three lost after /build, some in flight."""
    crew: dict[str, float | None] = {"python-developer": 8.9, "test-generator": 8.7}
    shipped = [
        feature(
            hours=1.4 + number * 0.2,
            judged=number < 7,
            agents=crew | ({"function-developer": 8.2} if number < 6 else {}),
            domains=("python", "testing") if number % 2 else ("python",),
        )
        for number in range(10)
    ]
    lost = [feature("abandoned", PHASES[:4], days_ago=25, agents={"general": 6.0}, judged=False) for _ in range(3)]
    running = [
        feature("in_flight", PHASES[:2], days_ago=9, idle_days=9, files=0),
        feature("in_flight", PHASES[:3], days_ago=1),
    ]
    return shipped + lost + running


_scores = st.none() | st.integers(0, 100).map(lambda tenths: tenths / 10)
_counts = st.integers(0, 9999)
_agents = st.sampled_from(sorted(AGENTS))
_instants = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(lambda at: at.replace(tzinfo=timezone.utc))
_lately = st.timedeltas(timedelta(0), timedelta(days=14) - timedelta.resolution).map(lambda ago: NOW - ago)
_phase_sets = st.frozensets(st.sampled_from(PHASES))
_errors = st.builds(
    Errors,
    st.none() | st.sampled_from(PHASES),
    st.none() | st.sampled_from(CATEGORIES),
    st.none() | st.booleans(),
)
_records = st.builds(
    FeatureRecord,
    session=st.just(Session("00000000-0000-4000-8000-000000000000", "2026-11-22T10:00:00.000Z", "3.5.0")),
    complexity=st.builds(Complexity, _counts, has_tests=st.booleans()),
    timing=st.builds(Timing, total_duration_seconds=st.integers(0, 31_622_400)),
    outcome=st.builds(Outcome, st.booleans(), _counts, st.booleans()),
    matching=st.lists(
        st.builds(
            Matching,
            _agents,
            st.sampled_from(sorted(FILE_TYPES)),
            st.sampled_from((0.95, 0.85, 0.8, 0.7)),
            st.booleans(),
        ),
        max_size=4,
    ).map(tuple),
    effectiveness=st.lists(
        st.builds(Effectiveness, _agents, _counts, st.booleans(), _scores),
        max_size=4,
        unique_by=lambda row: row.agent_type,
    ).map(tuple),
    judge=st.builds(Judge, st.booleans(), pre_design_score=_scores),
    kb=st.builds(Knowledge, st.lists(st.sampled_from(sorted(DOMAINS)), max_size=4, unique=True).map(tuple), _counts),
    errors=_errors,
)
any_feature = st.builds(
    TrackedFeature,
    ref=st.just("0" * 16),
    first_seen=_instants,
    last_seen=_instants,
    state=st.sampled_from(("shipped", "in_flight", "abandoned")),
    started=_phase_sets,
    completed=_phase_sets,
    agent_runs=st.dictionaries(_agents, st.integers(0, 50), max_size=4),
    record=_records,
)
any_young_feature = st.builds(lambda one, seen: one._replace(first_seen=seen), any_feature, _lately)
