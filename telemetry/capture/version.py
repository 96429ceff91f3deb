"""The version of the installed AgentSpec plugin, from Claude Code's own list. Pure."""

from __future__ import annotations

UNKNOWN = "0.0.0"


def version_of(installed: object) -> str:
    """The version of the plugin called `agentspec` in Claude Code's list of installed plugins."""
    plugins = installed.get("plugins") if isinstance(installed, dict) else None
    for name, entries in (plugins if isinstance(plugins, dict) else {}).items():
        if name.split("@")[0] != "agentspec":
            continue
        for entry in entries if isinstance(entries, list) else [entries]:
            version = entry.get("version") if isinstance(entry, dict) else None
            if isinstance(version, str) and _is_plain(version):
                return version
    return UNKNOWN


def _is_plain(version: str) -> bool:
    parts = version.split(".")
    return len(parts) == 3 and all(
        part.isascii() and part.isdigit() and len(part) <= 3 and (part == "0" or part[0] != "0") for part in parts
    )
