"""How long a phase took: from its start to the end of its last turn, idle gaps left out."""

from __future__ import annotations

import pytest

from tests.features.events import Story, of


def test_each_phase_is_timed_from_its_start_to_the_end_of_its_last_turn() -> None:
    """Define 10 minutes, design 20, build 40, ship 5; the hours between them are nobody's work."""
    timing = Story().defines().after(240).designs().after(90).builds().after(600).ships().record().timing
    assert (timing.define_duration_seconds, timing.design_duration_seconds, timing.build_duration_seconds) == (
        600,
        1200,
        2400,
    )
    assert timing.total_duration_seconds == 600 + 1200 + 2400 + 300


def test_a_phase_that_was_not_used_took_no_time() -> None:
    """0, not null: so the seed's schema has it."""
    timing = Story().defines().record().timing
    assert (timing.design_duration_seconds, timing.build_duration_seconds) == (0, 0)


def test_the_total_counts_brainstorm_ship_and_iterate_as_well() -> None:
    """They have no field of their own."""
    story = Story().phase("brainstorm").after(3).turn_ended()
    story.phase("iterate").after(4).saved("define").turn_ended()
    assert story.record().timing.total_duration_seconds == 7 * 60


@pytest.mark.parametrize(("minutes", "counted"), [(29, 29), (30, 30), (30.5, 0), (45, 0), (600, 0)])
def test_waiting_between_turns_counts_up_to_half_an_hour(minutes: float, counted: float) -> None:
    """Ten minutes of work, then the person thinks, then five minutes of work."""
    story = Story().phase("define").after(10).turn_ended().after(minutes).turn().reads("dbt").after(5).turn_ended()
    assert story.record().timing.define_duration_seconds == (10 + counted + 5) * 60


def test_several_idle_gaps_are_all_left_out() -> None:
    """Lunch and a meeting."""
    story = Story().phase("define").after(10).turn_ended()
    for _ in range(3):
        story.after(61).turn().reads("dbt").after(2).turn_ended()
    assert story.record().timing.define_duration_seconds == (10 + 3 * 2) * 60


def test_silence_within_a_turn_is_the_model_at_work() -> None:
    """A build may run for an hour without anything to note."""
    assert Story().phase("build").after(70).saved("build", "complete").record().timing.build_duration_seconds == 4200


def test_a_prompt_forgotten_over_night_is_not_work() -> None:
    """Past four hours even within one turn: somebody left a permission prompt open."""
    story = Story().phase("build").after(5).saved("build", "in_progress").after(14 * 60).turn_ended()
    assert story.record().timing.build_duration_seconds == 300


def test_talk_after_a_finished_phase_is_not_its_time() -> None:
    """The document is complete and the turn over: what follows in the session is something else."""
    story = Story().defines()
    for _ in range(3):
        story.after(10).turn().turn_ended()
    assert story.record().timing.define_duration_seconds == 600


def test_going_back_to_the_document_takes_the_phase_up_again() -> None:
    """The person reads for five minutes and has it corrected: that is work on it."""
    story = Story().defines().after(5).turn().saved("define", "ready").after(1).turn_ended()
    assert story.record().timing.define_duration_seconds == 16 * 60


def test_a_phase_that_was_killed_took_until_the_last_sign_of_it() -> None:
    """SIGKILL leaves nothing behind; what was seen before stands."""
    assert Story().phase("define").after(7).reads("dbt").record().timing.define_duration_seconds == 420


def test_a_program_is_believed_how_long_its_phase_took() -> None:
    """It measured; no gap is idle, five hours included."""
    assert Story().program("build", 300).record().timing.build_duration_seconds == 300 * 60


def test_phases_that_a_program_runs_beside_each_other_are_timed_each_on_its_own() -> None:
    """Two features at once in one collector's session: each end belongs to its own start."""
    both = Story().about("login").turn("a").phase("define", origin="program", same_turn=True)
    both.after(5).about("search").turn("b").phase("define", origin="program", same_turn=True)
    both.after(10).about("login").turn("a").add(
        "phase_ended", named=True, phase="define", success=True, agents=1, files=0
    )
    both.after(1).about("search").turn("b").add(
        "phase_ended", named=True, phase="define", success=False, agents=1, files=0
    )
    login, search = of(both.features(), "login"), of(both.features(), "search")
    assert (login.record.timing.define_duration_seconds, search.record.timing.define_duration_seconds) == (900, 660)
    assert login.completed == {"define"}
    assert search.completed == frozenset()


def test_a_phase_beyond_a_year_is_cut_to_what_the_schema_can_hold() -> None:
    """366 days; a program's clock was wrong."""
    assert Story().program("build", 2 * 366 * 24 * 60).record().timing.build_duration_seconds == 31_622_400


def test_time_and_version_of_the_record_are_those_of_its_last_sign() -> None:
    """The version is the last one known: a session without the plugin's list does not erase it."""
    story = Story().phase("define", version="3.4.0").after(1).turn_ended()
    story.phase("design", version="3.5.0").after(1).turn_ended().phase("build").after(2, seconds=0.25).turn_ended()
    session = story.record().session
    assert (session.timestamp, session.agentspec_version) == ("2026-11-02T09:04:00.253Z", "3.5.0")
