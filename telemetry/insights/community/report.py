"""Everything `agentspec insights --community` shows, from features and releases. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from telemetry.contract.records import TrackedFeature
from telemetry.contract.release import Release
from telemetry.insights.community.compare import Measure, measures_of
from telemetry.insights.community.effectiveness import Category, effectiveness_of
from telemetry.insights.community.leaderboard import Leaderboard, leaderboard_of
from telemetry.insights.community.own import Own, own_of
from telemetry.insights.community.patterns import Pattern, patterns_of
from telemetry.insights.community.sources import Sources


class Comparison(NamedTuple):
    """The releases, the person's own counts, and the answers to the four questions."""

    sources: Sources
    own: Own
    measures: tuple[Measure, ...]
    effectiveness: tuple[Category, ...]
    patterns: tuple[Pattern, ...]
    leaderboard: Leaderboard | None

    @property
    def development(self) -> bool:
        """Whether any of the figures were made without noise."""
        return any(release.development for release in self.sources.releases)


def community_of(
    features: Sequence[TrackedFeature], week: Release | None, month: Release | None, moment: datetime
) -> Comparison:
    """The person's features beside the newest releases, as of a moment."""
    own, sources = own_of(features, moment), Sources(week, month)
    return Comparison(
        sources=sources,
        own=own,
        measures=measures_of(own, sources),
        effectiveness=effectiveness_of(sources),
        patterns=patterns_of(own, sources),
        leaderboard=leaderboard_of(sources),
    )
