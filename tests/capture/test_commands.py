"""Phases, in all the spellings of their names; features and judges in their arguments."""

from __future__ import annotations

import pytest

from telemetry.capture.commands import feature_of, judge_of
from tests.capture.payloads import seen, skill, typed

PHASES = ["brainstorm", "define", "design", "build", "ship", "iterate"]
SPELLINGS = ["{}", "agentspec:{}", "agentspec:workflow:{}", "workflow:{}", "sdd-{}", "agentspec:sdd-{}", "/{}"]
FOREIGN = [
    "other:build",
    "acme:workflow:build",
    "agentspec:other:build",
    "agentspec-telemetry:build",
    "my-agentspec:build",
    "build-all",
    "rebuild",
    "sdd-sdd-build",
    "Build",
    "build ",
    "insights",
    "agentspec:status",
    "agentspec:",
    "",
    "judge",
    "x:y:z:build",
]


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_phase_is_known_by_each_of_its_names(phase: str, spelling: str) -> None:
    """Typed by a person, or run by the model as a skill."""
    name = spelling.format(phase)
    fields = {"phase": phase, "judge": "off", "agentspec": "0.0.0"}
    assert seen(typed(name, "ORDERS")) == [("phase_started", "feature:ORDERS", {**fields, "origin": "typed"})]
    assert seen(skill(name, "ORDERS")) == [("phase_started", "feature:ORDERS", {**fields, "origin": "skill"})]


@pytest.mark.parametrize("name", [*FOREIGN, None, 5, ["build"], {"a": 1}, True])
def test_another_plugins_command_is_no_phase(name: object) -> None:
    """Nor is anything that is no name."""
    assert seen(typed(name, "ORDERS")) == seen(skill(name, "ORDERS")) == []


@pytest.mark.parametrize("source", ["bundled", "builtin"])
def test_a_command_of_claude_codes_own_is_no_phase(source: str) -> None:
    """2.1.330 brought a /design of its own, which wins over a plugin's bare one."""
    assert seen({**typed("design", "ORDERS"), "command_source": source}) == []


@pytest.mark.parametrize(
    ("arguments", "feature"),
    [
        ("ORDERS_PIPELINE", "ORDERS_PIPELINE"),
        ("orders-pipeline", "ORDERS_PIPELINE"),
        ('"ORDERS"', "ORDERS"),
        ("`ORDERS`", "ORDERS"),
        ("@.claude/sdd/features/DEFINE_ORDERS.md", "ORDERS"),
        (".claude/sdd/features/DEFINE_ORDERS.md", "ORDERS"),
        ("/home/dev/shop/.claude/sdd/features/DESIGN_ORDERS.md", "ORDERS"),
        ('"/home/dev/my shop/.claude/sdd/features/DESIGN_ORDERS.md" --judge', "ORDERS"),
        (".claude\\sdd\\features\\DESIGN_ORDERS.md", "ORDERS"),
        ("BRAINSTORM_ORDERS.md", "ORDERS"),
        ("DEFINE_ORDERS.md", "ORDERS"),
        ("DEFINE_ORDERS", "ORDERS"),
        ("define_orders.md", "ORDERS"),
        ("BUILD_REPORT_ORDERS.md", "ORDERS"),
        ("archive/ORDERS/SHIPPED_2026-11-21.md", "ORDERS"),
        ("--judge ORDERS", "ORDERS"),
        ("--judge=strict:gpt-5 DEFINE_ORDERS.md --verbose", "ORDERS"),
        ('DESIGN_ORDERS.md "make it faster"', "ORDERS"),
        ("", None),
        ("--judge", None),
        ("Daily orders from Postgres", None),
        ('"Daily orders from Postgres to a star schema. "', None),
        ('"ORDERS" and more', None),
        ('"never closed', None),
        ('"', None),
        ("é", "É"),
        ("@", None),
        ("x" * 300, None),
        ("notes/meeting.md", None),
    ],
)
def test_a_features_name_is_found_where_it_is_a_name(arguments: str, feature: str | None) -> None:
    """Free text names no feature: the document will."""
    assert feature_of(arguments) == feature


@pytest.mark.parametrize("arguments", [None, 5, [], {}, ["ORDERS"]])
def test_arguments_that_are_no_text_name_no_feature(arguments: object) -> None:
    """The phase still counts."""
    [(kind, feature, _)] = seen(typed("define", arguments))
    assert (kind, feature) == ("phase_started", None)


@pytest.mark.parametrize(
    ("arguments", "judge"),
    [
        ("ORDERS", "off"),
        ("ORDERS --judge", "advisory"),
        ("--judge ORDERS", "advisory"),
        ("ORDERS --judge=strict", "strict"),
        ("ORDERS --judge=strict:openai/gpt-5", "strict"),
        ("ORDERS --judge=advisory:gpt-5", "advisory"),
        ("ORDERS --judge=openai/gpt-5", "advisory"),
        ("ORDERS --judges", "off"),
        ("the judge --judgement", "off"),
        ("ORDERS --judge=strictly", "advisory"),
    ],
)
def test_the_judge_that_was_asked_for_is_read(arguments: str, judge: str) -> None:
    """`--judge[=strict][:model]`; the model's name goes nowhere."""
    assert judge_of(arguments) == judge
    assert seen(typed("build", arguments))[0][2]["judge"] == judge
