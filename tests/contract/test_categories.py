"""What kind of work a report is about: a vote of its own words."""

from __future__ import annotations

import copy
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.contract.categories import (
    AGENTS_OF,
    AI_LLM,
    CATEGORIES,
    DATA_PIPELINES,
    DOMAINS_OF,
    FILE_TYPES_OF,
    INFRASTRUCTURE,
    LIBRARIES,
    SERVICES,
    category_of,
)
from telemetry.contract.vocabulary import AGENTS, DOMAINS, FILE_TYPES
from tests.sharing.reports import PLAIN, Json, sealed_reports


def saying(
    chosen: list[tuple[str, str]], builders: list[str] | None = None, domains: list[str] | None = None, **flags: bool
) -> Json:
    """A report with these rows, domains and flags."""
    report: Json = copy.deepcopy(PLAIN["report"])
    rows = [
        {"agent_type": agent, "file_type": kind, "confidence": 0.7, "was_overridden": False} for agent, kind in chosen
    ]
    built = report["agents"]["effectiveness"][0]
    report["agents"] = {"matching": rows, "effectiveness": [{**built, "agent_type": name} for name in builders or []]}
    report["kb"]["domains_consulted"] = domains or []
    report["feature"]["complexity"].update(flags)
    return report


EXAMPLES = {
    "models in sql": (DATA_PIPELINES, saying([("dbt-specialist", ".sql")], domains=["dbt"])),
    "python that feeds spark": (DATA_PIPELINES, saying([("python-developer", ".py")], ["spark-specialist"])),
    "modules of terraform": (INFRASTRUCTURE, saying([("terraform-specialist", ".tf")], has_iac=True)),
    "a pipeline with one file of terraform": (
        DATA_PIPELINES,
        saying([("dbt-specialist", ".sql"), ("general", ".tf")], domains=["dbt", "airflow"], has_iac=True),
    ),
    "terraform for a warehouse": (
        INFRASTRUCTURE,
        saying([("terraform-specialist", ".tf"), ("infra-deployer", ".yaml")], domains=["dbt"], has_iac=True),
    ),
    "an extraction": (AI_LLM, saying([("extraction-specialist", ".py")], has_llm=True)),
    "a page": (SERVICES, saying([("general", ".html"), ("general", ".css"), ("python-developer", ".py")])),
    "a function": (SERVICES, saying([("function-developer", ".py")], ["function-developer"])),
    "plain code": (LIBRARIES, saying([("python-developer", ".py")], domains=["python", "testing"])),
    "code with its manual": (LIBRARIES, saying([("python-developer", ".py"), ("code-documenter", ".md")])),
    "only a domain": (AI_LLM, saying([], domains=["genai"])),
    "one vote each": (DATA_PIPELINES, saying([("general", ".sql"), ("general", ".html")])),
    "an agent that was chosen and built": (
        SERVICES,
        saying([("spark-specialist", ".html"), ("general", ".css")], ["spark-specialist"]),
    ),
}


@pytest.mark.parametrize(("category", "report"), EXAMPLES.values(), ids=EXAMPLES)
def test_most_words_win(category: str, report: Json) -> None:
    """Each word once; of equals the first of the list."""
    assert category_of(report) == category


def test_what_says_nothing_has_no_category() -> None:
    """It stopped before a design."""
    assert category_of(saying([])) is None


def test_a_word_votes_for_one_category() -> None:
    """And is one that reports can hold."""
    for table, vocabulary in ((AGENTS_OF, AGENTS), (FILE_TYPES_OF, FILE_TYPES), (DOMAINS_OF, DOMAINS)):
        words = Counter(word for part in table.values() for word in part)
        assert set(words) <= vocabulary and set(words.values()) == {1}
        assert tuple(table) == CATEGORIES


@given(sealed_reports(), st.randoms())
@settings(max_examples=200, deadline=None)
def test_order_plays_no_part(sealed: Json, chance: object) -> None:
    """Any valid report has one category, or none, however its lists are ordered."""
    report = sealed["report"]
    found = category_of(report)
    assert found is None or found in CATEGORIES
    for rows in (*report["agents"].values(), report["kb"]["domains_consulted"]):
        chance.shuffle(rows)  # type: ignore[attr-defined]
    assert category_of(report) == found
