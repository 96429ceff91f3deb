"""Three judges of an event agree: jsonschema over the schema, the generated check, and the journal's reader."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.contract.event_check import is_event
from telemetry.journal.append import encode, line_of
from telemetry.journal.read import read_block, read_index
from telemetry.journal.store import StoreRefused
from tests.contract.events import EVENTS, KINDS, PLAIN, SCHEMA, Event, kind_of_event

VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def by_schema(value: object) -> bool:
    """What jsonschema says; 5.0 is an integer to JSON Schema, but no event the hook would write."""
    return bool(VALIDATOR.is_valid(value)) and not has_whole_float(value)


def has_whole_float(value: object) -> bool:
    """Whether a float hides in it."""
    if isinstance(value, dict):
        return any(map(has_whole_float, value.values()))
    return any(map(has_whole_float, value)) if isinstance(value, list) else isinstance(value, float)


def by_reader(line: str) -> bool:
    """Whether the reader takes the line for an event: all of its ways to look at one agree."""
    data = line.encode("utf-8", "surrogatepass")
    sessions, events, set_aside = read_block(data)
    index = read_index(data)
    assert (index.events, index.set_aside) == (events, set_aside)
    assert events + set_aside == 1 and sum(map(len, sessions.values())) == events
    return events == 1


def agreed(value: object) -> bool:
    """The one verdict of all."""
    verdicts = {by_schema(value), is_event(value)}
    for line in {json.dumps(value), json.dumps(value, separators=(",", ":")), json.dumps(value, ensure_ascii=False)}:
        verdicts.add(by_reader(line))
    assert len(verdicts) == 1, (verdicts, value)
    return verdicts.pop()


@pytest.mark.parametrize("kind", KINDS)
def test_a_plain_event_of_every_kind_is_accepted(kind: str) -> None:
    """And the hook's own line of it, too."""
    assert agreed(PLAIN[kind])
    assert by_reader(line_of(PLAIN[kind]).decode().strip("\n"))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20)
@given(st.data())
def test_every_event_of_the_schema_is_accepted(kind: str, data: st.DataObject) -> None:
    """Drawn from the schema itself; the hook's line of it decodes to the same."""
    event = data.draw(kind_of_event(kind))
    assert agreed(event)
    line = line_of(event)
    assert json.loads(line) == event and line[:1] == line[-1:] == b"\n"


def changed(kind: str, /, **fields: Any) -> Event:
    """A plain event with other fields."""
    return {**copy.deepcopy(PLAIN[kind]), **fields}


def row(kind: str, /, **fields: Any) -> Event:
    """A plain event with another first row of its table."""
    event = copy.deepcopy(PLAIN[kind])
    event["files"][0].update(fields)
    return event


