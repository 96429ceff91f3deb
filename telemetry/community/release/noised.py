"""The sums of one week or several after the noise: all that any later step of a release gets to see.

All cells a slice can have are there, also those that nothing was counted in: which are missing would tell something.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from math import sqrt
from typing import NamedTuple

from telemetry.community.contributions import SLICES
from telemetry.community.records import Cell
from telemetry.community.release.bounds import Query

Mechanism = Callable[[Sequence[int], Query], Sequence[int]]


class Column(NamedTuple):
    """One measure of one slice. `scale`: the standard deviation of the noise in each of its cells."""

    scale: float
    values: dict[str, int]


class Noised(NamedTuple):
    """The columns of some weeks by slice and measure."""

    weeks: tuple[str, ...]
    columns: dict[tuple[str, str], Column]


class Changed(ValueError):
    """These sums have other cells than slices have now, so they cannot be added to others."""


def draw(week: str, cells: Iterable[Cell], asked: Sequence[Query], mechanism: Mechanism) -> Noised:
    """The noised sums of a week; whatever is not asked for is not looked at."""
    exact = {(cell.slice, cell.measure, cell.cell): cell.value for cell in cells if cell.week == week}
    columns = {}
    for query in asked:
        values = mechanism([exact.get((query.slice, query.measure, cell), 0) for cell in query.cells], query)
        columns[query.slice, query.measure] = Column(query.scale, dict(zip(query.cells, values, strict=True)))
    return Noised((week,), columns)


def without_noise(values: Sequence[int], query: Query) -> Sequence[int]:
    """The mechanism of development mode: none."""
    return values


def together(weeks: Sequence[Noised]) -> Noised:
    """The sum of several weeks. Nothing is drawn anew, so it costs nothing; independent noise adds by its squares."""
    columns = {}
    for name, first in weeks[0].columns.items():
        parts = [week.columns[name] for week in weeks]
        values = {cell: sum(part.values[cell] for part in parts) for cell in first.values}
        columns[name] = Column(sqrt(sum(part.scale**2 for part in parts)), values)
    return Noised(tuple(name for week in weeks for name in week.weeks), columns)


def layout() -> str:
    """A hash of the slices' names, measures and cells: what is kept by another one is not comparable."""
    names = [(part.name, list(part.measures), part.cells) for part in SLICES]
    return sha256(json.dumps(names).encode()).hexdigest()


def packed(noised: Noised) -> bytes:
    """As the releases' database keeps them."""
    columns = [[*name, column.scale, list(column.values.values())] for name, column in noised.columns.items()]
    return zlib.compress(json.dumps({"layout": layout(), "columns": columns}).encode())


def unpacked(week: str, data: bytes) -> Noised:
    """From the releases' database. Raises Changed."""
    kept = json.loads(zlib.decompress(data))
    if kept["layout"] != layout():
        raise Changed(week)
    cells = {part.name: part.cells for part in SLICES}
    columns = {
        (name, measure): Column(scale, dict(zip(cells[name], values, strict=True)))
        for name, measure, scale, values in kept["columns"]
    }
    return Noised((week,), columns)
