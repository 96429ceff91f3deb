"""What a bug leaves behind: a report that can be pasted into an issue as it is.

It holds versions, the exception's type and our own lines only. An exception's message and the lines
of other packages are left out: they may quote what belongs to the person.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import telemetry

PACKAGE = Path(telemetry.__file__).parent
NAME = "bug.log"
KNOWN_PACKAGES = frozenset(("builtins", "json", "sqlite3", "subprocess", "telemetry", "yaml"))


def report_of(error: BaseException, verb: str) -> str:
    """The report: versions, the type of the exception and of its causes, and where in our code."""
    lines = [
        f"agentspec-telemetry {telemetry.__version__}, Python {platform.python_version()}, {platform.system()}",
        f"verb: {verb or '-'}",
    ]
    cause: BaseException | None = error
    while cause is not None:
        lines += [_type_of(cause), *_places(cause.__traceback__)]
        cause = cause.__cause__ or cause.__context__
    return "\n".join(lines) + "\n"


def save(report: str, environ: Mapping[str, str]) -> Path | None:
    """Write the report to the cache folder, over the one before; None where that cannot be done."""
    base = environ.get("XDG_CACHE_HOME") or (f"{environ['HOME']}/.cache" if environ.get("HOME") else "")
    if not base.startswith("/"):
        return None
    folder = Path(base) / "agentspec-telemetry"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / NAME).write_text(report, encoding="utf-8")
    except OSError:
        return None
    return folder / NAME


def _type_of(error: BaseException) -> str:
    """Built-in and own exceptions by name; a foreign class could be called anything."""
    kind = type(error)
    return kind.__name__ if kind.__module__.split(".")[0] in KNOWN_PACKAGES else "(foreign)"


def _places(trace: TracebackType | None) -> list[str]:
    places = []
    while trace is not None:
        places.append(_place(Path(trace.tb_frame.f_code.co_filename), trace.tb_lineno, trace.tb_frame.f_code.co_name))
        trace = trace.tb_next
    return places


def _place(file: Path, line: int, function: str) -> str:
    try:
        inside = file.relative_to(PACKAGE)
    except ValueError:
        return "  (outside)"
    return f"  telemetry/{inside}:{line} {function}"
