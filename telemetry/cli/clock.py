"""What time it is for a command; tests and the demo move it with the hook's own variable."""

from __future__ import annotations

import os
from datetime import datetime

from telemetry.contract.errors import TelemetryError

CLOCK = "AGENTSPEC_TELEMETRY_NOW"  # as in telemetry/hook.py
YEARS = range(2000, 2100)


def now() -> datetime:
    """This instant in the person's own time zone."""
    moved = os.environ.get(CLOCK)
    if not moved:
        return datetime.now().astimezone()
    try:
        moment = datetime.fromisoformat(moved.replace("Z", "+00:00"))
        if moment.year not in YEARS:
            raise ValueError
        return moment.astimezone()
    except (ValueError, OverflowError):
        raise TelemetryError(f"{CLOCK} is no instant", "Write it as 2026-11-22T10:00:00.000Z, or unset it.") from None
