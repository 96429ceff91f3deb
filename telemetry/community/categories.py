"""What kind of work a feature was, by what its report says and nothing else. Pure.

Every word of a report that is typical of one kind is a vote for it: each agent that was chosen or built, each type of
file, each knowledge domain, once; and the flags `has_iac` and `has_llm`. Most votes win; of equals the first of
CATEGORIES. What no word speaks for is a library: code and nothing around it. Words without a kind of their own
(python-developer, .py, .yaml, testing …) do not vote.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

DATA_PIPELINES = "data_pipelines"
INFRASTRUCTURE = "infrastructure"
AI_LLM = "ai_llm"
SERVICES = "services"
LIBRARIES = "libraries"
CATEGORIES = (DATA_PIPELINES, INFRASTRUCTURE, AI_LLM, SERVICES, LIBRARIES)

AGENTS_OF = {
    DATA_PIPELINES: (
        *("data-platform-engineer", "lakehouse-architect", "medallion-architect", "pipeline-architect"),
        *("schema-designer", "airflow-specialist", "dbt-specialist", "lakeflow-architect", "lakeflow-expert"),
        *("lakeflow-pipeline-builder", "lakeflow-specialist", "spark-engineer", "spark-performance-analyzer"),
        *("spark-specialist", "spark-streaming-architect", "spark-troubleshooter", "sql-optimizer"),
        *("streaming-engineer", "aws-data-architect", "gcp-data-architect", "fabric-architect"),
        *("fabric-pipeline-developer", "data-contracts-engineer", "data-quality-analyst"),
    ),
    INFRASTRUCTURE: (
        *("terraform-specialist", "infra-deployer", "ci-cd-specialist", "aws-deployer", "fabric-cicd-specialist"),
        *("fabric-logging-specialist", "fabric-security-specialist"),
    ),
    AI_LLM: (
        *("genai-architect", "kb-architect", "ai-data-engineer", "ai-data-engineer-cloud", "ai-data-engineer-gcp"),
        *("ai-prompt-specialist", "ai-prompt-specialist-gcp", "prompt-crafter", "fabric-ai-specialist"),
        *("llm-specialist", "extraction-specialist", "qdrant-specialist"),
    ),
    SERVICES: ("function-developer", "lambda-builder", "aws-lambda-architect", "supabase-specialist"),
    LIBRARIES: ("code-documenter", "code-cleaner"),
}
FILE_TYPES_OF = {
    DATA_PIPELINES: (".sql", ".ipynb", ".avsc", ".csv", ".scala"),
    INFRASTRUCTURE: (".tf", ".tfvars", ".hcl", ".bicep"),
    AI_LLM: (),
    SERVICES: (".css", ".graphql", ".html", ".js", ".jsx", ".proto", ".ts", ".tsx"),
    LIBRARIES: (".cpp", ".r", ".rb", ".rs", ".toml"),
}
DOMAINS_OF = {
    DATA_PIPELINES: (
        *("airflow", "data-modeling", "data-quality", "dbt", "lakeflow", "lakehouse", "medallion"),
        *("microsoft-fabric", "modern-stack", "spark", "sql-patterns", "streaming"),
    ),
    INFRASTRUCTURE: ("aws", "cloud-platforms", "gcp", "terraform"),
    AI_LLM: ("ai-data-engineering", "genai", "prompt-engineering"),
    SERVICES: ("supabase",),
    LIBRARIES: (),
}


def _by_word(*tables: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {word: category for table in tables for category, words in table.items() for word in words}


_BY_AGENT, _BY_FILE_TYPE, _BY_DOMAIN = map(_by_word, (AGENTS_OF, FILE_TYPES_OF, DOMAINS_OF))


def category_of(report: dict[str, Any]) -> str:
    """The category of a valid report (the part `report` of what was sealed)."""
    votes = dict.fromkeys(CATEGORIES, 0)
    for category in _votes(report):
        votes[category] += 1
    votes[LIBRARIES] += not any(votes.values())
    return max(CATEGORIES, key=votes.__getitem__)


def _votes(report: dict[str, Any]) -> Iterator[str]:
    agents, complexity = report["agents"], report["feature"]["complexity"]
    names = {row["agent_type"] for row in (*agents["matching"], *agents["effectiveness"])}
    types = {row["file_type"] for row in agents["matching"]}
    yield from (_BY_AGENT[name] for name in names if name in _BY_AGENT)
    yield from (_BY_FILE_TYPE[name] for name in types if name in _BY_FILE_TYPE)
    yield from (_BY_DOMAIN[name] for name in set(report["kb"]["domains_consulted"]) if name in _BY_DOMAIN)
    if complexity["has_iac"]:
        yield INFRASTRUCTURE
    if complexity["has_llm"]:
        yield AI_LLM
