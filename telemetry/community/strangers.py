"""A community of strangers that never was, for tests, load and the demo: sealed reports with planted effects. Pure.

What is planted stands in constants, and holds exactly for the community as a whole: a judge before the build goes with
twelve points more shipped, files of infrastructure ship more often with their specialist, larger features less often,
and in some kinds of work one team of agents does better than the others. The effects are stacked on the log-odds of
shipping, with steps that are found so that every one of these shares comes out as planted (`odds`); how large a feature
is, whether it is judged and who builds it are independent of each other.

The same seed gives the same bytes. The reports are such as honest clients make: valid, canonical, plausible.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Iterator
from datetime import datetime, timezone
from functools import cache
from itertools import accumulate
from statistics import NormalDist
from typing import Any, NamedTuple
from uuid import UUID

from telemetry.community.contributions import BANDS, MOST_SECONDS, NO_SPECIALISTS
from telemetry.contract.categories import AI_LLM, DATA_PIPELINES, INFRASTRUCTURE, LIBRARIES, SERVICES
from telemetry.contract.report_check import FILES, TIMES
from telemetry.contract.vocabulary import PHASES

# --- what is planted

SHIP_RATE = 0.78  # of all features
JUDGE_ADOPTION = 0.34  # of all features
JUDGE_POINTS = 0.12  # shipped of those built: judged before the build, minus not
SHIPPED_BY_BAND = dict(zip(BANDS, (0.92, 0.85, 0.67), strict=True))  # of those with a manifest
TF_WITH_AGENT, TF_WITHOUT_AGENT = 0.93, 0.71  # shipped of features with .tf files
TF_USE = 0.67  # of features with .tf files, those with their specialist
HOURS = 3.1  # mean active time of a feature
VERIFIED = {True: 0.87, False: 0.72}  # of the files: judged before the build, or not

# --- what else there is

BAND_SHARES = dict(zip(BANDS, (0.5, 0.35, 0.15), strict=True))
_FILES_IN = dict(zip(BANDS, ((2, 9), (10, 30), (31, 60)), strict=True))
_HOURS_SPREAD = 0.7  # of the logarithm
_TIME_SHARES = {"brainstorm": 0.07, "define": 0.13, "design": 0.22, "build": 0.53, "ship": 0.05}
_STOPS = {"brainstorm": 0.2, "define": 0.4, "design": 0.4}  # where those without a manifest end
_EXTRAS = {"code-reviewer": 0.5, "codebase-explorer": 0.2}  # beside any team, by chance
_BRAINSTORMED = 0.45
_MET_AN_API_ERROR = 0.08
_LINES = ((100, "0-100"), (500, "100-500"), (1000, "500-1000"), (5000, "1000-5000"))
_LINES_A_FILE = (10, 140)
_FAILURES = {
    "brainstorm": ("abandoned", "interrupted"),
    "define": ("abandoned", "needs_clarification", "interrupted"),
    "design": ("abandoned", "needs_clarification", "api_error"),
    "build": ("abandoned", "tests_failed", "build_blocked", "interrupted"),
}


class Team(NamedTuple):
    """Who builds one kind of feature. `share`: of features with a manifest. `shipped`: None for what is left over.

    `chosen`: the design's agent for each type of file.
    """

    category: str
    share: float
    shipped: float | None
    builders: tuple[str, ...]
    chosen: tuple[tuple[str, str], ...]
    domains: tuple[str, ...]


TEAMS = (
    Team(
        category=DATA_PIPELINES,
        share=0.15,
        shipped=0.94,
        builders=("spark-specialist", "test-generator"),
        chosen=(("spark-specialist", ".py"), ("spark-specialist", ".sql"), ("test-generator", ".py")),
        domains=("spark", "testing"),
    ),
    Team(
        category=DATA_PIPELINES,
        share=0.08,
        shipped=0.84,
        builders=("dbt-specialist", "spark-specialist"),
        chosen=(("dbt-specialist", ".sql"), ("spark-specialist", ".py")),
        domains=("dbt", "spark"),
    ),
    Team(
        category=DATA_PIPELINES,
        share=0.07,
        shipped=0.84,
        builders=("dbt-specialist", "test-generator"),
        chosen=(("dbt-specialist", ".sql"), ("dbt-specialist", ".yml"), ("test-generator", ".py")),
        domains=("airflow", "dbt"),
    ),
    Team(
        category=INFRASTRUCTURE,
        share=0.2 * TF_USE,
        shipped=TF_WITH_AGENT,
        builders=("infra-deployer", "terraform-specialist"),
        chosen=(("terraform-specialist", ".tf"), ("infra-deployer", ".yaml")),
        domains=("aws", "terraform"),
    ),
    Team(
        category=INFRASTRUCTURE,
        share=0.2 * (1 - TF_USE),
        shipped=TF_WITHOUT_AGENT,
        builders=("general", "infra-deployer"),
        chosen=(("general", ".tf"), ("infra-deployer", ".yaml")),
        domains=("aws",),
    ),
    Team(
        category=AI_LLM,
        share=0.1,
        shipped=0.89,
        builders=("extraction-specialist", "llm-specialist"),
        chosen=(("extraction-specialist", ".py"), ("llm-specialist", ".md")),
        domains=("genai", "pydantic"),
    ),
    Team(
        category=AI_LLM,
        share=0.05,
        shipped=0.8,
        builders=("extraction-specialist", "python-developer"),
        chosen=(("extraction-specialist", ".json"), ("python-developer", ".py")),
        domains=("genai",),
    ),
    Team(
        category=AI_LLM,
        share=0.05,
        shipped=0.8,
        builders=("llm-specialist", "python-developer"),
        chosen=(("llm-specialist", ".md"), ("python-developer", ".py")),
        domains=("prompt-engineering",),
    ),
    Team(
        category=SERVICES,
        share=0.15,
        shipped=None,
        builders=("function-developer", "test-generator"),
        chosen=(("function-developer", ".ts"), ("general", ".json"), ("test-generator", ".ts")),
        domains=("python",),
    ),
    Team(
        category=LIBRARIES,
        share=0.15,
        shipped=None,
        builders=("code-documenter", "python-developer", "test-generator"),
        chosen=(("python-developer", ".py"), ("code-documenter", ".md"), ("general", ".toml")),
        domains=("pydantic", "python"),
    ),
)


class Stranger(NamedTuple):
    """A sealed report, without the newline, and the token in hex that takes it back."""

    line: bytes
    token: str


class Truth(NamedTuple):
    """What holds for the community as a whole: shares of 1, and means.

    `pairs`: shipped by category and pair of specialists, for teams. `seconds`: of shipped features, each at most
    MOST_SECONDS. `agents`: for each feature with builders, without `general`. `moved`: shares by transition.
    """

    ship_rate: float
    judge_adoption: float
    judged: float
    unjudged: float
    bands: dict[str, float]
    tf_with_agent: float
    tf_without_agent: float
    tf_use: float
    pairs: dict[tuple[str, str], float]
    seconds: float
    agents: float
    moved: dict[str, float]


def strangers(seed: int, count: int, at: datetime | None = None) -> Iterator[Stranger]:
    """So many reports. `at`: when they say that they were made; the first hour of 2026 where nothing is said."""
    chance = random.Random(seed)
    hour = (at or datetime(2026, 1, 1, tzinfo=timezone.utc)).astimezone(timezone.utc)
    said = hour.strftime("%Y-%m-%dT%H:00:00Z")
    return (_stranger(chance, said) for _ in range(count))


def simulated(seed: int, count: int, at: datetime | None = None) -> Iterator[bytes]:
    """Their lines, each without its newline."""
    return (one.line for one in strangers(seed, count, at))


def planted_truth() -> Truth:
    """What figures from enough of these reports must come to."""
    judged = _judged_share()
    return Truth(
        ship_rate=SHIP_RATE,
        judge_adoption=JUDGE_ADOPTION,
        judged=_mean() + JUDGE_POINTS * (1 - judged),
        unjudged=_mean() - JUDGE_POINTS * judged,
        bands=SHIPPED_BY_BAND,
        tf_with_agent=TF_WITH_AGENT,
        tf_without_agent=TF_WITHOUT_AGENT,
        tf_use=TF_USE,
        pairs={(team.category, "|".join(team.builders)): rate for team, rate in _rates_of_pairs()},
        seconds=_clipped_mean(),
        agents=sum(team.share * _builders_of(team) for team in TEAMS),
        moved=_moved(),
    )


# --- the odds of shipping


class Odds(NamedTuple):
    """Steps on the log-odds: by size, by whether it was judged, by team."""

    band: tuple[float, ...]
    judge: tuple[float, ...]
    team: tuple[float, ...]

    def shipped(self, band: int, judge: int, team: int) -> float:
        """The chance that such a feature is shipped."""
        return 1 / (1 + math.exp(-self.band[band] - self.judge[judge] - self.team[team]))


@cache
def odds() -> Odds:
    """Steps with which every planted share holds: one Newton step for each share in turn until nothing moves."""
    shares = (tuple(BAND_SHARES.values()), (1 - _judged_share(), _judged_share()), tuple(team.share for team in TEAMS))
    judged = (_mean() - JUDGE_POINTS * _judged_share(), _mean() + JUDGE_POINTS * (1 - _judged_share()))
    wanted = (tuple(SHIPPED_BY_BAND.values()), judged, _rates_of_teams())
    found = Odds(*(tuple(0.0 for _ in part) for part in shares))
    for _ in range(1000):
        largest = 0.0
        for axis, targets in enumerate(wanted):
            for level, target in enumerate(targets):
                step = _newton(found, shares, axis, level, target)
                found = _stepped(found, axis, level, step)
                largest = max(largest, abs(step))
        if largest < 1e-12:
            return found
    raise ArithmeticError("no chances of shipping have the shares that are planted")


def _newton(found: Odds, shares: tuple[tuple[float, ...], ...], axis: int, level: int, target: float) -> float:
    first, second = (other for other in range(3) if other != axis)
    mean = slope = 0.0
    for one, one_share in enumerate(shares[first]):
        for two, two_share in enumerate(shares[second]):
            place = [0, 0, 0]
            place[axis], place[first], place[second] = level, one, two
            chance = found.shipped(*place)
            mean += one_share * two_share * chance
            slope += one_share * two_share * chance * (1 - chance)
    return (target - mean) / slope


def _stepped(found: Odds, axis: int, level: int, step: float) -> Odds:
    parts = [list(part) for part in found]
    parts[axis][level] += step
    return Odds(*map(tuple, parts))


def _mean() -> float:
    """Shipped of those with a manifest."""
    return sum(share * SHIPPED_BY_BAND[band] for band, share in BAND_SHARES.items())


def _planned_share() -> float:
    """Of all features, those that come to a manifest; all of these come to /build."""
    return SHIP_RATE / _mean()


def _judged_share() -> float:
    """Of those with a manifest, those that are judged; nobody judges the others."""
    return JUDGE_ADOPTION / _planned_share()


def _rates_of_teams() -> tuple[float, ...]:
    """Shipped by team; the teams without a rate of their own share what is left."""
    known = sum(team.share * team.shipped for team in TEAMS if team.shipped is not None)
    left = (_mean() - known) / sum(team.share for team in TEAMS if team.shipped is None)
    return tuple(left if team.shipped is None else team.shipped for team in TEAMS)


def _rates_of_pairs() -> Iterator[tuple[Team, float]]:
    """Teams of two specialists, whom no other team has together."""
    for team, rate in zip(TEAMS, _rates_of_teams(), strict=True):
        if len(team.builders) == 2 and NO_SPECIALISTS.isdisjoint(team.builders):
            yield team, rate


def _builders_of(team: Team) -> float:
    return len({*team.builders} - {"general"}) + sum(_EXTRAS.values())


def _moved() -> dict[str, float]:
    """Who stops without a manifest stops at some phase; what was built moves on where it is shipped."""
    stopped = {phase: share * (1 - _planned_share()) for phase, share in _STOPS.items()}
    there = {"define": 1 - stopped["brainstorm"], "design": _planned_share() + stopped["design"]}
    begun = stopped["brainstorm"] + _BRAINSTORMED * there["define"]
    return {
        "brainstorm|define": 1 - stopped["brainstorm"] / begun,
        "define|design": there["design"] / there["define"],
        "design|build": _planned_share() / there["design"],
        "build|ship": _mean(),
    }


def _log_seconds() -> tuple[float, float]:
    """Mean and spread of the logarithm of a feature's seconds."""
    return math.log(HOURS * 3600) - _HOURS_SPREAD**2 / 2, _HOURS_SPREAD


