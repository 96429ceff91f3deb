"""Agents by their published names; everything else is `general` or `custom`."""

from __future__ import annotations

from telemetry.contract.vocabulary import AGENTS

# Claude Code's own agent types, and AgentSpec's words for work without a specialist.
_GENERAL = frozenset(
    (
        "(general)",
        "(direct)",
        "general",
        "direct",
        "general-purpose",
        "explore",
        "plan",
        "statusline-setup",
        "output-style-setup",
        "claude-code-guide",
        "claude",
        "fork",
        "worker",
    )
)


def agent_of(name: object) -> str | None:
    """`agentspec:test:test-generator`, `@test-generator`, `(direct)` … → a word of the vocabulary.

    None where there is no name: an empty cell, or the agent that compacts a conversation.
    """
    if not isinstance(name, str):
        return None
    first = (name.strip("`* \t").split() or [""])[0]  # `@dbt-specialist (lead)`, `@dbt-specialist, @code-reviewer`
    plugin, colon, word = first.rstrip(",;").removeprefix("@").lower().partition(":")
    if not colon:
        plugin, word = "", plugin
    word = word.rpartition(":")[2]
    if word in ("", "-", "–", "—", "n/a", "none") or word[0] == "{":
        return None
    if plugin not in ("", "agentspec"):
        return "custom"  # another plugin's agent, whatever its name
    if word in _GENERAL:
        return "general"
    return word if word in AGENTS else "custom"
