"""The records that stages hand to each other; plain, frozen, without behaviour.

`FeatureRecord` is the seed's schema (schemas/feature.yaml) field for field. `TrackedFeature` is what
the fold knows of one feature on this machine: the record, and what only local figures need.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Phase = Literal["brainstorm", "define", "design", "build", "ship"]
State = Literal["shipped", "in_flight", "abandoned"]


@dataclass(frozen=True)
class Session:
    """`id`: a version-4-shaped uuid, not linked to a person; `timestamp`: ISO 8601, UTC."""

    id: str
    timestamp: str
    agentspec_version: str


@dataclass(frozen=True)
class Complexity:
    """How large the feature is. `estimated_loc` is a range, or `unknown`."""

    file_count: int = 0
    estimated_loc: str = "unknown"
    phases_used: tuple[str, ...] = ()
    has_iac: bool = False
    has_llm: bool = False
    has_tests: bool = False


@dataclass(frozen=True)
class Timing:
    """Active seconds, idle gaps left out; 0 for a phase that was not used."""

    define_duration_seconds: int = 0
    design_duration_seconds: int = 0
    build_duration_seconds: int = 0
    total_duration_seconds: int = 0


@dataclass(frozen=True)
class Outcome:
    """How the feature went."""

    shipped: bool = False
    iterations: int = 0
    judge_used: bool = False


@dataclass(frozen=True)
class Matching:
    """One distinct (agent, file type) of the design's file manifest."""

    agent_type: str
    file_type: str
    confidence: float
    was_overridden: bool


@dataclass(frozen=True)
class Effectiveness:
    """One agent of the build report; `quality_score` of 10, None where nothing says verified."""

    agent_type: str
    assigned_files: int
    build_success: bool
    quality_score: float | None


@dataclass(frozen=True)
class Judge:
    """What the judges said; scores of 10."""

    enabled: bool = False
    reviewers_count: int = 0
    pre_design_score: float | None = None
    post_build_score: float | None = None
    consensus_reached: bool = False
    human_override: bool = False


@dataclass(frozen=True)
class Knowledge:
    """Domains by name, patterns by count only."""

    domains_consulted: tuple[str, ...] = ()
    patterns_used: int = 0


@dataclass(frozen=True)
class Errors:
    """The phase that failed last, unrecovered ones first; all None where none failed."""

    phase_failed: str | None = None
    error_category: str | None = None
    recovered: bool | None = None


@dataclass(frozen=True)
class FeatureRecord:
    """One feature, as the seed's schema has it."""

    session: Session
    complexity: Complexity
    timing: Timing
    outcome: Outcome
    matching: tuple[Matching, ...] = ()
    effectiveness: tuple[Effectiveness, ...] = ()
    judge: Judge = field(default_factory=Judge)
    kb: Knowledge = field(default_factory=Knowledge)
    errors: Errors = field(default_factory=Errors)

    def as_json(self) -> dict[str, Any]:
        """The record in the shape of schemas/feature.yaml."""
        return {
            "session": dict(vars(self.session)),
            "feature": {
                "complexity": {**vars(self.complexity), "phases_used": list(self.complexity.phases_used)},
                "timing": dict(vars(self.timing)),
                "outcome": dict(vars(self.outcome)),
            },
            "agents": {
                "matching": [dict(vars(row)) for row in self.matching],
                "effectiveness": [dict(vars(row)) for row in self.effectiveness],
            },
            "judge": dict(vars(self.judge)),
            "kb": {**vars(self.kb), "domains_consulted": list(self.kb.domains_consulted)},
            "errors": dict(vars(self.errors)),
        }


@dataclass(frozen=True)
class TrackedFeature:
    """One feature on this machine: its record, and what local figures need beside it.

    `ref` links nothing outside its store. `state`: shipped; in_flight; abandoned (not shipped and
    untouched for 14 days). `started` and `completed` are the phases begun and brought to their end.
    `agent_runs` counts subagent runs by agent, also of agents the build report does not name.
    """

    ref: str
    first_seen: datetime
    last_seen: datetime
    state: State
    started: frozenset[str]
    completed: frozenset[str]
    agent_runs: dict[str, int]
    record: FeatureRecord
