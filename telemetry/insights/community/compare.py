"""HOW YOU COMPARE: four figures of a person beside those of the community. Pure.

A difference is stated with its interval, and called clear only where that leaves out that there is none. What may be
celebrated is in BETTER, as the seed has it: to ship more, faster, and with more judges; more agents are no aim.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from telemetry.contract.release import Figure, Release
from telemetry.insights.community.estimates import Estimate, apart, mean_of, mean_time_of, relative, share_of, told
from telemetry.insights.community.own import MOST_BUILDERS, MOST_SECONDS, Own
from telemetry.insights.community.sources import Sources
from telemetry.insights.figures import ENOUGH
from telemetry.insights.intervals import Difference

HOUR = 3600
BETTER = {"ship_rate": 1, "duration": -1, "agents": 0, "judge_adoption": 1}


class Measure(NamedTuple):
    """One figure of both. `kind`: which, a stable word. `difference`: of shares in points, else relative to theirs.

    `yours` is None where there is nothing to count, `community` where no release carries it; `difference` where one of
    them is missing or rests on too few. `period`: of the release it comes from.
    """

    kind: str
    is_share: bool
    yours: Estimate | None
    community: Estimate | None
    period: str | None
    difference: Difference | None

    @property
    def has_enough(self) -> bool:
        """Whether the person has enough features to be compared."""
        return self.yours is not None and self.yours.n >= ENOUGH

    @property
    def is_clear(self) -> bool:
        """Whether there is a difference beyond chance and noise."""
        return self.difference is not None and self.difference.is_clear

    @property
    def is_better(self) -> bool:
        """Whether it is clear, and one to be glad of."""
        return self.difference is not None and self.is_clear and self.difference.value * BETTER[self.kind] > 0


def measures_of(own: Own, sources: Sources) -> tuple[Measure, ...]:
    """All four, in the seed's order."""
    return tuple(measure(own, sources) for measure in MEASURES)


def ship_rate(own: Own, sources: Sources) -> Measure:
    """How many of what is settled shipped."""
    hits = sum(feature.shipped for feature in own.features)
    return _measure("ship_rate", share_of(hits, len(own.features)), "shipped", sources)


def duration(own: Own, sources: Sources) -> Measure:
    """Mean hours of active work of what shipped, each at most ten."""
    seconds = [feature.seconds for feature in own.features if feature.seconds]
    return _measure("duration", _in_hours(mean_time_of(seconds, MOST_SECONDS)), "seconds", sources)


def agents(own: Own, sources: Sources) -> Measure:
    """Mean number of agents in build reports, without `general`, each at most eight."""
    staffed = [feature.builders for feature in own.features if feature.builders is not None]
    return _measure("agents", mean_of(staffed, MOST_BUILDERS), "agents", sources)


def judge_adoption(own: Own, sources: Sources) -> Measure:
    """How many had any verdict of a judge."""
    hits = sum(feature.judged for feature in own.features)
    return _measure("judge_adoption", share_of(hits, len(own.features)), "judged", sources)


MEASURES: tuple[Callable[[Own, Sources], Measure], ...] = (ship_rate, duration, agents, judge_adoption)


def _measure(kind: str, yours: Estimate | None, figure: str, sources: Sources) -> Measure:
    found = sources.first(lambda release: _of_all(release, figure))
    community = told(found[0], HOUR if figure == "seconds" else 1) if found else None
    is_share = figure in ("shipped", "judged")
    measure = Measure(kind, is_share, yours, community, found[1].period if found else None, None)
    if yours is None or community is None or not measure.has_enough:
        return measure
    return measure._replace(difference=apart(yours, community) if is_share else relative(yours, community))


def _of_all(release: Release, figure: str) -> Figure | None:
    row = release.row("all", "all")
    return row.figure(figure) if row else None


def _in_hours(time: Estimate | None) -> Estimate | None:
    return time and Estimate(time.value / HOUR, time.low / HOUR, time.high / HOUR, time.n)