def _clipped_mean() -> float:
    """The mean of a log-normal time of which no more than MOST_SECONDS counts."""
    middle, spread = _log_seconds()
    reach = (math.log(MOST_SECONDS) - middle) / spread
    below = HOURS * 3600 * NormalDist().cdf(reach - spread)
    return below + MOST_SECONDS * (1 - NormalDist().cdf(reach))


# --- one stranger


class _Life(NamedTuple):
    """What was drawn of one feature. `team` is None where no manifest was made."""

    phases: tuple[str, ...]
    shipped: bool
    judged: bool
    files: int
    team: Team | None


_TEAM_BOUNDS = tuple(accumulate(team.share for team in TEAMS))
_BAND_BOUNDS = tuple(accumulate(BAND_SHARES.values()))
_STOP_BOUNDS = tuple(accumulate(_STOPS.values()))


def _stranger(chance: random.Random, hour: str) -> Stranger:
    token = chance.randbytes(32).hex()
    session = {
        "id": str(UUID(int=chance.getrandbits(128), version=4)),
        "timestamp": hour,
        "agentspec_version": "3.5.0",
    }
    sealed = {
        "version": 1,
        "withdrawal": hashlib.sha256(token.encode()).hexdigest(),
        "report": {"session": session, **_report(chance, _life(chance))},
    }
    return Stranger(json.dumps(sealed, sort_keys=True, separators=(",", ":")).encode(), token)


