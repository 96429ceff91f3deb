"""Which figures a release makes of the noised sums, in one table. Pure.

A figure is a part of a whole; both are sums of measures, of the cell itself or of the cell above it (that of a
category above its habits), with or without a minus: `reports above - reports` is "all the others".
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import NamedTuple

from telemetry.community.contributions import BIN_EDGES, MOST_BUILDERS, MOST_HALVES, MOST_SECONDS, SLICES, TIMED
from telemetry.community.release import intervals
from telemetry.community.release.intervals import Range
from telemetry.community.release.noised import Column, Noised
from telemetry.community.release.suppression import threshold

ABOVE = {"category_agent": "category", "category_habit": "category", "file_type_agent": "file_type"}
QUANTILES = {"p25": 0.25, "median": 0.5, "p75": 0.75}
_MOST = {part.name: part.measures for part in SLICES}
_LAST_EDGE = 2 * BIN_EDGES[-1]  # where the bin without an end is drawn to end

Terms = tuple[str, ...]  # measures; "-shipped" is taken away, "^built" is of the cell above


class Figure(NamedTuple):
    """`most`: the largest that one report adds to the part; `unit`: by what it is divided to be shown."""

    name: str
    part: Terms
    whole: Terms
    most: int = 1
    unit: int = 1


class Told(NamedTuple):
    """A figure, with how many reports it rests on (noised, whole)."""

    name: str
    n: int
    found: Range


_SHIPPED = Figure("shipped", ("shipped",), ("reports",))
_QUALITY = Figure("quality", ("quality",), ("rated",), most=MOST_HALVES, unit=2)

FIGURES: dict[str, tuple[Figure, ...]] = {
    "all": (
        _SHIPPED,
        Figure("judged", ("judged",), ("reports",)),
        Figure("seconds", ("seconds",), ("timed",), most=MOST_SECONDS),
        Figure("agents", ("agents",), ("staffed",), most=MOST_BUILDERS),
        Figure("files", ("files",), ("sized",), most=_MOST["all"]["files"]),
        Figure("iterations", ("iterations",), ("reports",), most=_MOST["all"]["iterations"]),
    ),
    "transition": (Figure("moved", ("moved",), ("reports",)),),
    "agent": (_SHIPPED, Figure("completed", ("completed",), ("reports",)), _QUALITY),
    "chosen_agent": (Figure("replaced", ("replaced",), ("reports",)),),
    "category_agent": (_SHIPPED,),
    "category_pair": (_SHIPPED,),
    "category": (_SHIPPED, Figure("built_shipped", ("built_shipped",), ("built",))),
    "category_habit": (
        _SHIPPED,
        Figure("shipped_without", ("^built_shipped", "-shipped"), ("^built", "-reports")),
        Figure("share", ("reports",), ("^built",)),
    ),
    "file_type": (
        _SHIPPED,
        Figure("with_specialist", ("with_specialist_shipped",), ("with_specialist",)),
        Figure("without_specialist", ("shipped", "-with_specialist_shipped"), ("reports", "-with_specialist")),
        Figure("share", ("with_specialist",), ("reports",)),
    ),
    "file_type_agent": (
        _SHIPPED,
        Figure("shipped_without", ("^shipped", "-shipped"), ("^reports", "-reports")),
        Figure("share", ("reports",), ("^reports",)),
    ),
    "band": (_SHIPPED,),
    "judge": (_SHIPPED, _QUALITY),
    "domain": (_SHIPPED,),
    "error": (Figure("recovered", ("recovered",), ("reports",)),),
}


def above(part: str, cell: str) -> tuple[str, str] | None:
    """The slice and the cell above a cell."""
    return (ABOVE[part], cell.partition("|")[0]) if part in ABOVE else None


def told(noised: Noised, part: str, cell: str, least: int) -> list[Told]:
    """The figures of a cell that rest on at least so many reports."""
    found = (_told(noised, part, cell, figure, least) for figure in FIGURES[part])
    return [figure for figure in found if figure]


def _told(noised: Noised, part: str, cell: str, figure: Figure, least: int) -> Told | None:
    amount, amount_sigma = summed(noised, part, cell, figure.part)
    whole, sigma = summed(noised, part, cell, figure.whole)
    if whole < max(least, threshold(sigma, len(noised.columns[part, "reports"].values))):
        return None  # too few, or so noisy that it may be
    found = intervals.mean(amount, whole, (amount_sigma, sigma), figure.most)
    return Told(figure.name, whole, Range(*(number / figure.unit for number in found))) if found else None


def summed(noised: Noised, part: str, cell: str, terms: Terms) -> tuple[int, float]:
    """The value and the standard deviation of some measures together."""
    values, variance = 0, 0.0
    for term in terms:
        place = (above(part, cell) or (part, cell)) if term[0] == "^" else (part, cell)
        column = noised.columns[place[0], term.strip("-^")]
        values += -column.values[place[1]] if term[0] == "-" else column.values[place[1]]
        variance += column.scale**2
    return values, sqrt(variance)


def timed(noised: Noised) -> Column:
    """How many were timed, by phase: the sums of their bins."""
    column = noised.columns["duration", "reports"]
    values = {name: sum(column.values[f"{name}|{edge}"] for edge in BIN_EDGES) for name in TIMED}
    return Column(column.scale * sqrt(len(BIN_EDGES)), values)


def durations(noised: Noised, least: int) -> Iterator[tuple[str, tuple[Range, list[Told]]]]:
    """By phase, how many were timed, and quartiles of the seconds; no bin is shown by itself."""
    column, sums = noised.columns["duration", "reports"], timed(noised)
    for name, whole in sums.values.items():
        if whole >= max(least, threshold(sums.scale, len(TIMED))):
            bins = [column.values[f"{name}|{edge}"] for edge in BIN_EDGES]
            yield name, (intervals.count(whole, sums.scale), _quartiles(bins, column.scale))


def _quartiles(bins: list[int], sigma: float) -> list[Told]:
    edges = (*BIN_EDGES, _LAST_EDGE)
    found = ((name, intervals.quantile(bins, edges, sigma, share)) for name, share in QUANTILES.items())
    return [Told(name, sum(bins), value) for name, value in found if value]
