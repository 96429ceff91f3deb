"""The comparison for other tools: the object that schemas/community.yaml describes. Pure.

Numbers are rounded to what a release states, thousandths; None is written where there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timezone
from typing import Any

from telemetry.contract.release import Release
from telemetry.contract.release_standing import Standing
from telemetry.insights.community.compare import Measure
from telemetry.insights.community.effectiveness import Category, Contender, Ranking
from telemetry.insights.community.estimates import Estimate
from telemetry.insights.community.leaderboard import Leaderboard, Rank, Unranked
from telemetry.insights.community.patterns import Pattern
from telemetry.insights.community.report import Comparison
from telemetry.insights.intervals import Difference
from telemetry.insights.period import Period


def as_json(comparison: Comparison, standing: Standing, period: Period) -> dict[str, Any]:
    """The object printed by `agentspec insights --community --json`."""
    week, month = comparison.sources
    own = comparison.own
    return {
        "development": comparison.development or standing.development,
        "week": _release(week),
        "month": _release(month),
        "standing": _standing(standing),
        "period": period.as_json(),
        "you": {"compared": len(own.features), "young": own.young, "in_flight": own.in_flight},
        "comparison": [_measure(measure) for measure in comparison.measures],
        "effectiveness": [part for category in comparison.effectiveness for part in _category(category)],
        "patterns": [_pattern(pattern) for pattern in comparison.patterns],
        "leaderboard": _leaderboard(comparison.leaderboard),
    }


def _release(release: Release | None) -> dict[str, Any] | None:
    if release is None:
        return None
    return {
        "period": release.period,
        "reports": release.reports,
        "k": release.k,
        "rates_from": release.rates_from,
        "ranks_from": release.ranks_from,
    }


def _standing(standing: Standing) -> dict[str, Any]:
    moment = standing.fetched.astimezone(timezone.utc)
    return {
        "age_days": standing.age_days,
        "is_old": standing.is_old,
        "fetched": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z",
        "from_cache": standing.from_cache,
        "why": standing.why,
        "key": standing.key,
        "first_seen": standing.first_seen,
    }


def _measure(measure: Measure) -> dict[str, Any]:
    return {
        "kind": measure.kind,
        "you": _estimate(measure.yours),
        "community": _estimate(measure.community),
        "period": measure.period,
        "is_relative": not measure.is_share,
        "difference": _difference(measure.difference),
        "is_clear": measure.is_clear,
        "is_better": measure.is_better,
    }


def _category(category: Category) -> list[dict[str, Any]]:
    found = (("pair", category.pairs), ("agent", category.agents))
    return [_ranking(category.category, of, ranking) for of, ranking in found if ranking]


def _ranking(category: str, of: str, ranking: Ranking) -> dict[str, Any]:
    return {
        "category": category,
        "of": of,
        "period": ranking.period,
        "not_clearly_ahead_of": len(ranking.rivals) + len(ranking.drowned),
        "ranked": [_contender(contender) for contender in ranking.contenders],
    }


def _contender(contender: Contender) -> dict[str, Any]:
    return {"agents": list(contender.agents), "shipped": _estimate(contender.shipped)}


def _pattern(pattern: Pattern) -> dict[str, Any]:
    return {
        "kind": pattern.kind,
        "about": pattern.about,
        "category": pattern.category,
        "agent": pattern.agent,
        "period": pattern.period,
        "you": _estimate(pattern.yours),
        "community": _estimate(pattern.community.share),
        "shipped_with": _estimate(pattern.community.having),
        "shipped_without": _estimate(pattern.community.lacking),
    }


def _leaderboard(board: Leaderboard | None) -> dict[str, Any] | None:
    if board is None:
        return None
    return {
        "period": board.period,
        "ranked": [_rank(rank) for rank in board.ranked],
        "unranked": _unranked(board.unranked),
    }


def _rank(rank: Rank) -> dict[str, Any]:
    return {
        "agent": rank.agent,
        "first": rank.first,
        "last": rank.last,
        "shipped": _estimate(rank.shipped),
        "completed": _estimate(rank.completed),
        "quality": _estimate(rank.quality),
    }


def _unranked(agents: Sequence[Unranked]) -> list[dict[str, Any]]:
    return [{"agent": one.agent, "reports": one.reports, "shipped": _estimate(one.shipped)} for one in agents]


def _estimate(found: Estimate | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"value": round(found.value, 3), "low": round(found.low, 3), "high": round(found.high, 3), "n": found.n}


def _difference(found: Difference | None) -> dict[str, float] | None:
    return found and {name: round(value, 4) for name, value in found._asdict().items()}
