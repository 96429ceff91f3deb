"""Which cells of a table may be shown: large ones, and such that no subtraction tells of a small one. Pure.

Judges noised counts only. Whoever read these could come to the same answer, so hiding tells nothing about anybody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

K = 20  # reports; a cell of fewer must not be shown
MISTAKES = 0.001  # the chance that any cell of a table with fewer than K is shown after all, over the whole table


class Total(NamedTuple):
    """A number that can be read elsewhere in the release, the noise in it, and the cells that add up to it (or to part
    of it: the rest is what subtraction tells)."""

    value: float
    scale: float
    cells: tuple[str, ...]


def margin(sigma: float, cells: int) -> float:
    """How far noise may lift a count: no further anywhere in a table of so many cells, but for MISTAKES."""
    return sigma * NormalDist().inv_cdf(1 - MISTAKES / max(cells, 1)) if sigma else 0.0


def threshold(sigma: float, cells: int) -> float:
    """From which noised count on a cell is shown. `cells`: how many the table has, shown or not."""
    return K + margin(sigma, cells)


def tells_of_few(rest: float, sigma: float, cells: int) -> bool:
    """Whether a difference is surely more than nothing, and not surely K or more."""
    return max(margin(sigma, cells), 1.0) <= rest < threshold(sigma, cells)


def shown(counts: Mapping[str, float], sigma: float, totals: Collection[Total] = ()) -> frozenset[str]:
    """The cells that may be shown, of all that a table can have."""
    kept = {cell for cell, count in counts.items() if count >= threshold(sigma, len(counts))}
    before = None
    while before != kept:  # what is hidden for one total may leave too little hidden for another
        before = set(kept)
        for total in totals:
            kept -= _hidden_as_well(counts, kept, sigma, total)
    return frozenset(kept)


def _hidden_as_well(counts: Mapping[str, float], kept: Collection[str], sigma: float, total: Total) -> set[str]:
    """The smallest of the shown ones, until subtraction tells of nothing small."""
    largest_first = sorted((cell for cell in total.cells if cell in kept), key=lambda cell: (-counts[cell], cell))
    left = len(largest_first)
    while left:
        rest = total.value - sum(counts[cell] for cell in largest_first[:left])
        if not tells_of_few(rest, sqrt(total.scale**2 + left * sigma**2), len(counts)):
            break
        left -= 1
    return set(largest_first[left:])
