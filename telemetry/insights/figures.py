"""The figures of a cohort: features of one period → counts, shares and means. Pure.

Every share carries its n and its interval (intervals.py), also where n is small; what is too little
to speak of is the renderers' question. Work in flight is never counted as lost. Named tuples for
the reason given in intervals.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from telemetry.contract.vocabulary import PHASES
from telemetry.insights.intervals import Rate, rate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from telemetry.contract.records import Effectiveness, TrackedFeature

    _Choice = tuple[TrackedFeature, set[str]]  # a feature, and the agents its manifest names for a file type

ENOUGH = 5  # below this many, a share says more about chance than about the person
INVESTIGATE_BELOW = 0.8
IDLE_AFTER_DAYS = 7
NO_SPECIALISTS = frozenset(("general", "custom"))
_BANDS: tuple[tuple[str, int, int], ...] = (("<10", 1, 9), ("10-30", 10, 30), (">30", 31, 9999))


class Features(NamedTuple):
    """How many were begun, and what became of them. `ship_rate`: of those that came to an end."""

    started: int
    shipped: int
    in_flight: int
    abandoned: int
    ship_rate: Rate


class Duration(NamedTuple):
    """Active hours of shipped features; None where none was timed."""

    mean: float | None
    median: float | None
    n: int


class Transition(NamedTuple):
    """How many that came to one phase went on to a later one; those in flight still may."""

    start: str
    to: str
    rate: Rate
    in_flight: int
    investigate: bool


class AgentUse(NamedTuple):
    """One agent: features it worked in, quality of its files, builds it took part in."""

    agent_type: str
    used: int
    quality: float | None
    rated_features: int
    builds: Rate

    @property
    def is_specialist(self) -> bool:
        """Whether it is one of AgentSpec's own, by name."""
        return self.agent_type not in NO_SPECIALISTS


class Override(NamedTuple):
    """An agent of designs, and how many of its file types builds gave to another one."""

    agent_type: str
    overridden: Rate


class Group(NamedTuple):
    """Features with something in common: how many of the ended ones shipped, and their quality."""

    features: int
    shipped: Rate
    quality: float | None


class JudgeUse(NamedTuple):
    """Judged features; and, among those that reached a design, the judged and the others."""

    features: int
    adoption: Rate
    judged: Group
    unjudged: Group


class KnowledgeUse(NamedTuple):
    """A knowledge domain and how many features consulted it."""

    domain: str
    features: int


class ErrorCount(NamedTuple):
    """How many features last failed this way in this phase, and how many of them recovered."""

    category: str
    phase: str
    features: int
    recovered: int


class Band(NamedTuple):
    """Features of one size, in files of the manifest."""

    files: str
    group: Group


class FileTypeUse(NamedTuple):
    """A file type of manifests: features with it, its usual specialist, and those with and without."""

    file_type: str
    features: int
    with_any_specialist: int
    agent: str | None
    with_agent: Group
    without_agent: Group


class Waiting(NamedTuple):
    """Features in flight that nothing touched for over a week, by the phase they stopped after."""

    phase: str
    features: int


class Figures(NamedTuple):
    """Everything the renderers, discoveries and recommendations speak of."""

    features: Features
    duration: Duration
    transitions: tuple[Transition, ...]
    agents: tuple[AgentUse, ...]
    overrides: tuple[Override, ...]
    judge: JudgeUse
    knowledge: tuple[KnowledgeUse, ...]
    errors: tuple[ErrorCount, ...]
    bands: tuple[Band, ...]
    file_types: tuple[FileTypeUse, ...]
    waiting: tuple[Waiting, ...]
    untested: Rate


def figures_of(features: list[TrackedFeature], now: datetime) -> Figures:
    """The figures of a cohort as of `now`."""
    return Figures(
        features=_features(features),
        duration=_duration(features),
        transitions=_transitions(features),
        agents=_agents(features),
        overrides=_overrides(features),
        judge=_judge(features),
        knowledge=_knowledge(features),
        errors=_errors(features),
        bands=_bands(features),
        file_types=_file_types(features),
        waiting=_waiting(features, now),
        untested=_untested(features),
    )


# --- features and phases


def _features(features: list[TrackedFeature]) -> Features:
    return Features(
        started=len(features),
        shipped=_count(features, _is_shipped),
        in_flight=_count(features, _is_in_flight),
        abandoned=_count(features, lambda feature: feature.state == "abandoned"),
        ship_rate=_ship_rate(features),
    )


def _ship_rate(features: list[TrackedFeature]) -> Rate:
    ended = [feature for feature in features if not _is_in_flight(feature)]
    return rate(_count(ended, _is_shipped), len(ended))


