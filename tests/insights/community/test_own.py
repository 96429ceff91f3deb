"""A person's own features are counted as the server counts the reports on them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.community import contributions
from telemetry.community.contributions import contribution_of
from telemetry.contract.records import FeatureRecord, TrackedFeature
from telemetry.features.fold import fold
from telemetry.insights.community import own
from telemetry.insights.community.own import HABITS, Counted, Own, counted_of, frequent_categories, is_settled, own_of
from telemetry.insights.figures import SETTLED_AFTER
from telemetry.sharing import anonymise, sealing
from telemetry.sharing.anonymise import anonymised
from tests.features.strategies import Event, journals
from tests.insights.cohorts import NOW, any_feature, feature
from tests.sharing.reports import REPORT_ID, records

Sums = dict[str, dict[str, Counter[str]]]
SLICES = ("all", "category", "category_habit", "file_type", "judge")
DRAWN = records().filter(lambda record: _types_of(record) <= contributions.MOST_FILE_TYPES)


def _types_of(record: FeatureRecord) -> int:
    """Of more types of file the server counts some only, chosen by the report's id."""
    return len({row.file_type for row in record.matching})


def server_sums(found: Sequence[FeatureRecord]) -> Sums:
    """What the server adds up for the anonymised reports on these features."""
    sums: Sums = {name: defaultdict(Counter) for name in SLICES}
    for record in found:
        for part in contribution_of(anonymised(record, REPORT_ID, NOW), REPORT_ID, "2026-W47").increments:
            if part.slice in sums:
                sums[part.slice][part.cell][part.measure] += part.amount
    return sums


def own_sums(found: Sequence[Counted]) -> Sums:
    """The same sums of a person's own counts, but for what only the server looks at."""
    sums: Sums = {name: defaultdict(Counter) for name in SLICES}
    for one in found:
        for name, cell, amounts in _increments(one):
            sums[name][cell].update(amounts)
    return sums


def _increments(one: Counted) -> list[tuple[str, str, dict[str, int]]]:
    share = {"reports": 1, "shipped": int(one.shipped)}
    times = {"timed": int(one.seconds > 0), "seconds": one.seconds}
    agents = {"staffed": int(one.builders is not None), "agents": one.builders or 0}
    built = {"built": int(one.came_to_build), "built_shipped": int(one.came_to_build and one.shipped)}
    found = [("all", "all", {**share, "judged": int(one.judged), **times, **agents})]
    if one.category:
        found.append(("category", one.category, {**share, **built}))
    if one.came_to_build:
        cell = "before_build" if own.JUDGED_BEFORE_BUILD in one.habits else "not_before_build"
        found.append(("judge", cell, share))
    if one.came_to_build and one.category:
        found += [("category_habit", f"{one.category}|{habit}", share) for habit in one.habits]
    for file_type, special in one.types.items():
        both = {"with_specialist": int(special), "with_specialist_shipped": int(special and one.shipped)}
        found.append(("file_type", file_type, {**share, **both}))
    return found


def assert_same(found: Sequence[FeatureRecord]) -> None:
    """Every number, exactly; seconds to the two digits that a report has."""
    theirs, mine = server_sums(found), own_sums([counted_of(record) for record in found])
    for name in SLICES:
        asked = {measure for cell in mine[name].values() for measure in cell} - {"seconds"}
        for cell in theirs[name].keys() | mine[name].keys():
            assert {measure: theirs[name][cell][measure] for measure in asked} == {
                measure: mine[name][cell][measure] for measure in asked
            }, (name, cell)
    rounding = sum(_rounding(record) for record in found)
    assert abs(theirs["all"]["all"]["seconds"] - mine["all"]["all"]["seconds"]) <= rounding


def _rounding(record: FeatureRecord) -> float:
    """Half a unit of the second digit; nothing above the most that counts."""
    digits = len(str(record.timing.total_duration_seconds))
    return 10 ** (digits - 2) / 2 if 2 < digits <= 5 else 0


