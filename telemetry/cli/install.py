"""`agentspec install`: register the hooks and the slash commands in a project."""

from __future__ import annotations

import json
import os
import shlex
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from telemetry.cli.projects import here, is_claude_codes_own, named_project
from telemetry.cli.reading import printable
from telemetry.contract.errors import TelemetryError
from telemetry.contract.resources import shipped
from telemetry.install.installing import Plugin, install
from telemetry.install.wanted import SLASH_COMMANDS

HELP = """\
Register AgentSpec Telemetry in one project, without the plugin: its hooks in .claude/settings.local.json,
and /insights and /telemetry in .claude/commands/. What is in your settings stays as it is; `agentspec uninstall`
leaves them as they were, byte for byte. Running it again renews what has moved."""

ELSEWHERE = "Run the command in a project's folder, or name one with --project DIR."

EXAMPLES = """\
examples:
  agentspec install                    in the project you are in, for you alone
  agentspec install --shared           in .claude/settings.json, which git shares with others
  agentspec install --project ~/shop
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The verb's own options."""
    parser.add_argument("--project", metavar="DIR", help="the project's folder (default: the one you are in)")
    parser.add_argument(
        "--shared", action="store_true", help="in .claude/settings.json, which git shares, not settings.local.json"
    )


def run(args: Namespace) -> int:
    """Set the project up, and say what was done."""
    project = project_of(args)
    if project == Path("/"):
        raise TelemetryError("/ is no project", ELSEWHERE)
    with disk_trouble_explained():
        said = install(project, this_plugin(), args.shared)
    print("\n".join([f"Project: {printable(str(project))}", *said, *_about_what_lies_above(project)]))
    return 0


def this_plugin() -> Plugin:
    """The plugin this command belongs to."""
    hooks = json.loads(shipped("hooks", "hooks.json").read_text(encoding="utf-8"))["hooks"]
    return Plugin(str(shipped()), hooks, slash_commands(), sys.executable)


def slash_commands() -> dict[str, bytes]:
    """What stands in a project's .claude/commands/, by the command's name."""
    return {name: shipped("commands", f"{name}.md").read_bytes() for name in SLASH_COMMANDS}


def project_of(args: Namespace) -> Path:
    """The project to set up. Raises TelemetryError where it cannot be one."""
    project = Path(named_project(args.project) if args.project else here())
    if is_claude_codes_own(str(project), os.environ):
        raise TelemetryError(
            "this is your home folder: its .claude belongs to Claude Code itself, for all projects",
            ELSEWHERE,
        )
    return project


@contextmanager
def disk_trouble_explained() -> Iterator[None]:
    """A folder that cannot be written to is no bug."""
    try:
        yield
    except OSError as error:
        raise TelemetryError(
            f"the project's .claude folder could not be changed: {error.strerror or type(error).__name__}",
            "Look at its owner, its permissions and the room on the disk, then run the command again.",
        ) from error


def _about_what_lies_above(project: Path) -> list[str]:
    """A folder inside a repository is seldom the one in which Claude Code is started."""
    if os.path.lexists(project / ".git"):
        return []
    for folder in project.parents:
        found = [name for name in (".git", ".claude") if (folder / name).exists()]
        if found and not is_claude_codes_own(str(folder), os.environ):
            named = printable(shlex.quote(str(folder)))
            return [
                f"A folder above it has a {found[0]}. If Claude Code is started there, run `agentspec uninstall` here, "
                f"then `agentspec install --project {named}`."
            ]
    return []
