"""Which agents were chosen for which files, whether the build kept to it, and how they did."""

from __future__ import annotations

import pytest

from telemetry.contract.records import Effectiveness, Matching
from telemetry.contract.vocabulary import AGENTS, FILE_TYPES
from tests.features.events import Story, built, planned


def test_matching_has_one_row_per_agent_and_file_type() -> None:
    """Three files, two of them alike."""
    story = Story().designs(
        planned("a", "dbt-specialist", ".sql"),
        planned("b", "dbt-specialist", ".sql"),
        planned("c", "dbt-specialist", ".yaml"),
    )
    assert story.record().matching == (
        Matching("dbt-specialist", ".sql", 0.8, False),
        Matching("dbt-specialist", ".yaml", 0.8, False),
    )


def test_more_rows_than_a_manifest_can_have_are_cut_to_what_the_schema_holds() -> None:
    """Valid events of one moment with every agent for every file type: no hook writes them."""
    rows = [planned(agent + kind, agent, kind) for agent in sorted(AGENTS) for kind in sorted(FILE_TYPES)]
    story = Story().phase("design").saved("design")
    for start in range(0, len(rows), 36):
        story.plan(*rows[start : start + 36], total=9999, part=1, parts=8)
    assert len(story.record().matching) == 288


@pytest.mark.parametrize(
    ("agent", "knows", "confidence"),
    [
        ("dbt-specialist", True, 0.95),
        ("general", True, 0.85),
        ("dbt-specialist", False, 0.8),
        ("general", False, 0.7),
        ("custom", False, 0.8),
    ],
)
def test_confidence_is_agentspecs_own_matrix(agent: str, knows: bool, confidence: float) -> None:
    """Specialist and domain, domain only, specialist only, neither; a person's own agent is a specialist."""
    story = Story().defines()
    if knows:
        story.scope("dbt")
    assert story.designs(planned("a", agent)).record().matching[0].confidence == confidence


def test_an_agent_is_overridden_where_the_build_names_another_for_its_file() -> None:
    """Of two file types one was given to somebody else."""
    story = Story().designs(planned("a", "dbt-specialist", ".sql"), planned("b", "dbt-specialist", ".yaml"))
    story.builds(built("a", "sql-optimizer"), built("b", "dbt-specialist"))
    assert [(row.file_type, row.was_overridden) for row in story.record().matching] == [
        (".sql", True),
        (".yaml", False),
    ]


def test_one_overridden_file_of_many_marks_their_row() -> None:
    """A row stands for all files of its type."""
    story = Story().designs(planned("a", "dbt-specialist"), planned("b", "dbt-specialist"))
    story.builds(built("a", "dbt-specialist"), built("b", "general"))
    assert [row.was_overridden for row in story.record().matching] == [True]


def test_a_planned_file_that_was_never_built_is_not_overridden() -> None:
    """Nobody else was named for it."""
    story = Story().designs(planned("a", "dbt-specialist")).builds(built("other", "general"))
    assert [row.was_overridden for row in story.record().matching] == [False]


def test_effectiveness_has_one_row_per_agent_of_the_report() -> None:
    """Ten times verified files over files, to a tenth."""
    story = Story().builds(
        built("a", "python-developer"),
        built("b", "python-developer", verified=False),
        built("c", "python-developer"),
        built("d", "general"),
    )
    assert story.record().effectiveness == (
        Effectiveness("general", 1, True, 10.0),
        Effectiveness("python-developer", 3, True, 6.7),
    )


def test_quality_is_null_where_nothing_says_verified_and_zero_where_all_failed() -> None:
    """Null is no bad mark."""
    story = Story().builds(built("a", "general", verified=None), built("b", "custom", verified=False))
    assert {row.agent_type: row.quality_score for row in story.record().effectiveness} == {
        "general": None,
        "custom": 0.0,
    }


def test_a_file_without_its_mark_beside_marked_ones_is_not_verified() -> None:
    """The column is there; this cell says nothing."""
    story = Story().builds(built("a", "general"), built("b", "general", verified=None))
    assert [row.quality_score for row in story.record().effectiveness] == [5.0]


@pytest.mark.parametrize(("status", "success"), [("complete", True), ("in_progress", False), ("blocked", False)])
def test_build_success_is_the_reports_last_word(status: str, success: bool) -> None:
    """Complete or not."""
    story = Story().phase("build").after(5).saved("build", "in_progress").after(5).saved("build", status)
    story.built(built("a", "general")).turn_ended()
    assert [row.build_success for row in story.record().effectiveness] == [success]


def test_a_build_that_was_taken_back_is_no_success() -> None:
    """Complete on Monday, blocked on Tuesday."""
    story = Story().builds(built("a", "general")).after(days=1).phase("build").after(5).saved("build", "blocked")
    assert [row.build_success for row in story.turn_ended().record().effectiveness] == [False]


def test_runs_of_subagents_are_counted_by_agent_also_where_no_report_names_them() -> None:
    """Foreground or background, completed or failed."""
    story = Story().phase("define").agent("codebase-explorer").agent("codebase-explorer", "failed").agent("custom")
    assert story.turn_ended().feature().agent_runs == {"codebase-explorer": 2, "custom": 1}


def test_a_background_agent_counts_for_the_phase_that_started_it() -> None:
    """It ends in the middle of the next feature's phase; its turn says where it came from."""
    story = Story().about("login").turn("first").phase("build", same_turn=True).after(5).saved("build", "in_progress")
    story.turn_ended().about("search").defines().turn("first").agent("python-developer")
    login, search = sorted(story.features(), key=lambda feature: feature.first_seen)
    assert (login.agent_runs, search.agent_runs) == ({"python-developer": 1}, {})
    assert search.record.timing.define_duration_seconds == 600


def test_a_background_agent_of_a_later_turn_is_known_by_that_turn() -> None:
    """The turn was an answer in the middle of the phase."""
    story = Story().about("login").phase("define").after(1).turn_ended().turn("answer").reads("dbt").turn_ended()
    story.about("search").phase("define").after(1).turn("answer").agent("code-reviewer")
    found = {feature.record.kb.domains_consulted: feature.agent_runs for feature in story.features()}
    assert found == {("dbt",): {"code-reviewer": 1}, (): {}}


def test_a_background_agent_that_outlives_its_finished_phase_still_counts() -> None:
    """The document is complete and the turn over when it ends; it takes no time of the person's."""
    story = Story().turn("first").phase("define", same_turn=True).after(10).saved("define").turn_ended()
    feature = story.after(8).agent("codebase-explorer").feature()
    assert feature.agent_runs == {"codebase-explorer": 1}
    assert feature.record.timing.define_duration_seconds == 600


def test_an_agent_of_other_work_after_a_finished_phase_does_not_count() -> None:
    """The person went on with something that is not AgentSpec's."""
    story = Story().defines().after(1).turn().agent("codebase-explorer").reads("dbt").turn_ended()
    feature = story.feature()
    assert (feature.agent_runs, feature.record.kb.domains_consulted) == ({}, ())
