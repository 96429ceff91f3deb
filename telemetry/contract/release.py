"""A release as the client reads it: the records of schemas/release.yaml. Pure.

Made only of what was verified and held against the schema; checks nothing itself, and knows nothing of where a release
came from. Figures stay the whole thousandths that were signed; `number`, `least` and `most` are for arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Figure(NamedTuple):
    """A figure of a cell with its 95 % interval, in thousandths, and how many reports it rests on."""

    name: str
    n: int
    value: int
    low: int
    high: int

    @property
    def number(self) -> float:
        """The figure in units: a share of 1, seconds, agents, quality of 10."""
        return self.value / 1000

    @property
    def least(self) -> float:
        """Lower end of its interval, in units."""
        return self.low / 1000

    @property
    def most(self) -> float:
        """Upper end of its interval, in units."""
        return self.high / 1000


class Count(NamedTuple):
    """A noised number of reports, and its 95 % interval."""

    value: int
    low: int
    high: int


class Row(NamedTuple):
    """A cell of a table: its words, how many reports are in it, what can be said of them."""

    cell: tuple[str, ...]
    reports: Count
    figures: tuple[Figure, ...]

    def figure(self, name: str) -> Figure | None:
        """The figure of that name; None where the cell cannot carry it."""
        return next((figure for figure in self.figures if figure.name == name), None)


class Release(NamedTuple):
    """One week or month. `development`: exact figures, made without noise, to be marked wherever they are shown.

    `rates_from`, `ranks_from`: from how many reports on figures are told, and cells are to be ranked.
    `hidden`: by table, how many cells are not shown.
    """

    period: str
    weeks: tuple[str, ...]
    development: bool
    k: int
    rates_from: int
    ranks_from: int
    tables: Mapping[str, tuple[Row, ...]]
    hidden: Mapping[str, int]

    @property
    def is_month(self) -> bool:
        """Whether it is of a month, and not of a week."""
        return "W" not in self.period

    @property
    def reports(self) -> int:
        """How many reports it is made of, noised; 0 where even that may not be shown."""
        found = self.row("all", "all")
        return found.reports.value if found else 0

    def rows(self, table: str) -> tuple[Row, ...]:
        """The rows of a table, the largest first."""
        return self.tables.get(table, ())

    def row(self, table: str, *cell: str) -> Row | None:
        """One cell of a table; None where it is not shown."""
        return next((row for row in self.rows(table) if row.cell == cell), None)


def release_of(document: Mapping[str, Any]) -> Release:
    """The records of a `release` object that was verified and is valid by schemas/release.yaml."""
    manifest = document["manifest"]
    return Release(
        period=document["period"],
        weeks=tuple(document["weeks"]),
        development=document["development"],
        k=manifest["k"],
        rates_from=manifest["rates_from"],
        ranks_from=manifest["ranks_from"],
        tables={name: tuple(map(_row, rows)) for name, rows in document["tables"].items()},
        hidden={one["slice"]: one["cells"] for one in manifest["hidden"]},
    )


def _row(row: Mapping[str, Any]) -> Row:
    return Row(
        cell=tuple(row["cell"]),
        reports=Count(**row["reports"]),
        figures=tuple(_figure(told) for told in row["figures"]),
    )


def _figure(told: Mapping[str, Any]) -> Figure:
    return Figure(told["figure"], told["n"], told["value"], told["low"], told["high"])
