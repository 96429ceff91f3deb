"""From noised sums to the rows of a release: what is large enough to show, with its interval. Pure.

Sees noised numbers only, so whatever it does costs nothing and tells nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, sqrt
from typing import Any, NamedTuple

from telemetry.community.contributions import SLICES, TIMED
from telemetry.community.release import intervals
from telemetry.community.release.figures import Told, durations, timed, told
from telemetry.community.release.intervals import Range
from telemetry.community.release.noised import Column, Noised
from telemetry.community.release.suppression import K, shown, tells_of_few
from telemetry.community.release.totals import totals

COUNT = "reports"  # the measure of every slice that counts the reports in a cell

Row = dict[str, Any]


class Rules(NamedTuple):
    """From how many reports (noised) on a rate is shown, and agents are ranked."""

    rates_from: int
    ranks_from: int


WITH_NOISE = Rules(rates_from=300, ranks_from=1000)
WITHOUT_NOISE = Rules(rates_from=K, ranks_from=30)  # of development mode: 400 exact reports are enough to rank pairs


class Table(NamedTuple):
    """A slice of a release: its rows, and how many of its cells have none."""

    slice: str
    rows: tuple[Row, ...]
    hidden: int


def tables(noised: Noised, rules: Rules, weeks: Sequence[Noised] = ()) -> tuple[Table, ...]:
    """All slices. `weeks`: of a month, its weeks, as they have releases of their own."""
    return tuple(table(noised, part.name, rules, weeks) for part in SLICES)


def visible(noised: Noised, part: str) -> frozenset[str]:
    """The cells of a slice that may be shown."""
    column = noised.columns[part, COUNT]
    return shown(column.values, column.scale, totals(noised, part))


def carried(noised: Noised, part: str, weeks: Sequence[Noised]) -> frozenset[str]:
    """The cells that a month may show: those from which its weeks' releases cannot be taken away down to a few."""
    seen = [(week.columns[part, COUNT], visible(week, part)) for week in weeks]
    return frozenset(cell for cell in visible(noised, part) if not _tells_of_hidden_weeks(cell, seen))


def _tells_of_hidden_weeks(cell: str, seen: Sequence[tuple[Column, frozenset[str]]]) -> bool:
    hidden = [column for column, shown_cells in seen if cell not in shown_cells]
    if not hidden:
        return False
    sigma = sqrt(sum(column.scale**2 for column in hidden))
    return tells_of_few(sum(column.values[cell] for column in hidden), sigma, len(hidden[0].values))


def table(noised: Noised, part: str, rules: Rules, weeks: Sequence[Noised] = ()) -> Table:
    """One slice."""
    if part == "duration":
        return _durations(noised, rules, weeks)
    column = noised.columns[part, COUNT]
    largest_first = sorted(carried(noised, part, weeks), key=lambda cell: (-column.values[cell], cell))
    rows = tuple(_row(noised, part, cell, rules) for cell in largest_first)
    return Table(part, rows, len(column.values) - len(rows))


def _row(noised: Noised, part: str, cell: str, rules: Rules) -> Row:
    column = noised.columns[part, COUNT]
    count = intervals.count(column.values[cell], column.scale)
    return _as_row(cell.split("|"), count, told(noised, part, cell, rules.rates_from))


def _durations(noised: Noised, rules: Rules, weeks: Sequence[Noised]) -> Table:
    seen = [(timed(week), frozenset(name for name, _ in durations(week, rules.rates_from))) for week in weeks]
    rows = tuple(
        _as_row([name], count, figures)
        for name, (count, figures) in durations(noised, rules.rates_from)
        if not _tells_of_hidden_weeks(name, seen)
    )
    return Table("duration", rows, len(TIMED) - len(rows))


def _as_row(words: list[str], count: Range, figures: Sequence[Told]) -> Row:
    return {
        "cell": words,
        "reports": _whole(count),
        "figures": [{"figure": one.name, "n": one.n, **_thousandths(one.found)} for one in figures],
    }


def _whole(found: Range) -> Row:
    return {"value": round(found.value), "low": floor(found.low), "high": ceil(found.high)}


def _thousandths(found: Range) -> Row:
    """Whole numbers only: what has no fraction has one text. The interval is rounded outwards."""
    return _whole(Range(*(round(number * 1000, 6) for number in found)))
