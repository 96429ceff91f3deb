"""The shape of a sealed report by schemas/report.yaml, for a decoder that takes nothing else.

Generated from schemas/report.yaml by scripts/generate.py: change that file, not this one.
For the one place that reads thousands of reports a second. What no type can say, `fits` does. It agrees with
telemetry/contract/report_check.py about every canonical line (tests/community/test_report_shape.py); of others it may
take 5.0 for 5 or a field twice, so that a line counts only if the report, written again, is the very same.
"""

# fmt: off
# ruff: noqa: E501

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Agent = Literal["general", "custom", "data-platform-engineer", "genai-architect", "kb-architect", "lakehouse-architect", "medallion-architect", "pipeline-architect", "schema-designer", "the-planner", "ai-data-engineer-cloud", "ai-data-engineer-gcp", "ai-prompt-specialist-gcp", "aws-data-architect", "aws-deployer", "aws-lambda-architect", "ci-cd-specialist", "gcp-data-architect", "lambda-builder", "supabase-specialist", "ai-data-engineer", "airflow-specialist", "dbt-specialist", "lakeflow-architect", "lakeflow-expert", "lakeflow-pipeline-builder", "lakeflow-specialist", "qdrant-specialist", "spark-engineer", "spark-performance-analyzer", "spark-specialist", "spark-streaming-architect", "spark-troubleshooter", "sql-optimizer", "streaming-engineer", "codebase-explorer", "meeting-analyst", "prompt-crafter", "shell-script-specialist", "fabric-ai-specialist", "fabric-architect", "fabric-cicd-specialist", "fabric-logging-specialist", "fabric-pipeline-developer", "fabric-security-specialist", "ai-prompt-specialist", "code-cleaner", "code-documenter", "code-reviewer", "llm-specialist", "python-developer", "data-contracts-engineer", "data-quality-analyst", "test-generator", "brainstorm-agent", "build-agent", "define-agent", "design-agent", "iterate-agent", "ship-agent", "function-developer", "terraform-specialist", "infra-deployer", "extraction-specialist"]
Files = Literal["0", "1", "2", "3", "4", "5-9", "10-19", "20-30", "31-50", "51+"]
_WHOLE = frozenset((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,))
_HALVES = frozenset((0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5,))
_CONFIDENCE = frozenset((0.95, 0.85, 0.8, 0.7,))
FileType = Literal["other", ".avsc", ".bicep", ".cfg", ".conf", ".cpp", ".cs", ".css", ".csv", ".go", ".graphql", ".hcl", ".html", ".ini", ".ipynb", ".java", ".js", ".json", ".jsx", ".kt", ".md", ".proto", ".py", ".r", ".rb", ".rs", ".scala", ".sh", ".sql", ".tf", ".tfvars", ".toml", ".ts", ".tsx", ".txt", ".xml", ".yaml", ".yml"]
Phase = Literal["brainstorm", "define", "design", "build", "ship"]
Times = Literal["0", "1", "2", "3", "4", "5-9", "10+"]
_SECONDS = frozenset((*range(0, 100, 1), *range(100, 991, 10), *range(1000, 9901, 100), *range(10000, 99001, 1000), *range(100000, 360001, 10000),))
Seats = Literal["0", "1", "2", "3", "4", "5+"]
Domain = Literal["custom", "ai-data-engineering", "airflow", "aws", "cloud-platforms", "data-modeling", "data-quality", "dbt", "gcp", "genai", "lakeflow", "lakehouse", "medallion", "microsoft-fabric", "modern-stack", "prompt-engineering", "pydantic", "python", "shared", "spark", "sql-patterns", "streaming", "supabase", "terraform", "testing"]


