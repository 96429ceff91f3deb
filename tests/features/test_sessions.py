"""Sessions as Claude Code really has them: resumed, forked, registered twice, hooks out of step."""

from __future__ import annotations

from copy import deepcopy

from telemetry.features.fold import fold
from tests.features.events import Story, instant, of


def test_a_session_resumed_the_next_day_goes_on_with_its_phase() -> None:
    """Same session; the night is left out, the work is one run."""
    story = Story().phase("define").after(10).turn_ended().closed().after(days=1)
    record = story.turn().saved("define").after(5).turn_ended().record()
    assert (record.timing.define_duration_seconds, record.outcome.iterations) == (15 * 60, 0)


def test_a_forked_session_goes_on_with_the_feature_by_its_documents() -> None:
    """The fork has a session of its own, without the command: the document says what became of the phase."""
    story = Story().session("a").phase("define").after(5).turn_ended()
    story.session("fork").turn().after(5).saved("define").scope("dbt").after(1).turn_ended()
    feature = story.designs().feature()
    assert feature.completed == {"define", "design"}
    assert feature.record.kb.domains_consulted == ("dbt",)


def test_a_phase_finished_in_a_fork_has_recovered() -> None:
    """Interrupted here, finished there."""
    story = Story().session("a").phase("define").after(5).closed()
    story.session("fork").turn().after(5).saved("define").turn_ended()
    errors = story.record().errors
    assert (errors.error_category, errors.recovered) == ("interrupted", True)


def test_the_end_of_a_turn_noted_after_the_next_phase_began_is_the_turns_own() -> None:
    """Hooks run beside each other: Stop of the build arrives a blink after the queued /ship."""
    story = Story().turn("building").phase("build", same_turn=True).after(5).saved("build", "complete").after(20)
    story.turn("shipping").phase("ship", same_turn=True).after(seconds=0.05).turn("building").turn_ended()
    story.turn("shipping").after(3).saved("ship", "complete").turn_ended()
    record = story.record()
    assert record.timing.build_duration_seconds == 25 * 60
    assert record.errors.phase_failed is None


def test_a_document_noted_after_the_next_phase_began_is_its_own_phases() -> None:
    """The asynchronous hook of a Write took its time."""
    story = Story().turn("one").phase("define", same_turn=True).after(5).turn("two").phase("design", same_turn=True)
    story.after(seconds=0.1).turn("one").saved("define").turn_ended().turn("two").after(5).saved("design").turn_ended()
    feature = story.feature()
    assert feature.completed == {"define", "design"}
    assert feature.record.errors.phase_failed is None


def test_an_event_recorded_twice_counts_once() -> None:
    """Plugin and settings are registered together: same id, a few milliseconds apart."""
    story = Story().phase("define").agent("custom").reads("dbt", "p").judge("pass", 80).after(5).saved("define")
    story.turn_ended()
    twice = deepcopy(story.events)
    for number, event in enumerate(twice):
        event["at"] = event["at"][:20] + f"{number + 3:03d}Z"
    assert fold(story.events + twice, story.now) == fold(story.events, story.now)
    assert story.feature().agent_runs == {"custom": 1}


def test_the_order_of_arrival_does_not_matter() -> None:
    """Hooks of one session append when they come to it."""
    story = Story().about("login").defines().about("search").defines().session("b").builds()
    assert fold(reversed(story.events), story.now) == fold(story.events, story.now)


def test_events_that_name_no_turn_belong_to_what_is_going_on() -> None:
    """An older Claude Code has no prompt_id."""
    story = Story().phase("define").after(5).reads("dbt").saved("define").turn_ended()
    for event in story.events:
        event["turn"] = None
    feature = story.feature()
    assert feature.completed == {"define"}
    assert feature.record.timing.define_duration_seconds == 300


def test_what_was_written_with_one_hook_shares_its_instant_and_is_read_in_the_right_order() -> None:
    """Document and tables of one payload have one `at`; ids are random: the document's name comes first."""
    for salt in range(20):
        story = Story().about("notes").phase("design").after(5).about("login").saved("design").plan(total=7)
        story.turn_ended()
        story.events[1]["id"], story.events[2]["id"] = f"{salt % 2:032x}", f"{1 - salt % 2:032x}"
        assert of(story.features(), "login").record.complexity.file_count == 7


def test_a_day_that_does_not_exist_is_no_reason_to_fail() -> None:
    """The schema's format allows the 31st of February; a broken clock wrote it."""
    story = Story().defines()
    story.events[0]["at"] = "2026-02-31T10:00:00.000Z"
    story.events[1]["at"] = "2026-03-01T10:00:00.000Z"
    assert story.record().timing.total_duration_seconds >= 0


def test_instants_are_written_as_events_have_them() -> None:
    """The builder and the fold agree."""
    story = Story().defines()
    assert story.record().session.timestamp == instant(story.now)
