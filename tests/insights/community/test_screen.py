"""The comparison on the screen: the seed's Tier 2, with n, intervals, and words where little is known."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.contract.records import TrackedFeature
from telemetry.contract.release import Release
from telemetry.contract.release_standing import Standing
from telemetry.insights.community.report import Comparison, community_of
from telemetry.insights.community.screen import LOUD, screen
from telemetry.insights.period import last_days
from telemetry.insights.screen import POPPER, plain
from tests.insights.cohorts import NOW, any_feature, feature, seed_month
from tests.insights.community.releases import MONTH, WEEK, counted, exact, noised, shipped

GOLDEN = Path(__file__).parent / "golden"
PERIOD = last_days(90, NOW.date())
PLAIN = Standing(WEEK, MONTH, 7, False, NOW, False, None, False, "ab" * 32, False)


def _with(**fields: Any) -> Standing:
    return Standing(**{**vars(PLAIN), **fields})


def compared(features: list[TrackedFeature], week: Release | None, month: Release | None = None) -> Comparison:
    """The comparison as of the tests' now."""
    return community_of(features, week, month, NOW)


def drawn(
    features: list[TrackedFeature],
    week: Release | None,
    month: Release | None = None,
    *,
    standing: Standing = PLAIN,
    leaderboard: bool = False,
) -> str:
    """The screen of it."""
    return screen(compared(features, week, month), standing, PERIOD, leaderboard)


def rare_habits() -> list[TrackedFeature]:
    """Thirty quick data pipelines that no judge saw and no test was planned for."""
    lost = [feature("abandoned", domains=("dbt",), tested=False)] * 3
    return [feature(hours=0.5 + n / 20, domains=("dbt",), tested=False) for n in range(27)] + lost


@cache
def goldens() -> dict[str, str]:
    """What people see, by the name of its file."""
    week, month = noised()[WEEK], noised()[MONTH]
    thin = counted({"all": {"all": shipped(100, 0.8)}})
    old = _with(age_days=40, is_old=True, from_cache=True, why="the server did not answer")
    return {
        "month": drawn(seed_month(), week, month, leaderboard=True),
        "patterns": drawn(rare_habits(), exact()[WEEK], exact()[MONTH]),
        "nobody": drawn([], week, month),
        "thin_week": drawn([feature()] * 3, thin, month, leaderboard=True),
        "old": drawn(seed_month(), thin, standing=old, leaderboard=True),
        "no_release": drawn(seed_month(), None),
    }


@pytest.mark.parametrize("name", sorted(file.stem for file in GOLDEN.glob("*.txt")))
def test_the_screen_is_the_golden_one(name: str) -> None:
    """Change it on purpose: `python -m tests.insights.community.test_screen` writes them anew."""
    assert goldens()[name] == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_every_golden_screen_is_compared() -> None:
    """None without a file, no file without a screen."""
    assert {file.stem for file in GOLDEN.glob("*.txt")} == goldens().keys()


def test_the_seeds_own_lines_are_there() -> None:
    """Headings and names as the seed writes them."""
    text = drawn(seed_month(), noised()[WEEK], noised()[MONTH])
    for line in (
        "HOW YOU COMPARE\n━━━━━━━━━━━━━━━\n",
        "Ship Rate:       77% (n=13)   78% (n=",
        "Avg Duration:    2.3h (n=10)  3.1h (n=",
        "Agent Usage:",
        "Judge Adoption:  54% (n=13)   34% (n=",
        "AGENT EFFECTIVENESS (Community Data)\n━━━",
        "Best for Data Pipelines:\n  @spark-specialist + @test-generator (",
        "Best for Infrastructure:\n",
        "Best for AI/LLM Features:\n",
    ):
        assert line in text


def test_the_popper_stands_where_a_difference_is_clear_and_nowhere_else() -> None:
    """Hours are clearly fewer in the seed's month; 20 points more of judges may be chance."""
    lines = drawn(seed_month(), exact()[WEEK]).splitlines()
    assert [line.split(":")[0] for line in lines if POPPER in line] == ["Avg Duration"]
    judged = next(line for line in lines if line.startswith("Judge Adoption"))
    assert "+20 points (-5 to +43)" in judged


@given(st.integers(5, 40), st.integers(0, 40), st.integers(0, 1000))
@settings(deadline=None, max_examples=50)
def test_points_are_the_difference_of_the_shares_that_are_shown(count: int, shipped_of: int, share: int) -> None:
    """67% beside 78% is -11 points, though 66.6 and 78.4 are nearly 12 apart; and their interval is around them."""
    mine = [feature() if number < shipped_of else feature("abandoned") for number in range(count)]
    text = drawn(mine, counted({"all": {"all": shipped(1000, share / 1000)}}))
    (found,) = re.findall(
        r"Ship Rate: +(\d+)% \(n=\d+\) +(\d+)% \(n=1,000\) +([+-]?\d+) points? \(([+-]?\d+) to ([+-]?\d+)\)", text
    )
    yours, theirs, points, low, high = map(int, found)
    assert points == yours - theirs
    assert low <= points <= high


