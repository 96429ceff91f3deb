"""The shape of a report and the check of a report agree about every canonical line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from scripts import generate, shapes
from telemetry.community import parsing
from telemetry.community.report_shape import fits
from telemetry.contract.report_check import is_report
from tests.sharing.reports import (
    Json,
    changed,
    disturbed_reports,
    files_of_the_corpus,
    inside,
    sealed_reports,
    steps_of,
    written,
)

FILES = files_of_the_corpus()


def is_taken(value: object) -> bool:
    """Whether the quick look takes the line of a value."""
    return parsing._quickly(written(value)) is not None


@given(sealed_reports())
@settings(max_examples=200)
def test_every_report_of_the_schema_has_the_shape(sealed: Json) -> None:
    """And is, written again, the line it was."""
    assert is_taken(sealed)


@given(disturbed_reports())
@settings(max_examples=400)
def test_a_report_with_anything_in_any_place_is_judged_alike(report: Json) -> None:
    """Whether it is still a report or not."""
    assert is_taken(report) == is_report(report)


@pytest.mark.parametrize("path", [path for path in FILES if path.startswith(("accept/", "reject/schema."))])
def test_the_corpus_is_judged_alike(path: str) -> None:
    """Every rule of the schema is in it."""
    value = json.loads(FILES[path])
    assert is_taken(value) == is_report(value) == path.startswith("accept/")


@pytest.mark.parametrize("score", [5, 4.5, 5.0, True, None, -0.0, 0, "5", 11, 10])
@pytest.mark.parametrize(
    "way", ["report.judge.pre_design_score", "report.agents.effectiveness.0.quality_score", "version",
            "report.agents.matching.0.confidence", "report.feature.timing.define_duration_seconds"],
)  # fmt: skip
def test_numbers_of_another_kind_are_other_numbers(way: str, score: object) -> None:
    """5.0 is not 5, and true is not 1."""
    value = changed(way, score)
    assert is_taken(value) == is_report(value)


def test_numbers_from_a_list_are_no_matter_of_types() -> None:
    """Without the second look, this would be a report: the test of it can fail."""
    for way, value in {
        "report.judge.pre_design_score": 4.7,
        "report.feature.timing.define_duration_seconds": 101,
    }.items():
        sealed = parsing._shaped(written(changed(way, value)))
        assert not fits(sealed)


@pytest.mark.parametrize(
    "field",
    [
        {"type": "number"},
        {"type": "string", "x-format": "hex64"},
        {"type": "array", "maxItems": 3, "items": {"type": "string"}},
        {"enum": [1, 2]},
        {"enum": ["a", 1]},
    ],
)
def test_a_field_the_generator_does_not_know_is_an_error(field: dict[str, object]) -> None:
    """It never writes a shape that is weaker than the schema."""
    schema = generate.load("report")
    schema["properties"]["report"]["properties"]["kb"]["properties"]["patterns_used"] = field
    with pytest.raises((ValueError, KeyError)):
        shapes.report_shape(schema, "")


def test_a_schema_that_says_more_than_its_shape_is_an_error() -> None:
    """Whatever it is: a rule that nobody holds to is not left out in silence."""
    for way, said in {
        "properties.report.properties.kb.properties.domains_consulted": {"minItems": 1},
        "properties.report.properties.kb.properties.patterns_used": {"enum": ["0"]},
        "properties.report.properties.kb": {"minProperties": 2},
        "properties.report.properties.session.properties.id": {"minLength": 36},
        "properties.report.properties.judge.properties.enabled": {"const": True},
        "properties.version": {"not": {}},
        "$defs.seconds.oneOf.0": {"exclusiveMinimum": 0},
        "$defs.score": {"minimum": 1},
        "$defs.matched": {"minProperties": 4},
        "$defs.agent": {"maxLength": 20},
        "": {"minProperties": 3},
    }.items():
        schema = generate.load("report")
        inside(schema, steps_of(way)).update(said)
        with pytest.raises(ValueError, match="has no shape yet"):
            shapes.report_shape(schema, "")


@pytest.mark.parametrize(("name", "value"), [("additionalProperties", True), ("required", [])])
def test_an_object_that_is_not_closed_gets_no_shape(name: str, value: object) -> None:
    """Neither one that allows other fields, nor one that may lack one of its own."""
    schema = generate.load("report")
    schema["properties"]["report"]["properties"]["kb"][name] = value
    with pytest.raises(ValueError, match="Kb is not closed"):
        shapes.report_shape(schema, "")
