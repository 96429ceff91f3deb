"""Rows in aligned columns, drawn by tabulate. The only place that imports it, and only when drawing."""

from __future__ import annotations

from collections.abc import Sequence


def grid(rows: Sequence[Sequence[str]], align: str = "") -> list[str]:
    """The rows as lines of aligned columns; `align` has `r` or `l` per column, left where it ends."""
    if not rows:
        return []
    from tabulate import tabulate  # noqa: PLC0415 a quarter of the start; not every answer draws

    width = max(len(row) for row in rows)
    sides = ["right" if align[column : column + 1] == "r" else "left" for column in range(width)]
    drawn = tabulate(rows, tablefmt="plain", colalign=sides, disable_numparse=True)
    return [line.rstrip() for line in drawn.splitlines()]
