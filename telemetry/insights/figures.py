"""The figures of a cohort: features of one period → counts, shares and means. Pure.

Every share carries its n and its interval (intervals.py), also where n is small; what is too little
to speak of is the renderers' question. Named tuples for the reason given in intervals.py.

What fares well shows at once, what is left behind only once it was untouched for SETTLED_AFTER. So
shares of what became of features rest on those begun at least that long ago: younger ones could only
raise them. Counts are of the whole cohort. Work in flight is never counted as lost.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from telemetry.contract.vocabulary import PHASES
from telemetry.features.assemble import SETTLES_AFTER_MS
from telemetry.insights.intervals import Rate, rate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from telemetry.contract.records import Effectiveness, TrackedFeature

    _Choice = tuple[TrackedFeature, set[str]]  # a feature, and the agents its manifest names for a file type

SETTLED_AFTER = timedelta(milliseconds=SETTLES_AFTER_MS)  # the fold calls nothing abandoned before it
ENOUGH = 5  # below this many, a share says more about chance than about the person
INVESTIGATE_BELOW = 0.8
IDLE_AFTER_DAYS = 7
NO_SPECIALISTS = frozenset(("general", "custom"))
_BANDS: tuple[tuple[str, int, int], ...] = (("<10", 1, 9), ("10-30", 10, 30), (">30", 31, 9999))


class Features(NamedTuple):
    """How many were begun, and what became of them. `ship_rate`: of the settled ones that came to an end.

    `settled` were begun long enough ago to be in a rate at all; the others are too young.
    """

    started: int
    shipped: int
    in_flight: int
    abandoned: int
    settled: int
    ship_rate: Rate

    @property
    def young(self) -> int:
        """How many were begun too lately to be in a rate."""
        return self.started - self.settled


class Duration(NamedTuple):
    """Active hours of shipped features; None where none was timed."""

    mean: float | None
    median: float | None
    n: int


class Transition(NamedTuple):
    """How many that came to one phase went on to a later one. `in_flight` still may, or are too young to count."""

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
    """An agent of designs, and in how many of its features a build gave some of its work to another one."""

    agent_type: str
    overridden: Rate


class Group(NamedTuple):
    """Features with something in common: how many of the settled, ended ones shipped, and their quality."""

    features: int
    shipped: Rate
    quality: float | None
    rated_features: int


class JudgeUse(NamedTuple):
    """Features with a verdict; and, of those built, the ones judged before their build and the others."""

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
        features=_features(features, now),
        duration=_duration(features),
        transitions=_transitions(features, now),
        agents=_agents(features),
        overrides=_overrides(features),
        judge=_judge(features, now),
        knowledge=_knowledge(features),
        errors=_errors(features),
        bands=_bands(features, now),
        file_types=_file_types(features, now),
        waiting=_waiting(features, now),
        untested=_untested(features),
    )


# --- features and phases


def _features(features: list[TrackedFeature], now: datetime) -> Features:
    return Features(
        started=len(features),
        shipped=_count(features, _is_shipped),
        in_flight=_count(features, _is_in_flight),
        abandoned=_count(features, lambda feature: feature.state == "abandoned"),
        settled=len(_settled(features, now)),
        ship_rate=_ship_rate(features, now),
    )


def _settled(features: list[TrackedFeature], now: datetime) -> list[TrackedFeature]:
    """Those begun so long ago that they could have been abandoned as well as shipped."""
    begun_by = now - SETTLED_AFTER
    return [feature for feature in features if feature.first_seen <= begun_by]


def _ship_rate(features: list[TrackedFeature], now: datetime) -> Rate:
    ended = [feature for feature in _settled(features, now) if not _is_in_flight(feature)]
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


def _transitions(features: list[TrackedFeature], now: datetime) -> tuple[Transition, ...]:
    plain = [_transition(features, number, now) for number in range(len(PHASES) - 1)]
    weakest = _weakest(plain)
    return tuple(step._replace(investigate=step is weakest) for step in plain)


def _transition(features: list[TrackedFeature], number: int, now: datetime) -> Transition:
    """What is in flight in a phase could still move on, and what is young could not have stopped: neither counts."""
    start, later = PHASES[number], frozenset(PHASES[number + 1 :])
    there = [feature for feature in features if start in reached(feature)]
    settled = _settled(there, now)
    moved = _count(settled, lambda feature: bool(reached(feature) & later))
    stopped = _count(settled, lambda feature: not reached(feature) & later and not _is_in_flight(feature))
    n = moved + stopped
    return Transition(start, PHASES[number + 1], rate(moved, n), len(there) - n, investigate=False)


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
    """By agent of the designs, also those that were replaced everywhere and never worked.

    One flag per feature, not per file type: what one build decides for several types is one decision.
    """
    planned: dict[str, list[bool]] = {}
    for feature in features:
        rows = feature.record.matching
        replaced = {row.agent_type for row in rows if row.was_overridden}
        for agent in {row.agent_type for row in rows}:
            planned.setdefault(agent, []).append(agent in replaced)
    found = [Override(agent, rate(sum(flags), len(flags))) for agent, flags in sorted(planned.items())]
    return tuple(override for override in found if override.overridden.hits)


def _quality(rows: Iterable[Effectiveness]) -> float | None:
    """Mean quality of 10, each row weighted by its files; None where nothing was rated."""
    rated = [(row.quality_score, row.assigned_files) for row in rows if row.quality_score is not None]
    files = sum(weight for _, weight in rated)
    return sum(score * weight for score, weight in rated) / files if files else None


def _file_types(features: list[TrackedFeature], now: datetime) -> tuple[FileTypeUse, ...]:
    chosen: dict[str, list[_Choice]] = {}
    for feature in features:
        agents: dict[str, set[str]] = {}
        for row in feature.record.matching:
            agents.setdefault(row.file_type, set()).add(row.agent_type)
        for file_type, names in agents.items():
            chosen.setdefault(file_type, []).append((feature, names))
    known = (file_type for file_type in sorted(chosen) if file_type != "other")
    return tuple(_file_type_use(file_type, chosen[file_type], now) for file_type in known)


def _file_type_use(file_type: str, chosen: list[_Choice], now: datetime) -> FileTypeUse:
    usual = _usual(agents - NO_SPECIALISTS for _, agents in chosen)
    return FileTypeUse(
        file_type=file_type,
        features=len(chosen),
        with_any_specialist=sum(bool(agents - NO_SPECIALISTS) for _, agents in chosen),
        agent=usual,
        with_agent=_group([feature for feature, agents in chosen if usual in agents], now),
        without_agent=_group([feature for feature, agents in chosen if usual not in agents], now),
    )


def _usual(choices: Iterable[set[str]]) -> str | None:
    """The agent most features chose; of equals the first by name."""
    counts: dict[str, int] = {}
    for agents in choices:
        for agent in agents:
            counts[agent] = counts.get(agent, 0) + 1
    return min(counts, key=lambda agent: (-counts[agent], agent), default=None)


# --- judge, knowledge, errors, size


def _judge(features: list[TrackedFeature], now: datetime) -> JudgeUse:
    """Impact is asked only of what was built, by whether a verdict came before.

    Whatever lives longer has more time to meet a judge. Counting late verdicts, or what stopped before
    it could be judged, would make judges look good for no other reason (immortal time).
    """
    judged = _count(features, lambda feature: feature.record.outcome.judge_used)
    built = [feature for feature in features if "build" in feature.started]
    return JudgeUse(
        features=judged,
        adoption=rate(judged, len(features)),
        judged=_group([feature for feature in built if _is_judged_before_build(feature)], now),
        unjudged=_group([feature for feature in built if not _is_judged_before_build(feature)], now),
    )


def _is_judged_before_build(feature: TrackedFeature) -> bool:
    return feature.record.judge.pre_design_score is not None


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


def _bands(features: list[TrackedFeature], now: datetime) -> tuple[Band, ...]:
    """Without a manifest the size is not known, so such a feature is in no band."""
    return tuple(
        Band(name, _group([one for one in features if low <= one.record.complexity.file_count <= high], now))
        for name, low, high in _BANDS
    )


def _group(features: list[TrackedFeature], now: datetime) -> Group:
    rows = [row for feature in features for row in feature.record.effectiveness]
    return Group(len(features), _ship_rate(features, now), _quality(rows), _count(features, _is_rated))


def _is_rated(feature: TrackedFeature) -> bool:
    return any(row.quality_score is not None for row in feature.record.effectiveness)


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