REJECTED: dict[str, Event] = {
    "true_for_1": changed("turn_ended", v=True),
    "version_2": changed("turn_ended", v=2),
    "id_with_newline": changed("turn_ended", id="0" * 31 + "\n"),
    "id_with_newline_after": changed("turn_ended", id="0" * 32 + "\n"),
    "id_in_capitals": changed("turn_ended", id="A" * 32),
    "id_in_arabic_digits": changed("turn_ended", id="٣" * 32),
    "id_missing_a_digit": changed("turn_ended", id="0" * 31),
    "ref_with_newline_after": changed("turn_ended", session="0" * 16 + "\n"),
    "session_null": changed("turn_ended", session=None),
    "feature_by_name": changed("turn_ended", feature="ORDERS_PIPELINE1"),
    "instant_with_newline": changed("turn_ended", at="2026-11-22T10:00:00.000Z\n"),
    "instant_month_13": changed("turn_ended", at="2026-13-22T10:00:00.000Z"),
    "instant_day_0": changed("turn_ended", at="2026-11-00T10:00:00.000Z"),
    "instant_hour_24": changed("turn_ended", at="2026-11-22T24:00:00.000Z"),
    "instant_second_60": changed("turn_ended", at="2026-11-22T10:00:60.000Z"),
    "instant_of_1999": changed("turn_ended", at="1999-11-22T10:00:00.000Z"),
    "instant_without_milliseconds": changed("turn_ended", at="2026-11-22T10:00:00Z"),
    "instant_in_arabic_digits": changed("turn_ended", at="20٢٦-11-22T10:00:00.000Z"),
    "instant_as_number": changed("turn_ended", at=1764000000),
    "unknown_kind": changed("turn_ended", kind="prompt_typed"),
    "kind_of_another": changed("turn_ended", kind="session_ended"),
    "kind_null": changed("turn_ended", kind=None),
    "kind_list": changed("turn_ended", kind=["turn_ended"]),
    "unknown_field": changed("turn_ended", prompt="hello"),
    "unknown_field_of_envelope_name": changed("turn_ended", V=1),
    "missing_kind": {name: value for name, value in PLAIN["turn_ended"].items() if name != "kind"},
    "missing_turn": {name: value for name, value in PLAIN["turn_ended"].items() if name != "turn"},
    "missing_field_replaced": {**{n: v for n, v in PLAIN["turn_failed"].items() if n != "error"}, "reason": "clear"},
    "word_outside_the_list": changed("agent_ran", agent="my-secret-agent"),
    "word_in_capitals": changed("agent_ran", agent="Custom"),
    "word_with_newline": changed("agent_ran", agent="custom\n"),
    "word_list": changed("agent_ran", agent=["custom"]),
    "word_object": changed("agent_ran", agent={}),
    "word_null": changed("agent_ran", outcome=None),
    "word_lone_surrogate": changed("agent_ran", agent="\ud800"),
    "word_nul": changed("agent_ran", agent="custom\0"),
    "semver_of_two": changed("phase_started", agentspec="3.5"),
    "semver_of_four": changed("phase_started", agentspec="3.5.0.1"),
    "semver_with_leading_zero": changed("phase_started", agentspec="3.05.0"),
    "semver_with_newline": changed("phase_started", agentspec="3.5.0\n"),
    "semver_with_text": changed("phase_started", agentspec="3.5.0-me"),
    "semver_too_long": changed("phase_started", agentspec="1000.0.0"),
    "number_over_maximum": changed("judge_ruled", score=101),
    "number_under_minimum": changed("judge_ruled", score=-1),
    "number_half": changed("judge_ruled", score=0.5),
    "number_whole_float": changed("judge_ruled", score=5.0),
    "number_nan": changed("judge_ruled", score=float("nan")),
    "number_infinite": changed("judge_ruled", score=float("inf")),
    "number_huge": changed("judge_ruled", score=10**400),
    "number_true": changed("judge_ruled", seats=True),
    "number_text": changed("judge_ruled", seats="1"),
    "flag_as_1": changed("phase_ended", success=1),
    "flag_null": changed("phase_ended", success=None),
    "list_with_double": changed("scope_defined", domains=["dbt", "dbt"]),
    "list_with_stranger": changed("scope_defined", domains=["dbt", "my-domain"]),
    "list_with_list": changed("scope_defined", domains=[["dbt"]]),
    "list_as_word": changed("scope_defined", domains="dbt"),
    "list_as_object": changed("scope_defined", domains={"dbt": 1}),
    "list_null": changed("scope_defined", domains=None),
    "table_too_long": changed("files_planned", files=PLAIN["files_planned"]["files"] * 37),
    "table_part_0": changed("files_planned", part=0),
    "table_part_9": changed("files_built", parts=9),
    "table_total_over": changed("files_built", total=10_000),
    "row_with_name": row("files_planned", name="secret.sql"),
    "row_of_other_table": changed("files_planned", files=PLAIN["files_built"]["files"]),
    "row_test_null": row("files_planned", test=None),
    "row_verified_1": row("files_built", verified=1),
    "row_agent_stranger": row("files_built", agent="secret-agent"),
    "row_type_stranger": row("files_built", type=".secret"),
    "row_file_by_name": row("files_built", file="secret_file.sql1"),
    "row_null": changed("files_built", files=[None]),
}


@pytest.mark.parametrize("rule", REJECTED)
def test_what_breaks_a_rule_is_rejected(rule: str) -> None:
    """By all alike, and the hook refuses to write it."""
    assert not agreed(REJECTED[rule])
    with pytest.raises(StoreRefused, match="bad_event"):
        line_of(REJECTED[rule])


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "turn_ended", [], [PLAIN["turn_ended"]], {}])
def test_what_is_no_object_is_rejected(value: object) -> None:
    """Also an empty one, and a list of a valid one."""
    assert not agreed(value)


