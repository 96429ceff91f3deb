"""Stated intervals hold what is true as often as they say: 95 % of them.

One sample of people is no measure, however often noise is drawn over it: all draws share its luck. So there is a
population of strangers, whose figures are known exactly, and every draw is a community of its own (reports taken from
it by chance, with putting back) with noise of its own. A draw looks at one figure only, the next one at the next, so
that draws are independent, and what goes together within a release need not be allowed for.

How many may miss: if each interval misses with a chance of MISS at most, a correct implementation fails less than once
in a million runs, by the exact binomial tail: 99 of 1,000 may. MISS is a little above 5 %, as intervals rest on the
normal distribution, and counts are not quite normal; where 5 % miss, as they should, a run fails once in ten thousand
million. Intervals that are a quarter too narrow miss 12 to 14 %, and are found out.

Only figures that are stated whatever the noise. What is shown only if noise lifts it is shown too large on the average.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import cycle, islice
from typing import NamedTuple

from telemetry.community.contributions import contribution_of
from telemetry.community.records import Cell, Contribution, Increment
from telemetry.community.release.bounds import RHO_A_WEEK, Query, queries
from telemetry.community.release.figures import FIGURES, Told, above, summed, told
from telemetry.community.release.intervals import Range
from telemetry.community.release.noised import Mechanism, Noised, draw, without_noise
from telemetry.community.release.suppression import threshold
from telemetry.community.strangers import planted_truth, simulated
from tests.community.release.samples import MISS, WEEK, allowed, opendp

NOISY, EXACT = queries(RHO_A_WEEK), queries(0.0)
POPULATION = 8000  # strangers
DRAWS = {5_000: 700, 50_000: 300}  # by the reports of a community
LEAST = 300  # reports on which a figure must rest


class Name(NamedTuple):
    """A figure of a release."""

    slice: str
    cell: str
    figure: str


class People(NamedTuple):
    """What a report can add to a figure, and which of these each of the population adds, by its number."""

    adds: tuple[tuple[Increment, ...], ...]
    each: tuple[int, ...]


def names() -> Iterator[Name]:
    """The figures for which strangers have planted effects."""
    truth = planted_truth()
    yield from (Name("all", "all", figure) for figure in ("shipped", "judged", "seconds"))
    yield from (Name("judge", cell, "shipped") for cell in ("before_build", "not_before_build"))
    for figure in ("shipped", "shipped_without", "share"):
        yield Name("file_type_agent", ".tf|terraform-specialist", figure)
    yield from (Name("band", band, "shipped") for band in truth.bands)
    yield from (Name("transition", step, "moved") for step in truth.moved)
    yield from (Name("category_pair", "|".join(pair), "shipped") for pair in truth.pairs)


@cache
def population() -> tuple[Contribution, ...]:
    """What each of them adds."""
    reports = (json.loads(line)["report"] for line in simulated(7, POPULATION))
    return tuple(contribution_of(report, report["session"]["id"], WEEK) for report in reports)


def places(name: Name) -> dict[str, str]:
    """The slices that a figure is made of, and the cell in each."""
    return dict(one for one in ((name.slice, name.cell), above(name.slice, name.cell)) if one)


def measures(name: Name) -> set[str]:
    """The measures of these that a figure is made of."""
    figure = next(figure for figure in FIGURES[name.slice] if figure.name == name.figure)
    return {term.strip("-^") for term in (*figure.part, *figure.whole)}


@cache
def people(name: Name) -> People:
    """The population, as this figure sees it."""
    where, what = places(name), measures(name)
    seen = [
        tuple(i for i in one.increments if where.get(i.slice) == i.cell and i.measure in what) for one in population()
    ]
    numbers = {adds: number for number, adds in enumerate(dict.fromkeys(seen))}
    return People(tuple(numbers), tuple(numbers[adds] for adds in seen))


def added_up(parts: Iterable[tuple[Sequence[Increment], int]]) -> list[Cell]:
    """The sums of so many reports of each kind."""
    sums: Counter[tuple[str, str, str]] = Counter()
    for increments, count in parts:
        for one in increments:
            sums[one.slice, one.cell, one.measure] += one.amount * count
    return [Cell(WEEK, *place, value) for place, value in sums.items()]


def noised(name: Name, cells: Sequence[Cell], asked: Sequence[Query], mechanism: Mechanism) -> Noised:
    """What a release sees of these cells; with the noise that each has in a whole table."""
    where = places(name)
    its = [query._replace(cells=(where[query.slice],)) for query in asked if query.slice in where]
    return draw(WEEK, cells, its, mechanism)


def stated(name: Name, found: Noised, least: int) -> Told | None:
    """The figure, if it is told."""
    return next((one for one in told(found, name.slice, name.cell, least) if one.name == name.figure), None)


@cache
def truth(name: Name) -> Told:
    """The figure of the whole population."""
    adds, each = people(name)
    cells = added_up((adds[kind], count) for kind, count in Counter(each).items())
    found = stated(name, noised(name, cells, EXACT, without_noise), 1)
    assert found is not None
    return found


def is_sure(name: Name, reports: int) -> bool:
    """Whether the figure is told of a community of so many, whatever the noise."""
    whole = next(figure.whole for figure in FIGURES[name.slice] if figure.name == name.figure)
    _, sigma = summed(noised(name, [], NOISY, without_noise), name.slice, name.cell, whole)
    return truth(name).n / POPULATION * reports - 5 * sigma >= max(LEAST, threshold(sigma, 1))


def drawn(name: Name, reports: int, mechanism: Mechanism, chance: random.Random) -> Range | None:
    """The figure that a release states of a community drawn by chance; None where noise left nothing that can be."""
    adds, each = people(name)
    kinds = Counter(chance.choices(each, k=reports))
    cells = added_up((adds[kind], count) for kind, count in kinds.items())
    found = stated(name, noised(name, cells, NOISY, mechanism), LEAST)
    return found.found if found else None


def misses(mechanism: Mechanism, chance: random.Random, *widths: float) -> list[int]:
    """In how many draws the interval, made so many times as wide, leaves out what is true."""
    missed = [0] * len(widths)
    for reports, draws in DRAWS.items():
        for name in islice(cycle([name for name in names() if is_sure(name, reports)]), draws):
            found = drawn(name, reports, mechanism, chance)
            if found is None:
                continue
            value, low, high = found
            off = truth(name).found.value - value
            for index, width in enumerate(widths):
                missed[index] += not (low - value) * width <= off <= (high - value) * width
    return missed


def gaussian(chance: random.Random, values: Sequence[int], query: Query) -> list[int]:
    """The mechanism's noise from a seed: the same in every run."""
    return [value + round(chance.gauss(0, query.scale)) for value in values]


def test_the_bound_is_that_of_the_binomial_distribution() -> None:
    """1,000 draws miss 60 on the average, with a standard deviation of 7.5; 100 would be more than 5 of these off."""
    assert 95 <= allowed(1000) <= 103
    assert allowed(1000) > allowed(500) > 0.1 * 500 * MISS


def test_there_are_figures_to_look_at() -> None:
    """Of every kind but pairs in a small community, and some pairs in a larger one."""
    few, many = ({name for name in names() if is_sure(name, reports)} for reports in DRAWS)
    assert {name.slice for name in few} == {"all", "judge", "band", "transition"}
    assert few < many
    assert (len(few), len(many)) >= (10, 20)


def test_stated_intervals_cover_what_is_true() -> None:
    """With the noise of a real release; with a bound that a correct implementation does not step over."""
    (missed,) = misses(opendp, random.Random(1), 1.0)
    assert missed <= allowed(sum(DRAWS.values()))


def test_intervals_a_quarter_too_narrow_are_found_out() -> None:
    """By the same look, with noise from a seed; those of the right width pass."""
    right, narrow = misses(partial(gaussian, random.Random(2)), random.Random(2), 1.0, 0.75)
    assert right <= allowed(sum(DRAWS.values())) < narrow
