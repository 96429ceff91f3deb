"""Places where a test may kill this process, as a cut of power would: between two steps of writing.

`AGENTSPEC_TELEMETRY_FAULT=sealed_written` kills at the first passage of that step, `…#3` at the third.
It can only end a process, never change what it does.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "AGENTSPEC_TELEMETRY_FAULT"
_passed: dict[str, int] = {}


def reached(step: str) -> None:
    """Die here if a test asked for it."""
    wanted = os.environ.get(VARIABLE)
    if not wanted or wanted.partition("#")[0] != step:
        return
    _passed[step] = _passed.get(step, 0) + 1
    if _passed[step] == int(wanted.partition("#")[2] or 1):
        os.kill(os.getpid(), signal.SIGKILL)
