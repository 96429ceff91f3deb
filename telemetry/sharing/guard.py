"""The last guard: whether these very bytes may leave. It knows nothing of how they were made.

It believes the schema (schemas/report.yaml) and NEVER_CAPTURE.yaml, and nothing else: a bug in the code that builds
reports, or a file changed on the disk, ends here. Where it cannot read its rules, nothing leaves.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from typing import Any

import yaml

from telemetry.contract.report_check import is_report
from telemetry.contract.resources import shipped

MAX_BYTES = 16 * 1024

# What a broken NEVER_CAPTURE.yaml can lead to: none of it is a pass.
_UNREADABLE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
    yaml.YAMLError,
    re.error,
)


class NoRules(Exception):
    """NEVER_CAPTURE.yaml is not there, or does not say what to look for."""


def refusal_of(sealed: bytes) -> str | None:
    """Why these bytes may not leave, as a code; None if they may. Never raises.

    too_large, not_json (also: a key twice, NaN), schema, not_canonical, never_capture, no_rules.
    """
    if len(sealed) > MAX_BYTES:
        return "too_large"
    try:
        text = sealed.decode("utf-8")
        value = _decode(text)
    except (ValueError, RecursionError):
        return "not_json"
    if not is_report(value):
        return "schema"
    if not _is_canonical(sealed, value):
        return "not_canonical"
    try:
        return None if _is_clean(text) else "never_capture"
    except NoRules:
        return "no_rules"


def _is_canonical(sealed: bytes, value: object) -> bool:
    """The same as `canonical(value) == sealed`, in a third of the time: of what the schema allows, only a number that
    ends in .0 is written otherwise by the encoder of `json`."""
    return _encode(value).encode() == sealed and not _LOOSE_NUMBER.search(sealed)


def _is_clean(text: str) -> bool:
    """Whether no pattern is found in what stands between two quotes: a string, or what joins two of them."""
    return all(map(_is_clean_piece, set(text.split('"'))))


@lru_cache(maxsize=4096)
def _is_clean_piece(piece: str) -> bool:
    """Remembered, as nearly all strings of a report are words of the schema: searching again is most of the time."""
    return not any(rule.search(piece) for rule in _rules())


@cache
def _rules() -> tuple[re.Pattern[str], ...]:
    """The patterns of NEVER_CAPTURE.yaml, read once. Raises NoRules, and then tries again at the next report."""
    try:
        never = yaml.safe_load(shipped("NEVER_CAPTURE.yaml").read_text(encoding="utf-8"))
        rules = tuple(re.compile(pattern) for entry in never["entries"] for pattern in entry.get("patterns", ()))
    except _UNREADABLE as error:
        raise NoRules from error
    if not rules:
        raise NoRules
    return rules


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode
_LOOSE_NUMBER = re.compile(rb"\.0[,\]}]")
_decode = json.JSONDecoder(object_pairs_hook=_once_each, parse_constant=_no_constant).decode
