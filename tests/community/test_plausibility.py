"""What is kept out of the sums: only what no honest client can say."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.community.plausibility import RULES, reason_against
from telemetry.features.fold import fold
from telemetry.sharing.anonymise import anonymised
from tests.features.events import ref
from tests.features.strategies import Event, crowded_events, events, journals
from tests.sharing.reports import PLAIN, REPORT_ID, Json, sealed_reports

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=timezone.utc)
ROW = PLAIN["report"]["agents"]["matching"][0]
BUILT = PLAIN["report"]["agents"]["effectiveness"][0]
RARE = ("kb-architect", "the-planner", "aws-deployer", "qdrant-specialist")
RARE_DOMAINS = ["lakeflow", "lakehouse", "medallion", "supabase"]


def with_part(name: str, **values: Any) -> Json:
    """The plain report with other values in one object of it."""
    changed: Json = copy.deepcopy(PLAIN["report"])
    part = changed["feature"][name] if name in changed["feature"] else changed[name]
    assert set(values) <= set(part)
    part.update(values)
    return changed


def without_judge(**values: Any) -> Json:
    """The plain report as one that no judge saw, but for some values of its part `judge`."""
    silent = {name: None if name.endswith("score") else False for name in PLAIN["report"]["judge"]}
    changed = with_part("judge", **{**silent, "reviewers_count": "0", **values})
    changed["feature"]["outcome"]["judge_used"] = False
    return changed


IMPLAUSIBLE = {
    "no_such_day": [with_part("session", timestamp="2026-02-31T10:00:00Z")],
    "time_without_phase": [
        with_part("complexity", phases_used=["define", "design", "ship"]),
        with_part("complexity", phases_used=[]),
    ],
    "total_below_parts": [
        with_part("timing", total_duration_seconds=4700),
        with_part("timing", total_duration_seconds=0),
    ],
    "judge_denied": [with_part("outcome", judge_used=False), with_part("judge", enabled=False)],
    "verdict_without_judge": [
        without_judge(reviewers_count="3"),
        without_judge(pre_design_score=9),
        without_judge(post_build_score=0),
        without_judge(consensus_reached=True),
        without_judge(human_override=True),
    ],
    "half_an_error": [
        with_part("errors", phase_failed="build"),
        with_part("errors", error_category="unknown", recovered=False),
        with_part("errors", recovered=False),
    ],
    "failure_without_phase": [
        with_part("errors", phase_failed="brainstorm", error_category="interrupted", recovered=True)
    ],
    "failure_of_another_phase": [
        with_part("errors", phase_failed="design", error_category="tests_failed", recovered=True)
    ],
    "abandoned_and_shipped": [
        with_part("errors", phase_failed="build", error_category="abandoned", recovered=False),
    ],
    "builder_without_file": [with_part("agents", effectiveness=[{**BUILT, "assigned_files": "0"}])],
    "build_went_both_ways": [
        with_part("agents", effectiveness=[BUILT, {**BUILT, "agent_type": "custom", "build_success": False}])
    ],
    "row_twice": [
        with_part("agents", matching=[ROW, {**ROW, "was_overridden": True}]),
        with_part("agents", effectiveness=[BUILT, BUILT]),
    ],
    "infrastructure_denied": [with_part("agents", matching=[{**ROW, "file_type": ".tf"}])],
    "not_blurred": [
        with_part("agents", matching=[{**ROW, "agent_type": "kb-architect", "file_type": ".proto"}]),
        with_part("agents", effectiveness=[{**BUILT, "agent_type": agent} for agent in RARE]),
        with_part("kb", domains_consulted=RARE_DOMAINS),
    ],
}


@pytest.mark.parametrize(("reason", "report"), [(reason, one) for reason, all_ in IMPLAUSIBLE.items() for one in all_])
def test_what_contradicts_itself_is_named(reason: str, report: Json) -> None:
    """By the rule that it breaks."""
    assert reason_against(report) == reason


def test_a_judge_that_was_not_there_blocks_nothing() -> None:
    """A failure by a judge's verdict needs a judge."""
    blocked = without_judge()
    assert reason_against(blocked) is None
    blocked["errors"] = {"phase_failed": "build", "error_category": "judge_blocked", "recovered": True}
    assert reason_against(blocked) == "verdict_without_judge"


def test_a_score_after_the_build_needs_a_build() -> None:
    """One before it does not."""
    unbuilt = with_part("timing", build_duration_seconds=0)
    unbuilt["feature"]["complexity"]["phases_used"] = ["define", "design"]
    assert reason_against(unbuilt) is None
    unbuilt["judge"]["post_build_score"] = 8
    assert reason_against(unbuilt) == "score_without_build"


HONEST = {
    "plain": PLAIN["report"],
    "shipped without a phase": {
        **with_part("complexity", phases_used=[]),
        "feature": {
            **PLAIN["report"]["feature"],
            "complexity": {**PLAIN["report"]["feature"]["complexity"], "phases_used": []},
            "timing": dict.fromkeys(PLAIN["report"]["feature"]["timing"], 0),
        },
    },
    "an agent that built without having been chosen": with_part("agents", matching=[]),
    "a failure made good": with_part("errors", phase_failed="build", error_category="tests_failed", recovered=True),
    "a total that rounding put below its parts": with_part("timing", total_duration_seconds=5000),
    "longer than anything counts": with_part(
        "timing", build_duration_seconds=360_000, design_duration_seconds=360_000, total_duration_seconds=360_000
    ),
    "three rare agents": with_part("agents", effectiveness=[{**BUILT, "agent_type": agent} for agent in RARE[:3]]),
}


@pytest.mark.parametrize("report", HONEST.values(), ids=HONEST)
def test_what_is_merely_odd_counts(report: Json) -> None:
    """Honest clients say such things."""
    assert reason_against(report) is None


@given(journals())
@settings(max_examples=300, deadline=None)
def test_whatever_an_honest_client_makes_of_any_journal_is_plausible(journal: list[Event]) -> None:
    """One that the client's own fold, and its own steps, made a report of."""
    for found in fold(journal, NOW):
        made = anonymised(found.record, REPORT_ID, NOW)
        assert reason_against(made) is None, json.dumps(made)


def of_one_feature(event: Event) -> Event:
    """The same event, in one session and about one feature: so that more of a journal meets in one report."""
    known = {"session": ref("session 0"), "feature": ref("feature 0")}
    return {name: known.get(name, value) for name, value in event.items()}


@given(st.lists(st.one_of(events(), crowded_events()).map(of_one_feature), max_size=40))
@settings(max_examples=300, deadline=None)
def test_also_where_all_happened_to_one_feature(journal: list[Event]) -> None:
    """Even at one instant, and with ids that came twice."""
    for found in fold(journal, NOW):
        assert reason_against(anonymised(found.record, REPORT_ID, NOW)) is None


@given(sealed_reports())
@settings(max_examples=200, deadline=None)
def test_every_valid_report_is_judged(sealed: Json) -> None:
    """By one code, or none; no rule fails on what another one would have found."""
    assert {type(rule(sealed["report"])) for rule in RULES} <= {str, type(None)}


def test_every_rule_has_an_example() -> None:
    """Each speaks of one report at least, besides those in tests of their own."""
    speaking = {rule.__name__ for rule in RULES for examples in IMPLAUSIBLE.values() for one in examples if rule(one)}
    assert {rule.__name__ for rule in RULES} - speaking == {"scores_after_a_build_have_one"}
