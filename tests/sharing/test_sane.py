"""Whether the figures of a release can be figures: what cannot is refused, what the real server makes never is."""

from __future__ import annotations

import copy
import random
from datetime import datetime, timezone
from functools import cache
from typing import Any

import pytest

from telemetry.community import contributions
from telemetry.community.contributions import SLICES
from telemetry.community.records import Cell
from telemetry.community.release.building import WITH_NOISE, WITHOUT_NOISE
from telemetry.community.release.figures import FIGURES
from telemetry.community.release.signing import public_of
from telemetry.community.release.suppression import K
from telemetry.contract.signature import Forged
from telemetry.sharing import sane
from telemetry.sharing.released import opened
from telemetry.sharing.sane import MOST, RULES, SHARE, WORDS, is_sane
from tests.insights.community.releases import MONTH, WEEK, WEEKS, documents, gaussian, strangers
from tests.sharing.releases import KEY, latest

LARGEST = 2**53 - 1
NOW = datetime(2026, 12, 20, tzinfo=timezone.utc)

Document = dict[str, Any]


@cache
def made(times: int, seed: int | None) -> dict[str, Document]:
    """What the server makes of a month of simulated strangers; exact without a seed."""
    return documents(strangers(times), None if seed is None else gaussian(seed))


def is_opened(week: Document | None, month: Document | None = None) -> bool:
    """Whether a file with these would be believed."""
    try:
        opened(latest(week, month), public_of(KEY), NOW)
    except Forged as forged:
        assert str(forged) == "other_form"
        return False
    return True


# --- what the server makes


@pytest.mark.parametrize("times", [1, 1000])
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_whatever_the_server_makes_of_reports_is_sane(times: int, seed: int | None) -> None:
    """Few and many of them, with noise and without, by the week and by the month."""
    found = made(times, seed)
    assert found.keys() == {*WEEKS, MONTH}
    for week in WEEKS:
        assert is_opened(found[week], found[MONTH])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("is_noised", [True, False])
def test_whatever_the_server_makes_of_any_sums_is_sane(seed: int, is_noised: bool) -> None:
    """Also of such as no reports add up to: next to nothing beside a million, all that can be beside none."""
    chance = random.Random(seed)
    for week in documents(anything(chance), gaussian(seed) if is_noised else None).values():
        assert is_sane(week)


def anything(chance: random.Random) -> list[Cell]:
    """Sums of each cell of each slice, within what so many reports can add."""
    cells = []
    for part in SLICES:
        for cell in part.cells:
            reports = chance.choice((0, 1, K, 300, 1000, 10**6))
            for measure, most in part.measures.items():
                value = reports if measure == "reports" else chance.choice((0, 1, chance.random())) * reports * most
                cells.append(Cell(WEEK, part.name, cell, measure, round(value)))
    return cells


def test_a_week_without_reports_is_sane() -> None:
    """The server releases it as well."""
    assert is_opened(documents([Cell(WEEK, "all", "all", "reports", 0)], gaussian(1))[WEEK])