def _life(chance: random.Random) -> _Life:
    if chance.random() >= _planned_share():
        last = tuple(_STOPS)[_drawn(chance, _STOP_BOUNDS)]
        return _Life(_phases(chance, last), shipped=False, judged=False, files=0, team=None)
    team, band = _drawn(chance, _TEAM_BOUNDS), _drawn(chance, _BAND_BOUNDS)
    judged = chance.random() < _judged_share()
    shipped = chance.random() < odds().shipped(band, judged, team)
    files = chance.randint(*_FILES_IN[BANDS[band]])
    return _Life(_phases(chance, "ship" if shipped else "build"), shipped, judged, files, TEAMS[team])


def _drawn(chance: random.Random, bounds: tuple[float, ...]) -> int:
    point = chance.random() * bounds[-1]
    return next(number for number, bound in enumerate(bounds) if point < bound)


def _phases(chance: random.Random, last: str) -> tuple[str, ...]:
    begin = 0 if last == "brainstorm" or chance.random() < _BRAINSTORMED else 1
    return PHASES[begin : PHASES.index(last) + 1]


def _report(chance: random.Random, life: _Life) -> dict[str, Any]:
    extras = [agent for agent, share in _EXTRAS.items() if chance.random() < share] if life.team else []
    domains = list(life.team.domains) if life.team else []
    return {
        "feature": {
            "complexity": _complexity(chance, life),
            "timing": _timing(chance, life),
            "outcome": {
                "shipped": life.shipped,
                "iterations": _word(int(chance.expovariate(1)), TIMES),
                "judge_used": life.judged,
            },
        },
        "agents": {
            "matching": _matching(life),
            "effectiveness": _effectiveness(chance, life, extras),
        },
        "judge": _judge(chance, life),
        "kb": {"domains_consulted": domains, "patterns_used": _word(chance.randint(0, 3) if domains else 0, TIMES)},
        "errors": _errors(chance, life),
    }


