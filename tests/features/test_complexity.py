"""How large a feature is, by its documents."""

from __future__ import annotations

import pytest

from tests.features.events import Story, planned


def test_nothing_known_is_unknown_and_not_guessed() -> None:
    """Only /define was run, and its tables could not be read."""
    complexity = Story().defines().record().complexity
    assert (complexity.file_count, complexity.estimated_loc) == (0, "unknown")
    assert not (complexity.has_iac or complexity.has_llm or complexity.has_tests)


def test_files_are_counted_by_the_manifest_also_past_what_is_recorded() -> None:
    """A manifest of 400 rows is recorded in part; its length is known."""
    story = Story().phase("design").after(5).saved("design").plan(planned("a.py", "python-developer"), total=400)
    assert story.turn_ended().record().complexity.file_count == 400


def test_parts_of_one_manifest_are_put_together() -> None:
    """Two events of one moment, two halves of a table."""
    story = Story().phase("design").after(5).saved("design")
    story.plan(planned("a.py", "python-developer"), total=2, part=1, parts=2)
    story.plan(planned("b.tf", "general", ".tf"), total=2, part=2, parts=2)
    record = story.turn_ended().record()
    assert record.complexity.file_count == 2
    assert [(row.agent_type, row.file_type) for row in record.matching] == [
        ("general", ".tf"),
        ("python-developer", ".py"),
    ]


def test_a_manifest_written_again_replaces_the_one_before() -> None:
    """The design was revised: three files became one."""
    rows = [planned(name, "dbt-specialist", ".sql") for name in ("a", "b", "c")]
    story = Story().designs(*rows).after(5).turn().saved("design").plan(planned("a", "general", ".md")).turn_ended()
    record = story.record()
    assert record.complexity.file_count == 1
    assert [(row.agent_type, row.file_type) for row in record.matching] == [("general", ".md")]


def test_the_later_session_has_the_last_word_on_the_manifest() -> None:
    """Also where the earlier session ended later."""
    story = (
        Story()
        .session("a")
        .designs(planned("a", "general"))
        .session("b")
        .designs(planned("a", "general"), planned("b", "general"))
    )
    assert story.session("a").after(60).turn().turn_ended().record().complexity.file_count == 2


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (0, "0-100"),
        (99, "0-100"),
        (100, "100-500"),
        (499, "100-500"),
        (500, "500-1000"),
        (999, "500-1000"),
        (1000, "1000-5000"),
        (4999, "1000-5000"),
        (5000, "5000+"),
        (9_999_999, "5000+"),
        (None, "unknown"),
    ],
)
def test_lines_of_code_are_a_range(lines: int | None, expected: str) -> None:
    """Each range holds its lower end."""
    assert Story().builds().report(lines).record().complexity.estimated_loc == expected


def test_the_last_report_that_names_lines_counts() -> None:
    """A report without them takes nothing back."""
    story = Story().builds().report(700).builds().report(2000).builds().report(None)
    assert story.record().complexity.estimated_loc == "1000-5000"


@pytest.mark.parametrize("file_type", [".tf", ".tfvars", ".hcl", ".bicep"])
def test_infrastructure_files_in_the_manifest_are_infrastructure(file_type: str) -> None:
    """Whatever DEFINE said."""
    assert Story().designs(planned("main", "general", file_type)).record().complexity.has_iac


@pytest.mark.parametrize(
    ("impact", "expected"), [("new", True), ("modify", True), ("none", False), ("tbd", False), ("unknown", False)]
)
def test_defines_own_word_on_infrastructure_counts(impact: str, expected: bool) -> None:
    """IaC Impact; what is still to be decided is not yet infrastructure."""
    assert Story().defines().scope(infrastructure=impact).record().complexity.has_iac is expected


def test_an_impact_that_could_not_be_read_leaves_the_one_before() -> None:
    """A broken table says nothing."""
    story = Story().defines().scope(infrastructure="new").defines().scope(infrastructure="unknown")
    assert story.record().complexity.has_iac


def test_ai_agents_in_manifest_or_report_make_it_ai() -> None:
    """Also an agent that only the build chose."""
    assert Story().designs(planned("a", "genai-architect")).record().complexity.has_llm
    assert not Story().designs(planned("a", "python-developer")).record().complexity.has_llm


@pytest.mark.parametrize("domain", ["genai", "prompt-engineering", "ai-data-engineering"])
def test_ai_domains_make_it_ai_whether_planned_or_read(domain: str) -> None:
    """Named in DEFINE's table, or a page of it read."""
    assert Story().defines().scope(domain).record().complexity.has_llm
    assert Story().phase("define").reads(domain).turn_ended().record().complexity.has_llm


def test_test_paths_and_test_agents_are_tests() -> None:
    """Either is enough."""
    assert Story().designs(planned("t", "general", test=True)).record().complexity.has_tests
    assert Story().designs(planned("t", "test-generator")).record().complexity.has_tests
    assert not Story().designs(planned("t", "general")).record().complexity.has_tests
