"""Why something is no report: the field, in the schema's words, and never a word of what was sent."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from telemetry.community.explaining import CHECKS, Fault, fault_of, report_schema
from telemetry.contract.report_check import is_report
from tests.sharing.reports import CORPUS, PLAIN, VALIDATOR

CANARY = "alice@example.org"


def changed() -> Iterator[tuple[str, Any]]:
    """A plain report with something else in each place, by the place."""
    for pointer in _places(PLAIN, ""):
        for other in (CANARY, {CANARY: CANARY}, [CANARY], None, True, 10**30, -1.5, "x" * 10_000):
            value = copy.deepcopy(PLAIN)
            _put(value, pointer.split("/")[1:], other)
            yield pointer, value


def _places(value: Any, at: str) -> Iterator[str]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in below:
        yield f"{at}/{name}"
        yield from _places(part, f"{at}/{name}")


def _put(value: Any, steps: list[str], other: Any) -> None:
    *way, last = (int(step) if step.isdecimal() else step for step in steps)
    for step in way:
        value = value[step]
    value[last] = other


def test_it_agrees_with_the_check_and_with_json_schema() -> None:
    """What jsonschema refuses is explained, and what is a report has no fault. (5.0 for 5 lies between the two.)"""
    for pointer, value in changed():
        assert (fault_of(value) is None) == VALIDATOR.is_valid(value) == is_report(value), pointer
    for path in CORPUS.glob("*/*.json"):
        try:
            value = json.loads(path.read_bytes().decode())
        except (ValueError, RecursionError):
            continue
        assert fault_of(value) or VALIDATOR.is_valid(value), path.name
        assert not (is_report(value) and fault_of(value)), path.name


def test_the_place_that_was_changed_is_named_and_nothing_of_what_stands_there() -> None:
    """With the schema's description of it."""
    for pointer, value in changed():
        fault = fault_of(value)
        if fault is not None:
            assert pointer.startswith(fault.pointer) or fault.pointer.startswith(pointer), fault
            assert CANARY not in repr(fault)
            assert len(fault.description) > 10


def test_a_missing_field_is_named_in_the_words_of_the_schema() -> None:
    """Its own place, which is not there."""
    value = copy.deepcopy(PLAIN)
    del value["report"]["judge"]["human_override"]
    assert fault_of(value) == Fault(
        "missing_field", "/report/judge/human_override", "Whether work went on after a FAIL."
    )


@pytest.mark.parametrize(("version", "reason"), [(0, "version_old"), (-7, "version_old"), (41, "version_new")])
def test_another_version_is_told_which_one_is_spoken_here(version: int, reason: str) -> None:
    """As the schema says it, and not what came; whatever else is wrong with the report."""
    fault = fault_of({**PLAIN, "version": version, CANARY: CANARY})
    spoken = report_schema()["properties"]["version"]["const"]
    assert fault == Fault(reason, "/version", f"Version of this schema. This server speaks version {spoken}.")
    assert str(version) not in fault.description


@pytest.mark.parametrize("value", [None, [], 1, "x", {}, True])
def test_anything_at_all_has_an_explanation(value: object) -> None:
    """Also what is no object."""
    assert fault_of(value) is not None


def test_every_word_of_the_schema_is_understood() -> None:
    """A new one must not be passed over in silence."""
    known = {*CHECKS, "$ref", "properties", "required", "additionalProperties", "items", "description"}
    silent = {"$schema", "$id", "$defs", "title"}

    def words(schema: dict[str, Any]) -> Iterator[str]:
        for word, said in schema.items():
            yield word if not word.startswith("x-") else "$ref"
            below = said.values() if word in ("properties", "$defs") else said if word == "oneOf" else ()
            for part in [*below, *([said] if word == "items" else [])]:
                yield from words(part)

    assert set(words(report_schema())) <= known | silent
