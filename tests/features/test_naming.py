"""Which feature a run belongs to, where its command did not say, and what is no feature of AgentSpec's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.features.events import Story, of, ref


def test_free_text_gets_its_name_from_the_first_document() -> None:
    """`/define "a login page"`: the name is known only when DEFINE_LOGIN.md is written."""
    story = Story().about(None).phase("define").after(10).about("login").saved("define").turn_ended()
    feature = story.feature()
    assert feature is not None and of([feature], "login").completed == {"define"}
    assert feature.record.timing.define_duration_seconds == 600


def test_the_document_knows_the_name_better_than_the_arguments() -> None:
    """`/define notes` wrote DEFINE_LOGIN.md."""
    story = Story().about("notes").phase("define").after(10).about("login").saved("define").turn_ended()
    assert of([story.feature()], "login").record.timing.define_duration_seconds == 600


def test_a_second_document_does_not_rename_the_run() -> None:
    """The model writes DEFINE_LOGIN.md, then touches DEFINE_SEARCH.md: the run is about login."""
    story = Story().phase("define").after(10).saved("define").about("search").after(5).saved("define", "draft")
    found = story.turn_ended().features()
    assert of(found, "login").completed == {"define"}
    assert (of(found, "search").started, of(found, "search").completed) == (frozenset(), frozenset())


def test_a_define_without_a_name_is_a_feature_of_its_own() -> None:
    """It was begun, whatever it would have been called: interrupted before the first document."""
    feature = Story(named=None).phase("define").after(3).turn_ended().feature()
    assert feature.started == {"define"}
    assert feature.ref.startswith("?")


def test_an_interrupted_free_text_define_belongs_to_the_one_that_took_it_up_again() -> None:
    """`/define "a login page"`, Esc, `/define "a login page"`: one feature."""
    story = Story(named=None).phase("define").after(3).reads("dbt").phase("define").after(7).about("login")
    story.saved("define")
    feature = story.turn_ended().feature()
    assert feature.record.timing.define_duration_seconds == 600
    assert (feature.record.errors.error_category, feature.record.errors.recovered) == ("interrupted", True)


def test_a_brainstorm_without_a_document_belongs_to_the_define_after_it() -> None:
    """Nothing was written down, and the person went on."""
    story = Story(named=None).phase("brainstorm").after(3).turn_ended().about("login").defines()
    assert story.feature().started == {"brainstorm", "define"}


def test_three_tries_in_a_row_are_one_feature() -> None:
    """Each belongs to the next."""
    story = Story(named=None).phase("define").after(1).phase("define").after(1).phase("define").after(1)
    assert story.about("login").saved("define").turn_ended().feature().ref.startswith(ref("login"))


def test_a_nameless_define_is_not_given_to_another_phase() -> None:
    """/build of some other feature came next: that one has nothing to do with it."""
    story = Story(named=None).phase("define").after(3).turn_ended().about("login").builds()
    nameless, login = story.features()
    assert nameless.started == {"define"}
    assert login.started == {"build"}


def test_nameless_runs_of_two_sessions_are_not_put_together() -> None:
    """Nothing says that they are one."""
    story = Story(named=None).session("a").phase("define").turn_ended().session("b").phase("define").turn_ended()
    assert len(story.features()) == 2


def test_facts_about_a_feature_outside_any_run_of_it_are_kept_but_are_no_time() -> None:
    """During /design of search the model corrects DEFINE_LOGIN.md."""
    story = Story().about("search").phase("design").after(5).about("login").saved("define", "complete").after(5)
    found = story.about("search").saved("design").turn_ended().features()
    login = of(found, "login")
    assert login.started == frozenset()
    assert login.completed == {"define"}
    assert login.record.timing.total_duration_seconds == 0
    assert of(found, "search").record.timing.design_duration_seconds == 600


# --- strangers


@pytest.mark.parametrize("phase", ["design", "build", "ship", "iterate"])
@pytest.mark.parametrize("named", [None, "frontend"])
def test_a_command_of_the_same_name_that_touches_no_document_is_no_feature(phase: str, named: str | None) -> None:
    """Many projects have a /build of their own: `/build`, `/build frontend`."""
    story = Story(named=named).phase(phase).after(5).reads("dbt").agent("general").turn_ended().closed()
    assert story.features() == []


def test_a_build_that_writes_its_report_is_agentspecs() -> None:
    """Also when telemetry was installed in the middle of a feature."""
    assert Story().phase("build").after(5).saved("build", "in_progress").turn_ended().feature().started == {"build"}


def test_a_build_that_asks_a_judge_is_agentspecs() -> None:
    """The judge is AgentSpec's own."""
    assert Story().phase("build").after(5).judge("fail", 20).turn_ended().feature().started == {"build"}


def test_a_broken_off_build_of_a_known_feature_is_part_of_it() -> None:
    """Its name was defined here before."""
    story = Story().defines().phase("build").after(5)
    assert story.feature(timedelta(days=2)).started == {"define", "build"}


def test_ordinary_turns_and_agents_without_a_phase_are_no_feature() -> None:
    """Nothing of AgentSpec's happened."""
    assert Story().turn().reads("dbt").agent("general").turn_ended().turn_failed().closed().features() == []
