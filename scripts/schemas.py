"""What is read from a schema in the same way, whatever is written from it."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def referred(field: Schema) -> str:
    """The definition that a field refers to; nothing for one that stands for itself."""
    return str(field.get("$ref", "")).removeprefix("#/$defs/")


def closed(name: str, definition: Schema) -> Schema:
    """The fields of an object. Raises ValueError for one that could hold others, or miss one."""
    properties: Schema = definition["properties"]
    if definition["additionalProperties"] is not False or set(definition["required"]) != set(properties):
        raise ValueError(f"{name} is not closed")
    return properties


def literal(value: str | None) -> str:
    """A word, or null, as Python source in the house's quotes."""
    return "None" if value is None else f'"{value}"'
