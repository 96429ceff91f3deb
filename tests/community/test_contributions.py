"""What one report adds to the sums: by slice, in whole numbers, within bounds."""

from __future__ import annotations

import copy
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.community.contributions import (
    BANDS,
    BIN_EDGES,
    ERRORS,
    FILES,
    HABITS,
    MOST_AGENTS,
    MOST_BUILDERS,
    MOST_PAIRS,
    MOST_SECONDS,
    NAMED_TYPES,
    SLICES,
    SPECIALISTS,
    TIMES,
    bin_of,
    contribution_of,
)
from telemetry.community.records import Increment
from telemetry.contract import report_check
from tests.sharing.lines import id_of
from tests.sharing.reports import PLAIN, SCHEMA, Json, sealed_reports

ROOT = Path(__file__).resolve().parents[2]
WEEK = "2026-W47"
Sums = dict[str, dict[str, dict[str, int]]]


def report(**parts: dict[str, Any]) -> Json:
    """The plain report with other values in objects of it, named by their last word."""
    changed: Json = copy.deepcopy(PLAIN["report"])
    for name, values in parts.items():
        inner = changed["feature"][name] if name in changed["feature"] else changed[name]
        assert set(values) <= set(inner)
        inner.update(values)
    return changed


def chosen(*rows: tuple[str, str] | tuple[str, str, bool]) -> list[Json]:
    """Rows of a design: agent, type of file, whether it was replaced."""
    return [
        {"agent_type": row[0], "file_type": row[1], "confidence": 0.7, "was_overridden": len(row) > 2 and row[2]}
        for row in rows
    ]


def built(*agents: str, score: float | None = None, files: str = "1", success: bool = True) -> list[Json]:
    """Rows of a build."""
    return [
        {"agent_type": agent, "assigned_files": files, "build_success": success, "quality_score": score}
        for agent in agents
    ]


def sums(one: Json, number: int = 0) -> Sums:
    """What a report adds, by slice, cell and measure."""
    found: Sums = defaultdict(lambda: defaultdict(dict))
    for increment in contribution_of(one, id_of(number), WEEK).increments:
        assert increment.measure not in found[increment.slice][increment.cell]
        found[increment.slice][increment.cell][increment.measure] = increment.amount
    return {name: dict(cells) for name, cells in found.items()}


def test_all_that_the_plain_report_adds() -> None:
    """Nothing more than this."""
    share = {"reports": 1, "shipped": 1}
    assert sums(PLAIN["report"]) == {
        "all": {
            "all": {
                **share,
                **{"judged": 1, "timed": 1, "seconds": 5100, "staffed": 1, "agents": 1},
                **{"sized": 1, "files": 7, "iterations": 1},
            }
        },
        "transition": {pair: {"reports": 1, "moved": 1} for pair in ("define|design", "design|build", "build|ship")},
        "agent": {"dbt-specialist": {**share, "completed": 1, "rated": 1, "quality": 19}},
        "chosen_agent": {"dbt-specialist": {"reports": 1}},
        "category_agent": {"data_pipelines|dbt-specialist": share},
        "category": {"data_pipelines": {**share, "built": 1, "built_shipped": 1}},
        "category_habit": {f"data_pipelines|{habit}": share for habit in HABITS if habit != "brainstormed"},
        "file_type": {".sql": {**share, "with_specialist": 1, "with_specialist_shipped": 1}},
        "file_type_agent": {".sql|dbt-specialist": share},
        "band": {"<10": share},
        "judge": {"before_build": {**share, "rated": 1, "quality": 19}},
        "domain": {"airflow": share, "dbt": share},
        "duration": {name: {"reports": 1} for name in ("define|64", "design|512", "build|4096", "total|4096")},
    }


def test_a_contribution_says_whose_it_is() -> None:
    """The report's id and the week it came in."""
    found = contribution_of(PLAIN["report"], id_of(1), WEEK)
    assert (found.report_id, found.week) == (id_of(1), WEEK)


# --- bounds


@given(sealed_reports())
@settings(max_examples=150, deadline=None)
def test_no_valid_report_adds_more_than_the_bounds_say(sealed: Json) -> None:
    """Honest or not: so many cells of a slice, so much to each measure, no cell that a release does not know."""
    increments = contribution_of(sealed["report"], sealed["report"]["session"]["id"], WEEK).increments
    assert {increment.slice for increment in increments} <= {part.name for part in SLICES}
    for part in SLICES:
        mine = [increment for increment in increments if increment.slice == part.name]
        assert len({increment.cell for increment in mine}) <= part.per_report
        assert {increment.cell for increment in mine} <= _CELLS[part.name]
        assert all(0 < increment.amount <= part.measures[increment.measure] for increment in mine)
        assert all(type(increment.amount) is int for increment in mine)
        assert len({increment[:3] for increment in mine}) == len(mine)


