"""The screen: the seed's Tier 1, with n and intervals, and with words where the data are few."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from telemetry.contract.records import Matching, TrackedFeature
from telemetry.contract.vocabulary import PHASES
from telemetry.insights.discoveries import discoveries_of
from telemetry.insights.figures import figures_of
from telemetry.insights.period import between, last_days
from telemetry.insights.recommendations import recommendations_of
from telemetry.insights.screen import nothing_yet, plain, records, screen
from tests.insights.cohorts import NOW, feature, seed_month

GOLDEN = Path(__file__).parent / "golden"


def drawn(features: list[TrackedFeature], set_aside: int = 0) -> str:
    """The screen of some features."""
    figures = figures_of(features, NOW)
    discoveries = discoveries_of(figures)
    advice = recommendations_of(figures, discoveries)
    return screen(last_days(30, date(2026, 11, 22)), figures, discoveries, advice, set_aside)


def contrasting_month() -> list[TrackedFeature]:
    """Judged, small features with their specialist all ship; unjudged large ones without all do not."""
    with_all = feature(judged=True, agents={"python-developer": 8.7}, matching=(_match("terraform-specialist"),))
    without = feature(
        "abandoned", PHASES[:4], files=40, agents={"python-developer": 5.0}, matching=(_match("general"),)
    )
    return [with_all] * 14 + [without] * 9


def _match(agent: str) -> Matching:
    return Matching(agent, ".tf", 0.95, was_overridden=False)


@pytest.mark.parametrize(
    ("name", "features"), [("month", seed_month()), ("discoveries", contrasting_month()), ("few", seed_month()[-3:])]
)
def test_the_screen_is_the_golden_one(name: str, features: list[TrackedFeature]) -> None:
    """Change it on purpose: the golden files are what people see."""
    assert drawn(features) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_the_seeds_own_lines_are_there() -> None:
    """Headings and lines as the seed writes them."""
    text = drawn(seed_month())
    for line in (
        "YOUR SDD METRICS (Last 30 Days)\n━━━━━━━━━━━",
        "Features Started:    15\n",
        "Features Shipped:    10 (77%)",
        "Average Duration:    2.3 hours",
        "Brainstorm → Define:  100%",
        "← Investigate\n",
        "@python-developer    Used 10x  Quality: 8.9\n",
        "PERSONAL RECOMMENDATIONS\n",
    ):
        assert line in text


def test_few_data_say_so_instead_of_a_percentage() -> None:
    """Three features prove nothing, so no share of them is shown."""
    text = drawn([feature(), feature(), feature("abandoned")])
    assert "Features Shipped:    2  too few yet: 2 of 3" in text
    assert "%" not in text.replace("95% interval", "")


def test_a_young_period_says_it_is_too_early() -> None:
    """5 shipped of 20 begun this week is no rate of anything yet."""
    text = drawn([feature(days_ago=6)] * 5 + [feature("in_flight", ("define",), days_ago=6)] * 15)
    assert "Features Shipped:    5  too early for a rate: 20 begun within 14 days\n" in text
    assert "Define → Design:      20 too early\n" in text
    assert "%" not in text.replace("95% interval", "")


def test_a_rate_that_leaves_out_early_successes_says_which_it_is_of() -> None:
    """9 shipped, but the rate is of the older ones only."""
    text = drawn([feature()] * 6 + [feature("abandoned", PHASES[:4])] * 2 + [feature(days_ago=2)] * 3)
    assert "Features Shipped:    9 (75%)  (6 of 8, 41–93%)\n" in text
    assert "Build → Ship:          75%  (n=8, 41–93%)  3 too early  ← Investigate\n" in text


def test_quality_of_few_features_says_of_how_many() -> None:
    """A 10.0 of one feature is not a 10.0 of five."""
    rated = feature(agents={"python-developer": 10.0})
    assert "Quality: 10.0 (n=1)\n" in drawn([rated])
    assert "Quality: 10.0\n" in drawn([rated] * 5)


def test_no_line_is_wider_than_eighty_columns() -> None:
    """The screen fits the smallest usual terminal, and the records do too."""
    for text in (drawn(seed_month(), 12_345), drawn(contrasting_month()), records(seed_month())):
        assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("features", [[], seed_month(), contrasting_month()])
def test_plain_is_ascii_only(features: list[TrackedFeature]) -> None:
    """`--plain` prints everywhere, and loses no sign to a question mark."""
    text = plain(drawn(features))
    assert text.isascii()
    assert "?" not in text


def test_lines_set_aside_are_told() -> None:
    """What could not be read is never passed over in silence."""
    assert "1 line of the journal could not be read" in drawn(seed_month(), 1)
    assert "1,234 lines of the journal could not be read" in drawn(seed_month(), 1234)
    assert "could not be read" not in drawn(seed_month())


def test_an_empty_store_says_what_has_to_happen() -> None:
    """Not an empty table: the way to the first figures."""
    text = nothing_yet(last_days(30, date(2026, 11, 22)), has_store=True, events=0, is_off=True)
    for part in ("agentspec install", "/define", "agentspec doctor", "Recording is off"):
        assert part in text


def test_an_empty_period_points_to_the_rest() -> None:
    """Where events are recorded outside the period, it says how to see them."""
    text = nothing_yet(between(None, date(2026, 1, 1)), has_store=True, events=1500, is_off=False)
    assert "Until 2026-01-01" in text
    assert "1,500" in text
    assert "--all" in text


def test_records_have_one_line_per_feature() -> None:
    """A feature that only ever was a document has a line as well."""
    lines = records([*seed_month(), feature("in_flight", ())]).splitlines()
    assert len(lines) == 1 + 16
    assert records([]) == "No features in this period.\n"