# Lines as they may stand in a file; what decoded JSON cannot show.
PLAIN_LINE = json.dumps(PLAIN["session_ended"], separators=(",", ":"))
ODD_LINES = {
    "other_order": (json.dumps(dict(reversed(PLAIN["session_ended"].items()))), True),
    "blanks": (json.dumps(PLAIN["session_ended"], indent=1).replace("\n", " "), True),
    "blanks_around": (f"  {PLAIN_LINE}\t", True),
    "carriage_return": (PLAIN_LINE + "\r", True),
    "escaped_letter": (PLAIN_LINE.replace('"clear"', r'"cle\u0061r"'), True),
    "double_kind": (PLAIN_LINE.replace('"kind"', '"kind":"turn_ended","kind"'), False),
    "double_kind_of_the_same": (PLAIN_LINE.replace('"kind"', '"kind":"session_ended","kind"'), False),
    "double_field": (PLAIN_LINE.replace('"reason"', '"reason":"other","reason"'), False),
    "double_envelope_field_after": (PLAIN_LINE[:-1] + ',"v":1}', False),
    "double_envelope_field_before": (PLAIN_LINE.replace('"v":1', '"v":1,"v":1'), False),
    "double_by_escape": (PLAIN_LINE.replace('"reason"', r'"re\u0061son":"other","reason"'), False),
    "two_on_a_line": (PLAIN_LINE + PLAIN_LINE, False),
    "list_of_one": (f"[{PLAIN_LINE}]", False),
    "number_with_exponent": (PLAIN_LINE.replace('"v":1', '"v":1e0'), False),
    "number_with_leading_zero": (PLAIN_LINE.replace('"v":1', '"v":01'), False),
    "number_of_10000_digits": (PLAIN_LINE.replace('"v":1', '"v":1' + "0" * 10_000), False),
    "comment": (PLAIN_LINE + " // clear", False),
    "single_quotes": (PLAIN_LINE.replace('"', "'"), False),
    "torn": (PLAIN_LINE[:-9], False),
    "torn_head": (PLAIN_LINE[9:], False),
    "byte_order_mark": ("\ufeff" + PLAIN_LINE, False),
    "nul": (PLAIN_LINE + "\0", False),
    "next_line_sign": (PLAIN_LINE.replace("clear", "clear\x85"), False),
    "nested_to_death": ("[" * 100_000, False),
    "nested_to_death_in_a_tail": (PLAIN_LINE.replace('"clear"', "[" * 100_000), False),
}


@pytest.mark.parametrize("rule", ODD_LINES)
def test_a_line_in_another_form_is_judged_by_what_it_says(rule: str) -> None:
    """An event counts whatever its form; what is no event, or says a thing twice, is set aside."""
    line, expected = ODD_LINES[rule]
    assert by_reader(line) is expected


@pytest.mark.parametrize("rule", ODD_LINES)
def test_an_odd_line_hides_no_neighbour(rule: str) -> None:
    """Before and after it, with the hook's frame."""
    own = line_of(PLAIN["turn_ended"])
    _, events, set_aside = read_block(own + ODD_LINES[rule][0].encode() + own)
    assert (events, set_aside) == (2 + ODD_LINES[rule][1], 1 - ODD_LINES[rule][1])


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=40),
    st.sampled_from(["custom", "define", "0" * 16, "0" * 32, "1.0.0", "2026-11-22T10:00:00.000Z"]),
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner))


@settings(max_examples=300)
@given(event=EVENTS, other=EVENTS, value=VALUES, data=st.data())
def test_a_changed_event_gets_one_verdict(event: Event, other: Event, value: object, data: st.DataObject) -> None:
    """A field changed, renamed, taken away, added or borrowed from another event."""
    name = data.draw(st.sampled_from(sorted(event)))
    how = data.draw(st.sampled_from(["change", "remove", "add", "borrow", "row", "text"]))
    if how == "change":
        event[name] = value
    elif how == "remove":
        del event[name]
    elif how == "add":
        event[data.draw(st.text(max_size=9))] = value
    elif how == "borrow":
        event[name] = other.get(name, value)
    elif how == "row" and event["kind"].startswith("files_") and event["files"]:
        event["files"][0][data.draw(st.sampled_from(["file", "agent", "type", "test", "verified", "x"]))] = value
    elif isinstance(event[name], str):
        at = data.draw(st.integers(0, len(event[name])))
        event[name] = event[name][:at] + data.draw(st.text(max_size=2)) + event[name][at:]
    agreed(event)


@settings(max_examples=300)
@given(VALUES)
def test_the_check_never_raises(value: object) -> None:
    """Whatever JSON decodes to."""
    assert is_event(value) is by_schema(value)


def test_the_hooks_encoder_says_what_json_says() -> None:
    """It escapes nothing, since a valid event has nothing to escape."""
    for event in PLAIN.values():
        assert encode(event) == json.dumps(event, separators=(",", ":"))
