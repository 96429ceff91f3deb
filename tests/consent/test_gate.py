"""The gate, cell by cell: every combination of what there may be gives the one reason that this table says."""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.consent.gate import (
    CLOCK_TOLERANCE_MS,
    REASONS,
    TO_ASK,
    TO_SEAL,
    TO_SEND,
    Facts,
    going_on,
    reason_against,
)
from telemetry.consent.receipt import Receipt
from telemetry.consent.terms import Terms

OURS, NOW = Terms("words", "schema", "never"), 1_800_000_000_000
PLACE, KEY, URL = "/p/.claude/telemetry", "key", "https://a.example"


class Row(NamedTuple):
    """Where the axis has that value, that is the reason, unless a row further up has one. `asks`: also to a question.

    A question is what `--enable` asks: what a yes would mend does not stand in its way.
    """

    reason: str
    axis: str
    value: str
    asks: bool = True


# Written by hand, in the order in which a person is told.
TABLE = (
    Row("no_store", "store", "missing", asks=False),
    Row("config_broken", "config", "broken"),
    Row("sharing_off", "config", "off", asks=False),
    Row("recording_off", "recording", "off"),
    Row("do_not_track", "environment", "DO_NOT_TRACK"),
    Row("disable_telemetry", "environment", "DISABLE_TELEMETRY"),
    Row("nonessential_traffic", "environment", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"),
    Row("ci", "environment", "CI"),
    Row("project_environment", "settings", "change variables"),
    Row("symlink", "store", "a link"),
    Row("foreign", "store", "somebody else's"),
    Row("open_to_others", "store", "open to others"),
    Row("unreadable", "store", "unreadable"),
    Row("tracked", "git", "tracks it"),
    Row("git_unknown", "git", "will not say"),
    Row("bad_key", "word", "none, and the store's key is damaged", asks=False),
    Row("no_home", "word", "none, and there is no home"),
    Row("state_untrusted", "word", "none that could be trusted"),
    Row("receipt_altered", "word", "altered", asks=False),
    Row("terms_damaged", "terms", "damaged"),
    Row("no_receipt", "word", "none", asks=False),
    Row("said_no", "word", "no", asks=False),
    Row("said_no", "word", "yes, then off", asks=False),
    Row("other_store", "word", "yes, elsewhere", asks=False),
    Row("other_store", "word", "yes, to another key", asks=False),
    Row("clock", "clock", "before the yes", asks=False),
    Row("terms_changed", "terms", "other words", asks=False),
    Row("terms_changed", "terms", "another schema", asks=False),
    Row("terms_changed", "terms", "another NEVER_CAPTURE.yaml", asks=False),
    Row("endpoint_changed", "endpoint", "another", asks=False),
    Row("endpoint_changed", "endpoint", "gone", asks=False),
    Row("endpoint_changed", "endpoint", "new", asks=False),
    Row("no_endpoint", "endpoint", "none, as agreed", asks=False),
)

# What speaks against nothing: one value of each axis, but for a clock that is a little slow.
GOOD = {
    "config": ("on",), "recording": ("on",), "store": ("one's own",), "git": ("does not track it",),
    "environment": ("silent",), "settings": ("keep out",), "word": ("yes",), "terms": ("the same",),
    "endpoint": ("the same",), "clock": ("after the yes", "nine minutes slow"),
}  # fmt: skip

AXES = {axis: (*good, *(row.value for row in TABLE if row.axis == axis)) for axis, good in GOOD.items()}
RANK = {(row.axis, row.value): rank for rank, row in enumerate(TABLE)}
NONE = len(TABLE)

# --- words → what the gate looks at

SWITCH = {"on": "on", "off": "off", "broken": "broken"}
FAULT = {"one's own": None, "missing": "no_store", "a link": "symlink", "somebody else's": "foreign",
         "open to others": "open_to_others", "unreadable": "unreadable"}  # fmt: skip
TRACKED = {"does not track it": False, "tracks it": True, "will not say": None}
ENVIRONMENT = {"silent": None, "DO_NOT_TRACK": "do_not_track", "DISABLE_TELEMETRY": "disable_telemetry",
               "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "nonessential_traffic", "CI": "ci"}  # fmt: skip
STATE_FAULT = {"none, and the store's key is damaged": "bad_key", "none, and there is no home": "no_home",
               "none that could be trusted": "state_untrusted", "altered": "receipt_altered"}  # fmt: skip
SAID: dict[str, Any] = {
    "yes": (PLACE, KEY, "yes"),
    "no": (PLACE, KEY, "no"),
    "yes, elsewhere": ("/q/.claude/telemetry", KEY, "yes"),
    "yes, to another key": (PLACE, "other", "yes"),
    "yes, then off": (PLACE, KEY, "yes"),
}
TERMS = {"the same": OURS, "damaged": None, "other words": OURS._replace(words="w"),
         "another schema": OURS._replace(schema="s"),
         "another NEVER_CAPTURE.yaml": OURS._replace(never_capture="n")}  # fmt: skip
ENDPOINT = {"the same": (URL, URL), "another": (URL, "https://b.example"), "gone": (URL, None), "new": (None, URL),
            "none, as agreed": (None, None)}  # fmt: skip
SAID_AT = {"after the yes": NOW - 1, "nine minutes slow": NOW + 9 * 60_000, "before the yes": NOW + 11 * 60_000}


def facts_of(cell: dict[str, str]) -> Facts:
    """The facts of a cell."""
    consented, current = ENDPOINT[cell["endpoint"]]
    place, key, choice = SAID.get(cell["word"], (PLACE, KEY, None))
    receipt = Receipt(place, key, choice, "2026-11-22T10:00:00.000Z", OURS, consented, 24) if choice else None
    switch: Any = SWITCH[cell["config"]]
    return Facts(
        switch, cell["recording"] == "on", FAULT[cell["store"]], TRACKED[cell["git"]],
        ENVIRONMENT[cell["environment"]], cell["settings"] == "change variables", STATE_FAULT.get(cell["word"]),
        receipt, cell["word"] == "yes, then off", SAID_AT[cell["clock"]], PLACE, KEY, TERMS[cell["terms"]], current,
        NOW,
    )  # fmt: skip


def code_against(facts: Facts) -> str | None:
    """The gate's reason, as a code."""
    reason = reason_against(facts)
    return reason.code if reason else None


def test_every_cell_has_the_reason_that_the_table_says() -> None:
    """The whole product: of all that speaks against sharing, what stands highest in the table is said."""
    expected = [*(row.reason for row in TABLE), None]
    ranks = [[RANK.get((axis, value), NONE) for value in values] for axis, values in AXES.items()]
    cells, shared = 0, 0
    for values, rank in zip(product(*AXES.values()), map(min, product(*ranks)), strict=True):
        cell = dict(zip(AXES, values, strict=True))
        code = code_against(facts_of(cell))
        assert code == expected[rank], cell
        cells += 1
        shared += code is None
    assert (cells > 100_000, shared) == (True, 2), "it is shared where nothing speaks against it, and nowhere else"


def two_at_a_time() -> list[dict[str, str]]:
    """All cells in which at most two axes are not as they should be."""
    good = {axis: values[0] for axis, values in AXES.items()}
    return [
        {**good, one: of_one, other: of_other}
        for one, other in product(AXES, AXES)
        for of_one, of_other in product(AXES[one], AXES[other])
    ]


def test_a_report_is_sealed_wherever_it_might_be_sent_and_where_only_the_address_is_missing() -> None:
    """Without a server, reports wait."""
    for cell in two_at_a_time():
        facts = facts_of(cell)
        sends, seals = code_against(facts), reason_against(facts, TO_SEAL)
        assert (seals.code if seals else None) == (None if sends == "no_endpoint" else sends), cell


def test_a_yes_goes_on_to_a_server_where_it_named_none_and_nothing_else_speaks_against_it() -> None:
    """Whatever address stands in config.yaml by now; a yes to an address never goes on to another."""
    for cell in two_at_a_time():
        facts = facts_of(cell)
        named_none = cell["endpoint"] in ("new", "none, as agreed")
        is_unbroken = reason_against(facts_of({**cell, "endpoint": "the same"})) is None
        assert going_on(facts) == (facts.receipt if named_none and is_unbroken else None), cell


def test_a_person_is_asked_wherever_a_yes_could_change_anything() -> None:
    """And told the reason where it could not."""
    for cell in two_at_a_time():
        rows = [row.reason for row in TABLE if row.asks and cell[row.axis] == row.value]
        reason = reason_against(facts_of(cell), TO_ASK)
        assert (reason.code if reason else None) == (rows[0] if rows else None), cell


CELLS = st.fixed_dictionaries({axis: st.sampled_from(values) for axis, values in AXES.items()})
FAULTS = [(row.axis, row.value) for row in TABLE]


@given(cell=CELLS, faults=st.lists(st.sampled_from(FAULTS), min_size=1))
def test_nothing_that_goes_wrong_turns_a_no_into_a_yes(cell: dict[str, str], faults: list[tuple[str, str]]) -> None:
    """However much goes wrong, in whichever order: a yes becomes a no, and a no stays one."""
    assert code_against(facts_of({**cell, **dict(faults)})) is not None


@given(
    switch=st.sampled_from(["on", "off", "broken"]),
    flags=st.tuples(st.booleans(), st.booleans()),
    tracked=st.sampled_from([True, False, None]),
    codes=st.tuples(*[st.sampled_from([None, *REASONS])] * 3),
    times=st.tuples(*[st.integers(-(1 << 63), 1 << 63)] * 2),
)
def test_there_is_always_an_answer(
    switch: Any, flags: tuple[bool, bool], tracked: bool | None, codes: tuple[Any, Any, Any], times: tuple[int, int]
) -> None:
    """Whatever the facts: a reason that has a sentence, or none."""
    facts = Facts(switch, flags[0], codes[0], tracked, codes[1], flags[1], codes[2],
                  None, flags[0], times[0], PLACE, KEY, OURS, URL, times[1])  # fmt: skip
    assert reason_against(facts, TO_SEND) is not None, "without a receipt"


def test_the_clock_may_be_as_slow_as_clocks_are() -> None:
    """Ten minutes, to the millisecond."""
    facts = facts_of({axis: values[0] for axis, values in AXES.items()})
    assert code_against(facts._replace(receipt_at=NOW + CLOCK_TOLERANCE_MS)) is None
    assert code_against(facts._replace(receipt_at=NOW + CLOCK_TOLERANCE_MS + 1)) == "clock"


def test_every_reason_stands_in_the_table() -> None:
    """A new one needs its row."""
    assert {row.reason for row in TABLE} == set(REASONS)


@pytest.mark.parametrize("code", REASONS)
def test_a_reason_says_what_to_do(code: str) -> None:
    """But for wishes: whoever set such a variable knows why."""
    reason = REASONS[code]
    assert reason.text and not reason.text.endswith(".")
    assert reason.advice or code in ("do_not_track", "disable_telemetry", "nonessential_traffic", "ci")


def test_only_what_a_yes_would_change_asks_for_one() -> None:
    """Six reasons, and no others."""
    asking = {reason.code for reason in REASONS.values() if reason.asks}
    assert asking == {
        "no_receipt", "receipt_altered", "other_store", "said_no", "terms_changed", "endpoint_changed",
    }  # fmt: skip
