"""RECOMMENDED PATTERNS: only what clearly goes with shipping, and only to who clearly does it less."""

from __future__ import annotations

from telemetry.contract.records import Matching, TrackedFeature
from telemetry.contract.release import Count, Figure, Release, Row
from telemetry.contract.vocabulary import PHASES
from telemetry.insights.community.own import HABITS, own_of
from telemetry.insights.community.patterns import RULES, Pattern, patterns_of
from telemetry.insights.community.sources import Sources
from tests.insights.cohorts import NOW, feature
from tests.insights.community.releases import MONTH, WEEK, counted, exact, noised_week, shipped


def found_in(features: list[TrackedFeature], *releases: Release | None) -> tuple[Pattern, ...]:
    """The patterns for these features."""
    week, month = (*releases, None, None)[:2]
    return patterns_of(own_of(features, NOW), Sources(week, month))


def pipelines(with_tests: tuple[int, float], without: tuple[int, float]) -> Release:
    """A week of data pipelines that came to /build: with planned tests, and without."""
    both = {name: shipped(*with_tests)[name] + shipped(*without)[name] for name in ("reports", "shipped")}
    return counted(
        {
            "category": {
                "data_pipelines": {**both, "built": both["reports"], "built_shipped": both["shipped"]}
            },
            "category_habit": {"data_pipelines|planned_tests": shipped(*with_tests)},
        }
    )  # fmt: skip


CLEAR = pipelines((400, 0.95), (400, 0.7))


def mine(count: int, *, tested: int = 0, domain: str = "dbt") -> list[TrackedFeature]:
    """Data pipelines that were built, so many of them with planned tests."""
    return [feature(tested=number < tested, domains=(domain,)) for number in range(count)]


def test_a_habit_of_ones_own_kind_of_work_is_recommended() -> None:
    """With all the numbers it rests on."""
    (pattern,) = found_in(mine(8, tested=1), CLEAR)
    assert (pattern.kind, pattern.about, pattern.category, pattern.period) == (
        "habit",
        "planned_tests",
        "data_pipelines",
        WEEK,
    )
    assert (pattern.yours.hits, pattern.yours.n) == (1, 8)
    assert (pattern.community.having.n, pattern.community.lacking.n) == (400, 400)
    assert pattern.community.share.value == 0.5


def test_who_does_it_is_not_told_to() -> None:
    """Nor who may do it just as often, by chance."""
    assert found_in(mine(8, tested=8), CLEAR) == ()
    assert found_in(mine(8, tested=3), CLEAR) == ()


def test_other_kinds_of_work_say_nothing() -> None:
    """And too few of one's own neither."""
    assert found_in(mine(8, domain="genai"), CLEAR) == ()
    assert found_in(mine(4), CLEAR) == ()


def test_what_may_be_chance_is_not_recommended() -> None:
    """And what goes with shipping less often never is."""
    assert found_in(mine(8), pipelines((100, 0.85), (100, 0.75))) == ()
    assert found_in(mine(8), pipelines((400, 0.7), (400, 0.95))) == ()


def test_one_of_many_looks_has_to_be_clearer() -> None:
    """Seven habits are looked at: intervals that just do not touch are too little for one of them."""
    habit = found_in(mine(8), pipelines((400, 0.88), (400, 0.785)))
    sides = {"before_build": shipped(400, 0.88), "not_before_build": shipped(400, 0.785)}
    judge = found_in(mine(8), counted({"judge": sides}))
    assert habit == () and len(judge) == 1


def test_noise_recommends_only_what_was_planted() -> None:
    """Patterns that were read do nothing for shipping in this community, nor do domains, tests or brainstorms.

    The noise that lifts those with a habit lowers those without it, so unwidened intervals would often say they do.
    """
    features = mine(20) + mine(20, domain="python")
    for seed in range(6):
        about = {pattern.about for pattern in found_in(features, noised_week(seed, times=4))}
        assert about <= {"judged_before_build", "planned_few_files"}


def test_judges_are_recommended_once() -> None:
    """For all kinds of work, where no kind of one's own says it."""
    features = mine(30)
    judged = [one for one in found_in(features, exact()[MONTH]) if one.about == "judged_before_build"]
    assert len(judged) == 1
    nothing_known = [feature(phases=PHASES) for _ in range(30)]
    (general,) = found_in(nothing_known, exact()[MONTH])
    assert (general.kind, general.category) == ("judge", None)
    assert abs(general.community.share.value - 0.4) < 0.1


def test_specialists_are_recommended_by_type_of_file() -> None:
    """As planted for .tf: 93 % with, 71 % without; and who is mostly chosen."""
    without = [feature(matching=(Matching(agent, ".tf", 0.85, False),), judged=True) for agent in ("general",) * 8]
    found = {one.about: one for one in found_in(without, exact()[MONTH])}
    assert found[".tf"].kind == "specialist"
    assert found[".tf"].agent == "terraform-specialist"
    assert found[".tf"].community.having.value > found[".tf"].community.lacking.value + 0.15
    having = [feature(matching=(Matching("terraform-specialist", ".tf", 0.95, False),), judged=True)] * 8
    assert ".tf" not in {one.about for one in found_in(having, exact()[MONTH])}


def test_nothing_comes_of_nothing() -> None:
    """Without features, without releases, with empty ones."""
    assert found_in([], exact()[WEEK]) == ()
    assert found_in(mine(8)) == ()
    assert found_in(mine(8), counted({"all": {"all": shipped(5, 1.0)}})) == ()


def test_a_release_in_which_nobody_was_counted_recommends_nothing() -> None:
    """Two empty cells have no share, whatever figures stand beside them."""
    nobody = Count(0, 0, 0)
    rows = tuple(
        Row((cell,), nobody, (Figure("shipped", 0, value, value, value),))
        for cell, value in (("before_build", 900), ("not_before_build", 100))
    )
    empty = exact()[WEEK]._replace(tables={"judge": rows})
    assert found_in(mine(8), empty) == ()


def test_the_rules_are_the_three_kinds() -> None:
    """And every habit has words on the screen."""
    from telemetry.insights.community import screen  # noqa: PLC0415 for this test alone

    assert [rule.__name__ for rule in RULES] == ["habits", "judge", "specialists"]
    assert screen.HABITS.keys() == HABITS.keys()
