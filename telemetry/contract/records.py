"""The records that stages hand to each other; plain, immutable, without behaviour.

`FeatureRecord` is the seed's schema (schemas/feature.yaml) field for field. `TrackedFeature` is what
the fold knows of one feature on this machine: the record, and what only local figures need.

Named tuples, not dataclasses: `agentspec insights` makes these classes at every start, and a frozen
dataclass costs half a millisecond, its module six.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NamedTuple

Phase = Literal["brainstorm", "define", "design", "build", "ship"]
State = Literal["shipped", "in_flight", "abandoned"]


class Session(NamedTuple):
    """`id`: a version-4-shaped uuid, not linked to a person; `timestamp`: ISO 8601, UTC."""

    id: str
    timestamp: str
    agentspec_version: str


class Complexity(NamedTuple):
    """How large the feature is. `estimated_loc` is a range, or `unknown`."""

    file_count: int = 0
    estimated_loc: str = "unknown"
    phases_used: tuple[str, ...] = ()
    has_iac: bool = False
    has_llm: bool = False
    has_tests: bool = False


class Timing(NamedTuple):
    """Active seconds, idle gaps left out; 0 for a phase that was not used."""

    define_duration_seconds: int = 0
    design_duration_seconds: int = 0
    build_duration_seconds: int = 0
    total_duration_seconds: int = 0


class Outcome(NamedTuple):
    """How the feature went."""

    shipped: bool = False
    iterations: int = 0
    judge_used: bool = False


class Matching(NamedTuple):
    """One distinct (agent, file type) of the design's file manifest."""

    agent_type: str
    file_type: str
    confidence: float
    was_overridden: bool


class Effectiveness(NamedTuple):
    """One agent of the build report; `quality_score` of 10, None where nothing says verified."""

    agent_type: str
    assigned_files: int
    build_success: bool
    quality_score: float | None


class Judge(NamedTuple):
    """What the judges said; scores of 10."""

    enabled: bool = False
    reviewers_count: int = 0
    pre_design_score: float | None = None
    post_build_score: float | None = None
    consensus_reached: bool = False
    human_override: bool = False


class Knowledge(NamedTuple):
    """Domains by name, patterns by count only."""

    domains_consulted: tuple[str, ...] = ()
    patterns_used: int = 0


class Errors(NamedTuple):
    """The phase that failed last, unrecovered ones first; all None where none failed."""

    phase_failed: str | None = None
    error_category: str | None = None
    recovered: bool | None = None


class FeatureRecord(NamedTuple):
    """One feature, as the seed's schema has it."""

    session: Session
    complexity: Complexity
    timing: Timing
    outcome: Outcome
    matching: tuple[Matching, ...] = ()
    effectiveness: tuple[Effectiveness, ...] = ()
    judge: Judge = Judge()
    kb: Knowledge = Knowledge()
    errors: Errors = Errors()

    def as_json(self) -> dict[str, Any]:
        """The record in the shape of schemas/feature.yaml."""
        return {
            "session": self.session._asdict(),
            "feature": {
                "complexity": {**self.complexity._asdict(), "phases_used": list(self.complexity.phases_used)},
                "timing": self.timing._asdict(),
                "outcome": self.outcome._asdict(),
            },
            "agents": {
                "matching": [row._asdict() for row in self.matching],
                "effectiveness": [row._asdict() for row in self.effectiveness],
            },
            "judge": self.judge._asdict(),
            "kb": {**self.kb._asdict(), "domains_consulted": list(self.kb.domains_consulted)},
            "errors": self.errors._asdict(),
        }


class TrackedFeature(NamedTuple):
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