def _complexity(chance: random.Random, life: _Life) -> dict[str, Any]:
    lines = life.files * chance.randint(*_LINES_A_FILE)
    team = life.team
    return {
        "file_count": _word(life.files, FILES),
        "estimated_loc": next((name for limit, name in _LINES if lines < limit), "5000+") if team else "unknown",
        "phases_used": list(life.phases),
        "has_iac": team is not None and team.category == INFRASTRUCTURE,
        "has_llm": team is not None and team.category == AI_LLM,
        "has_tests": team is not None and "test-generator" in team.builders,
    }


def _timing(chance: random.Random, life: _Life) -> dict[str, int]:
    """Each phase has its share of the time, and those that were used have all of it."""
    total = math.exp(chance.gauss(*_log_seconds()))
    used = sum(_TIME_SHARES[phase] for phase in life.phases)
    parts = {
        phase: total * _TIME_SHARES[phase] / used if phase in life.phases else 0.0
        for phase in ("define", "design", "build")
    }
    return {f"{name}_duration_seconds": _two_digits(seconds) for name, seconds in {**parts, "total": total}.items()}


def _matching(life: _Life) -> list[dict[str, Any]]:
    return [
        {
            "agent_type": agent,
            "file_type": file_type,
            "confidence": 0.85 if agent in NO_SPECIALISTS else 0.95,
            "was_overridden": False,
        }
        for agent, file_type in (life.team.chosen if life.team else ())
    ]


