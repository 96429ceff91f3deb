"""Rows in aligned columns, drawn by tabulate. The only place that imports it, and only when drawing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType


def grid(rows: Sequence[Sequence[str]], align: str = "") -> list[str]:
    """The rows as lines of aligned columns; `align` has `r` or `l` per column, left where it ends."""
    if not rows:
        return []
    with _without_metadata():
        from tabulate import tabulate  # noqa: PLC0415 a quarter of the start; not every answer draws
    width = max(len(row) for row in rows)
    sides = ["right" if align[column : column + 1] == "r" else "left" for column in range(width)]
    drawn = tabulate(rows, tablefmt="plain", colalign=sides, disable_numparse=True)
    return [line.rstrip() for line in drawn.splitlines()]


@contextmanager
def _without_metadata() -> Iterator[None]:
    """Keep tabulate from importing importlib.metadata.

    Since 0.10 it reads its own version with it; that alone takes three times as long as starting
    Python. While tabulate is imported a stand-in that knows no versions takes its place.
    """
    name = "importlib.metadata"
    if name in sys.modules:
        yield
        return
    stand_in = ModuleType(name)
    vars(stand_in).update(version=lambda distribution: "", PackageNotFoundError=ImportError)
    sys.modules[name] = stand_in
    try:
        yield
    finally:
        del sys.modules[name]
