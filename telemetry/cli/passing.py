"""Asking again, in passing, for what an earlier purge could not take back: whatever a person types next does it.

Hardly anybody has such a list: then this is one look at the names in the person's state folder, and nothing is imported
for it. Not in a session or its hooks, whose environment (proxies, certificates) a project can set.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

SUFFIX = ".withdrawal"  # of sharing/takeback.py, which is slow to import; a test holds the two together


def take_back_in_passing(environ: Mapping[str, str]) -> None:
    """Ask once more for what is on lists, at most once an hour and for seconds only; never raises."""
    if environ.get("CLAUDECODE") or environ.get("CLAUDE_PROJECT_DIR") or not is_anything_left():
        return
    from datetime import datetime, timezone  # noqa: PLC0415 for those who have something to take back

    from telemetry.sharing.takeback import retry_withdrawals  # noqa: PLC0415

    retry_withdrawals(datetime.now(timezone.utc), environ)


def is_anything_left() -> bool:
    """Whether there is a list. Believes nothing: who reads it looks at whose it is."""
    from telemetry.starter import STATE, home_folder  # noqa: PLC0415 not for --help

    try:
        return any(name.endswith(SUFFIX) for name in os.listdir(home_folder() + STATE))  # noqa: PTH208
    except (OSError, KeyError):  # no such folder, no such person
        return False
