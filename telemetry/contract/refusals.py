"""Variables by which a person or a machine says: share nothing. They can only turn sharing off.

Also looked at by the hook that starts the daemon: standard library only, Python 3.9.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES = {
    "DO_NOT_TRACK": "do_not_track",
    "DISABLE_TELEMETRY": "disable_telemetry",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "nonessential_traffic",
    "CI": "ci",
}
_UNSET = frozenset(("", "0", "false", "no", "off"))


def forbidding(environ: Mapping[str, str]) -> str | None:
    """The gate's reason that the environment gives, None where it gives none."""
    for name, reason in VARIABLES.items():
        if environ.get(name, "").strip().lower() not in _UNSET:
            return reason
    return None
