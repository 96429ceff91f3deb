"""What went wrong, in which phase, and whether it was made good."""

from __future__ import annotations

from datetime import timedelta

import pytest

from telemetry.contract.records import Errors
from tests.features.events import Story

DAYS = timedelta(days=2)
WEEKS = timedelta(days=30)
NONE = Errors(None, None, None)


def test_a_life_without_trouble_has_no_errors() -> None:
    """Three nulls."""
    assert Story().defines().designs().builds().ships().record(WEEKS).errors == NONE


def test_a_phase_that_waits_for_an_answer_has_not_failed() -> None:
    """The turn ended with a question."""
    assert Story().phase("define").after(2).turn_ended().record().errors == NONE


# --- interrupts: Claude Code tells no hook of them


def test_an_interrupted_phase_is_noticed_when_another_begins() -> None:
    """Esc, then /define again: its turn never ended."""
    story = Story().phase("define").after(2).phase("design").after(1).saved("design").turn_ended()
    assert story.record().errors == Errors("define", "interrupted", False)


def test_an_interrupted_phase_is_noticed_when_the_session_closes() -> None:
    """Esc, then /exit, SIGTERM or a closed terminal."""
    assert Story().phase("define").after(2).closed().record().errors == Errors("define", "interrupted", False)


def test_a_killed_session_is_noticed_a_day_later() -> None:
    """SIGKILL leaves nothing behind; before that the phase may still be running."""
    story = Story().phase("define").after(2)
    assert story.record(timedelta(hours=23)).errors == NONE
    assert story.record(timedelta(hours=25)).errors == Errors("define", "interrupted", False)


def test_an_interrupt_made_good_is_recovered() -> None:
    """The second try finished."""
    assert Story().phase("define").after(2).defines().record().errors == Errors("define", "interrupted", True)


def test_closing_a_session_between_turns_is_no_failure() -> None:
    """The phase waited for an answer; the person comes back tomorrow."""
    assert Story().phase("define").after(2).turn_ended().after(1).closed().record().errors == NONE


def test_a_resumed_session_that_finishes_the_phase_recovers_it() -> None:
    """Killed in the middle, resumed the next day under the same session."""
    story = Story().phase("design").after(2).saved("design", "draft").closed().after(days=1)
    record = story.turn().saved("design").after(5).turn_ended().record()
    assert record.errors == NONE
    assert record.timing.design_duration_seconds == 7 * 60


# --- what the API, documents and judges say


def test_an_api_error_is_an_error_until_the_phase_succeeds() -> None:
    """A turn that failed; then /build again."""
    story = Story().phase("build").after(2).saved("build", "in_progress").turn_failed()
    assert story.record().errors == Errors("build", "api_error", False)
    assert story.builds().record().errors == Errors("build", "api_error", True)


def test_an_api_error_within_a_phase_that_went_on_is_recovered() -> None:
    """The person said `go on`."""
    story = Story().phase("define").after(2).turn_failed().turn().after(2).saved("define").turn_ended()
    assert story.record().errors == Errors("define", "api_error", True)


def test_a_blocked_build_is_build_blocked() -> None:
    """The report's own status."""
    story = Story().phase("build").after(5).saved("build", "blocked").report(tests=(1, 9)).turn_ended()
    assert story.record().errors == Errors("build", "build_blocked", False)


def test_failing_tests_of_an_unfinished_build_are_tests_failed() -> None:
    """7 of 9."""
    story = Story().phase("build").after(5).saved("build", "in_progress").report(tests=(7, 9)).turn_ended()
    assert story.record().errors == Errors("build", "tests_failed", False)


def test_failing_tests_of_a_complete_build_are_its_own_affair() -> None:
    """The report says complete."""
    assert Story().builds().report(tests=(7, 9)).record().errors == NONE


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("strict", "judge_blocked"), ("off", "judge_blocked"), ("advisory", None)],
)
def test_a_fail_blocks_an_unfinished_phase_unless_it_was_only_advice(asked: str, expected: str | None) -> None:
    """--judge=strict, a /judge of one's own; --judge alone advises."""
    story = Story().phase("define", judge=asked).after(5).saved("define", "draft").judge("fail", 10).turn_ended()
    assert story.record().errors.error_category == expected


def test_a_later_pass_lifts_the_block() -> None:
    """The last verdict counts."""
    story = Story().phase("define", judge="strict").saved("define", "draft").judge("fail", 10).after(1)
    assert story.judge("pass", 90).turn_ended().record().errors == NONE


def test_open_questions_are_needs_clarification() -> None:
    """DEFINE's own status."""
    story = Story().phase("define").after(5).saved("define", "needs_clarification").turn_ended()
    assert story.record().errors == Errors("define", "needs_clarification", False)
    assert story.defines().record().errors == Errors("define", "needs_clarification", True)


def test_what_a_program_calls_a_failure_is_unknown() -> None:
    """It does not say why."""
    story = Story().program("build", 5, success=False)
    assert story.record().errors == Errors("build", "unknown", False)
    assert story.program("build", 5).record().errors == Errors("build", "unknown", True)


# --- abandoned


def test_a_phase_left_unfinished_for_two_weeks_was_abandoned() -> None:
    """Its last turn ended properly, and nobody came back."""
    story = Story().defines().phase("design").after(5).saved("design", "draft").turn_ended()
    assert story.record().errors == NONE
    assert story.record(WEEKS).errors == Errors("design", "abandoned", False)


def test_a_feature_abandoned_between_phases_failed_in_none() -> None:
    """/define was done; there was no /design. The state says abandoned, no phase failed."""
    feature = Story().defines().feature(WEEKS)
    assert (feature.state, feature.record.errors) == ("abandoned", NONE)


def test_an_abandoned_phase_is_told_also_after_a_stray_edit() -> None:
    """Another session touched a document of it afterwards."""
    story = Story().phase("design").after(5).saved("design", "draft").turn_ended()
    story.after(5).session("other").turn().saved("define", "complete")
    assert story.record(WEEKS).errors == Errors("design", "abandoned", False)


# --- several


def test_of_several_failures_the_last_one_not_made_good_is_told() -> None:
    """Define recovered; build did not."""
    story = Story().phase("define").after(1).turn_failed().defines()
    story.phase("build").after(1).saved("build", "blocked").turn_ended()
    assert story.record().errors == Errors("build", "build_blocked", False)


def test_of_failures_all_made_good_the_last_is_told() -> None:
    """Both recovered."""
    story = Story().phase("define").after(1).turn_failed().defines().phase("build").after(1)
    assert story.saved("build", "blocked").turn_ended().builds().record().errors == Errors(
        "build", "build_blocked", True
    )


def test_iterate_has_no_failures_of_its_own() -> None:
    """It is no phase of the schema."""
    assert Story().defines().phase("iterate").after(1).closed().record(DAYS).errors == NONE
