"""What is kept out of the sums: only what no honest client can say."""

from __future__ import annotations

import copy
import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.community.contributions import contribution_of
from telemetry.community.plausibility import RULES, reason_against
from telemetry.features.fold import fold
from telemetry.sharing.anonymise import anonymised
from tests.features.events import Story, built, planned, ref
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


def only_timed(**seconds: int) -> Json:
    """The plain report as one of /define, /design and /build alone, done once, with other times."""
    changed = with_part("timing", **seconds)
    changed["feature"]["complexity"]["phases_used"] = ["define", "design", "build"]
    changed["feature"]["outcome"]["iterations"] = "0"
    return changed


def untested(agent: str) -> Json:
    """The plain report as one of a design with this agent, and no tests."""
    changed = with_part("agents", matching=[{**ROW, "agent_type": agent}])
    changed["feature"]["complexity"]["has_tests"] = False
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
    "total_above_parts": [
        only_timed(total_duration_seconds=5600),
        only_timed(total_duration_seconds=360_000),
        only_timed(**{**dict.fromkeys(PLAIN["report"]["feature"]["timing"], 0), "total_duration_seconds": 4}),
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
    "quality_of_no_files": [
        with_part("agents", effectiveness=[{**BUILT, "assigned_files": files, "quality_score": quality}])
        for files, quality in (("1", 5), ("2", 9.5), ("3", 3), ("3", 7), ("4", 3.5))
    ],
    "overruled_by_nobody": [with_part("agents", matching=[{**ROW, "was_overridden": True}], effectiveness=[])],
    "row_twice": [
        with_part("agents", matching=[ROW, {**ROW, "was_overridden": True}]),
        with_part("agents", effectiveness=[BUILT, BUILT]),
    ],
    "infrastructure_denied": [with_part("agents", matching=[{**ROW, "file_type": ".tf"}])],
    "ai_denied": [
        with_part("agents", matching=[{**ROW, "agent_type": "llm-specialist"}]),
        with_part("agents", effectiveness=[{**BUILT, "agent_type": "genai-architect"}]),
        with_part("kb", domains_consulted=["dbt", "prompt-engineering"]),
    ],
    "tests_denied": [untested("test-generator"), untested("data-quality-analyst")],
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
    "a total of its parts, as far as rounding goes": only_timed(total_duration_seconds=5100),
    "phases longer than anything counts": only_timed(build_duration_seconds=360_000, total_duration_seconds=360_000),
    "two of three files verified": with_part(
        "agents", effectiveness=[{**BUILT, "assigned_files": "3", "quality_score": 6.5}]
    ),
    "agents blurred to one, whose score is a mean": with_part(
        "agents", effectiveness=[{**BUILT, "agent_type": "custom", "assigned_files": "3", "quality_score": 5}]
    ),
    "an agent for tests that built where none were planned": {
        **untested("dbt-specialist"),
        "agents": {"matching": [ROW], "effectiveness": [{**BUILT, "agent_type": "test-generator"}]},
    },
    "a report that waited for years": with_part("session", timestamp="2020-01-01T00:00:00Z"),
    "a clock that is wrong by years": with_part("session", timestamp="2031-01-01T00:00:00Z"),
    "three rare agents": with_part("agents", effectiveness=[{**BUILT, "agent_type": agent} for agent in RARE[:3]]),
}


@pytest.mark.parametrize("report", HONEST.values(), ids=HONEST)
def test_what_is_merely_odd_counts(report: Json) -> None:
    """Honest clients say such things."""
    assert reason_against(report) is None


def report_of(story: Story) -> Json:
    """What the client makes of it, fifteen days later."""
    return anonymised(story.record(timedelta(days=15)), REPORT_ID, NOW)


def test_a_feature_is_shipped_without_a_build_by_honest_people() -> None:
    """While recording was off, in a fork of the session, or by hand: of /build nothing was seen. It counts as shipped,
    and where builds are asked about it is not there."""
    report = report_of(Story().defines().designs(planned("a.py", "python-developer")).ships())
    assert report["feature"]["complexity"]["phases_used"] == ["define", "design", "ship"]
    assert report["feature"]["outcome"]["shipped"]
    assert reason_against(report) is None
    slices = {one.slice for one in contribution_of(report, REPORT_ID, "2026-W47").increments}
    assert "all" in slices and not slices & {"judge", "category_habit", "agent"}


def test_agents_build_without_a_build_that_was_seen() -> None:
    """A fork of the session has another id, and no command: it writes BUILD_REPORT all the same."""
    story = Story().defines().designs(planned("a.py", "python-developer")).session("fork").turn()
    report = report_of(story.saved("build", "complete").built(built("a.py", "dbt-specialist")))
    assert "build" not in report["feature"]["complexity"]["phases_used"]
    assert [row["agent_type"] for row in report["agents"]["effectiveness"]] == ["dbt-specialist"]
    assert reason_against(report) is None


@pytest.mark.parametrize(("files", "verified"), [(files, hits) for files in range(1, 6) for hits in range(files + 1)])
def test_whatever_share_of_its_files_is_verified_is_a_quality(files: int, verified: int) -> None:
    """By the client's own rounding."""
    rows = [built(f"{number}.py", "dbt-specialist", verified=number < verified) for number in range(files)]
    report = report_of(Story().defines().designs().builds(*rows).ships())
    assert report["agents"]["effectiveness"][0]["quality_score"] is not None
    assert reason_against(report) is None


@pytest.mark.parametrize("said", ["2020-01-01T00:00:00Z", "2031-01-01T00:00:00Z"])
def test_no_figure_rests_on_when_a_report_says_that_it_was_made(said: str) -> None:
    """So it is judged by no rule, whatever the clock: the week is that of the server."""
    changed = with_part("session", timestamp=said)
    assert contribution_of(changed, REPORT_ID, "2026-W47") == contribution_of(PLAIN["report"], REPORT_ID, "2026-W47")


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


def test_the_decision_lists_every_reason_and_no_other() -> None:
    """Operators look there for what a code means."""
    decision = (Path(__file__).parents[2] / "docs/decisions/0011-what-is-counted.md").read_text(encoding="utf-8")
    table = decision.split("**Plausible**")[1].split("What must not be a rule")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == {*IMPLAUSIBLE, "score_without_build"}