_CELLS = {part.name: set(part.cells) for part in SLICES}


def test_slices_and_cells_have_names_of_their_own() -> None:
    """So that a sum belongs to one question."""
    assert len({part.name for part in SLICES}) == len(SLICES)
    assert all(len(_CELLS[part.name]) == len(part.cells) for part in SLICES)


@given(sealed_reports(), st.randoms())
@settings(max_examples=80, deadline=None)
def test_the_order_of_a_reports_lists_plays_no_part(sealed: Json, chance: Any) -> None:
    """Rows that say different things of one agent apart: those no honest client sends."""
    one = sealed["report"]
    for rows in one["agents"].values():
        rows[:] = {(row["agent_type"], row.get("file_type")): row for row in rows}.values()
    before = contribution_of(one, id_of(1), WEEK).increments
    for rows in (*one["agents"].values(), one["kb"]["domains_consulted"], one["feature"]["complexity"]["phases_used"]):
        chance.shuffle(rows)
    assert set(contribution_of(one, id_of(1), WEEK).increments) == set(before)


def test_of_too_many_some_are_taken_and_none_is_favoured() -> None:
    """By the report's random id: each agent about equally often, and the same ones every time."""
    many = report(agents={"effectiveness": built(*SPECIALISTS[:12]), "matching": []})
    taken = Counter(agent for number in range(600) for agent in sums(many, number)["agent"])
    assert set(taken) == set(SPECIALISTS[:12]) and sum(taken.values()) == 600 * MOST_AGENTS
    assert all(240 < count < 360 for count in taken.values())
    pairs = [set(sums(many, number)["category_pair"]) for number in range(50)]
    assert {len(found) for found in pairs} == {MOST_PAIRS} and len(set(map(frozenset, pairs))) == 50
    assert sums(many, 7) == sums(many, 7)


def test_what_is_very_large_counts_as_the_largest_that_counts() -> None:
    """Ten hours, eight agents."""
    large = report(
        timing={"build_duration_seconds": 360_000, "total_duration_seconds": 360_000},
        agents={"effectiveness": built(*SPECIALISTS[:12])},
    )
    found = sums(large)["all"]["all"]
    assert (found["seconds"], found["agents"]) == (MOST_SECONDS, MOST_BUILDERS)
    assert sums(large)["duration"]["total|131072"] == {"reports": 1}


# --- words and numbers


def test_every_word_of_a_count_has_a_number_within_its_range() -> None:
    """The middle of a closed range, the beginning of an open one."""
    assert tuple(FILES) == report_check.FILES and tuple(TIMES) == report_check.TIMES
    for word, number in (*FILES.items(), *TIMES.items()):
        low, _, high = word.partition("-")
        if high:
            assert abs(number - (int(low) + int(high)) / 2) <= 0.5
        else:
            assert number == int(low.rstrip("+"))


def test_the_words_of_errors_are_those_of_the_schema() -> None:
    """In its order."""
    words = SCHEMA["properties"]["report"]["properties"]["errors"]["properties"]["error_category"]["enum"]
    assert [word for word in words if word] == list(ERRORS)


@given(st.integers(1, 360_000))
def test_a_duration_lies_in_its_bin(seconds: int) -> None:
    """The last edge that it reaches."""
    assert bin_of(seconds) == max(edge for edge in BIN_EDGES if edge <= seconds)


def test_sizes_are_those_of_the_discoveries() -> None:
    """Below 10, up to 30, above; unknown without a manifest."""
    bands = [list(sums(report(complexity={"file_count": word})).get("band", {})) for word in FILES]
    small, middle, large = ([band] for band in BANDS)
    assert bands == [[], *[small] * 5, middle, middle, large, large]


# --- slices


def test_a_feature_comes_to_the_phases_it_began_and_to_ship_if_it_was_shipped() -> None:
    """Whatever it left out on its way."""
    stopped = report(complexity={"phases_used": ["brainstorm", "design"]}, outcome={"shipped": False})
    assert sums(stopped)["transition"] == {
        "brainstorm|define": {"reports": 1, "moved": 1},
        "design|build": {"reports": 1},
    }
    jumped = report(complexity={"phases_used": ["define"]})
    assert sums(jumped)["transition"] == {"define|design": {"reports": 1, "moved": 1}}
    assert "transition" not in sums(report(complexity={"phases_used": []}))


