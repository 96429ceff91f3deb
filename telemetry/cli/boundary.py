"""The one boundary for errors: an expected one is told with its hint, a bug leaves a log to paste.

The log names an exception's type and our own lines, never its message, a foreign file, an argument
or a value: those may hold what belongs to the person.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from telemetry.contract.errors import TelemetryError

EXPECTED, BUG, INTERRUPTED, BROKEN_PIPE = 1, 3, 130, 141


def guarded(action: Callable[[], int], verb: str = "") -> int:
    """Run the action and turn whatever it raises into an exit code."""
    try:
        code = action()
        sys.stdout.flush()  # a closed pipe must show here, not when the interpreter ends
        return code
    except TelemetryError as error:
        return _tell(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _close_quietly()
    except Exception as error:  # whatever is left is a bug of ours
        return _expected_after_all(error) or _confess(error, verb)


def _tell(error: TelemetryError) -> int:
    sys.stdout.flush()  # what was said before the failure comes before it
    from telemetry.cli.reading import printable  # noqa: PLC0415 only when something went wrong

    print(f"agentspec: {printable(error.message)}", file=sys.stderr)
    if error.hint:
        print(f"  {printable(error.hint)}", file=sys.stderr)
    return EXPECTED


def _close_quietly() -> int:
    """The reader has gone (`agentspec insights | head -1`): nothing to say, and nobody to say it to."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return BROKEN_PIPE


def _expected_after_all(error: Exception) -> int | None:
    """A store that refuses itself, or a system that refuses a file, is expected."""
    from telemetry.journal.store import StoreRefused  # noqa: PLC0415 only when something went wrong

    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return _tell(TelemetryError(f"{place}{error.strerror}", "agentspec doctor says what is in the way."))
    if not isinstance(error, StoreRefused):
        return None
    from telemetry.cli.codes import explained  # noqa: PLC0415

    meaning, advice = explained(error.code)
    return _tell(TelemetryError(f"the store cannot be used: {meaning}", advice))


def _confess(error: Exception, verb: str) -> int:
    from telemetry.cli.bug_log import report_of, save  # noqa: PLC0415 only when something went wrong

    report = report_of(error, verb)
    place = save(report, os.environ)
    print("agentspec: this is a bug in agentspec-telemetry. Sorry.", file=sys.stderr)
    if place is None:
        print(report, file=sys.stderr)
    else:
        print(f"  Paste this file into an issue; it holds nothing of yours: {place}", file=sys.stderr)
    return BUG
