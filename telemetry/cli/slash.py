"""What a typed /insights or /telemetry runs: payload of the UserPromptExpansion hook in, the hook's answer out.

Answers instead of the model: Claude Code shows the reason of a blocked prompt to the person and sends nothing. So
there is always exactly one JSON object and exit 0; what goes wrong is said in the reason. Only a Python without
our packages says nothing and exits with MISSING, for scripts/slash-hook to ask the next one.

Never decides about sharing: what is typed after /telemetry reaches no other part of the program.
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
from typing import NamedTuple

MISSING = 3
PACKAGES = ("cryptography", "jsonschema", "requests", "ruamel", "tabulate", "watchdog", "yaml")
NOT_OURS = ("builtin", "bundled", "userSettings")  # Claude Code's own /insights, or the person's

Command = Callable[[list[str]], int]
Environ = Mapping[str, str]

DECIDING = """

To share or not is decided by you, in a terminal of your own, in this project's folder. What is typed after this command
is ignored.

  {agentspec} telemetry --preview   the very bytes that would leave this machine, and when
  {agentspec} telemetry --enable    what would be shared and what never is; then it asks
  {agentspec} telemetry --disable   nothing more is shared, from the next moment on

No is fine: it is the default, and your own figures are the same."""


class Answer(NamedTuple):
    """How a slash command is answered: what `agentspec` is asked, given what was typed; what is said after that."""

    arguments: Callable[[list[str], Environ], list[str]]
    ending: Callable[[Environ], str] = lambda environ: ""


def main() -> None:
    """Answer one payload from standard input."""
    if not all(find_spec(name) for name in PACKAGES):
        sys.exit(MISSING)
    print(answer(sys.stdin.buffer.read(), os.environ, _agentspec))


def answer(payload: bytes, environ: Environ, command: Command) -> str:
    """The hook's answer as JSON, in place of the prompt; an empty one where the command is another's."""
    try:
        expansion = json.loads(payload)
        if expansion.get("command_source") in NOT_OURS:
            return "{}"
        wanted = ANSWERS[expansion["command_name"].rpartition(":")[2]]
        said = _said(command, wanted.arguments(_words(expansion.get("command_args") or ""), environ))
        reason = said + wanted.ending(environ)
    except Exception as error:  # the prompt must be answered, whatever happens
        reason = f"This could not be answered ({type(error).__name__}). `agentspec doctor` in a terminal says more."
    return json.dumps({"decision": "block", "reason": reason})


def _figures(typed: list[str], environ: Environ) -> list[str]:
    """Everything that was typed, about the session's project unless it names another."""
    names_one = any(word.split("=")[0] == "--project" for word in typed)
    return ["insights", *typed, *([] if names_one else _project(environ))]


def _sharing(typed: list[str], environ: Environ) -> list[str]:
    """The state of things, whatever was typed: nobody says yes, no or purge through a session."""
    return ["telemetry", "--help"] if "--help" in typed else ["telemetry", "--status", *_project(environ)]


def _how_to_decide(environ: Environ) -> str:
    return DECIDING.format(agentspec=_agentspec_here(environ))


ANSWERS = {"insights": Answer(_figures), "telemetry": Answer(_sharing, _how_to_decide)}


def _words(typed: str) -> list[str]:
    try:
        return shlex.split(typed)
    except ValueError:
        return ["--help"]  # a quote that is never closed


def _project(environ: Environ) -> list[str]:
    project = environ.get("CLAUDE_PROJECT_DIR")
    return ["--project", project] if project else []


def _agentspec_here(environ: Environ) -> str:
    """How a person's shell finds the command that answers here: it may lie in an environment of the plugin's own."""
    import shutil  # noqa: PLC0415 it brings three compression libraries along

    own = os.path.join(os.path.dirname(sys.executable), "agentspec")  # noqa: PTH118, PTH120 the link, not its target
    found = shutil.which("agentspec", path=environ.get("PATH", ""))
    is_found = found is not None and os.path.realpath(found) == os.path.realpath(own)
    return "agentspec" if is_found or not os.access(own, os.X_OK) else shlex.quote(own)


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
