"""`agentspec uninstall`: take out what `agentspec install` put into a project."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from telemetry.cli.install import disk_trouble_explained, project_of, slash_commands
from telemetry.install.uninstalling import uninstall

HELP = """\
Remove our hooks, /insights and /telemetry from a project. Your settings are left as they were, byte for byte; what
you changed in them since stays. Recorded events stay too: delete .claude/telemetry to delete them."""

EXAMPLES = """\
examples:
  agentspec uninstall
  agentspec uninstall --project ~/shop
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The verb's own options."""
    parser.add_argument("--project", metavar="DIR", help="the project's folder (default: the one you are in)")


def run(args: Namespace) -> int:
    """Clean the project up, and say what was done."""
    project = project_of(args)
    with disk_trouble_explained():
        said = uninstall(project, slash_commands())
    print("\n".join(said))
    return 0
