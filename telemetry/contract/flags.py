"""Words of a report that raise its flags `has_iac`, `has_llm` and `has_tests`, for who raises them and who checks.

There is more that raises a flag (what DEFINE says of infrastructure, a file that is a test), and is not in a report.
"""

from __future__ import annotations

INFRASTRUCTURE_TYPES = frozenset((".tf", ".tfvars", ".hcl", ".bicep"))
LLM_DOMAINS = frozenset(("genai", "prompt-engineering", "ai-data-engineering"))
LLM_AGENTS = frozenset(
    (
        "genai-architect",
        "ai-data-engineer",
        "ai-data-engineer-cloud",
        "ai-data-engineer-gcp",
        "ai-prompt-specialist",
        "ai-prompt-specialist-gcp",
        "prompt-crafter",
        "fabric-ai-specialist",
        "llm-specialist",
        "extraction-specialist",
    )
)
TEST_AGENTS = frozenset(("test-generator", "data-quality-analyst", "data-contracts-engineer"))
