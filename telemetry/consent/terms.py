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

RAW_DAYS = 7  # how long a server keeps a report as such; then it is only a number in sums
MATURITY_HOURS = 24

# The fixed words of the dialog; what is listed between them comes from the schema and NEVER_CAPTURE.yaml.
WORDS = f"""\
Share anonymous reports of this project's features? No is fine: nothing changes, and all your own figures stay.

A report is made once per feature, when it is shipped or has been untouched for 14 days. It waits {MATURITY_HOURS} hours
or longer on this machine; until then you can read its exact bytes (agentspec telemetry --preview) and delete it
(--drop ID). Only features begun from now on are shared, only from this project, only to this address.

The server keeps a report for at most {RAW_DAYS} days, then only sums that many reports went into. Taking back (--purge)
deletes what it still holds; what is in sums already cannot be told apart and stays.

Turn it off at any time: agentspec telemetry --disable, or `sharing: off` in .claude/telemetry/config.yaml.
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