def _duration(features: list[TrackedFeature]) -> Duration:
    """A shipped feature of 0 seconds was not timed at all, so it is left out."""
    seconds = [feature.record.timing.total_duration_seconds for feature in features if _is_shipped(feature)]
    hours = sorted(second / 3600 for second in seconds if second > 0)
    if not hours:
        return Duration(None, None, 0)
    middle = len(hours) // 2
    median = hours[middle] if len(hours) % 2 else (hours[middle - 1] + hours[middle]) / 2
    return Duration(sum(hours) / len(hours), median, len(hours))


def _transitions(features: list[TrackedFeature]) -> tuple[Transition, ...]:
    plain = [_transition(features, number) for number in range(len(PHASES) - 1)]
    weakest = _weakest(plain)
    return tuple(step._replace(investigate=step is weakest) for step in plain)


def _transition(features: list[TrackedFeature], number: int) -> Transition:
    """What came to a phase and is in flight there could still move on: it counts neither way."""
    start, later = PHASES[number], frozenset(PHASES[number + 1 :])
    there = [feature for feature in features if start in reached(feature)]
    stayed = [feature for feature in there if not reached(feature) & later]
    in_flight = _count(stayed, _is_in_flight)
    moved, n = len(there) - len(stayed), len(there) - in_flight
    return Transition(start, PHASES[number + 1], rate(moved, n), in_flight, investigate=False)


def _weakest(steps: list[Transition]) -> Transition | None:
    """The step to look into: the lowest below 80 % with n of 5 or more; of equals the better known."""
    candidates = [
        step
        for step in steps
        if step.rate.n >= ENOUGH and step.rate.value is not None and step.rate.value < INVESTIGATE_BELOW
    ]
    return min(candidates, key=lambda step: (step.rate.value, -step.rate.n), default=None)


def reached(feature: TrackedFeature) -> frozenset[str]:
    """The phases a feature came to; what is shipped came to /ship however it got there."""
    phases = feature.started | feature.completed
    return phases | {"ship"} if _is_shipped(feature) else phases


def last_phase(feature: TrackedFeature) -> str | None:
    """The furthest phase a feature came to; None where only its documents were ever seen."""
    return max(reached(feature), key=PHASES.index, default=None)


# --- agents


def _agents(features: list[TrackedFeature]) -> tuple[AgentUse, ...]:
    """Specialists first, then by use; `general` and `custom` are no advice, so they come last."""
    used: dict[str, int] = {}
    built: dict[str, list[Effectiveness]] = {}
    for feature in features:
        for agent in _workers(feature):
            used[agent] = used.get(agent, 0) + 1
        for row in feature.record.effectiveness:
            built.setdefault(row.agent_type, []).append(row)
    uses = (_agent_use(agent, used[agent], built.get(agent, [])) for agent in used)
    return tuple(sorted(uses, key=_rank))


def _rank(use: AgentUse) -> tuple[bool, int, float, str]:
    return not use.is_specialist, -use.used, -(use.quality or 0.0), use.agent_type


def _workers(feature: TrackedFeature) -> set[str]:
    """The agents that worked in a feature, by its build report or by their runs."""
    ran = {agent for agent, runs in feature.agent_runs.items() if runs > 0}
    return ran | {row.agent_type for row in feature.record.effectiveness}


def _agent_use(agent: str, used: int, built: list[Effectiveness]) -> AgentUse:
    return AgentUse(
        agent_type=agent,
        used=used,
        quality=_quality(built),
        rated_features=sum(row.quality_score is not None for row in built),
        builds=rate(sum(row.build_success for row in built), len(built)),
    )


def _overrides(features: list[TrackedFeature]) -> tuple[Override, ...]:
    """By agent of the designs, also those that were replaced everywhere and never worked."""
    planned: dict[str, list[bool]] = {}
    for feature in features:
        for row in feature.record.matching:
            planned.setdefault(row.agent_type, []).append(row.was_overridden)
    found = [Override(agent, rate(sum(flags), len(flags))) for agent, flags in sorted(planned.items())]
    return tuple(override for override in found if override.overridden.hits)


def _quality(rows: Iterable[Effectiveness]) -> float | None:
    """Mean quality of 10, each row weighted by its files; None where nothing was rated."""
    rated = [(row.quality_score, row.assigned_files) for row in rows if row.quality_score is not None]
    files = sum(weight for _, weight in rated)
    return sum(score * weight for score, weight in rated) / files if files else None


