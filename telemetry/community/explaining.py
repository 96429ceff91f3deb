"""What is wrong with something that is no report: which field, and what schemas/report.yaml says about it. Pure.

Only for what was refused already: whether it is a report says telemetry/contract/report_check.py. A pointer is made of
names of the schema and of numbers, never of what was sent; the name of an unknown field is not repeated either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import yaml

from telemetry.contract.resources import shipped

Schema = dict[str, Any]


class Fault(NamedTuple):
    """`reason`: a code. `pointer`: a JSON pointer to the field. `description`: the schema's own words about it.

    Of another version, it says which one is spoken here, never which one came.
    """

    reason: str
    pointer: str
    description: str


VERSION_OLD, VERSION_NEW = "version_old", "version_new"
UNKNOWN_FIELD, MISSING_FIELD, WRONG_VALUE = "unknown_field", "missing_field", "wrong_value"
REASONS = (VERSION_OLD, VERSION_NEW, UNKNOWN_FIELD, MISSING_FIELD, WRONG_VALUE)


@cache
def report_schema() -> Schema:
    """schemas/report.yaml as it is."""
    found: Schema = yaml.safe_load(shipped("schemas", "report.yaml").read_text(encoding="utf-8"))
    return found


def fault_of(value: object) -> Fault | None:
    """The first thing that is wrong with a JSON value as a report; None where the schema has nothing against it."""
    schema = report_schema()
    other = _other_version(schema, value)
    return other or next(_faults(schema, value, "", schema["description"]), None)


def _other_version(schema: Schema, value: object) -> Fault | None:
    """A report of another version is wrong in that alone, whatever else it holds."""
    version = value.get("version") if isinstance(value, dict) else None
    its = schema["properties"]["version"]
    if type(version) is not int or version == its["const"]:
        return None
    reason = VERSION_OLD if version < its["const"] else VERSION_NEW
    return Fault(reason, "/version", f"{its['description']} This server speaks version {its['const']}.")


def _faults(schema: Schema, value: Any, pointer: str, description: str) -> Iterator[Fault]:
    """What is wrong here, and then below."""
    if "$ref" in schema:
        schema = {**report_schema()["$defs"][schema["$ref"].rpartition("/")[2]], **schema}
    description = schema.get("description", description)
    if any(not CHECKS[word](schema[word], value) for word in schema if word in CHECKS):
        yield Fault(WRONG_VALUE, pointer, description)
    elif isinstance(value, dict):
        yield from _in_an_object(schema, value, pointer, description)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _faults(schema["items"], item, f"{pointer}/{number}", description)


def _in_an_object(schema: Schema, value: dict[str, Any], pointer: str, description: str) -> Iterator[Fault]:
    properties = schema["properties"]
    if not value.keys() <= properties.keys():
        yield Fault(UNKNOWN_FIELD, pointer, description)
    for name in schema["required"]:
        if name not in value:
            yield Fault(MISSING_FIELD, f"{pointer}/{name}", properties[name]["description"])
    for name, below in properties.items():
        if name in value:
            yield from _faults(below, value[name], f"{pointer}/{name}", description)


# --- the words of JSON Schema that the report's schema uses, each for the values it speaks of


def _is_of(types: str | list[str], value: object) -> bool:
    return any(isinstance(value, _PYTHON[name]) for name in ([types] if isinstance(types, str) else types)) and not (
        isinstance(value, bool) and "boolean" not in types
    )


_PYTHON: dict[str, type] = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
_PYTHON["null"] = type(None)


def _is_same(wanted: object, value: object) -> bool:
    """As JSON sees it: true is not 1."""
    return wanted == value and isinstance(wanted, bool) == isinstance(value, bool)


def _fits_one(schemas: list[Schema], value: object) -> bool:
    return sum(next(_faults(schema, value, "", ""), None) is None for schema in schemas) == 1


def _matches(pattern: str, value: object) -> bool:
    return not isinstance(value, str) or (len(value) <= 64 and re.search(pattern, value) is not None)


def _are_unique(wanted: bool, value: object) -> bool:
    if not isinstance(value, list) or len(value) > 64:
        return True
    return not any(_is_same(one, other) for number, one in enumerate(value) for other in value[:number])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


CHECKS: dict[str, Callable[[Any, Any], bool]] = {
    "type": _is_of,
    "const": _is_same,
    "enum": lambda words, value: any(_is_same(word, value) for word in words),
    "oneOf": _fits_one,
    "maxLength": lambda most, value: not isinstance(value, str) or len(value) <= most,
    "pattern": _matches,
    "maxItems": lambda most, value: not isinstance(value, list) or len(value) <= most,
    "uniqueItems": _are_unique,
    "minimum": lambda least, value: not _is_number(value) or value >= least,
    "maximum": lambda most, value: not _is_number(value) or value <= most,
    "multipleOf": lambda step, value: not _is_number(value) or value % step == 0,
}