def test_words_and_bounds_are_those_of_the_server() -> None:
    """All of its cells fit, and nothing else that has their words; no figure may be larger, or not as large."""
    assert WORDS.keys() == {part.name for part in SLICES}
    for part in SLICES:
        cells = [cell.split("|")[:1] if part.name == "duration" else cell.split("|") for cell in part.cells]
        kinds = [frozenset(words) for words in zip(*cells, strict=True)]
        if part.name == "transition":  # a step has no word of its own: another rule says which
            kinds = [frozenset().union(*kinds)] * 2
        if part.name == "category_pair":  # nor has a pair
            kinds[1:] = [frozenset().union(*kinds[1:])] * 2
        assert WORDS[part.name] == tuple(kinds), part.name
    figures = {one.name: one.most * 1000 // one.unit for found in FIGURES.values() for one in found}
    quartiles = dict.fromkeys(("p25", "median", "p75"), 2 * contributions.BIN_EDGES[-1] * 1000)
    assert {name: MOST.get(name, SHARE) for name in (*figures, *quartiles)} == figures | quartiles
    for rules in (WITH_NOISE, WITHOUT_NOISE):
        assert K <= rules.rates_from <= rules.ranks_from <= sane.MOST_FROM


# --- what cannot be


def changed(*path: str | int, to: Any) -> Document:
    """The exact release of a week, with one value changed."""
    document = copy.deepcopy(made(1, None)[WEEK])
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return document


ALL = ("tables", "all", 0)
SHIPPED = (*ALL, "figures", 0)


CASES: list[tuple[tuple[str | int, ...], Any]] = [
    ((*ALL, "reports"), {"value": 0, "low": 0, "high": 0}),
    ((*ALL, "reports"), {"value": K - 1, "low": K - 1, "high": K - 1}),
    ((*ALL, "reports"), {"value": 50, "low": 51, "high": 52}),
    ((*ALL, "reports"), {"value": 50, "low": 48, "high": 49}),
    ((*ALL, "reports"), {"value": 50, "low": 50, "high": 10**9 + 1}),
    ((*ALL, "reports"), dict.fromkeys(("value", "low", "high"), LARGEST)),
    (SHIPPED, {"figure": "shipped", "n": 500, "value": 700, "low": 710, "high": 720}),
    (SHIPPED, {"figure": "shipped", "n": 500, "value": 700, "low": 680, "high": 690}),
    (SHIPPED, {"figure": "shipped", "n": 500, "value": 700, "low": 680, "high": 1001}),
    (SHIPPED, {"figure": "shipped", "n": 0, "value": 700, "low": 680, "high": 720}),
    (SHIPPED, {"figure": "shipped", "n": 19, "value": 700, "low": 680, "high": 720}),
    (SHIPPED, {"figure": "shipped", "n": 10**9 + 1, "value": 700, "low": 680, "high": 720}),
    (SHIPPED, {"figure": "judged", "n": 500, "value": 700, "low": 680, "high": 720}),
    (SHIPPED, {"figure": "p25", "n": 500, "value": 700, "low": 680, "high": 262_144_001}),
    ((*ALL, "figures", 2, "high"), 36_000_001),
    ((*ALL, "figures", 3, "high"), 8_001),
    ((*ALL, "figures", 4, "high"), 51_001),
    ((*ALL, "figures", 5, "high"), 10_001),
    ((*ALL, "cell"), ["all", "all"]),
    ((*ALL, "cell"), ["build"]),
    (("tables", "category", 0, "cell"), ["dbt"]),
    (("tables", "category_agent", 0, "cell"), ["services"]),
    (("tables", "category_agent", 0, "cell"), ["services", "general"]),
    (("tables", "category_habit", 0, "cell"), ["planned_tests", "services"]),
    (("tables", "category_pair", 0, "cell"), ["services", "dbt-specialist", "dbt-specialist"]),
    (("tables", "category_pair", 0, "cell"), ["services", "dbt-specialist", "code-reviewer"]),
    (("tables", "transition", 0, "cell"), ["define", "build"]),
    (("tables", "file_type", 0, "cell"), ["python-developer"]),
    (("manifest", "rates_from"), 0),
    (("manifest", "rates_from"), LARGEST),
    (("manifest", "ranks_from"), 0),
    (("manifest", "ranks_from"), LARGEST),
]


@pytest.mark.parametrize(("path", "to"), CASES)
def test_what_cannot_be_is_refused_though_it_is_signed(path: tuple[str | int, ...], to: Any) -> None:
    """One value is enough, in the week or in the month."""
    document = changed(*path, to=to)
    assert not is_opened(document)
    assert not is_opened(None, {**document, "period": MONTH})


def test_no_cell_is_there_twice() -> None:
    """Not even with other figures."""
    rows = made(1, None)[WEEK]["tables"]["agent"]
    assert not is_opened(changed("tables", "agent", to=[*rows, rows[0]]))
    assert not is_opened(changed("tables", "agent", to=[*rows, {**rows[0], "figures": []}]))


@pytest.mark.parametrize("number", [0, 1, LARGEST])
def test_a_release_of_one_number_everywhere_is_refused(number: int) -> None:
    """Nothing, and as much as the schema lets pass."""

    def everywhere(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: everywhere(one) for name, one in value.items()}
        if isinstance(value, list):
            return [everywhere(one) for one in value]
        return number if type(value) is int else value

    document = copy.deepcopy(made(1, None)[WEEK])
    document["tables"] = everywhere(document["tables"])
    assert not is_opened(document)


def test_every_rule_refuses_what_the_ones_before_it_let_pass() -> None:
    """None of them stands there for nothing."""
    rows = made(1, None)[WEEK]["tables"]["agent"]
    broken = [changed(*path, to=to) for path, to in (*CASES, (("tables", "agent"), [*rows, rows[0]]))]
    assert {next(rule for rule in RULES if not rule(document)) for document in broken} == set(RULES)
