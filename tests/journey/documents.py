"""Documents as AgentSpec's phases leave them, full of things that must not be recorded."""

from __future__ import annotations

PROSE = "Canary7QxSecret: `def canary7qx_function()`, canary7qx@example.org, 10.7.7.7, canary7qx_column.\n"


def brainstorm(status: str = "Ready for Define") -> str:
    """BRAINSTORM_{FEATURE}.md."""
    return f"# BRAINSTORM: Canary7QxTitle\n\n{PROSE}\n**Status:** {status}\n"


def define(
    status: str = "Ready for Design", clarity: str = "13/15", domains: str = "dbt, airflow", iac: str = "None"
) -> str:
    """DEFINE_{FEATURE}.md."""
    return f"""\
# DEFINE: Canary7QxTitle

{PROSE}
| Attribute | Value |
|-----------|-------|
| **Author** | Canary7QxAuthor |
| **Status** | {status} |
| **Clarity Score** | {clarity} |

## Technical Context

| Aspect | Value | Notes |
|--------|-------|-------|
| **KB Domains** | {domains} | Canary7QxNote |
| **IaC Impact** | {iac} | Canary7QxNote |
"""


def design(*files: tuple[str, str], status: str = "Ready for Build") -> str:
    """DESIGN_{FEATURE}.md; `files`: path and agent."""
    rows = "\n".join(
        f"| {number} | `{path}` | Create | Canary7QxPurpose | {agent} | None |"
        for number, (path, agent) in enumerate(files, 1)
    )
    return f"""\
# DESIGN: Canary7QxTitle

{PROSE}
| Attribute | Value |
|-----------|-------|
| **Status** | {status} |

## File Manifest

| # | File | Action | Purpose | Agent | Dependencies |
|---|------|--------|---------|-------|--------------|
{rows}
"""


def build_report(*files: tuple[str, int, str, str], status: str = "✅ Complete", tests: str = "3/3") -> str:
    """BUILD_REPORT_{FEATURE}.md; `files`: path, lines, agent and mark."""
    rows = "\n".join(f"| `{path}` | {lines} | {agent} | {mark} | Canary7QxNote |" for path, lines, agent, mark in files)
    return f"""\
# BUILD REPORT: Canary7QxTitle

{PROSE}
| Attribute | Value |
|-----------|-------|
| **Status** | {status} |

## Summary

| Metric | Value |
|--------|-------|
| **Tasks Completed** | {len(files)}/{len(files)} |
| **Lines of Code** | {sum(lines for _, lines, _, _ in files)} |
| **Tests Passing** | {tests} |

## Files Created

| File | Lines | Agent | Verified | Notes |
|------|-------|-------|----------|-------|
{rows}
"""


def shipped() -> str:
    """SHIPPED_{DATE}.md."""
    return f"# SHIPPED: Canary7QxTitle\n\n{PROSE}\n"
