"""Any valid events: drawn from schemas/event.yaml itself, so that a new kind or field is drawn too.

Small worlds on purpose: few sessions, turns, features and instants, so that events meet.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from telemetry.contract.resources import shipped
from tests.features.events import ref

Event = dict[str, Any]

_SECONDS = (0, 1, 59, 600, 1801, 3599, 5000, 86_399)
_DAYS = ("2026-02-28", "2026-02-31", "2026-03-01", "2026-10-30", "2026-11-01", "2026-11-02", "2026-11-30", "2099-12-31")
_INSTANTS = st.builds(
    lambda day, second, thousandth: (
        f"{day}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{thousandth:03d}Z"
    ),
    st.sampled_from(_DAYS),
    st.sampled_from(_SECONDS),
    st.sampled_from((0, 1, 999)),
)
_REFS = {
    "session": st.sampled_from([ref(f"session {number}") for number in range(3)]),
    "turn": st.sampled_from([ref(f"turn {number}") for number in range(4)]),
    "feature": st.sampled_from([ref(f"feature {number}") for number in range(3)]),
}
_FORMATS: dict[str, SearchStrategy[Any]] = {
    "hex32": st.sampled_from([f"{number:032x}" for number in range(40)]),
    "hex16": st.sampled_from([ref(f"file {number}") for number in range(4)]),
    "instant": _INSTANTS,
    "semver": st.sampled_from(["0.0.0", "3.5.0", "999.999.999"]),
}


@cache
def schema() -> dict[str, Any]:
    """The event's schema."""
    found: dict[str, Any] = yaml.safe_load(shipped("schemas", "event.yaml").read_text(encoding="utf-8"))
    return found


def events() -> SearchStrategy[Event]:
    """Any one valid event."""
    return st.one_of([_drawn(option) for option in schema()["oneOf"]])


def crowded_events() -> SearchStrategy[Event]:
    """Events that share instants and ids, as no hook writes them."""
    moments = st.sampled_from(["2026-11-01T10:00:00.000Z", "2026-11-01T10:00:00.001Z"])
    ids = st.sampled_from([f"{number:032x}" for number in range(6)])
    return st.builds(lambda event, at, identity: {**event, "at": at, "id": identity}, events(), moments, ids)


def journals(max_size: int = 40) -> SearchStrategy[list[Event]]:
    """Events with ids of their own, in any order."""
    return st.lists(events(), max_size=max_size, unique_by=lambda event: event["id"])


def _drawn(part: dict[str, Any], name: str = "") -> SearchStrategy[Any]:
    """A strategy for a part of the schema; what it does not know it refuses, so that nothing goes undrawn."""
    if "$ref" in part:
        return _drawn(schema()["$defs"][part["$ref"].removeprefix("#/$defs/")], name)
    if "const" in part:
        return st.just(part["const"])
    if "enum" in part:
        return st.sampled_from(part["enum"])
    if "oneOf" in part:
        return st.one_of([_drawn(option, name) for option in part["oneOf"]])
    types = part["type"] if isinstance(part["type"], list) else [part["type"]]
    return st.one_of([_of_type(kind, part, name) for kind in types])


def _of_type(kind: str, part: dict[str, Any], name: str) -> SearchStrategy[Any]:
    if kind == "null":
        return st.none()
    if kind == "boolean":
        return st.booleans()
    if kind == "integer":
        return st.integers(part["minimum"], part["maximum"])
    if kind == "string":
        return _REFS[name] if name in _REFS else _FORMATS[part["x-format"]]
    if kind == "array":
        unique = part.get("uniqueItems", False)
        return st.lists(_drawn(part["items"]), max_size=min(part["maxItems"], 5), unique=unique)
    assert kind == "object" and not part["additionalProperties"], part
    assert set(part["required"]) == set(part["properties"]), "a field that may be missing is not drawn"
    return st.fixed_dictionaries({field: _drawn(rule, field) for field, rule in part["properties"].items()})
