"""Reports and records for tests: drawn from the schemas, and a golden corpus of what to accept and what to reject.

The corpus lies as files in tests/data/reports/, so that every validator of a report can be run over the same bytes.
This module makes them; a test compares. After a change: `python -m tests.sharing.reports`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from telemetry.contract.records import (
    Complexity,
    Effectiveness,
    Errors,
    FeatureRecord,
    Judge,
    Knowledge,
    Matching,
    Outcome,
    Session,
    Timing,
)
from telemetry.contract.resources import shipped

Json = dict[str, Any]
CORPUS = Path(__file__).resolve().parents[1] / "data" / "reports"
SCHEMA: Json = yaml.safe_load(shipped("schemas", "report.yaml").read_text(encoding="utf-8"))
FEATURE_SCHEMA: Json = yaml.safe_load(shipped("schemas", "feature.yaml").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
REPORT_ID = "8d3f6a1e-4c2b-4f7a-9b1d-0e5c7a9f2b34"

PLAIN: Json = {
    "version": 1,
    "withdrawal": "0123456789abcdef" * 4,
    "report": {
        "session": {"id": REPORT_ID, "timestamp": "2026-11-22T10:00:00Z", "agentspec_version": "3.5.0"},
        "feature": {
            "complexity": {
                "file_count": "5-9",
                "estimated_loc": "100-500",
                "phases_used": ["define", "design", "build", "ship"],
                "has_iac": False,
                "has_llm": False,
                "has_tests": True,
            },
            "timing": {
                "define_duration_seconds": 95,
                "design_duration_seconds": 620,
                "build_duration_seconds": 4300,
                "total_duration_seconds": 5100,
            },
            "outcome": {"shipped": True, "iterations": "1", "judge_used": True},
        },
        "agents": {
            "matching": [
                {"agent_type": "dbt-specialist", "file_type": ".sql", "confidence": 0.95, "was_overridden": False}
            ],
            "effectiveness": [
                {"agent_type": "dbt-specialist", "assigned_files": "5-9", "build_success": True, "quality_score": 9.5}
            ],
        },
        "judge": {
            "enabled": True,
            "reviewers_count": "1",
            "pre_design_score": 9,
            "post_build_score": None,
            "consensus_reached": True,
            "human_override": False,
        },
        "kb": {"domains_consulted": ["airflow", "dbt"], "patterns_used": "2"},
        "errors": {"phase_failed": None, "error_category": None, "recovered": None},
    },
}

# Every object of a report, by its name in the corpus.
OBJECTS = {
    "report": "report",
    "session": "report.session",
    "feature": "report.feature",
    "complexity": "report.feature.complexity",
    "timing": "report.feature.timing",
    "outcome": "report.feature.outcome",
    "agents": "report.agents",
    "matched": "report.agents.matching.0",
    "effective": "report.agents.effectiveness.0",
    "judge": "report.judge",
    "kb": "report.kb",
    "errors": "report.errors",
}


# --- drawn from the schemas


def drawn(schema: Json, part: Json, longest: int = 30) -> st.SearchStrategy[Any]:
    """Any value that a part of a schema allows. What it does not know it refuses, so that nothing goes undrawn."""
    if "$ref" in part:
        part = {**schema["$defs"][part["$ref"].rpartition("/")[2]], **part}
    if "const" in part:
        return st.just(part["const"])
    if "enum" in part:
        return st.sampled_from(part["enum"])
    if "oneOf" in part:
        return st.one_of([drawn(schema, branch) for branch in part["oneOf"]])
    kinds = part["type"] if isinstance(part["type"], list) else [part["type"]]
    return st.one_of([_of_type(schema, part, kind, longest) for kind in kinds])


def _of_type(schema: Json, part: Json, kind: str, longest: int) -> st.SearchStrategy[Any]:
    if kind == "null":
        return st.none()
    if kind == "boolean":
        return st.booleans()
    if kind == "integer":
        step = part.get("multipleOf", 1)
        return st.integers(-(-part["minimum"] // step), part["maximum"] // step).map(lambda number: number * step)
    if kind == "string":
        return st.from_regex(part["pattern"].removesuffix(r"(?!\n)").removesuffix("$") + r"\Z")
    if kind == "array":
        most, unique = min(part["maxItems"], longest), part.get("uniqueItems", False)
        return st.lists(drawn(schema, part["items"]), max_size=most, unique=unique)
    assert kind == "object" and not part["additionalProperties"], part
    return st.fixed_dictionaries({name: drawn(schema, field) for name, field in part["properties"].items()})


def sealed_reports() -> st.SearchStrategy[Json]:
    """Any valid sealed report, as JSON decodes it."""
    return drawn(SCHEMA, SCHEMA)


_ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 12),
    st.floats(allow_nan=True),
    st.sampled_from(["", "0", "10+", "custom", "define", ".py", "custom\n", "2026-11-22T10:00:00Z", "3.5.0", "a" * 64]),
    st.sampled_from([[], {}, ["dbt"], [[]], {"dbt": 1}, [None]]),
    st.text(max_size=3),
)


def _ways_in(value: object, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to everything in a report."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(found for key, item in inner for found in _ways_in(item, (*way, key)))]


@st.composite
def disturbed_reports(draw: st.DrawFn) -> Json:
    """A valid sealed report, and then anything in any place of it: it may be valid still."""
    report = copy.deepcopy(draw(sealed_reports()))
    *objects, last = draw(st.sampled_from(_ways_in(report)[1:]))
    inside(report, objects)[last] = draw(_ODD)
    return report


def records() -> st.SearchStrategy[FeatureRecord]:
    """Any valid feature, also such as no fold would make: the same agent twice, more agents than anybody has."""
    return drawn(FEATURE_SCHEMA, FEATURE_SCHEMA).map(record_of)


def record_of(feature: Json) -> FeatureRecord:
    """The record whose JSON this is."""
    complexity, kb = feature["feature"]["complexity"], feature["kb"]
    return FeatureRecord(
        session=Session(**feature["session"]),
        complexity=Complexity(**{**complexity, "phases_used": tuple(complexity["phases_used"])}),
        timing=Timing(**feature["feature"]["timing"]),
        outcome=Outcome(**feature["feature"]["outcome"]),
        matching=tuple(Matching(**row) for row in feature["agents"]["matching"]),
        effectiveness=tuple(Effectiveness(**row) for row in feature["agents"]["effectiveness"]),
        judge=Judge(**feature["judge"]),
        kb=Knowledge(tuple(kb["domains_consulted"]), kb["patterns_used"]),
        errors=Errors(**feature["errors"]),
    )


def by_schema(value: object) -> bool:
    """What jsonschema says; 5.0 is an integer to JSON Schema, but nothing that canonical JSON would write."""
    return bool(VALIDATOR.is_valid(value)) and not has_whole_fraction(value)


def has_whole_fraction(value: object) -> bool:
    """Whether a number like 5.0 hides in it."""
    if isinstance(value, dict):
        return any(map(has_whole_fraction, value.values()))
    if isinstance(value, list):
        return any(map(has_whole_fraction, value))
    return isinstance(value, float) and value.is_integer()


# --- the golden corpus


def changed(way: str, value: Any, base: Json = PLAIN) -> Json:
    """A report with another value at the end of a way like `report.kb.patterns_used`."""
    report = copy.deepcopy(base)
    *objects, last = steps_of(way)
    inside(report, objects)[last] = value
    return report


def steps_of(way: str) -> list[str | int]:
    """A way like `report.agents.matching.0`, step by step; an empty one has none."""
    return [int(step) if step.isdigit() else step for step in way.split(".") if step]


def inside(value: Any, steps: Iterable[str | int]) -> Any:
    """What is found at the end of a way."""
    for step in steps:
        value = value[step]
    return value


def written(value: object) -> bytes:
    """Canonical bytes of a value that may be no report at all; written here without the code under test."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def replaced(old: str, new: str) -> bytes:
    """The plain report's bytes with another text in one place."""
    text = written(PLAIN).decode()
    assert text.count(old) == 1, old
    return text.replace(old, new).encode("utf-8", "surrogatepass")


