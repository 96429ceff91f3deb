"""Valid events of every kind, drawn from schemas/event.yaml itself, and one plain one of each."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
SCHEMA: dict[str, Any] = yaml.safe_load((ROOT / "schemas" / "event.yaml").read_text(encoding="utf-8"))
KINDS = [branch["$ref"].rpartition("/")[2] for branch in SCHEMA["oneOf"]]
Event = dict[str, Any]

_HEX = "0123456789abcdef"
_INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59, 59))
FORMATS: dict[str, st.SearchStrategy[str]] = {
    "hex16": st.text(_HEX, min_size=16, max_size=16),
    "hex32": st.text(_HEX, min_size=32, max_size=32),
    "instant": _INSTANTS.map(lambda at: at.isoformat(timespec="milliseconds") + "Z"),
    "semver": st.tuples(*[st.integers(0, 999)] * 3).map(lambda parts: "{}.{}.{}".format(*parts)),
}


def values(part: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What a part of the schema allows."""
    if "$ref" in part:
        part = {**SCHEMA["$defs"][part["$ref"].rpartition("/")[2]], **part}
    if "const" in part:
        return st.just(part["const"])
    if "enum" in part:
        return st.sampled_from(part["enum"])
    if "oneOf" in part:
        return st.one_of([values(branch) for branch in part["oneOf"]])
    kinds = part["type"] if isinstance(part["type"], list) else [part["type"]]
    return st.one_of([_of_type(part, kind) for kind in kinds])


def _of_type(part: dict[str, Any], kind: str) -> st.SearchStrategy[Any]:
    if kind == "null":
        return st.none()
    if kind == "boolean":
        return st.booleans()
    if kind == "integer":
        return st.integers(part["minimum"], part["maximum"])
    if kind == "string":
        return FORMATS[part["x-format"]]
    if kind == "array":
        longest, unique = min(part["maxItems"], 3), part.get("uniqueItems", False)
        return st.lists(values(part["items"]), max_size=longest, unique=unique)
    return st.fixed_dictionaries({name: values(field) for name, field in part["properties"].items()})


def kind_of_event(kind: str) -> st.SearchStrategy[Event]:
    """Events of one kind."""
    return values({"$ref": f"#/$defs/{kind}"})


EVENTS = st.sampled_from(KINDS).flatmap(kind_of_event)

ENVELOPE: Event = {
    "v": 1,
    "id": "0123456789abcdef" * 2,
    "at": "2026-11-22T10:00:00.000Z",
    "session": "00000000000000aa",
    "turn": "00000000000000bb",
    "feature": None,
}
ROW: Event = {"file": "00000000000000cc", "agent": "dbt-specialist", "type": ".sql"}
_FIELDS: dict[str, Event] = {
    "phase_started": {"phase": "define", "origin": "typed", "judge": "off", "agentspec": "3.5.0"},
    "document_saved": {"document": "define", "status": "ready"},
    "scope_defined": {"domains": ["dbt", "custom"], "infrastructure": "none", "clarity": 13},
    "files_planned": {"part": 1, "parts": 1, "total": 1, "files": [{**ROW, "test": False}]},
    "build_reported": {
        "lines": 290,
        "tasks_done": 4,
        "tasks_total": 4,
        "tests_passed": None,
        "tests_total": None,
    },
    "files_built": {"part": 1, "parts": 1, "total": 1, "files": [{**ROW, "verified": None}]},
    "agent_ran": {"agent": "custom", "outcome": "failed"},
    "judge_ruled": {"phase": None, "verdict": "pass", "score": 88, "seats": 1},
    "knowledge_read": {"domain": "dbt", "pattern": None},
    "turn_ended": {},
    "turn_failed": {"error": "rate_limit"},
    "session_ended": {"reason": "clear"},
    "phase_ended": {"phase": "build", "success": True, "agents": 3, "files": 9},
}
PLAIN: dict[str, Event] = {kind: {**ENVELOPE, "kind": kind, **fields} for kind, fields in _FIELDS.items()}
