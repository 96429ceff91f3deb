"""The shape of a report as typed records, written from its schema: part of scripts/generate.py.

What a type can say, it says: fields, words, lengths, patterns. What none can say (numbers from a list, items that
differ) becomes one function over the records. Both raise at a field that they do not know, so that no shape is weaker
than its schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from scripts.schemas import Schema, closed, literal, referred

HEAD = '''"""The shape of a sealed report by schemas/report.yaml, for a decoder that takes nothing else.

{notice}
For the one place that reads thousands of reports a second. What no type can say, `fits` does. It agrees with
telemetry/contract/report_check.py about every canonical line (tests/community/test_report_shape.py); of others it may
take 5.0 for 5 or a field twice, so that a line counts only if the report, written again, is the very same.
"""

# fmt: off
# ruff: noqa: E501

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct
'''

SCORES = """

def _is_score(value: int | float | None) -> bool:
    return value is None or value in (_WHOLE if type(value) is int else _HALVES)
"""


# What a field of each kind may say: whatever else its schema said would not be in its shape.
KEYWORDS = {
    "object": {"type", "description", "additionalProperties", "required", "properties"},
    "array": {"type", "description", "maxItems", "uniqueItems", "items"},
    "string": {"type", "description", "pattern", "maxLength", "x-format"},
    "boolean": {"type", "description"},
    "$ref": {"$ref", "description"},
    "const": {"const", "description"},
    "enum": {"enum", "description", "x-common"},
    "oneOf": {"oneOf", "description"},
    "integer": {"type", "minimum", "maximum", "multipleOf"},
}
AT_THE_TOP = ("$schema", "$id", "title", "$defs")


def _known(field: Schema, *more: str) -> Schema:
    """The field. Raises ValueError for one of no kind, or one that says something its shape would not hold to."""
    kinds = [word for word in ("$ref", "const", "enum", "oneOf") if word in field]
    kind = kinds[0] if kinds else _type_of(field)
    if unknown := field.keys() - KEYWORDS.get(kind, set()) - set(more):
        raise ValueError(f"{', '.join(sorted(unknown))} of a field has no shape yet")
    return field


def _type_of(field: Schema) -> str:
    """Its type, with `null` or without."""
    kind = field["type"]
    return str(kind[0] if isinstance(kind, list) else kind)


class Shape:
    """The module under way: lists of words and numbers, a record for each object, checks of what no type says."""

    def __init__(self, schema: Schema) -> None:
        self._defs: Schema = _known(schema, *AT_THE_TOP)["$defs"]
        self._constants: dict[str, str] = {}
        self._records: list[str] = []
        self._checks: list[str] = []
        self._record("Sealed", schema, "sealed")

    def lines(self) -> Iterator[str]:
        """The module after its head."""
        yield from (f"{name} = {value}" for name, value in self._constants.items())
        yield from ("", "", "class _Closed(Struct, frozen=True, forbid_unknown_fields=True, gc=False):")
        yield '    """An object that has these fields and no others; it cannot refer to itself, so no work for gc."""'
        yield from self._records
        yield SCORES.rstrip("\n")
        yield from ("", "", "def fits(sealed: Sealed) -> bool:")
        yield '    """Whether what has the shape is a report: numbers from the lists, and no item of a list twice."""'
        first, *others = self._checks
        yield from ("    return (", f"        {first}", *(f"        and {one}" for one in others), "    )")

    # --- records

    def _record(self, name: str, definition: Schema, path: str) -> None:
        """One object, after all that it is made of. Fields by name: that is the order of canonical JSON."""
        properties = closed(name, definition)
        fields = [f"    {key}: {self._type(properties[key], key, f'{path}.{key}')}" for key in sorted(properties)]
        docstring = f'    """{definition["description"].strip()}"""'
        self._records += ["", "", f"class {name}(_Closed, frozen=True):", docstring, "", *fields]

    def _type(self, field: Schema, key: str, path: str) -> str:
        """The type of a field. What it does not say about it goes to `checks`."""
        name = referred(_known(field))
        target = _known(self._defs[name]) if name else field
        if name == "score":
            return self._score(target, path)
        if name == "seconds":
            return self._seconds(target, path)
        if "const" in target:
            return f"Literal[{target['const']!r}]"
        if "enum" in target:
            return self._one_of(target["enum"], name, key, path)
        return self._typed(target, key, path)

    def _typed(self, field: Schema, key: str, path: str) -> str:
        match field["type"]:
            case "boolean":
                return "bool"
            case ["boolean", "null"]:
                return "bool | None"
            case "string":
                return f'Annotated[str, Meta(pattern=r"{field["pattern"]}", max_length={field["maxLength"]})]'
            case "object":
                self._record(key.title(), field, path)
                return key.title()
            case "array":
                return self._list(field, path)
        raise ValueError(f"a field of type {field['type']} has no shape yet")

    def _list(self, field: Schema, path: str) -> str:
        if field.get("uniqueItems"):
            self._checks.append(f"len({{*{path}}}) == len({path})")
        name = referred(_known(field["items"]))
        definition = _known(self._defs[name])
        if definition.get("type") != "object":
            return self._bounded(self._type(field["items"], name, path), field)
        outer, self._checks = self._checks, []
        self._record(name.title(), definition, "item")
        self._checks = [*outer, *(f"all({one} for item in {path})" for one in self._checks)]
        return self._bounded(name.title(), field)

    def _bounded(self, item: str, field: Schema) -> str:
        return f"Annotated[list[{item}], Meta(max_length={field['maxItems']})]"

    # --- values

    def _one_of(self, values: list[Any], name: str, key: str, path: str) -> str:
        if all(type(value) is float for value in values):
            self._set(key.upper(), map(repr, values))
            self._checks.append(f"{path} in _{key.upper()}")
            return "float"
        if not all(value is None or type(value) is str for value in values):
            raise ValueError(f"{key} has no shape yet")
        said = f"Literal[{', '.join(map(literal, values))}]"
        if not name:
            return said
        alias = name.title().replace("_", "")
        self._constants[alias] = said
        return alias

    def _score(self, definition: Schema, path: str) -> str:
        for name, kind in (("WHOLE", int), ("HALVES", float)):
            self._set(name, (repr(value) for value in definition["enum"] if type(value) is kind))
        self._checks.append(f"_is_score({path})")
        return "int | float | None"

    def _seconds(self, definition: Schema, path: str) -> str:
        branches = [_known(one) for one in definition["oneOf"]]
        if any(one["type"] != "integer" for one in branches):
            raise ValueError("seconds are whole")
        steps = [(one["minimum"], one["maximum"] + 1, one.get("multipleOf", 1)) for one in branches]
        self._set("SECONDS", (f"*range({low}, {high}, {step})" for low, high, step in steps))
        self._checks.append(f"{path} in _SECONDS")
        return "int"

    def _set(self, name: str, values: Iterable[str]) -> None:
        self._constants[f"_{name}"] = f"frozenset(({', '.join(values)},))"


def report_shape(schema: Schema, notice: str) -> str:
    """The source of telemetry/community/report_shape.py."""
    return HEAD.format(notice=notice) + "\n" + "\n".join(Shape(schema).lines()) + "\n"