MATCHED = "report.agents.matching.0."
EFFECTIVE = "report.agents.effectiveness.0."
COMPLEXITY = "report.feature.complexity."
TIMING = "report.feature.timing."
WORDS = SCHEMA["$defs"]
_ROW, _EFFECT = PLAIN["report"]["agents"]["matching"][0], PLAIN["report"]["agents"]["effectiveness"][0]
_LARGE_ROWS = [{**_ROW, "agent_type": agent, "confidence": 0.7} for agent in WORDS["agent"]["enum"]]
_LARGE_EFFECTS = [{**_EFFECT, "agent_type": agent, "assigned_files": "51+"} for agent in WORDS["agent"]["enum"]]

ACCEPT: dict[str, Json] = {
    "plain": PLAIN,
    "phases_in_any_order": changed(COMPLEXITY + "phases_used", ["ship", "brainstorm", "build"]),
    "domains_in_any_order": changed("report.kb.domains_consulted", ["testing", "custom", "airflow"]),
    "the_same_row_twice": changed("report.agents.matching", [_ROW, _ROW]),
    "day_31_of_february": changed("report.session.timestamp", "2026-02-31T23:00:00Z"),
    "version_unknown": changed("report.session.agentspec_version", "0.0.0"),
    "version_999": changed("report.session.agentspec_version", "999.999.0"),
    "score_0": changed("report.judge.post_build_score", 0),
    "score_half": changed("report.judge.post_build_score", 0.5),
    "seconds_0": changed(TIMING + "define_duration_seconds", 0),
    "seconds_99": changed(TIMING + "define_duration_seconds", 99),
    "seconds_100": changed(TIMING + "define_duration_seconds", 100),
    "seconds_99000": changed(TIMING + "define_duration_seconds", 99_000),
    "seconds_360000": changed(TIMING + "total_duration_seconds", 360_000),
    "matching_of_12": changed("report.agents.matching", _LARGE_ROWS[:12]),
    "effectiveness_of_12": changed("report.agents.effectiveness", _LARGE_EFFECTS[:12]),
    "domains_of_8": changed("report.kb.domains_consulted", sorted(WORDS["domain"]["enum"])[:8]),
    "nothing_done": {
        **PLAIN,
        "report": {
            **PLAIN["report"],
            "agents": {"matching": [], "effectiveness": []},
            "kb": {"domains_consulted": [], "patterns_used": "0"},
            "errors": {"phase_failed": "define", "error_category": "interrupted", "recovered": False},
        },
    },
}