def _effectiveness(chance: random.Random, life: _Life, extras: list[str]) -> list[dict[str, Any]]:
    builders = sorted((*life.team.builders, *extras)) if life.team else []
    completed = life.shipped or chance.random() < 0.3
    return [
        {
            "agent_type": agent,
            "assigned_files": _word(max(life.files // len(builders), 1), FILES),
            "build_success": completed,
            "quality_score": _quality(chance, max(life.files // len(builders), 1), VERIFIED[life.judged]),
        }
        for agent in builders
    ]


def _quality(chance: random.Random, files: int, verified: float) -> float:
    hits = sum(chance.random() < verified for _ in range(files))
    return _half(round(20 * hits / files))


def _judge(chance: random.Random, life: _Life) -> dict[str, Any]:
    return {
        "enabled": life.judged,
        "reviewers_count": chance.choice(("1", "3")) if life.judged else "0",
        "pre_design_score": _half(chance.randint(13, 20)) if life.judged else None,
        "post_build_score": _half(chance.randint(13, 20)) if life.judged and chance.random() < 0.3 else None,
        "consensus_reached": life.judged and chance.random() < 0.8,
        "human_override": False,
    }


def _errors(chance: random.Random, life: _Life) -> dict[str, Any]:
    last = life.phases[-1]
    if not life.shipped:
        return {"phase_failed": last, "error_category": chance.choice(_FAILURES[last]), "recovered": False}
    if chance.random() < _MET_AN_API_ERROR:
        return {"phase_failed": "build", "error_category": "api_error", "recovered": True}
    return {"phase_failed": None, "error_category": None, "recovered": None}


def _word(number: int, words: tuple[str, ...]) -> str:
    """The word of the schema for a number: the last whose least number it reaches."""
    return [word for word in words if int(word.rstrip("+").partition("-")[0]) <= number][-1]


def _half(halves: int) -> float:
    """A whole score as an integer, as canonical JSON has it."""
    return halves // 2 if halves % 2 == 0 else halves / 2


def _two_digits(seconds: float) -> int:
    whole = int(seconds)
    return min(round(whole, 2 - max(len(str(whole)), 2)), 360_000)
