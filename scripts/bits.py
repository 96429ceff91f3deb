#!/usr/bin/env python3
"""How many bits a record can carry at most, computed from its schema.

The schemas are closed: every string is a word of a list or has a fixed format, every number has a
range, every list a longest length. So what one record can tell anybody is bounded, and this is the
bound: the logarithm of the number of different records there are.

    scripts/bits.py             all closed records
    scripts/bits.py event       one of them
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import yaml

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"
CLOSED = ("event", "feature", "report")
Schema = dict[str, Any]

# How many strings there are in each format; not more than this, that is.
_HOURS_2000_TO_2099 = 100 * 12 * 31 * 24
FORMATS = {
    "hex16": 16**16,
    "hex32": 16**32,
    "hex64": 16**64,
    "uuid4": 16**30 * 4,
    "instant": _HOURS_2000_TO_2099 * 60 * 60 * 1000,
    "hour": _HOURS_2000_TO_2099,
    "semver": 1000**3,
    "minor": 1000**2,
}

# What of a record is drawn anew for it alone, and so says nothing of what it is about.
DRAWN = {"report": ("hex64", "uuid4")}


class Unbounded(ValueError):
    """A part of a schema that could hold anything; `where` is the way to it."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")


def load(name: str) -> Schema:
    """A schema by its name."""
    schema: Schema = yaml.safe_load((SCHEMAS / f"{name}.yaml").read_text(encoding="utf-8"))
    return schema


def count(schema: Schema, part: Schema, where: str = "") -> int:
    """How many different values a part allows. Raises Unbounded where there is no end to them."""
    if "$ref" in part:
        target = schema["$defs"][part["$ref"].removeprefix("#/$defs/")]
        part = {**target, **{key: value for key, value in part.items() if key != "$ref"}}
    if "const" in part:
        return 1
    if "enum" in part:
        return len(part["enum"])
    if "oneOf" in part:
        return sum(count(schema, branch, where) for branch in part["oneOf"])
    kinds = part.get("type", "anything")
    return sum(_count_of_type(schema, part, kind, where) for kind in (kinds if isinstance(kinds, list) else [kinds]))


def _count_of_type(schema: Schema, part: Schema, kind: str, where: str) -> int:
    if kind == "null":
        return 1
    if kind == "boolean":
        return 2
    if kind == "integer" and {"minimum", "maximum"} <= part.keys():
        step = int(part.get("multipleOf", 1))
        return int(part["maximum"]) // step - (int(part["minimum"]) - 1) // step
    if kind == "string" and {"pattern", "maxLength"} <= part.keys() and part.get("x-format") in FORMATS:
        return FORMATS[part["x-format"]]
    if kind == "array" and "maxItems" in part:
        return _count_of_lists(count(schema, part["items"], where + "[]"), part)
    if kind == "object" and part.get("additionalProperties") is False and "patternProperties" not in part:
        if set(part.get("required", ())) != set(part["properties"]):
            raise Unbounded(where, "not all fields are required")
        return math.prod(count(schema, field, f"{where}.{name}") for name, field in part["properties"].items())
    raise Unbounded(where, f"{kind} without an end")


def _count_of_lists(items: int, part: Schema) -> int:
    longest = part["maxItems"]
    if part.get("uniqueItems"):
        return sum(math.perm(items, length) for length in range(min(longest, items) + 1))
    return sum(items**length for length in range(longest + 1))


def bits(name: str) -> float:
    """An upper bound of the bits that one record of this schema carries."""
    schema = load(name)
    return _log2(count(schema, schema, name))


def bits_of_kinds(name: str) -> dict[str, float]:
    """The same for each kind of a record that comes in kinds."""
    schema = load(name)
    return {branch["$ref"].rpartition("/")[2]: _log2(count(schema, branch, name)) for branch in schema.get("oneOf", [])}


def drawn_bits(name: str) -> float:
    """How many of them are random: a withdrawal hash and an id, new for every record."""
    return sum(math.log2(FORMATS[kind]) for kind in DRAWN.get(name, ()))


def _log2(number: int) -> float:
    """Also of numbers that no float can hold."""
    shift = max(number.bit_length() - 64, 0)
    return math.log2(number >> shift) + shift + (1e-9 if shift else 0)


def main(arguments: list[str]) -> int:
    """Print the bounds."""
    for name in arguments or CLOSED:
        drawn = drawn_bits(name)
        print(f"{name}: at most {bits(name):,.0f} bits" + (f", {drawn:,.0f} of them random" if drawn else ""))
        for kind, most in sorted(bits_of_kinds(name).items(), key=lambda pair: -pair[1]):
            print(f"  {kind}: {most:,.0f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