# One rule broken in each, said by the schema.
AGAINST_THE_SCHEMA: dict[str, object] = {
    "root_is_null": None,
    "root_is_a_list": [PLAIN],
    "root_is_the_inner_report": PLAIN["report"],
    "root_lacks_a_field": {name: value for name, value in PLAIN.items() if name != "withdrawal"},
    "root_has_an_unknown_field": {**PLAIN, "project": "orders"},
    "version_2": changed("version", 2),
    "version_true": changed("version", True),
    "version_as_text": changed("version", "1"),
    "withdrawal_null": changed("withdrawal", None),
    "withdrawal_in_capitals": changed("withdrawal", "A" * 64),
    "withdrawal_too_short": changed("withdrawal", "a" * 63),
    "withdrawal_too_long": changed("withdrawal", "a" * 65),
    "withdrawal_with_newline_after": changed("withdrawal", "a" * 64 + "\n"),
    "withdrawal_with_newline_for_a_digit": changed("withdrawal", "a" * 63 + "\n"),
    "withdrawal_in_arabic_digits": changed("withdrawal", "٣" * 64),
    "id_of_version_1": changed("report.session.id", "8d3f6a1e-4c2b-1f7a-9b1d-0e5c7a9f2b34"),
    "id_of_another_variant": changed("report.session.id", "8d3f6a1e-4c2b-4f7a-cb1d-0e5c7a9f2b34"),
    "id_in_capitals": changed("report.session.id", REPORT_ID.upper()),
    "id_without_dashes": changed("report.session.id", REPORT_ID.replace("-", "")),
    "id_with_a_dash_moved": changed("report.session.id", "8d3f6a1-e4c2b-4f7a-9b1d-0e5c7a9f2b34"),
    "id_with_a_dash_more": changed("report.session.id", "8d3f6a1e-4c2b-4f7a-9b1d-0e5c7a9f2b-4"),
    "id_with_newline_after": changed("report.session.id", REPORT_ID + "\n"),
    "id_by_name": changed("report.session.id", "orders-pipeline-4of-a-small-company1"),
    "id_null": changed("report.session.id", None),
    "timestamp_with_minutes": changed("report.session.timestamp", "2026-11-22T10:01:00Z"),
    "timestamp_with_seconds": changed("report.session.timestamp", "2026-11-22T10:00:01Z"),
    "timestamp_with_milliseconds": changed("report.session.timestamp", "2026-11-22T10:00:00.000Z"),
    "timestamp_with_offset": changed("report.session.timestamp", "2026-11-22T10:00:00+00:00"),
    "timestamp_without_zone": changed("report.session.timestamp", "2026-11-22T10:00:00"),
    "timestamp_with_a_blank": changed("report.session.timestamp", "2026-11-22 10:00:00Z"),
    "timestamp_with_newline_after": changed("report.session.timestamp", "2026-11-22T10:00:00Z\n"),
    "timestamp_month_13": changed("report.session.timestamp", "2026-13-22T10:00:00Z"),
    "timestamp_day_0": changed("report.session.timestamp", "2026-11-00T10:00:00Z"),
    "timestamp_hour_24": changed("report.session.timestamp", "2026-11-22T24:00:00Z"),
    "timestamp_of_1999": changed("report.session.timestamp", "1999-11-22T10:00:00Z"),
    "timestamp_in_arabic_digits": changed("report.session.timestamp", "20٢٦-11-22T10:00:00Z"),
    "timestamp_as_number": changed("report.session.timestamp", 1795255200),
    "agentspec_with_patch_level": changed("report.session.agentspec_version", "3.5.1"),
    "agentspec_with_patch_level_10": changed("report.session.agentspec_version", "3.5.10"),
    "agentspec_of_two": changed("report.session.agentspec_version", "3.0"),
    "agentspec_of_four": changed("report.session.agentspec_version", "3.5.0.0"),
    "agentspec_with_leading_zero": changed("report.session.agentspec_version", "3.05.0"),
    "agentspec_with_text": changed("report.session.agentspec_version", "3.5.0-me"),
    "agentspec_with_newline_after": changed("report.session.agentspec_version", "3.5.0\n"),
    "agentspec_too_long": changed("report.session.agentspec_version", "1000.0.0"),
    "count_as_a_number": changed(COMPLEXITY + "file_count", 4),
    "count_as_it_is_past_4": changed(COMPLEXITY + "file_count", "7"),
    "count_in_a_range_of_another_list": changed("report.feature.outcome.iterations", "10-19"),
    "count_null": changed("report.kb.patterns_used", None),
    "seats_past_the_top": changed("report.judge.reviewers_count", "9"),
    "lines_as_a_number": changed(COMPLEXITY + "estimated_loc", 290),
    "phase_twice": changed(COMPLEXITY + "phases_used", ["define", "define"]),
    "phase_stranger": changed(COMPLEXITY + "phases_used", ["define", "iterate"]),
    "phases_null": changed(COMPLEXITY + "phases_used", None),
    "phases_as_a_word": changed(COMPLEXITY + "phases_used", "define"),
    "flag_as_1": changed("report.feature.outcome.shipped", 1),
    "flag_null": changed("report.feature.outcome.shipped", None),
    "flag_as_text": changed(COMPLEXITY + "has_iac", "true"),
    "seconds_of_three_digits": changed(TIMING + "define_duration_seconds", 101),
    "seconds_of_four_digits": changed(TIMING + "total_duration_seconds", 5110),
    "seconds_of_five_digits": changed(TIMING + "total_duration_seconds", 51_100),
    "seconds_past_the_top": changed(TIMING + "total_duration_seconds", 370_000),
    "seconds_huge": changed(TIMING + "total_duration_seconds", 10**400),
    "seconds_below_0": changed(TIMING + "define_duration_seconds", -1),
    "seconds_half": changed(TIMING + "define_duration_seconds", 0.5),
    "seconds_true": changed(TIMING + "define_duration_seconds", True),
    "seconds_null": changed(TIMING + "define_duration_seconds", None),
    "seconds_as_text": changed(TIMING + "define_duration_seconds", "95"),
    "score_in_tenths": changed("report.judge.pre_design_score", 8.7),
    "score_past_10": changed("report.judge.pre_design_score", 10.5),
    "score_below_0": changed("report.judge.pre_design_score", -0.5),
    "score_true": changed("report.judge.pre_design_score", True),
    "score_as_text": changed("report.judge.pre_design_score", "9"),
    "score_in_a_list": changed("report.judge.pre_design_score", [9]),
    "matching_of_13": changed("report.agents.matching", _LARGE_ROWS[:13]),
    "matching_null": changed("report.agents.matching", None),
    "matching_as_an_object": changed("report.agents.matching", _ROW),
    "agent_stranger": changed(MATCHED + "agent_type", "our-secret-agent"),
    "agent_in_capitals": changed(MATCHED + "agent_type", "Custom"),
    "agent_with_newline_after": changed(MATCHED + "agent_type", "custom\n"),
    "agent_with_nul_after": changed(MATCHED + "agent_type", "custom\0"),
    "agent_with_lone_surrogate": changed(MATCHED + "agent_type", "custom\ud800"),
    "agent_null": changed(MATCHED + "agent_type", None),
    "agent_as_a_list": changed(MATCHED + "agent_type", ["custom"]),
    "agent_as_an_object": changed(MATCHED + "agent_type", {}),
    "file_type_stranger": changed(MATCHED + "file_type", ".orders"),
    "file_type_with_a_name": changed(MATCHED + "file_type", "orders.sql"),
    "confidence_of_another_matrix": changed(MATCHED + "confidence", 0.9),
    "confidence_1": changed(MATCHED + "confidence", 1),
    "override_null": changed(MATCHED + "was_overridden", None),
    "effectiveness_of_13": changed("report.agents.effectiveness", _LARGE_EFFECTS[:13]),
    "builder_stranger": changed(EFFECTIVE + "agent_type", "our-secret-agent"),
    "quality_in_tenths": changed(EFFECTIVE + "quality_score", 6.7),
    "domain_stranger": changed("report.kb.domains_consulted", ["dbt", "our-domain"]),
    "domain_twice": changed("report.kb.domains_consulted", ["dbt", "dbt"]),
    "domain_in_a_list": changed("report.kb.domains_consulted", [["dbt"]]),
    "domains_of_9": changed("report.kb.domains_consulted", sorted(WORDS["domain"]["enum"])[:9]),
    "domains_as_an_object": changed("report.kb.domains_consulted", {"dbt": 1}),
    "error_message": changed("report.errors.error_category", "KeyError: 'orders'"),
    "error_phase_stranger": changed("report.errors.phase_failed", "iterate"),
    "recovered_0": changed("report.errors.recovered", 0),
}