@given(st.lists(DRAWN, max_size=6))
@settings(max_examples=200, deadline=None)
def test_own_counts_are_the_servers_over_any_features(found: list[FeatureRecord]) -> None:
    """Also over such as no fold would make: a comparison must not be one of two ways to count."""
    assert_same(found)


@given(journals())
@settings(max_examples=100, deadline=None)
def test_own_counts_are_the_servers_over_any_journal(journal: list[Event]) -> None:
    """Features as the fold makes them."""
    assert_same([one.record for one in fold(journal, NOW) if _types_of(one.record) <= contributions.MOST_FILE_TYPES])


def test_the_bounds_are_the_servers() -> None:
    """Copies, as the client may not import them."""
    assert (own.MOST_SECONDS, own.MOST_BUILDERS) == (contributions.MOST_SECONDS, contributions.MOST_BUILDERS)
    assert tuple(HABITS) == tuple(contributions.HABITS)
    assert own.CLOCK_TOLERANCE == sealing.CLOCK_TOLERANCE
    from telemetry.insights.community import coarse  # noqa: PLC0415 beside what it is a copy of

    for name in ("MOST_UNCOMMON", "MOST_ROWS", "MOST_DOMAINS"):
        assert getattr(coarse, name) == getattr(anonymise, name)


# --- who is counted


@given(any_feature)
@settings(max_examples=200, deadline=None)
def test_whoever_is_settled_could_be_sealed(one: TrackedFeature) -> None:
    """By the rules of sealing that speak of the feature itself, and not of a yes or of what was sealed before."""
    candidate = sealing.Candidate(one, one.first_seen, [], NOW)
    refused = sealing.has_settled(candidate) or sealing.is_not_from_the_future(candidate)
    assert is_settled(one, NOW) == (refused is None)


def test_young_features_are_not_compared() -> None:
    """Of those begun this week only the quick ones can be over."""
    found = own_of([feature()] * 3 + [feature(days_ago=5)] * 4 + [feature("in_flight", ("define",))] * 2, NOW)
    assert (len(found.features), found.young, found.in_flight) == (3, 4, 2)


def test_the_line_is_two_weeks() -> None:
    """To the instant, as in a person's other figures."""
    edge = feature()._replace(first_seen=NOW - SETTLED_AFTER)
    later = edge._replace(first_seen=edge.first_seen + timedelta(microseconds=1))
    assert [len(own_of([one], NOW).features) for one in (edge, later)] == [1, 0]


@pytest.mark.parametrize(
    ("made", "field", "value"),
    [
        (feature(hours=30), "seconds", 36_000),
        (feature(hours=2), "seconds", 7200),
        (feature("abandoned", hours=2), "seconds", 0),
        (feature(), "builders", None),
        (feature(agents={"general": None}), "builders", 0),
        (feature(agents={"general": None, "custom": None, "dbt-specialist": None}), "builders", 2),
        (feature("abandoned", ("define", "design")), "came_to_build", False),
        (feature(domains=("dbt",)), "category", "data_pipelines"),
    ],
)
def test_a_feature_is_counted_by_the_rules_of_decision_11(made: TrackedFeature, field: str, value: Any) -> None:
    """Hours are cut at ten, of shipped ones only; `general` is nobody; without a build report nothing is said."""
    assert getattr(counted_of(made.record), field) == value


def test_frequent_categories_come_from_what_was_built() -> None:
    """The most frequent first, none with too few."""
    features = [feature(domains=("dbt",))] * 5 + [feature(domains=("genai",))] * 7 + [feature(domains=("aws",))] * 2
    found = own_of(features, NOW)
    assert frequent_categories(found, least=5, most=2) == ["ai_llm", "data_pipelines"]
    assert frequent_categories(found, least=5, most=1) == ["ai_llm"]
    assert frequent_categories(Own((), 0, 0), least=5, most=2) == []
