"""The shape of a report as typed records, written from its schema: part of scripts/generate.py.

What a type can say, it says: fields, words, lengths, patterns. What none can say (numbers from a list, items that
differ) becomes one function over the records. Both raise at a field that they do not know, so that no shape is weaker
than its schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

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
    "reference": {"$ref", "description"},
    "const": {"const", "description"},
    "enum": {"enum", "description", "x-common"},
    "ranges": {"oneOf", "description"},
    "range": {"type", "minimum", "maximum", "multipleOf"},
}
AT_THE_TOP = ("$schema", "$id", "title", "$defs")


def closed(name: str, definition: Schema) -> Schema:
    """The fields of an object. Raises ValueError for one that could hold others, or miss one."""
    properties: Schema = definition["properties"]
    if definition["additionalProperties"] is not False or set(definition["required"]) != set(properties):
        raise ValueError(f"{name} is not closed")
    return properties


def _known(field: Schema, kind: str, *more: str) -> None:
    """Raise ValueError for a field that says something its shape would not hold to."""
    if unknown := field.keys() - KEYWORDS[kind] - set(more):
        raise ValueError(f"{', '.join(sorted(unknown))} of a field has no shape yet")


class Shape:
    """The module under way: `types` for each object and list of words, and `checks`: what the types do not say."""

    def __init__(self, schema: Schema) -> None:
        _known(schema, "object", *AT_THE_TOP)
        self._defs: Schema = schema["$defs"]
        self._words: list[str] = []
        self._records: list[str] = []
        self._sets: list[str] = []
        self._checks: list[str] = []
        self._record("Sealed", schema, "sealed")

    def lines(self) -> Iterator[str]:
        """The module after its head."""
        yield from (*self._words, *self._sets)
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
        name = field.get("$ref", "").removeprefix("#/$defs/")
        if name:
            _known(field, "reference")
        target = self._defs[name] if name else field
        if name == "score":
            return self._score(target, path)
        if name == "seconds":
            return self._seconds(target, path)
        if "const" in target:
            _known(target, "const")
            return f"Literal[{target['const']!r}]"
        if "enum" in target:
            _known(target, "enum")
            return self._one_of(target["enum"], name, key, path)
        return self._typed(target, key, path)

    def _typed(self, field: Schema, key: str, path: str) -> str:
        kind = field["type"][0] if isinstance(field["type"], list) else field["type"]
        if kind in KEYWORDS:
            _known(field, kind)
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
        _known(field["items"], "reference")
        name = field["items"]["$ref"].removeprefix("#/$defs/")
        definition = self._defs[name]
        if definition.get("type") != "object":
            return self._bounded(self._type(field["items"], name, path), field)
        _known(definition, "object")
        outer, self._checks = self._checks, []
        self._record(name.title(), definition, "item")
        self._checks = [*outer, *(f"all({one} for item in {path})" for one in self._checks)]
        return self._bounded(name.title(), field)

    def _bounded(self, item: str, field: Schema) -> str:
        return f"Annotated[list[{item}], Meta(max_length={field['maxItems']})]"

    # --- values

    def _one_of(self, values: list[Any], name: str, key: str, path: str) -> str:
        if all(type(value) is float for value in values):
            self._set(key.upper(), ", ".join(map(repr, values)))
            self._checks.append(f"{path} in _{key.upper()}")
            return "float"
        if not all(value is None or type(value) is str for value in values):
            raise ValueError(f"{key} has no shape yet")
        said = f"Literal[{', '.join('None' if value is None else f'{chr(34)}{value}{chr(34)}' for value in values)}]"
        if not name:
            return said
        alias = name.title().replace("_", "")
        if f"{alias} = {said}" not in self._words:
            self._words.append(f"{alias} = {said}")
        return alias

    def _score(self, definition: Schema, path: str) -> str:
        _known(definition, "enum")
        numbers = [value for value in definition["enum"] if value is not None]
        self._set("WHOLE", ", ".join(repr(value) for value in numbers if type(value) is int))
        self._set("HALVES", ", ".join(repr(value) for value in numbers if type(value) is float))
        self._checks.append(f"_is_score({path})")
        return "int | float | None"

    def _seconds(self, definition: Schema, path: str) -> str:
        _known(definition, "ranges")
        for one in definition["oneOf"]:
            _known(one, "range")
        steps = [(one["minimum"], one["maximum"] + 1, one.get("multipleOf", 1)) for one in definition["oneOf"]]
        if any(one["type"] != "integer" for one in definition["oneOf"]):
            raise ValueError("seconds are whole")
        self._set("SECONDS", ", ".join(f"*range({low}, {high}, {step})" for low, high, step in steps))
        self._checks.append(f"{path} in _SECONDS")
        return "int"

    def _set(self, name: str, values: str) -> None:
        line = f"_{name} = frozenset(({values},))"
        if line not in self._sets:
            self._sets.append(line)


def report_shape(schema: Schema, notice: str) -> str:
    """The source of telemetry/community/report_shape.py."""
    return HEAD.format(notice=notice) + "\n" + "\n".join(Shape(schema).lines()) + "\n"
