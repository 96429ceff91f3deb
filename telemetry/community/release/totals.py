"""Which cells add up to what can be read elsewhere in the same release, and which are a part of it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from telemetry.community.release.noised import Noised
from telemetry.community.release.suppression import Total


class Place(NamedTuple):
    """A number of a release: a measure of a cell of a slice."""

    slice: str
    measure: str
    cell: str


# Slices whose cells divide one number. What came to /build is told by the transition that begins there, whether or not
# it has a category. `sized`: whose number of files is known.
DIVIDED = {
    "category": Place("all", "reports", "all"),
    "band": Place("all", "sized", "all"),
    "judge": Place("transition", "reports", "build|ship"),
}


def _built(cell: str) -> list[Place]:
    """A habit is one of what was built of its category."""
    return [Place("category", "built", cell.partition("|")[0])]


def _of_its_type(cell: str) -> list[Place]:
    """A specialist's files are of a type, and among those that have any specialist."""
    return [Place("file_type", measure, cell.partition("|")[0]) for measure in ("reports", "with_specialist")]


def _of_its_agents(cell: str) -> list[Place]:
    """What two agents built together is a part of what each of them did."""
    category, *agents = cell.split("|")
    return [Place("category_agent", "reports", f"{category}|{agent}") for agent in agents]


# Slices each of whose cells is a part of others: the rest is what each of these has besides.
PARTS: dict[str, Callable[[str], list[Place]]] = {
    "category_habit": _built,
    "file_type_agent": _of_its_type,
    "category_pair": _of_its_agents,
}


def totals(noised: Noised, part: str) -> list[Total]:
    """The totals that the cells of a slice can be subtracted from."""
    cells = tuple(noised.columns[part, "reports"].values)
    if part in DIVIDED:
        return [_total(noised, DIVIDED[part], cells)]
    if part in PARTS:
        return [_total(noised, place, (cell,)) for cell in cells for place in PARTS[part](cell)]
    return _by_agent(noised, cells) if part == "category_agent" else []


def _total(noised: Noised, place: Place, cells: tuple[str, ...]) -> Total:
    column = noised.columns[place.slice, place.measure]
    return Total(column.values[place.cell], column.scale, cells)


def _by_agent(noised: Noised, cells: tuple[str, ...]) -> list[Total]:
    """An agent's reports are those of all categories together."""
    found: dict[str, list[str]] = {}
    for cell in cells:
        found.setdefault(cell.rpartition("|")[2], []).append(cell)
    return [_total(noised, Place("agent", "reports", agent), tuple(those)) for agent, those in found.items()]
