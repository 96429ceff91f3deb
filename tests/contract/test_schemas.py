"""The schemas are closed worlds: no string in a record can be anything but a word or a fixed format.

What holds for every schema in schemas/ is tested here over the schemas themselves, so that a new
field cannot forget it. Exceptions stand in one list, by name and with a reason; an exception that
nothing needs any more is an error, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from scripts import bits

SCHEMAS = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in bits.SCHEMAS.glob("*.yaml")}

# The only patterns there are; each goes with its format.
PATTERNS = {
    "hex16": r"^[0-9a-f]{16}$",
    "hex32": r"^[0-9a-f]{32}$",
    "hex64": r"^[0-9a-f]{64}$",
    "hex128": r"^[0-9a-f]{128}$",
    "uuid4": r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
    "instant": r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z$",  # noqa: E501
    "hour": r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):00:00Z$",
    "semver": r"^(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})$(?!\n)",
    "minor": r"^(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.0$(?!\n)",
    "week": r"^20[0-9]{2}-W(0[1-9]|[1-4][0-9]|5[0-3])$(?!\n)",
    "month": r"^20[0-9]{2}-(0[1-9]|1[0-2])$(?!\n)",
}
# The longest text of each.
LONGEST = {
    "hex16": 16,
    "hex32": 32,
    "hex64": 64,
    "hex128": 128,
    "uuid4": 36,
    "instant": 24,
    "hour": 20,
    "semver": 11,
    "minor": 9,
    "week": 8,
    "month": 7,
}

# What is no record at all, and why: whoever is to add one here must say why it cannot be a closed world.
NO_RECORD = {
    "export": "holds what a person has on their disk, config.yaml letter by letter; made for them, sent nowhere"
}
CLOSED = sorted(SCHEMAS.keys() - NO_RECORD.keys())

# What may be a freer string, and why. Nothing of these schemas is ever sent or kept as a record.
FREER = {
    "config:endpoint": "a URL that the person writes; contract/config.py holds it against a grammar of its own",
    "insights:text": "advice and discoveries are the program's own sentences, filled in with words and numbers",
    "insights:label": "the name of a group of features; the program's own words",
    "insights:agent": "an agent's or a domain's published name, copied from an event, where it is an enum",
    "insights:agent_type": "the same",
    "insights:domain": "the same",
    "insights:kind": "a stable word of the program for the rule that speaks",
    "insights:day": "a date of the question asked",
    "insights:since": "the same",
    "insights:until": "the same",
    "community:day": "a date of the question asked",
    "community:since": "the same",
    "community:until": "the same",
    "community:agent": "an agent's published name, copied from a verified release, where it is an enum",
    "community:agents": "the same",
    "community:about": "a habit or a type of file; the program's own words",
    "community:why": "the program's own sentence",
    "community:key": "a signing key as the program writes it",
}
# What may be an object that is not closed by itself, and why.
OPEN_OBJECTS = {"insights:group": "only merged into closed objects, never referred to"}

Part = dict[str, Any]


def parts(schema: Part, name: str) -> Iterator[tuple[str, Part]]:
    """Every sub-schema with the last name on the way to it."""
    yield name, schema
    for keyword in ("properties", "$defs"):
        for inner, part in schema.get(keyword, {}).items():
            yield from parts(part, inner)
    for keyword in ("oneOf", "anyOf", "allOf"):
        for part in schema.get(keyword, []):
            yield from parts(part, name)
    if "items" in schema:
        yield from parts(schema["items"], name)


def types(part: Part) -> set[str]:
    """The types a sub-schema allows by its `type`."""
    kind = part.get("type", [])
    return set(kind if isinstance(kind, list) else [kind])


ALL = [(schema, name, part) for schema, whole in SCHEMAS.items() for name, part in parts(whole, schema)]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_schema_is_a_schema(schema: str) -> None:
    """By the metaschema of JSON Schema 2020-12."""
    assert SCHEMAS[schema]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[schema])


@pytest.mark.parametrize("schema", CLOSED)
def test_no_string_is_anything_but_a_word_or_a_fixed_format(schema: str) -> None:
    """A `type: string` needs a format of the list above, its very pattern, and a longest length."""
    loose = [
        name
        for where, name, part in ALL
        if where == schema
        and "string" in types(part)
        and "enum" not in part
        and f"{schema}:{name}" not in FREER
        and not _has_a_format(part)
    ]
    assert loose == []


def _has_a_format(part: Part) -> bool:
    kind = part.get("x-format", "")
    return kind in PATTERNS and (part.get("pattern"), part.get("maxLength")) == (PATTERNS[kind], LONGEST[kind])


@pytest.mark.parametrize("schema", SCHEMAS)
def test_nothing_is_of_any_type(schema: str) -> None:
    """Every sub-schema says what it is; one that says nothing would allow everything."""
    says = {"type", "enum", "const", "$ref", "oneOf"}
    assert [name for where, name, part in ALL if where == schema and not says & part.keys()] == []


@pytest.mark.parametrize("schema", CLOSED)
def test_every_object_is_closed(schema: str) -> None:
    """Known properties only, and no patterns of names."""
    keywords = {"patternProperties", "propertyNames", "unevaluatedProperties", "dependentSchemas", "if", "not"}
    still_open = [
        name
        for where, name, part in ALL
        if where == schema
        and ("object" in types(part) or "properties" in part)
        and f"{schema}:{name}" not in OPEN_OBJECTS
        and (part.get("additionalProperties") is not False or keywords & part.keys())
    ]
    assert still_open == []


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_field_says_what_it_is_for(schema: str) -> None:
    """In its own description, or in that of the definition it refers to."""
    definitions = SCHEMAS[schema].get("$defs", {})
    silent = [
        name
        for where, _, part in ALL
        if where == schema
        for name, field in part.get("properties", {}).items()
        if not (
            field.get("description") or definitions.get(field.get("$ref", "").rpartition("/")[2], {}).get("description")
        )
    ]
    assert silent == []


def test_every_exception_is_needed() -> None:
    """An exception for what is no longer there would hide the next one of that name."""
    names = {f"{schema}:{name}" for schema, name, part in ALL if "string" in types(part) and "x-format" not in part}
    assert {name for name in FREER if name not in names} == set()
    objects = {f"{schema}:{name}" for schema, name, part in ALL if part.get("additionalProperties") is not False}
    assert OPEN_OBJECTS.keys() <= objects
    assert NO_RECORD.keys() <= SCHEMAS.keys() and not NO_RECORD.keys() & set(bits.CLOSED)


@pytest.mark.parametrize("name", ["agent", "domain", "file_type", "phase"])
def test_the_words_of_all_records_are_the_same(name: str) -> None:
    """What an event may say, a feature may repeat, and a report again."""
    words = SCHEMAS["event"]["$defs"][name]["enum"]
    assert SCHEMAS["feature"]["$defs"][name]["enum"] == words
    assert SCHEMAS["report"]["$defs"][name]["enum"] == words


@pytest.mark.parametrize("name", ["agent", "domain", "file_type"])
def test_common_words_are_words_and_blurred_ones_are_common(name: str) -> None:
    """What an uncommon word becomes must not be uncommon itself."""
    part = SCHEMAS["report"]["$defs"][name]
    assert [word for word in part["enum"] if word in part["x-common"]] == part["x-common"]
    assert ("other" if name == "file_type" else "custom") in part["x-common"]


def fields_of(part: Part, definitions: Part) -> Any:
    """The names of an object's fields, and of the fields in them."""
    part = definitions.get(part.get("$ref", "").rpartition("/")[2], part)
    if "items" in part:
        return fields_of(part["items"], definitions)
    return {name: fields_of(field, definitions) for name, field in part.get("properties", {}).items()}


