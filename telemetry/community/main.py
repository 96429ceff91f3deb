"""The command `agentspec-community`: finds the verb, lets it run, and answers for every error.

Only the module of the verb that runs is imported. Operators' work is done here, on the machine itself, and never
over HTTP.
"""

from __future__ import annotations

import os
import re
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import requires, version
from pathlib import Path
from typing import NamedTuple

from telemetry.contract.errors import TelemetryError

DISTRIBUTION = "agentspec-telemetry"
NAMES = {"yaml": "pyyaml", "ruamel": "ruamel.yaml"}  # packages that are installed by another name
DONE, EXPECTED, BUG, INTERRUPTED, BROKEN_PIPE = 0, 1, 3, 130, 141


class Verb(NamedTuple):
    """Where a verb lives (HELP, EXAMPLES, add_arguments, run), and what it is for."""

    module: str
    summary: str


VERBS = {
    "serve": Verb("telemetry.community.verbs.serve", "the whole server in one process"),
    "api": Verb("telemetry.community.verbs.api", "what answers requests, and forgets"),
    "worker": Verb("telemetry.community.verbs.worker", "what adds up, and forgets"),
    "migrate": Verb("telemetry.community.verbs.migrate", "bring what is kept to the newest version"),
    "quarantine": Verb("telemetry.community.verbs.quarantine", "list, show, release or drop implausible reports"),
    "release": Verb("telemetry.community.release.verb", "make and publish the benchmarks that are due"),
    "signals": Verb("telemetry.community.verbs.signals", "what AgentSpec's makers can learn from releases"),
    "simulate": Verb("telemetry.community.verbs.simulate", "reports of strangers, for tests and demos"),
    "config": Verb("telemetry.community.verbs.config", "the settings that hold"),
}

EXAMPLES = """\
examples:
  agentspec-community serve          on 127.0.0.1:8620, in ./agentspec-community
  agentspec-community config         what can be set
  agentspec-community VERB --help    more on a verb
"""


def run() -> None:
    """The console script."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run one command line; the exit code: 0 done, 1 expected failure, 2 misused, 3 bug, 130 interrupted."""
    return guarded(lambda: _dispatch(list(argv)))


def _dispatch(argv: list[str]) -> int:
    if not argv or argv[0] not in VERBS:
        return _without_verb(argv)
    verb = import_module(VERBS[argv[0]].module)
    parser = _parser(f"agentspec-community {argv[0]}", verb.HELP, verb.EXAMPLES)
    verb.add_arguments(parser)
    code: int = verb.run(parser.parse_args(argv[1:]))
    return code


def _without_verb(argv: list[str]) -> int:
    """--help, --version, or a word that is no verb."""
    listing = "\n".join(f"  {name:<12}{verb.summary}" for name, verb in VERBS.items())
    parser = _parser(
        "agentspec-community", f"The community server of AgentSpec Telemetry.\n\nverbs:\n{listing}", EXAMPLES
    )
    parser.add_argument("--version", action="version", version=f"agentspec-community {version(DISTRIBUTION)}")
    parser.add_argument("verb", nargs="?", help="one of the verbs above")
    args, _ = parser.parse_known_args(argv)
    if args.verb is None and not argv:
        parser.print_help()
        return DONE
    parser.error(f"no verb {args.verb!r}" if args.verb else f"unknown option: {argv[0]}")


def _parser(name: str, description: str, examples: str) -> ArgumentParser:
    return ArgumentParser(
        prog=name,
        description=description,
        epilog=examples,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


# --- the boundary for errors


def guarded(action: Callable[[], int]) -> int:
    """Run the action and turn whatever it raises into an exit code."""
    try:
        code = action()
        sys.stdout.flush()  # a closed pipe must show here, not when the interpreter ends
        return code
    except TelemetryError as error:
        return _tell(error)
    except ModuleNotFoundError as error:
        return _tell(_missing(error)) if not _is_ours(error.name) else _confess(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:
        return _tell(_not_to_be_had(error)) if error.filename else _confess(error)
    except Exception as error:  # whatever is left is a bug of ours
        return _confess(error)


def _tell(error: TelemetryError) -> int:
    print(f"agentspec-community: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"  {error.hint}", file=sys.stderr)
    return EXPECTED


def _not_to_be_had(error: OSError) -> TelemetryError:
    """A file or folder that the person named, or that settings do."""
    advice = "It must be there, and yours to read and write; agentspec-community config shows where things are."
    return TelemetryError(f"{os.fsdecode(error.filename)}: {os.strerror(error.errno or 0)}", advice)


def _missing(error: ModuleNotFoundError) -> TelemetryError:
    package = (error.name or "").partition(".")[0]
    extra = _extra_of(package)
    wanted = f"'{DISTRIBUTION}[{extra}]'" if extra else DISTRIBUTION
    return TelemetryError(f"the package {package} is not installed", f"pip install {wanted} brings it.")


def _extra_of(package: str) -> str | None:
    """The extra that asks for a package, as our own installation says it; None where everybody has it.

    What we do not ask for ourselves is there for the server's sake: uvicorn brings it.
    """
    for wanted in requires(DISTRIBUTION) or ():
        if _plain(re.split(r"[^A-Za-z0-9._-]", wanted)[0]) == _plain(NAMES.get(package, package)):
            extra = re.search(r"extra == ['\"]([a-z]+)", wanted)
            return extra[1] if extra else None
    return "community"


def _plain(name: str) -> str:
    """The one form of a distribution's name."""
    return re.sub("[-_.]+", "-", name).lower()


def _is_ours(name: str | None) -> bool:
    return name is None or name.partition(".")[0] == "telemetry"


def _confess(error: Exception) -> int:
    """The exception's type and our own lines: its words may hold what a report said."""
    print(f"agentspec-community: this is a bug. Sorry. Please report: {type(error).__name__}", file=sys.stderr)
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "telemetry" in code.co_filename:
            print(f"  {Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}", file=sys.stderr)
        trace = trace.tb_next
    return BUG


if __name__ == "__main__":
    run()
