"""What kind of work a feature was, by what its report says and nothing else. Pure.

Server and client share the rule: a person's own features are compared with those of the same kind.

Every word of a report that is typical of one kind is a vote for it: each agent that was chosen or built, each type of
file, each knowledge domain, once; and the flags `has_iac` and `has_llm`. Most votes win; of equals the first of
CATEGORIES. Words without a kind of their own (python-developer, .py, testing …) do not vote; where there are only
such, it is a library: code and nothing around it. What names no agent, file type or domain at all stopped before
anybody knew, and has no category: to call it anything would make that look as if it rarely shipped.
"""

from __future__ import annotations

from collections.abc import Collection
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

FLAGS = {"has_iac": INFRASTRUCTURE, "has_llm": AI_LLM}

_BY_WORD = {
    **{("agent", word): category for category, words in AGENTS_OF.items() for word in words},
    **{("file_type", word): category for category, words in FILE_TYPES_OF.items() for word in words},
    **{("domain", word): category for category, words in DOMAINS_OF.items() for word in words},
    **{("flag", word): category for word, category in FLAGS.items()},
}


Word = tuple[str, str]  # of what kind it is (agent, file_type, domain, flag), and the word


def category_of(report: dict[str, Any]) -> str | None:
    """The category of a valid report (the part `report` of what was sealed); None where it says nothing of it."""
    return elected(_words(report))


def elected(words: Collection[Word]) -> str | None:
    """The category that most of these words, each given once, vote for; None where there are none."""
    if not words:
        return None
    votes = [category for word in words if (category := _BY_WORD.get(word))]
    return max(CATEGORIES, key=votes.count) if votes else LIBRARIES


def _words(report: dict[str, Any]) -> set[Word]:
    """Everything in a report that could vote, once."""
    matching, effectiveness = report["agents"]["matching"], report["agents"]["effectiveness"]
    complexity = report["feature"]["complexity"]
    return {
        *(("agent", row["agent_type"]) for row in matching),
        *(("agent", row["agent_type"]) for row in effectiveness),
        *(("file_type", row["file_type"]) for row in matching),
        *(("domain", domain) for domain in report["kb"]["domains_consulted"]),
        *(("flag", flag) for flag in FLAGS if complexity[flag]),
    }