class _Closed(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """An object that has these fields and no others; it cannot refer to itself, so no work for gc."""


class Effective(_Closed, frozen=True):
    """One agent that built files."""

    agent_type: Agent
    assigned_files: Files
    build_success: bool
    quality_score: int | float | None


class Matched(_Closed, frozen=True):
    """One agent that was chosen for one type of file."""

    agent_type: Agent
    confidence: float
    file_type: FileType
    was_overridden: bool


class Agents(_Closed, frozen=True):
    """AgentSpec agents by file type, and how well they did."""

    effectiveness: Annotated[list[Effective], Meta(max_length=12)]
    matching: Annotated[list[Matched], Meta(max_length=12)]


class Errors(_Closed, frozen=True):
    """What failed - phase, one of eight words, if mended."""

    error_category: Literal[None, "api_error", "tests_failed", "build_blocked", "judge_blocked", "needs_clarification", "interrupted", "abandoned", "unknown"]
    phase_failed: Literal[None, "brainstorm", "define", "design", "build", "ship"]
    recovered: bool | None


class Complexity(_Closed, frozen=True):
    """Size - files, lines, phases; infrastructure, AI, tests or not."""

    estimated_loc: Literal["unknown", "0-100", "100-500", "500-1000", "1000-5000", "5000+"]
    file_count: Files
    has_iac: bool
    has_llm: bool
    has_tests: bool
    phases_used: Annotated[list[Phase], Meta(max_length=5)]


class Outcome(_Closed, frozen=True):
    """Shipped or not, how often done over, judged or not."""

    iterations: Times
    judge_used: bool
    shipped: bool


class Timing(_Closed, frozen=True):
    """Seconds of work, to two digits."""

    build_duration_seconds: int
    define_duration_seconds: int
    design_duration_seconds: int
    total_duration_seconds: int


class Feature(_Closed, frozen=True):
    """How large the feature was, how long it took, and how it went."""

    complexity: Complexity
    outcome: Outcome
    timing: Timing


class Judge(_Closed, frozen=True):
    """Judges' scores, seats, agreement; work despite a no."""

    consensus_reached: bool
    enabled: bool
    human_override: bool
    post_build_score: int | float | None
    pre_design_score: int | float | None
    reviewers_count: Seats


class Kb(_Closed, frozen=True):
    """Knowledge domains read."""

    domains_consulted: Annotated[list[Domain], Meta(max_length=8)]
    patterns_used: Times


class Session(_Closed, frozen=True):
    """The hour, and AgentSpec's version."""

    agentspec_version: Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.0$(?!\n)", max_length=9)]
    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", max_length=36)]
    timestamp: Annotated[str, Meta(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):00:00Z$", max_length=20)]


class Report(_Closed, frozen=True):
    """One feature, from its first phase to its last."""

    agents: Agents
    errors: Errors
    feature: Feature
    judge: Judge
    kb: Kb
    session: Session


class Sealed(_Closed, frozen=True):
    """What leaves the machine once a person has said yes: one settled feature, made coarse, with nothing that says who or where. The consent dialog is generated from the descriptions of this file. Every string is an enum or a fixed format."""

    report: Report
    version: Literal[1]
    withdrawal: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", max_length=64)]


def _is_score(value: int | float | None) -> bool:
    return value is None or value in (_WHOLE if type(value) is int else _HALVES)


def fits(sealed: Sealed) -> bool:
    """Whether what has the shape is a report: numbers from the lists, and no item of a list twice."""
    return (
        all(_is_score(item.quality_score) for item in sealed.report.agents.effectiveness)
        and all(item.confidence in _CONFIDENCE for item in sealed.report.agents.matching)
        and len({*sealed.report.feature.complexity.phases_used}) == len(sealed.report.feature.complexity.phases_used)
        and sealed.report.feature.timing.build_duration_seconds in _SECONDS
        and sealed.report.feature.timing.define_duration_seconds in _SECONDS
        and sealed.report.feature.timing.design_duration_seconds in _SECONDS
        and sealed.report.feature.timing.total_duration_seconds in _SECONDS
        and _is_score(sealed.report.judge.post_build_score)
        and _is_score(sealed.report.judge.pre_design_score)
        and len({*sealed.report.kb.domains_consulted}) == len(sealed.report.kb.domains_consulted)
    )
