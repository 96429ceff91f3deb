"""What a person's own figures show about how they work: the seed's example discoveries. Pure.

A discovery is stated only where both groups have at least five settled features that came to an end
and the interval of their difference leaves out zero. It says what goes together, not what causes what.
"""

from __future__ import annotations

from typing import NamedTuple

from telemetry.insights.figures import ENOUGH, Figures, FileTypeUse, Group
from telemetry.insights.intervals import Difference, difference


class Side(NamedTuple):
    """One of the two groups compared."""

    label: str
    group: Group


class Discovery(NamedTuple):
    """Two groups of features that fare clearly differently. `about` is an agent where it is about one."""

    kind: str
    title: str
    note: str
    sides: tuple[Side, Side]
    difference: Difference
    text: str
    about: str | None = None


def discoveries_of(figures: Figures) -> tuple[Discovery, ...]:
    """Everything the figures show clearly enough to say."""
    found = (judge_impact(figures), *agent_gaps(figures), complexity_ceiling(figures))
    return tuple(discovery for discovery in found if discovery is not None)


def judge_impact(figures: Figures) -> Discovery | None:
    """Whether features judged before their build ship more often than others that were built."""
    sides = (Side("Features with Judge", figures.judge.judged), Side("Features without", figures.judge.unjudged))
    gap = _clear_gap(*sides)
    if gap is None:
        return None
    text = f"Features judged before their build ship {_points(*sides)} {_direction(gap)} often"
    return Discovery("judge_impact", "Judge Impact", "of those built, by a verdict before", sides, gap, text)


def agent_gaps(figures: Figures) -> tuple[Discovery, ...]:
    """File types whose features ship more, or less, often with their usual specialist."""
    asked = [use for use in figures.file_types if use.agent and _is_enough(use.with_agent, use.without_agent)]
    found = [_agent_gap(use, len(asked)) for use in asked]
    return tuple(discovery for discovery in found if discovery is not None)


def _agent_gap(use: FileTypeUse, comparisons: int) -> Discovery | None:
    sides = (Side("With agent", use.with_agent), Side("Without", use.without_agent))
    gap = _clear_gap(*sides, comparisons)
    if gap is None:
        return None
    share = f"{use.with_agent.features / use.features:.0%} of {use.file_type} features use @{use.agent}"
    text = f"Features with {use.file_type} files ship {_points(*sides)} {_direction(gap)} often with it"
    return Discovery("agent_gap", "Agent Gap", share, sides, gap, text, use.agent)


def complexity_ceiling(figures: Figures) -> Discovery | None:
    """Whether the largest features ship less often than the smallest, of the sizes with enough of them."""
    known = [Side(f"{band.files} files", band.group) for band in figures.bands if band.group.shipped.n >= ENOUGH]
    if len(known) < 2:
        return None
    gap = _clear_gap(known[0], known[-1])
    if gap is None or gap.value < 0:
        return None
    text = (
        f"Features of {known[-1].label} ship {_points(known[0], known[-1])} less often than those of {known[0].label}"
    )
    return Discovery("complexity_ceiling", "Complexity Ceiling", "by files planned", (known[0], known[-1]), gap, text)


def _clear_gap(first: Side, second: Side, comparisons: int = 1) -> Difference | None:
    if not _is_enough(first.group, second.group):
        return None
    gap = difference(first.group.shipped, second.group.shipped, comparisons)
    return gap if gap.is_clear else None


def _is_enough(first: Group, second: Group) -> bool:
    return min(first.shipped.n, second.shipped.n) >= ENOUGH


def _points(first: Side, second: Side) -> str:
    """Between the shares in whole percent, as they are shown with it."""
    one, two = (round((side.group.shipped.value or 0.0) * 100) for side in (first, second))
    return f"{abs(one - two)} points"


def _direction(gap: Difference) -> str:
    return "more" if gap.value > 0 else "less"