def test_too_few_say_so_instead_of_a_percentage() -> None:
    """Three features are three features."""
    text = drawn([feature(), feature(), feature("abandoned")], exact()[WEEK])
    assert "Ship Rate:       2 of 3    78% (n=4,000)   too few yet\n" in text
    assert "agentspec insights --community --all" in text


def test_development_is_loud() -> None:
    """Before everything else, whoever says so: the release or its standing."""
    assert drawn(seed_month(), exact()[WEEK]).startswith(LOUD)
    assert LOUD not in drawn(seed_month(), noised()[WEEK])
    assert drawn(seed_month(), None, standing=_with(development=True)).startswith(LOUD)


def test_what_the_month_carries_is_marked() -> None:
    """Figures that the week is too thin for, and rankings that the month is surer of; nothing where no week is."""
    thin = counted({"all": {"all": shipped(100, 0.8)}})
    text = drawn(seed_month(), thin, noised()[MONTH])
    assert "marked * where it stands in for the week" in text
    assert "Ship Rate:       77% (n=13)   80% (n=100)        " in text
    assert ") *" in text.split("Avg Duration:")[1].splitlines()[0]
    compared, ranked = drawn(seed_month(), noised()[WEEK], noised()[MONTH]).split("AGENT EFFECTIVENESS")
    assert "*" not in compared.split("HOW YOU COMPARE")[1] and ") *" in ranked
    assert "*" not in drawn(seed_month(), None, noised()[MONTH])


def test_age_and_reason_are_told() -> None:
    """Old figures are not passed off as new ones."""
    text = drawn(
        seed_month(), exact()[WEEK], standing=_with(age_days=40, is_old=True, from_cache=True, why="no answer")
    )
    assert "Ended 40 days ago: OLD" in text and "Kept since 2026-11-22." in text
    assert "Nothing newer, as no answer." in text
    assert "Ended 1 day ago. Fetched 2026-11-22." in drawn([], exact()[WEEK], standing=_with(age_days=1))


def test_what_noise_hides_is_said_to_be_hidden() -> None:
    """Neither shown as 100% nor passed over: the best may well be behind it."""
    pairs = {"data_pipelines|spark-specialist|test-generator": 1.0, "data_pipelines|dbt-specialist|test-generator": 0.9}
    agents = {"spark-specialist": 1.0, "dbt-specialist": 0.9}
    parts = {"category_pair": pairs, "agent": agents}
    week = counted({part: {cell: shipped(2000, share) for cell, share in of.items()} for part, of in parts.items()})
    text = drawn(seed_month(), week._replace(development=False), leaderboard=True)
    assert "\n  @dbt-specialist + @test-generator (90% success, " in text
    assert "not clearly ahead of @spark-specialist + @test-generator (hidden by noise)" in text
    assert "Not ranked, most reports first: @spark-specialist (hidden by noise, n=2,000)." in text
    assert "100%" not in text


def test_an_association_is_called_one() -> None:
    """Nobody is told that an agent makes features ship."""
    text = " ".join(drawn([], exact()[WEEK]).split())
    assert "they compare with each other, not with the ship rate above" in text
    assert "what goes together, not what causes what" in text
    assert "n counts reports, not people" in text


def test_the_leaderboard_is_shown_where_asked_for() -> None:
    """With ranges of ranks."""
    assert "LEADERBOARD" not in drawn([], exact()[WEEK])
    text = drawn([], exact()[WEEK], leaderboard=True)
    assert "\n1–2   @terraform-specialist " in text
    assert "Not ranked, most reports first: no specialist (74%, n=231)." in " ".join(text.split())
    assert "No agent has enough" in drawn([], counted({"all": {"all": shipped(90, 0.5)}}), leaderboard=True)


def test_empty_tables_are_no_empty_headings() -> None:
    """A release that tells nothing says so."""
    text = drawn(seed_month(), counted({"all": {"all": shipped(5, 1.0)}}), leaderboard=True)
    assert "The release tells no figures yet" in text and "too few reports to say how many" in text
    assert "Nothing can be ranked yet" in text


@pytest.mark.parametrize("name", ["month", "patterns", "nobody", "thin_week", "old", "no_release"])
def test_every_screen_fits_and_has_a_plain_form(name: str) -> None:
    """80 columns, the popper's two included; ASCII without a lost sign."""
    text = goldens()[name]
    assert max(len(line) + line.count(POPPER) for line in text.splitlines()) <= 80
    assert plain(text).isascii() and "?" not in plain(text)
    assert not any(line.endswith(" ") for line in plain(text).splitlines())


@given(st.lists(any_feature, max_size=30), st.sampled_from(["exact", "noised"]), st.booleans())
@settings(deadline=None, max_examples=50)
def test_any_features_give_a_screen(features: list[TrackedFeature], kind: str, leaderboard: bool) -> None:
    """No list of features is too odd."""
    releases = exact() if kind == "exact" else noised()
    text = drawn(features, releases[WEEK], releases[MONTH], leaderboard=leaderboard)
    assert max(map(len, text.splitlines())) <= 80
    assert plain(text).isascii()


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for stem, golden in goldens().items():
        (GOLDEN / f"{stem}.txt").write_text(golden, encoding="utf-8")
    sys.exit(0)
