"""`agentspec uninstall`: take out what `agentspec install` put into a project."""

from __future__ import annotations

import argparse
from pathlib import Path

from telemetry.cli.install import insights_command, project_folder
from telemetry.install.uninstalling import uninstall

SUMMARY = "remove the hooks and the /insights command from a project"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `agentspec uninstall` understands."""
    parser.add_argument(
        "--project", type=Path, default=None, metavar="DIR", help="the project's folder (default: this one)"
    )


def run(args: argparse.Namespace) -> int:
    """Clean the project up, and say what was done."""
    for line in uninstall(project_folder(args.project), insights_command()):
        print(line)
    return 0
