"""Which cells of a release can be ranked by how many of their features shipped, and how surely. Pure.

Whoever picks the highest of many noised shares picks one that noise has lifted. So a share that noise pushed to all or
to nothing is not ranked: it was cut there, and how far it lay beyond is not known. And the intervals of the others are
widened until they hold for all at once, so that the interval of the one that is picked holds as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from telemetry.contract.release import Figure, Release, Row
from telemetry.insights.community.estimates import Estimate, at_once, told

END = 0.005  # so near to all or to nothing, a share is shown as it in whole hundredths


class Share(NamedTuple):
    """A cell that can be ranked, and how many of its features shipped. `own`: as the release states it, by itself.

    `shipped`: with an interval that holds for all at once, to be shown of whichever is picked.
    """

    row: Row
    own: Estimate
    shipped: Estimate


class Rankable(NamedTuple):
    """Cells with enough reports: those that can be ranked, and those whose share noise drowned."""

    shares: tuple[Share, ...]
    drowned: tuple[Row, ...]


def rankable(release: Release, rows: Sequence[Row]) -> Rankable:
    """Those of the rows with enough reports to be ranked. The drowned count among those that were looked at."""
    enough = [row for row in rows if _reports(row) >= release.ranks_from]
    looked_at = [(row, clear_of(release, row, "shipped")) for row in enough]
    shares = tuple(Share(row, own, at_once(own, len(enough))) for row, own in looked_at if own)
    return Rankable(shares, tuple(row for row, own in looked_at if own is None))


def clear_of(release: Release, row: Row, name: str, most: float = 1.0) -> Estimate | None:
    """A figure from 0 to `most`; None where it is not told, or where noise alone can have pushed it to an end."""
    figure = row.figure(name)
    return None if figure is None or _is_cut(release, figure, most) else told(figure)


def doubt(share: Estimate) -> float:
    """How far below its value it may be. The lower end, as the upper one may be cut where shares end."""
    return share.value - share.low


def _is_cut(release: Release, figure: Figure, most: float) -> bool:
    """Whether it stands at an end that its interval was cut at. Without noise, all of them are all of them."""
    at_all = figure.most >= most and figure.number >= most * (1 - END)
    at_nothing = figure.least <= 0 and figure.number <= most * END
    return not release.development and (at_all or at_nothing)


def _reports(row: Row) -> int:
    """How many its share rests on; all its reports where noise left no share to tell."""
    figure = row.figure("shipped")
    return figure.n if figure else row.reports.value