def test_pairs_are_of_specialists_that_built_together() -> None:
    """By name, in the order of the alphabet; by the kind of work."""
    rows = built("test-generator", "general", "spark-specialist", "custom", "dbt-specialist")
    found = sums(report(agents={"effectiveness": rows}))
    assert set(found["category_pair"]) == {
        "data_pipelines|dbt-specialist|spark-specialist",
        "data_pipelines|dbt-specialist|test-generator",
        "data_pipelines|spark-specialist|test-generator",
    }
    assert set(found["agent"]) == {"test-generator", "general", "spark-specialist", "custom", "dbt-specialist"}
    assert found["all"]["all"]["agents"] == 4


def test_a_type_of_file_is_with_or_without_a_specialist() -> None:
    """`general` and `custom` are none; what is nothing in particular is no type."""
    rows = chosen(("terraform-specialist", ".tf"), ("general", ".tf"), ("custom", ".yaml"), ("general", "other"))
    found = sums(report(agents={"matching": rows}, outcome={"shipped": False}))
    assert found["file_type"] == {".tf": {"reports": 1, "with_specialist": 1}, ".yaml": {"reports": 1}}
    assert found["file_type_agent"] == {".tf|terraform-specialist": {"reports": 1}}


def test_an_agent_of_the_design_is_replaced_once_per_feature() -> None:
    """For however many types of file."""
    rows = chosen(("dbt-specialist", ".sql", True), ("dbt-specialist", ".yml", True), ("general", ".md"))
    found = sums(report(agents={"matching": rows}))["chosen_agent"]
    assert found == {"dbt-specialist": {"reports": 1, "replaced": 1}, "general": {"reports": 1}}


def test_a_judge_counts_where_it_came_before_the_build() -> None:
    """Of what was built; a later verdict is adoption, but no cause."""
    late = report(judge={"pre_design_score": None, "post_build_score": 9})
    assert list(sums(late)["judge"]) == ["not_before_build"] and sums(late)["all"]["all"]["judged"] == 1
    unbuilt = report(complexity={"phases_used": ["define", "design"]}, outcome={"shipped": False})
    assert not {"judge", "category_habit"} & set(sums(unbuilt))


def test_quality_is_weighted_by_files() -> None:
    """In halves; what was not rated weighs nothing."""
    rows = [*built("dbt-specialist", score=10, files="3"), *built("custom", score=5.5, files="1"), *built("general")]
    found = sums(report(agents={"effectiveness": rows}))
    assert found["judge"]["before_build"] == {"reports": 1, "shipped": 1, "rated": 1, "quality": 18}
    assert found["agent"]["general"] == {"reports": 1, "shipped": 1, "completed": 1}
    assert found["agent"]["custom"]["quality"] == 11


def test_an_error_is_counted_by_how_and_where_it_failed() -> None:
    """And whether it was made good."""
    failed = {"phase_failed": "build", "error_category": "tests_failed", "recovered": True}
    assert sums(report(errors=failed))["error"] == {"tests_failed|build": {"reports": 1, "recovered": 1}}
    assert "error" not in sums(PLAIN["report"])


def test_what_was_not_timed_is_in_no_bin_and_no_mean() -> None:
    """Nor is the whole of what was not shipped."""
    timeless = report(timing=dict.fromkeys(PLAIN["report"]["feature"]["timing"], 0))
    assert "duration" not in sums(timeless) and not {"timed", "seconds"} & set(sums(timeless)["all"]["all"])
    stopped = sums(report(outcome={"shipped": False}))
    assert set(stopped["duration"]) == {"define|64", "design|512", "build|4096"}
    assert not {"timed", "seconds"} & set(stopped["all"]["all"])


@pytest.mark.parametrize("name", ["category", "category_agent", "category_pair", "category_habit"])
def test_what_says_nothing_of_its_kind_is_in_no_category(name: str) -> None:
    """It stopped before anybody knew."""
    silent = report(agents={"matching": [], "effectiveness": []}, kb={"domains_consulted": []})
    assert name not in sums(silent)


def test_cells_are_there_for_every_word() -> None:
    """A release knows them without looking at a report."""
    assert _CELLS["file_type"] == set(NAMED_TYPES)
    assert _CELLS["agent"] == set(SCHEMA["$defs"]["agent"]["enum"])
    assert _CELLS["domain"] == set(SCHEMA["$defs"]["domain"]["enum"])
    assert Increment("error", "unknown|ship", "reports", 1).cell in _CELLS["error"]


def test_the_decision_says_what_is_counted() -> None:
    """Every slice, how many of its cells one report may touch, and every measure."""
    page = (ROOT / "docs/decisions/0011-what-is-counted.md").read_text(encoding="utf-8")
    rows = {row[1]: row for line in page.splitlines() if len(row := re.split(r" *\| *", line)) == 6}
    for part in SLICES:
        _, _, _, cells, measures, _ = rows[f"`{part.name}`"]
        assert int(cells) == part.per_report
        assert set(part.measures) <= set(re.findall(r"[a-z_]+", measures)), part.name
