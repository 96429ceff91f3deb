"""The figures for other tools: the object that schemas/insights.yaml describes. Pure.

Shares and scores are rounded to what they can bear; None is written where there is nothing to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from telemetry.insights.discoveries import Discovery
    from telemetry.insights.figures import AgentUse, Features, Figures, Group, Transition
    from telemetry.insights.intervals import Rate
    from telemetry.insights.period import Period
    from telemetry.insights.recommendations import Recommendation


def as_json(
    period: Period,
    figures: Figures,
    discoveries: tuple[Discovery, ...],
    recommendations: tuple[Recommendation, ...],
    *,
    events: int,
    set_aside: int,
) -> dict[str, Any]:
    """The object printed by `agentspec insights --json`."""
    return {
        "period": period.as_json(),
        "features": _features(figures.features),
        "duration_hours": {
            "mean": _rounded(figures.duration.mean, 2),
            "median": _rounded(figures.duration.median, 2),
            "n": figures.duration.n,
        },
        "phase_completion": [_transition(step) for step in figures.transitions],
        "agents": [_agent(use) for use in figures.agents],
        "overrides": [{"agent_type": row.agent_type, **_rate(row.overridden)} for row in figures.overrides],
        "judge": _judge(figures),
        "knowledge": [use._asdict() for use in figures.knowledge],
        "errors": [row._asdict() for row in figures.errors],
        "complexity": [{"files": band.files, **_group(band.group)} for band in figures.bands],
        "discoveries": [_discovery(found) for found in discoveries],
        "recommendations": [found._asdict() for found in recommendations],
        "journal": {"events": events, "set_aside": set_aside},
    }


def _features(features: Features) -> dict[str, Any]:
    return {
        "started": features.started,
        "shipped": features.shipped,
        "in_flight": features.in_flight,
        "abandoned": features.abandoned,
        "ship_rate": _rate(features.ship_rate),
    }


def _rate(share: Rate) -> dict[str, Any]:
    return {
        "value": _rounded(share.value, 4),
        "low": _rounded(share.low, 4),
        "high": _rounded(share.high, 4),
        "n": share.n,
    }


def _transition(step: Transition) -> dict[str, Any]:
    return {
        "from": step.start,
        "to": step.to,
        "rate": _rounded(step.rate.value, 4),
        "low": _rounded(step.rate.low, 4),
        "high": _rounded(step.rate.high, 4),
        "n": step.rate.n,
        "in_flight": step.in_flight,
        "investigate": step.investigate,
    }


def _agent(use: AgentUse) -> dict[str, Any]:
    return {
        "agent_type": use.agent_type,
        "used": use.used,
        "quality": _rounded(use.quality, 1),
        "builds": _rate(use.builds),
    }


def _judge(figures: Figures) -> dict[str, Any]:
    adoption = figures.judge.adoption
    return {
        "features": figures.judge.features,
        "adoption": _rounded(adoption.value, 4),
        "low": _rounded(adoption.low, 4),
        "high": _rounded(adoption.high, 4),
        "n": adoption.n,
    }


def _group(group: Group) -> dict[str, Any]:
    return {"features": group.features, "ship_rate": _rate(group.shipped), "quality": _rounded(group.quality, 1)}


def _discovery(found: Discovery) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "text": found.text,
        "groups": [{"label": side.label, **_group(side.group)} for side in found.sides],
        "difference": {name: _rounded(value, 4) for name, value in found.difference._asdict().items()},
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
