"""The Python API's events: programs that run phases themselves."""

from __future__ import annotations

from tests.features.events import Story


def test_a_life_run_by_a_program_is_a_feature_like_any_other() -> None:
    """Define, design, build, ship by phase_ended alone, no document anywhere."""
    story = Story().program("define", 5).after(60).program("design", 6, files=3).program("build", 7, files=4)
    feature = story.program("ship", 1).feature()
    assert feature.state == "shipped"
    assert feature.completed == {"define", "design", "build", "ship"}
    assert feature.record.complexity.file_count == 4
    assert feature.record.timing.total_duration_seconds == 19 * 60


def test_a_programs_build_without_a_name_is_a_feature_of_its_session() -> None:
    """The collector was given no feature."""
    story = Story(named=None).program("design", 5).program("build", 5)
    assert story.feature().completed == {"design", "build"}


def test_phases_within_one_millisecond_are_told_apart() -> None:
    """A program that only records, with equal times."""
    feature = Story().program("define", 0).program("design", 0).program("build", 0, success=False).feature()
    assert feature.completed == {"define", "design"}
    assert feature.record.errors.error_category == "unknown"


def test_an_end_without_its_start_is_not_given_to_another_phase() -> None:
    """The line of the start was torn."""
    story = Story().program("define", 5).turn()
    story.add("phase_ended", named=True, phase="ship", success=True, agents=1, files=0)
    feature = story.feature()
    assert feature.state == "in_flight"
    assert feature.completed == {"define"}


def test_a_run_again_after_success_is_an_iteration() -> None:
    """As for a person's."""
    assert Story().program("build", 5).program("build", 5).record().outcome.iterations == 1


def test_a_failed_ship_is_not_shipped() -> None:
    """It says so itself."""
    assert Story().program("ship", 5, success=False).feature().state == "in_flight"


def test_a_manifest_knows_the_files_better_than_a_program() -> None:
    """Both were there."""
    story = Story().program("design", 5, files=9).turn().saved("design").plan(total=2)
    assert story.record().complexity.file_count == 2
