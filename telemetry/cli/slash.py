"""What a typed /insights runs: payload of the UserPromptExpansion hook in, the figures as the hook's answer out.

Answers instead of the model: Claude Code shows the reason of a blocked prompt to the person and sends nothing. So
there is always exactly one JSON object and exit 0; what goes wrong is said in the reason. Only a Python without
our packages says nothing and exits with MISSING, for scripts/insights-hook to ask the next one.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec

MISSING = 3
PACKAGES = ("jsonschema", "tabulate", "yaml")
NOT_OURS = ("builtin", "userSettings")  # Claude Code's own /insights, or the person's

Command = Callable[[list[str]], int]


def main() -> None:
    """Answer one payload from standard input."""
    if not all(find_spec(name) for name in PACKAGES):
        sys.exit(MISSING)
    print(answer(sys.stdin.buffer.read(), os.environ, _agentspec))


def answer(payload: bytes, environ: Mapping[str, str], command: Command) -> str:
    """The hook's answer as JSON: the figures in place of the prompt, or nothing where the command is another's."""
    try:
        expansion = json.loads(payload)
        if expansion.get("command_source") in NOT_OURS:
            return "{}"
        reason = _said(command, _arguments(expansion.get("command_args") or "", environ))
    except Exception as error:  # the prompt must be answered, whatever happens
        reason = f"The figures could not be drawn ({type(error).__name__}). `agentspec doctor` in a terminal says more."
    return json.dumps({"decision": "block", "reason": reason})


def _arguments(typed: str, environ: Mapping[str, str]) -> list[str]:
    """What was typed after the command, about the session's project unless it names another."""
    try:
        arguments = shlex.split(typed)
    except ValueError:
        return ["insights", "--help"]  # a quote that is never closed
    project = environ.get("CLAUDE_PROJECT_DIR")
    names_one = any(argument.split("=")[0] == "--project" for argument in arguments)
    return ["insights", *arguments, *(["--project", project] if project and not names_one else [])]


def _said(command: Command, arguments: list[str]) -> str:
    """All that `agentspec` prints; its own parser decides which arguments there are."""
    printed = io.BytesIO()
    screen = io.TextIOWrapper(printed, encoding="utf-8", write_through=True)  # Claude Code shows any sign
    with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen), contextlib.suppress(SystemExit):
        command(arguments)
    return printed.getvalue().decode().strip("\n") or "There is nothing to show."


def _agentspec(arguments: list[str]) -> int:
    from telemetry.cli.main import main as agentspec  # noqa: PLC0415 only once the packages are known to be there

    return agentspec(arguments)


if __name__ == "__main__":
    main()
