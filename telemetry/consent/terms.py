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

# The words of the dialog, a paragraph a line, which dialog.py breaks. What stands in braces is bound otherwise: the
# lists by own hashes, the address by itself. With the question they fit 24 lines: a word more has to be worth it.
WORDS = """\
SHARE ANONYMOUS REPORTS? No is fine: nothing changes, and all your figures stay.
SHARED once per feature begun {since}, when shipped or 14 days untouched: {shared}
NEVER, nor recorded (NEVER_CAPTURE.yaml): {never}
{example}
GOES TO {endpoint} Like any server it sees your network address; no report has it.
STAYS here {hours} hours, to be read (--preview) or deleted (--drop ID); at the server 7 days at most, it promises; \
then it is only in sums of many.
TAKING BACK: --purge asks the server to delete what it has; sums of many stay.
OFF any time: agentspec telemetry --disable, or `sharing: off` in config.yaml.
Your yes is kept in ~/.local/state/agentspec-telemetry, with this folder's path.
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