def test_a_report_is_the_record_of_a_feature_field_for_field() -> None:
    """The seed's schema: nothing more, nothing less; around it, the version and the way to take it back."""
    report, feature = SCHEMAS["report"], SCHEMAS["feature"]
    assert list(report["properties"]) == ["version", "withdrawal", "report"]
    assert fields_of(report["properties"]["report"], report["$defs"]) == fields_of(feature, feature["$defs"])


def test_every_error_of_a_feature_can_be_reported() -> None:
    """The same words, null included."""
    for field in ("phase_failed", "error_category"):
        words = SCHEMAS["feature"]["properties"]["errors"]["properties"][field]["enum"]
        reported = SCHEMAS["report"]["properties"]["report"]["properties"]["errors"]["properties"][field]["enum"]
        assert reported == words


def test_every_reference_leads_to_a_definition_of_the_same_file() -> None:
    """A schema that fetches another one would depend on the network."""
    for schema, name, part in ALL:
        if "$ref" in part:
            assert re.fullmatch(r"#/\$defs/[a-z_]+", part["$ref"]), f"{schema}:{name}"
            assert part["$ref"].rpartition("/")[2] in SCHEMAS[schema]["$defs"]


def test_a_record_carries_few_bits(capsys: pytest.CaptureFixture[str]) -> None:
    """An event under 4 kibibit, a feature under 8: they stay here. A report under 1, its random bits included."""
    with capsys.disabled():
        print()
        assert bits.main([]) == 0
    assert bits.bits("event") < 4096
    assert bits.bits("feature") < 8192
    assert bits.bits("report") < 1024
    assert bits.bits("report") - bits.drawn_bits("report") < 600


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ({"type": "string", "maxLength": 9}, "a string without a format"),
        ({"type": "string", "pattern": ".*", "x-format": "semver"}, "a string without a longest length"),
        ({"type": "integer", "minimum": 0}, "a number without a maximum"),
        ({"type": "number", "minimum": 0, "maximum": 1}, "a fraction"),
        ({"type": "array", "items": {"type": "boolean"}}, "a list without an end"),
        ({"type": "object", "properties": {}}, "an open object"),
        ({"type": "object", "properties": {"a": {"const": 1}}, "additionalProperties": False}, "an optional field"),
        ({}, "anything"),
    ],
)
def test_what_has_no_end_has_no_number_of_bits(part: Part, fields: str) -> None:
    """The bound is an error for a schema that could hold anything: it cannot be wrong in silence."""
    with pytest.raises(bits.Unbounded):
        bits.count({"$defs": {}}, part, fields)


def test_the_bound_counts_what_there_is() -> None:
    """Small worlds, counted by hand."""
    assert bits.count({}, {"type": ["boolean", "null"]}) == 3
    assert bits.count({}, {"type": "integer", "minimum": 1, "maximum": 8}) == 8
    assert bits.count({}, {"type": "integer", "minimum": 100, "maximum": 990, "multipleOf": 10}) == 90
    assert bits.count({}, {"type": "integer", "minimum": 1, "maximum": 20, "multipleOf": 10}) == 2
    assert bits.count({}, {"type": "array", "maxItems": 2, "items": {"enum": ["a", "b"]}}) == 1 + 2 + 4
    assert bits.count({}, {"type": "array", "maxItems": 9, "uniqueItems": True, "items": {"enum": ["a", "b"]}}) == 5
