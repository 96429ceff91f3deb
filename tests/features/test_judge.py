"""What judges said: scores before and after the build, consensus, overrides."""

from __future__ import annotations

import pytest

from telemetry.contract.records import Judge
from tests.features.events import Story


def test_without_a_judge_there_is_no_judge() -> None:
    """Nulls and zeros."""
    record = Story().defines().record()
    assert record.judge == Judge(False, 0, None, None, False, False)
    assert record.outcome.judge_used is False


def test_a_judge_that_only_broke_was_not_used() -> None:
    """No verdict: configuration, budget, network."""
    record = Story().phase("define").judge("none").judge("none", seats=4).turn_ended().record()
    assert record.judge == Judge()
    assert not record.outcome.judge_used


def test_one_verdict_enables_the_judge_and_agrees_with_itself() -> None:
    """PASS with a confidence of 0.88."""
    record = Story().phase("define").after(5).saved("define").judge("pass", 88).turn_ended().record()
    assert record.judge == Judge(True, 1, 8.8, None, True, False)
    assert record.outcome.judge_used


def test_the_last_score_before_the_build_and_the_last_after_it_count() -> None:
    """Two verdicts each; a broken judge in between changes nothing."""
    story = Story().phase("define").judge("fail", 20).after(1).judge("pass", 91).after(1).judge("none").turn_ended()
    story.after(1).phase("build").after(5).judge("fail", 30).after(5).saved("build", "complete").judge("pass", 75)
    judge = story.turn_ended().record().judge
    assert (judge.pre_design_score, judge.post_build_score) == (9.1, 7.5)


def test_a_score_at_the_very_start_of_the_build_is_after_it() -> None:
    """The build has begun."""
    judge = Story().phase("build").judge("pass", 60).saved("build").turn_ended().record().judge
    assert (judge.pre_design_score, judge.post_build_score) == (None, 6.0)


def test_the_largest_panel_counts() -> None:
    """One seat, then four, then three; a broken panel of nine does not count."""
    story = Story().phase("define").judge("pass", 100, seats=1).judge("pass", 100, seats=4)
    story.judge("warn", 60, seats=3).judge("none", seats=9).turn_ended()
    assert story.record().judge.reviewers_count == 4


@pytest.mark.parametrize(
    ("verdicts", "agree"),
    [
        ([("define", "pass"), ("design", "pass")], True),
        ([("define", "pass"), ("design", "warn")], True),
        ([("define", "fail"), ("design", "fail")], True),
        ([("define", "pass"), ("design", "fail")], False),
        ([("define", "fail"), ("define", "pass"), ("design", "pass")], True),
        ([("define", "pass"), ("define", "fail"), ("design", "pass")], False),
    ],
)
def test_consensus_is_among_the_last_verdicts_of_each_document(verdicts: list[tuple[str, str]], agree: bool) -> None:
    """Of one document only the last verdict counts; WARN lets pass."""
    story = Story().phase("design")
    for phase, verdict in verdicts:
        story.after(1).judge(verdict, 50, phase=phase)
    assert story.turn_ended().record().judge.consensus_reached is agree


def test_a_verdict_that_names_no_phase_is_about_the_one_going_on() -> None:
    """The judge's call did not say; FAIL, then PASS on the same document."""
    story = Story().phase("define").judge("fail", 20).after(1).judge("pass", 80, phase="define").turn_ended()
    assert story.record().judge.consensus_reached


def test_a_programs_score_is_a_judge_without_a_verdict() -> None:
    """It has a score and nothing to agree on."""
    story = Story().phase("define", origin="program").after(1).judge("scored", 73)
    judge = story.add("phase_ended", named=True, phase="define", success=True, agents=1, files=0).record().judge
    assert judge == Judge(True, 1, 7.3, None, False, False)


# --- overrides


def test_going_on_after_a_fail_is_a_human_override() -> None:
    """DEFINE failed, /design was begun."""
    story = Story().phase("define").after(5).saved("define").judge("fail", 20).turn_ended().after(1).designs()
    assert story.record().judge.human_override


def test_going_on_after_a_pass_that_answered_the_fail_is_none() -> None:
    """It was made good first."""
    story = Story().phase("define").judge("fail", 20).after(5).judge("pass", 80).after(1).turn_ended().designs()
    assert not story.record().judge.human_override


def test_a_pass_that_came_after_going_on_does_not_undo_the_override() -> None:
    """The person had already gone on."""
    story = Story().phase("define").judge("fail", 20).after(1).turn_ended().designs()
    story.after(1).judge("pass", 90, phase="define")
    assert story.record().judge.human_override


def test_a_pass_for_another_document_does_not_answer() -> None:
    """BRAINSTORM passed; DEFINE had failed."""
    story = Story().phase("define").judge("fail", 20).after(1).judge("pass", 90, phase="brainstorm").after(1)
    assert story.turn_ended().designs().record().judge.human_override


@pytest.mark.parametrize("verdict", ["fail", "warn"])
def test_stopping_at_a_fail_or_running_the_phase_again_is_no_override(verdict: str) -> None:
    """Nobody went on to the next phase."""
    story = Story().phase("define").judge(verdict, 20).after(1).turn_ended().phase("define").after(1).turn_ended()
    assert not story.record().judge.human_override


def test_a_phase_already_begun_when_the_fail_came_is_no_override() -> None:
    """Design and build went on side by side; the FAIL came afterwards."""
    story = Story().session("a").designs().session("b").builds().session("a").after(5).turn()
    assert not story.judge("fail", 20, phase="design").record().judge.human_override