def _of_objects() -> Iterator[tuple[str, object]]:
    """For every object: a field missing, one too many, one replaced by another, and no object at all."""
    for name, way in OBJECTS.items():
        found: Any = PLAIN
        for step in way.split("."):
            found = found[int(step) if step.isdigit() else step]
        first = min(found)
        without = {key: value for key, value in found.items() if key != first}
        yield f"{name}_lacks_a_field", changed(way, without)
        yield f"{name}_has_an_unknown_field", changed(way, {**found, "name": "orders"})
        yield f"{name}_has_another_field", changed(way, {**without, "name": found[first]})
        yield f"{name}_is_null", changed(way, None)
        yield f"{name}_is_a_list", changed(way, [found])


_TEXT = written(PLAIN).decode()
REJECT: dict[str, bytes] = {
    **{f"schema.{rule}": written(value) for rule, value in [*AGAINST_THE_SCHEMA.items(), *_of_objects()]},
    # Numbers that decode to 5.0: whole, but written as a fraction.
    "schema.whole_number_as_fraction": replaced('"version":1', '"version":1.0'),
    "schema.whole_score_as_fraction": replaced('"pre_design_score":9', '"pre_design_score":9.0'),
    "schema.whole_seconds_as_fraction": replaced(":620", ":620.0"),
    "schema.number_with_exponent": replaced(":620", ":62e1"),
    "schema.number_past_all_bounds": replaced(":620", ":1e999"),
    "not_json.empty": b"",
    "not_json.torn": _TEXT[:-9].encode(),
    "not_json.two_documents": (_TEXT + _TEXT).encode(),
    "not_json.key_twice": replaced('"version":1', '"version":1,"version":1'),
    "not_json.key_twice_with_another_value": replaced(
        '"patterns_used":"2"', '"patterns_used":"orders","patterns_used":"2"'
    ),
    "not_json.key_twice_by_escape": replaced('"version":1', r'"v\u0065rsion":1,"version":1'),
    "not_json.nan": replaced('"pre_design_score":9', '"pre_design_score":NaN'),
    "not_json.infinity": replaced('"pre_design_score":9', '"pre_design_score":-Infinity'),
    "not_json.leading_zero": replaced(":620", ":0620"),
    "not_json.number_of_10000_digits": replaced(":620", ":" + "6" * 10_000),
    "not_json.trailing_comma": (_TEXT[:-1] + ",}").encode(),
    "not_json.comment": (_TEXT + "//orders").encode(),
    "not_json.single_quotes": _TEXT.replace('"', "'").encode(),
    "not_json.newline_in_a_string": replaced('"patterns_used":"2"', '"patterns_used":"2\n"'),
    "not_json.byte_order_mark": ("\ufeff" + _TEXT).encode(),
    "not_json.utf_16": _TEXT.encode("utf-16"),
    "not_json.not_utf_8": replaced('"reviewers_count":"1"', '"reviewers_count":"\udcff"'),
    "not_json.nul_after": (_TEXT + "\0").encode(),
    "not_json.nested_to_death": b"[" * 16_000,
    "not_canonical.blanks": json.dumps(PLAIN, sort_keys=True).encode(),
    "not_canonical.newline_after": (_TEXT + "\n").encode(),
    "not_canonical.blank_before": (" " + _TEXT).encode(),
    "not_canonical.other_order": json.dumps(PLAIN, separators=(",", ":")).encode(),
    "not_canonical.escaped_letter": replaced('"airflow"', r'"airfl\u006fw"'),
    "not_canonical.escaped_letter_in_a_name": replaced('"version":1', r'"v\u0065rsion":1'),
    "not_canonical.fraction_with_a_zero_more": replaced("9.5", "9.50"),
    "not_canonical.minus_zero": replaced(":95,", ":-0,"),
    "too_large.blanks": (_TEXT + " " * (16 * 1024)).encode(),
}


def files_of_the_corpus() -> dict[str, bytes]:
    """Every file of the corpus, by its path in it."""
    accept = {f"accept/{name}.json": written(report) for name, report in ACCEPT.items()}
    return {**accept, **{f"reject/{name}.json": data for name, data in REJECT.items()}}


if __name__ == "__main__":
    for folder in ("accept", "reject"):
        (CORPUS / folder).mkdir(parents=True, exist_ok=True)
        for old in (CORPUS / folder).glob("*.json"):
            old.unlink()
    for path, data in files_of_the_corpus().items():
        (CORPUS / path).write_bytes(data)
