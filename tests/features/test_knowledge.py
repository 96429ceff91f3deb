"""Which knowledge was consulted: domains by name, patterns by count."""

from __future__ import annotations

from tests.features.events import Story


def test_domains_are_those_of_define_and_those_read_each_once() -> None:
    """Sorted; a person's own knowledge base is `custom`."""
    story = Story().defines().scope("dbt", "airflow").designs().phase("build").saved("build", "in_progress")
    story.reads("spark").reads("dbt").reads("custom").turn_ended()
    assert story.record().kb.domains_consulted == ("airflow", "custom", "dbt", "spark")


def test_a_define_written_again_replaces_the_domains_it_named_but_not_those_read() -> None:
    """What was read was read."""
    story = Story().phase("define").reads("spark").saved("define").scope("dbt").after(5)
    assert story.scope("airflow").turn_ended().record().kb.domains_consulted == ("airflow", "spark")


def test_distinct_pattern_pages_are_counted_and_not_named() -> None:
    """Three reads of two pages, and one page that is no pattern."""
    story = Story().phase("define").reads("dbt", "incremental").reads("dbt", "incremental").reads("dbt", "snapshot")
    knowledge = story.reads("dbt").turn_ended().record().kb
    assert (knowledge.domains_consulted, knowledge.patterns_used) == (("dbt",), 2)


def test_the_same_page_in_two_phases_is_one_pattern() -> None:
    """Read for the design and again for the build."""
    story = Story().phase("define").reads("dbt", "incremental").turn_ended()
    assert story.phase("design").reads("dbt", "incremental").turn_ended().record().kb.patterns_used == 1