def _file_types(features: list[TrackedFeature]) -> tuple[FileTypeUse, ...]:
    chosen: dict[str, list[_Choice]] = {}
    for feature in features:
        agents: dict[str, set[str]] = {}
        for row in feature.record.matching:
            agents.setdefault(row.file_type, set()).add(row.agent_type)
        for file_type, names in agents.items():
            chosen.setdefault(file_type, []).append((feature, names))
    return tuple(_file_type_use(file_type, chosen[file_type]) for file_type in sorted(chosen) if file_type != "other")


def _file_type_use(file_type: str, chosen: list[_Choice]) -> FileTypeUse:
    usual = _usual(agents - NO_SPECIALISTS for _, agents in chosen)
    return FileTypeUse(
        file_type=file_type,
        features=len(chosen),
        with_any_specialist=sum(bool(agents - NO_SPECIALISTS) for _, agents in chosen),
        agent=usual,
        with_agent=_group([feature for feature, agents in chosen if usual in agents]),
        without_agent=_group([feature for feature, agents in chosen if usual not in agents]),
    )


def _usual(choices: Iterable[set[str]]) -> str | None:
    """The agent most features chose; of equals the first by name."""
    counts: dict[str, int] = {}
    for agents in choices:
        for agent in agents:
            counts[agent] = counts.get(agent, 0) + 1
    return min(counts, key=lambda agent: (-counts[agent], agent), default=None)


# --- judge, knowledge, errors, size


def _judge(features: list[TrackedFeature]) -> JudgeUse:
    """Impact is asked only of what reached a design: what stopped before could hardly meet a judge."""
    judged = [feature for feature in features if feature.record.outcome.judge_used]
    designed = [feature for feature in features if reached(feature) & {"design", "build", "ship"}]
    return JudgeUse(
        features=len(judged),
        adoption=rate(len(judged), len(features)),
        judged=_group([feature for feature in designed if feature.record.outcome.judge_used]),
        unjudged=_group([feature for feature in designed if not feature.record.outcome.judge_used]),
    )


def _knowledge(features: list[TrackedFeature]) -> tuple[KnowledgeUse, ...]:
    counts: dict[str, int] = {}
    for feature in features:
        for domain in set(feature.record.kb.domains_consulted):
            counts[domain] = counts.get(domain, 0) + 1
    ranked = sorted(counts, key=lambda domain: (-counts[domain], domain))
    return tuple(KnowledgeUse(domain, counts[domain]) for domain in ranked)


def _errors(features: list[TrackedFeature]) -> tuple[ErrorCount, ...]:
    found: dict[tuple[str, str], list[bool]] = {}
    for feature in features:
        error = feature.record.errors
        if error.error_category is not None and error.phase_failed is not None:
            found.setdefault((error.error_category, error.phase_failed), []).append(bool(error.recovered))
    rows = [ErrorCount(*kind, len(flags), sum(flags)) for kind, flags in found.items()]
    return tuple(sorted(rows, key=lambda row: (-row.features, row.category, row.phase)))


def _bands(features: list[TrackedFeature]) -> tuple[Band, ...]:
    """Without a manifest the size is not known, so such a feature is in no band."""
    return tuple(
        Band(name, _group([feature for feature in features if low <= feature.record.complexity.file_count <= high]))
        for name, low, high in _BANDS
    )


def _group(features: list[TrackedFeature]) -> Group:
    rows = (row for feature in features for row in feature.record.effectiveness)
    return Group(len(features), _ship_rate(features), _quality(rows))


# --- habits


def _waiting(features: list[TrackedFeature], now: datetime) -> tuple[Waiting, ...]:
    counts: dict[str, int] = {}
    for feature in features:
        if _is_in_flight(feature) and (now - feature.last_seen).total_seconds() > IDLE_AFTER_DAYS * 86_400:
            last = last_phase(feature) or PHASES[0]
            counts[last] = counts.get(last, 0) + 1
    return tuple(Waiting(phase, counts[phase]) for phase in PHASES if phase in counts)


def _untested(features: list[TrackedFeature]) -> Rate:
    """Of the features with a manifest, those without a test in it."""
    planned = [feature.record.complexity for feature in features if feature.record.complexity.file_count > 0]
    return rate(sum(not plan.has_tests for plan in planned), len(planned))


def _count(features: list[TrackedFeature], holds: Callable[[TrackedFeature], bool]) -> int:
    return sum(holds(feature) for feature in features)


def _is_shipped(feature: TrackedFeature) -> bool:
    return feature.state == "shipped"


def _is_in_flight(feature: TrackedFeature) -> bool:
    return feature.state == "in_flight"
