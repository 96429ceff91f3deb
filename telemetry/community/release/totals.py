"""Which cells add up to what can be read elsewhere in the same release. Pure."""

from __future__ import annotations

from math import sqrt

from telemetry.community.release.figures import above
from telemetry.community.release.noised import Noised
from telemetry.community.release.suppression import Total

# Slices that divide one number: (slice, measure) of it, over all cells. `sized`: whose number of files is known.
DIVIDED = {"category": ("all", "reports"), "band": ("all", "sized"), "judge": ("category", "built")}
# What is shown of the cell above, so that a cell tells how many the others are.
ABOVE_SHOWS = {"category_habit": "built", "file_type_agent": "reports"}


def totals(noised: Noised, part: str) -> list[Total]:
    """The totals that the cells of a slice can be subtracted from."""
    cells = tuple(noised.columns[part, "reports"].values)
    if part in DIVIDED:
        column = noised.columns[DIVIDED[part]]
        return [Total(sum(column.values.values()), column.scale * sqrt(len(column.values)), cells)]
    if part in ABOVE_SHOWS:
        return [_above(noised, part, cell) for cell in cells]
    return _by_agent(noised, cells) if part == "category_agent" else []


def _above(noised: Noised, part: str, cell: str) -> Total:
    name, of = above(part, cell) or (part, cell)
    column = noised.columns[name, ABOVE_SHOWS[part]]
    return Total(column.values[of], column.scale, (cell,))


def _by_agent(noised: Noised, cells: tuple[str, ...]) -> list[Total]:
    """An agent's reports are those of all categories together."""
    column, found = noised.columns["agent", "reports"], dict[str, list[str]]()
    for cell in cells:
        found.setdefault(cell.rpartition("|")[2], []).append(cell)
    return [Total(column.values[agent], column.scale, tuple(those)) for agent, those in found.items()]
