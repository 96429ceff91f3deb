"""What a person says yes to: the words, the report's schema, what is never captured. Each has a hash.

A yes holds for exactly these. When one of them changes, sharing is local again until the person has read the new ones.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

import yaml

from telemetry.contract.resources import shipped

# The words of the dialog. What stands in braces is bound otherwise: the lists by own hashes, the address by itself.
WORDS = """\
SHARE ANONYMOUS REPORTS?
━━━━━━━━━━━━━━━━━━━━━━━━
No is fine: nothing changes, and all your own figures stay.

What is shared, once per feature, when it is shipped or untouched for 14 days:
{shared}
What never is, not even recorded here (NEVER_CAPTURE.yaml says how):
{never}
Only features of this project that begin {since}.
{example}
Where it goes: {endpoint}
Like any server it sees the network address you come from; no report holds it.

How long: it waits here for {hours} hours. Until then you can read its exact
bytes (agentspec telemetry --preview) and delete it (--drop ID). The server
promises to keep it for 7 days at most, then only sums of many reports.

Taking back: agentspec telemetry --purge asks the server to delete what it still
has. What is in sums already cannot be told apart, and stays.

Off at any time: agentspec telemetry --disable, or `sharing: off` in
.claude/telemetry/config.yaml.
"""


class Terms(NamedTuple):
    """SHA-256 in hex of the words shown, the report's schema, and NEVER_CAPTURE.yaml."""

    words: str
    schema: str
    never_capture: str


@lru_cache(maxsize=1)
def terms() -> Terms:
    """The terms of this version. Raises OSError or yaml.YAMLError where its own files are damaged."""
    return Terms(_hash(WORDS), _hash(report_schema()), _hash(never_capture()))


@lru_cache(maxsize=1)
def report_schema() -> dict[str, Any]:
    """schemas/report.yaml."""
    return _load("schemas", "report.yaml")


@lru_cache(maxsize=1)
def never_capture() -> dict[str, Any]:
    """NEVER_CAPTURE.yaml."""
    return _load("NEVER_CAPTURE.yaml")


def _load(*parts: str) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(shipped(*parts).read_bytes(), Loader=loader)  # both are safe loaders
    return found


def _hash(value: object) -> str:
    return sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
