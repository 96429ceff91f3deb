"""`agentspec install`: register the hooks and /insights in a project."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from telemetry.contract.errors import TelemetryError
from telemetry.contract.resources import shipped
from telemetry.install.installing import Plugin, install

SUMMARY = "register the hooks and the /insights command in a project"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `agentspec install` understands."""
    parser.add_argument(
        "--project", type=Path, default=None, metavar="DIR", help="the project's folder (default: this one)"
    )
    parser.add_argument(
        "--shared", action="store_true", help="in .claude/settings.json, which git shares, not settings.local.json"
    )


def run(args: argparse.Namespace) -> int:
    """Set the project up, and say what was done."""
    for line in install(project_folder(args.project), this_plugin(), args.shared):
        print(line)
    return 0


def this_plugin() -> Plugin:
    """The plugin this command belongs to."""
    hooks = json.loads(shipped("hooks", "hooks.json").read_text(encoding="utf-8"))["hooks"]
    return Plugin(str(shipped()), hooks, insights_command(), sys.executable)


def insights_command() -> bytes:
    """What stands in the project's .claude/commands/insights.md."""
    return shipped("commands", "insights.md").read_bytes()


def project_folder(given: Path | None) -> Path:
    """The project to set up. Raises TelemetryError where it cannot be one."""
    project = (given or Path.cwd()).resolve()
    if not project.is_dir():
        raise TelemetryError(f"{given} is no folder.", "Give the project's folder with --project DIR.")
    if project / ".claude" == _claude_codes_own():
        raise TelemetryError(
            "This is your home folder: its .claude belongs to Claude Code itself, for all projects.",
            "Run the command in a project's folder, or give one with --project DIR.",
        )
    return project


def _claude_codes_own() -> Path:
    return Path(os.environ.get("CLAUDE_CONFIG_DIR") or Path("~/.claude").expanduser()).resolve()
