"""The version of the installed AgentSpec plugin, where Claude Code's own list names it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

UNKNOWN = "0.0.0"
MAX_BYTES = 1 << 20


def installed_version(environ: Mapping[str, str], decode: Callable[[bytes], Any]) -> str:
    """`3.5.0`, or `0.0.0` where it cannot be found or is no plain version."""
    home = environ.get("CLAUDE_CONFIG_DIR") or environ.get("HOME", "") + "/.claude"
    try:
        with open(home + "/plugins/installed_plugins.json", "rb") as file:  # noqa: PTH123 pathlib costs start-up
            installed = decode(file.read(MAX_BYTES))
    except (OSError, ValueError, StopIteration, RecursionError):
        return UNKNOWN
    return version_of(installed)


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
