"""`agentspec doctor`: look for what keeps recording from working, and say what to do about it.

The checks are in checks.py; this module runs them and prints what they found.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from telemetry.cli.checks import AT_HOME, CHECKS, Check, Finding
from telemetry.cli.clock import now
from telemetry.cli.ground import Ground, ground_of
from telemetry.cli.projects import here, is_claude_codes_own, named_project, project_around
from telemetry.cli.reading import printable

HELP = """\
Look for what keeps recording from working: the store, its rights, the disk, config.yaml,
the journal, the hooks, the interpreter, the AgentSpec plugin. Changes nothing in the project.
Exit code 0 where nothing failed, 1 otherwise."""

EXAMPLES = """\
examples:
  agentspec doctor                   when no figures appear
  agentspec doctor --project ~/one
  agentspec doctor --json
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The verb's own options."""
    parser.add_argument("--project", metavar="DIR", help="the project's folder (default: the one you are in)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: Namespace) -> int:
    """Print what every check found."""
    project = Path(named_project(args.project) if args.project else project_around(here()) or here())
    findings = examined(ground_of(project, os.environ, now()))
    print(_json(project, findings) if args.json else "\n".join(line for found in findings for line in lines_of(found)))
    return int(any(found.level == "fail" for found in findings))


def examined(ground: Ground) -> list[Finding]:
    """What the checks found, in their order."""
    checks = AT_HOME if is_claude_codes_own(str(ground.project), ground.environ) else CHECKS
    return [found for check in checks for found in _found(check, ground)]


def lines_of(found: Finding) -> list[str]:
    """One finding as text: its level, its check, what was seen, and below it what to do."""
    lines = [f"{found.level:<6}{found.check:<12}{printable(found.text)}"]
    return [*lines, f"{'':18}> {printable(found.advice)}"] if found.advice else lines


def _found(check: Check, ground: Ground) -> list[Finding]:
    """What one check found; where the system would not let it look, that is what it found."""
    try:
        result = check(ground)
        return [result] if isinstance(result, Finding) else list(result)
    except OSError as error:
        seen = f"{check.__name__.replace('_', ' ')}: {error.strerror or 'the system would not say'}"
        return [Finding("look", "fail", seen, "Look at the owner and the rights of .claude/telemetry.")]


def _json(project: Path, findings: list[Finding]) -> str:
    from json import dumps  # noqa: PLC0415 not for the text

    return dumps({"project": str(project), "findings": [found._asdict() for found in findings]}, indent=2)
