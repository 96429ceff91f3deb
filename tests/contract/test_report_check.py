"""Two judges of a sealed report agree: jsonschema over the schema, and the generated check."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings

from telemetry.contract import report_check
from telemetry.contract.report_check import is_report
from tests.sharing.reports import (
    AGAINST_THE_SCHEMA,
    CORPUS,
    PLAIN,
    SCHEMA,
    VALIDATOR,
    Json,
    by_schema,
    changed,
    disturbed_reports,
    files_of_the_corpus,
    sealed_reports,
)

FILES = files_of_the_corpus()
PARSED = [path for path in FILES if not path.startswith(("reject/not_json", "reject/too_large"))]


def agreed(value: object) -> bool:
    """The one verdict of both."""
    verdicts = {by_schema(value), is_report(value)}
    assert len(verdicts) == 1, value
    return verdicts.pop()


def test_the_corpus_on_the_disk_is_the_one_made_here() -> None:
    """Otherwise run `python -m tests.sharing.reports`."""
    found = {str(path.relative_to(CORPUS)): path.read_bytes() for path in CORPUS.glob("*/*")}
    assert found == FILES


@pytest.mark.parametrize("path", PARSED)
def test_the_corpus_is_judged_alike(path: str) -> None:
    """What the schema says is what the check says; what is only not canonical passes both."""
    assert agreed(json.loads(FILES[path])) == (not path.startswith("reject/schema."))


@pytest.mark.parametrize("rule", AGAINST_THE_SCHEMA)
def test_jsonschema_alone_rejects_what_breaks_the_schema(rule: str) -> None:
    """Without help: another end that has nothing but the schema rejects it, too."""
    assert not VALIDATOR.is_valid(AGAINST_THE_SCHEMA[rule])


@given(sealed_reports())
@settings(max_examples=200)
def test_every_report_of_the_schema_is_accepted(sealed: Json) -> None:
    """Drawn from the schema itself."""
    assert agreed(sealed)


@given(disturbed_reports())
@settings(max_examples=400)
def test_a_report_with_anything_in_any_place_is_judged_alike(report: Json) -> None:
    """Whether it is still a report or not."""
    agreed(report)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_no_report(number: float) -> None:
    """Whichever field it is in."""
    for way in ("version", "report.feature.timing.define_duration_seconds", "report.judge.pre_design_score"):
        assert not is_report(changed(way, number))
    assert not is_report(changed("report.agents.matching.0.confidence", number))


@pytest.mark.parametrize(("score", "is_one"), [(5, True), (4.5, True), (5.0, False), (True, False)])
def test_a_whole_number_is_an_integer(score: object, is_one: bool) -> None:
    """5.0 is not 5, and true is not 1: both ends check, and seal, the same bytes."""
    assert is_report(changed("report.judge.pre_design_score", score)) == is_one


def test_the_words_of_the_module_are_those_of_the_schema() -> None:
    """In the schema's order, which is that of the numbers."""
    words = SCHEMA["$defs"]
    assert [list(words[name]["enum"]) for name in ("files", "times", "seats")] == [
        list(ranges) for ranges in (report_check.FILES, report_check.TIMES, report_check.SEATS)
    ]
    assert set(words["agent"]["x-common"]) == report_check.COMMON_AGENTS
    assert set(words["domain"]["x-common"]) == report_check.COMMON_DOMAINS
    assert set(words["file_type"]["x-common"]) == report_check.COMMON_FILE_TYPES


def test_the_check_costs_no_import() -> None:
    """Nothing but the vocabulary beside it."""
    program = (
        "import sys; before = set(sys.modules); import telemetry.contract.report_check\n"
        "print(*set(sys.modules) - before)"
    )
    command = [sys.executable, "-S", "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=CORPUS.parents[2])
    ours = {"telemetry", "telemetry.contract", "telemetry.contract.report_check", "telemetry.contract.vocabulary"}
    assert set(ran.stdout.split()) - {"__future__"} == ours


def test_the_plain_report_is_plain() -> None:
    """What the corpus changes is valid before it is changed."""
    assert agreed(PLAIN)
