"""The command `agentspec`: finds the verb, lets it run, and answers for every error.

Only the module of the verb that runs is imported: what a verb needs costs the others nothing.
"""

from __future__ import annotations

import gc
import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib import import_module

from telemetry import __version__
from telemetry.cli.boundary import EXPECTED, guarded

VERBS = {
    "insights": "your own figures: features, phases, agents, recommendations",
    "telemetry": "sharing: decide, preview, export, take back; off until you say yes",
    "status": "what is recorded where, and what leaves this machine",
    "doctor": "look for what keeps recording from working, and say what to do",
    "install": "register hooks and the /insights command in a project",
    "uninstall": "take them out again",
    "daemon": "shares in the background what you said yes to; sessions start it",
}

# After these, what an earlier purge could not take back is asked for again. `telemetry` knows which of its choices do
# so; the daemon asks the gate first.
ASK_AGAIN = frozenset(("insights", "status", "doctor", "install", "uninstall"))

EXAMPLES = """\
examples:
  agentspec insights                 the last 30 days of the project you are in
  agentspec insights --all --json    everything, for other tools
  agentspec status                   what is recorded where
  agentspec telemetry --status       whether anything is shared, and why not
  agentspec doctor                   when no figures appear
  agentspec VERB --help              more on a verb

exit codes:
  0    done; a no to a question counts as done
  1    not done, or not all of it; doctor: a check failed
  2    a word or an option that is not known, or is missing
  3    a bug in agentspec-telemetry
  130  interrupted
  141  nobody reads the output any more
"""


def run() -> None:
    """The console script. Ends without tidying up: what a short command leaves, the system takes back faster."""
    gc.disable()
    code = main(sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)


def main(argv: Sequence[str]) -> int:
    """Run one command line; the exit code: 0 done, 1 expected failure, 2 misused, 3 bug, 130 or 141 cut off."""
    verb = argv[0] if argv and argv[0] in VERBS else ""
    code = guarded(lambda: _dispatch(list(argv)), verb)
    if verb in ASK_AGAIN and code in (0, EXPECTED):
        guarded(_ask_again, verb)
    return code


def _dispatch(argv: list[str]) -> int:
    if not argv or argv[0] not in VERBS:
        return _without_verb(argv)
    verb = import_module(f"telemetry.cli.{argv[0]}")
    parser = _parser(f"agentspec {argv[0]}", verb.HELP, verb.EXAMPLES)
    verb.add_arguments(parser)
    code: int = verb.run(parser.parse_args(argv[1:]))
    return code


def _ask_again() -> int:
    """Last: whoever waits for figures, or for what is wrong, has read it by now."""
    from telemetry.cli.passing import take_back_in_passing  # noqa: PLC0415 not for --help

    take_back_in_passing(os.environ)
    return 0


def _without_verb(argv: list[str]) -> int:
    """--help, --version, or a word that is no verb."""
    listing = "\n".join(f"  {name:<11}{summary}" for name, summary in VERBS.items())
    parser = _parser("agentspec", f"Local-first telemetry for AgentSpec.\n\nverbs:\n{listing}", EXAMPLES)
    parser.usage = "agentspec [--help] [--version] VERB …" if _speaks_unicode() else "agentspec VERB ..."
    parser.add_argument("--version", action="version", version=f"agentspec {__version__}")
    parser.add_argument("verb", nargs="?", help="one of the verbs above")
    args, _ = parser.parse_known_args(argv)
    if args.verb is None and not [word for word in argv if word.startswith("-")]:
        parser.print_help()
        return 0
    parser.error(_unknown(args.verb) if args.verb else f"unknown option: {argv[0]}")


def _unknown(word: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 only for a slip of the hand

    near = get_close_matches(word, VERBS, n=1)
    return f"no verb {word!r}" + (f"; did you mean {near[0]!r}?" if near else "; see agentspec --help")


def _speaks_unicode() -> bool:
    return (getattr(sys.stdout, "encoding", "") or "").lower().startswith("utf")


class _Help(RawDescriptionHelpFormatter):
    """Help of a fixed width: asking the terminal for its own imports three compression libraries."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=80)


def _parser(name: str, description: str, examples: str) -> ArgumentParser:
    return ArgumentParser(
        prog=name,
        description=description,
        epilog=examples,
        formatter_class=_Help,
        allow_abbrev=False,
    )


if __name__ == "__main__":
    run()
