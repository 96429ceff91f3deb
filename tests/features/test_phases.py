"""Which phases a feature went through, and what became of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.features.events import MONDAY, Story, of, ref


def test_a_whole_life_is_one_shipped_feature() -> None:
    """The plain case: define, design, build, ship, each done."""
    feature = Story().defines().designs().builds().ships().feature()
    assert feature.state == "shipped" and feature.record.outcome.shipped
    assert feature.started == feature.completed == {"define", "design", "build", "ship"}
    assert feature.record.complexity.phases_used == ("define", "design", "build", "ship")


def test_phases_stand_in_the_order_of_the_workflow_however_they_came() -> None:
    """A /design before a late /brainstorm."""
    assert Story().designs().phase("brainstorm").turn_ended().record().complexity.phases_used == (
        "brainstorm",
        "design",
    )


def test_no_events_are_no_features() -> None:
    """An empty store explains itself elsewhere."""
    assert Story().features() == []


@pytest.mark.parametrize(
    ("phase", "status", "is_done"),
    [
        ("brainstorm", "ready", True),
        ("define", "ready", True),
        ("define", "complete", True),
        ("define", "needs_clarification", False),
        ("define", "draft", False),
        ("define", "unknown", False),
        ("design", "ready", True),
        ("design", "in_progress", False),
        ("build", "complete", True),
        ("build", "ready", False),
        ("build", "in_progress", False),
        ("build", "blocked", False),
        ("ship", "complete", True),
        ("ship", "unknown", True),
    ],
)
def test_a_phase_is_done_when_its_document_says_so(phase: str, status: str, is_done: bool) -> None:
    """Host facts, B1; for /ship the document alone is enough."""
    feature = Story().phase(phase).after(5).saved(phase, status).turn_ended().feature()
    assert feature.started == {phase}
    assert feature.completed == ({phase} if is_done else frozenset())


def test_a_later_phase_that_rewrites_an_earlier_status_line_proves_nothing_new() -> None:
    """/design sets DEFINE to complete, /build sets both: no phase is started or re-run by that."""
    story = Story().defines().phase("design").after(5).saved("define", "complete").saved("design").turn_ended()
    story.phase("build").after(5).saved("define", "complete").saved("design", "complete").saved("build", "complete")
    feature = story.turn_ended().feature()
    assert feature.started == {"define", "design", "build"}
    assert feature.record.outcome.iterations == 0


def test_a_status_that_a_later_phase_rewrites_backwards_does_not_undo_the_phase() -> None:
    """It was brought to its end once."""
    story = Story().defines().phase("design").after(5).saved("define", "draft").turn_ended()
    assert story.feature().completed == {"define"}


def test_a_feature_may_take_days_and_sessions() -> None:
    """Each phase in a session of its own, a day apart."""
    story = Story().session("a").defines().closed().after(days=1).session("b").designs().closed()
    story.after(days=1).session("c").builds().closed().after(days=3).session("d").ships().closed()
    feature = story.feature()
    assert (feature.state, feature.first_seen) == ("shipped", MONDAY)
    assert feature.last_seen - feature.first_seen > timedelta(days=5)
    assert feature.record.timing.total_duration_seconds < 2 * 3600


def test_interleaved_features_do_not_mix() -> None:
    """Two features turn by turn in one session, and a third beside them in another."""
    story = Story().about("login").defines().about("search").defines()
    story.session("second").about("export").defines().session("first")
    story.about("login").designs().about("search").phase("design").after(50).turn_ended().about("login").builds()
    found = story.features()
    login, search, export = (of(found, name) for name in ("login", "search", "export"))
    assert login.completed == {"define", "design", "build"}
    assert search.completed == export.completed == {"define"}
    assert login.record.timing.design_duration_seconds == 1200
    assert search.record.timing.design_duration_seconds == 3000


def test_two_sessions_at_the_same_time_keep_their_own_time() -> None:
    """/define of one feature in a terminal, of another in the next, their events taking turns."""
    story = Story().session("a").about("login").turn("a").phase("define", same_turn=True)
    story.session("b").about("search").turn("b").phase("define", same_turn=True)
    for _ in range(4):
        story.after(10).session("a").turn("a").reads("dbt").session("b").turn("b").reads("spark")
    login, search = of(story.features(), "login"), of(story.features(), "search")
    assert (login.record.timing.total_duration_seconds, search.record.timing.total_duration_seconds) == (2400, 2400)
    assert (login.record.kb.domains_consulted, search.record.kb.domains_consulted) == (("dbt",), ("spark",))


# --- in flight, abandoned, shipped


def test_untouched_for_two_weeks_is_abandoned_and_not_before() -> None:
    """Fourteen days from the last sign."""
    story = Story().defines()
    assert story.feature(timedelta(days=14)).state == "in_flight"
    assert story.feature(timedelta(days=14, seconds=1)).state == "abandoned"


def test_what_is_shipped_stays_shipped_however_long_ago() -> None:
    """Nobody has to come back to it."""
    assert Story().ships().feature(timedelta(days=900)).state == "shipped"


def test_ship_without_its_document_is_not_shipped() -> None:
    """/ship was begun and broke off."""
    feature = Story().defines().phase("ship").after(1).turn_ended().feature()
    assert (feature.state, feature.record.outcome.shipped, "ship" in feature.started) == ("in_flight", False, True)


def test_a_clock_that_went_back_makes_nothing_abandoned() -> None:
    """The last sign lies in the future."""
    assert Story().defines().feature(timedelta(days=-40)).state == "in_flight"


# --- taken up again


def test_a_name_taken_up_again_after_shipping_is_a_new_feature() -> None:
    """/define on the same name, weeks later: two features, each with its own id."""
    story = Story().defines().designs().ships().after(days=20).defines().phase("design").after(3).turn_ended()
    first, second = story.features()
    assert (first.state, second.state) == ("shipped", "in_flight")
    assert first.completed == {"define", "design", "ship"} and second.completed == {"define"}
    assert first.record.session.id != second.record.session.id
    assert [one.ref for one in (first, second)] == [ref("login") + "/0", ref("login") + "/1"]


def test_a_brainstorm_begins_the_new_feature_and_its_define_stays_with_it() -> None:
    """Only what was shipped ends a life."""
    story = Story().defines().ships().after(days=1).phase("brainstorm").after(4).saved("brainstorm").turn_ended()
    assert [sorted(feature.started) for feature in story.defines().features()] == [
        ["define", "ship"],
        ["brainstorm", "define"],
    ]


def test_touching_up_what_was_shipped_is_no_new_feature() -> None:
    """/build, /iterate and edits of the archive after shipping."""
    story = Story().defines().ships().after(days=1).builds().phase("iterate").after(1).saved("design").turn_ended()
    story.session("other").turn().saved("ship", "complete")
    assert story.feature().state == "shipped"


def test_a_define_begun_before_the_shipping_belongs_to_what_was_shipped() -> None:
    """An old session saw the feature on Monday and ships it on Wednesday; /define ran on Tuesday elsewhere."""
    story = Story().session("old").turn().saved("design", "draft")
    story.after(days=1).session("other").defines().after(days=1).session("old").turn().saved("ship", "complete")
    assert story.feature().started == {"define"}


# --- iterations


def test_iterations_are_iterate_runs_and_reruns_of_finished_phases() -> None:
    """Two /iterate and one second /design."""
    story = Story().defines().designs()
    story.phase("iterate").after(2).saved("design").turn_ended().phase("iterate").after(2).turn_ended().designs()
    assert story.record().outcome.iterations == 3


def test_trying_an_unfinished_phase_again_is_no_iteration() -> None:
    """It never was finished: the second run is the same try."""
    story = Story().phase("define").after(2).saved("define", "needs_clarification").turn_ended().defines()
    assert story.record().outcome.iterations == 0


def test_iterate_is_no_phase() -> None:
    """It changes the document of one."""
    feature = Story().defines().phase("iterate").after(2).saved("define").turn_ended().feature()
    assert feature.started == {"define"}
    assert feature.record.complexity.phases_used == ("define",)


def test_a_phase_the_model_loads_as_a_skill_in_the_same_turn_counts_once() -> None:
    """`/define` typed; the model then opens the skill sdd-define."""
    story = Story().phase("define").after(1).phase("define", origin="skill", same_turn=True).after(9)
    feature = story.saved("define").turn_ended().feature()
    assert (feature.record.outcome.iterations, feature.record.timing.define_duration_seconds) == (0, 600)


def test_a_skill_loaded_again_in_a_later_turn_of_an_unfinished_phase_goes_on_with_it() -> None:
    """The person answers the questions, the model opens the skill once more."""
    story = Story().phase("define").after(1).turn_ended().after(5).about(None).phase("define", origin="skill")
    feature = story.about("login").after(1).saved("define").turn_ended().feature()
    assert feature.record.timing.define_duration_seconds == 420


def test_a_skill_for_another_feature_is_another_run() -> None:
    """Its arguments name another one."""
    story = Story().about("login").phase("define").after(5).turn_ended()
    story.about("search").phase("define", origin="skill").after(5).saved("define").turn_ended()
    assert [feature.completed for feature in story.features()] == [frozenset(), {"define"}]


def test_a_phase_that_the_model_runs_as_a_skill_is_a_phase() -> None:
    """Nobody typed anything."""
    story = Story().phase("build", origin="skill").after(3).saved("build", "complete").turn_ended()
    assert story.feature().completed == {"build"}


def test_phases_chained_in_one_turn_are_told_apart() -> None:
    """The model goes from define to design without stopping."""
    story = Story().phase("define").after(10).saved("define")
    story.phase("design", origin="skill", same_turn=True).after(20).saved("design").turn_ended()
    feature = story.feature()
    assert feature.completed == {"define", "design"}
    assert feature.record.timing.design_duration_seconds == 1200
    assert feature.record.errors.phase_failed is None
