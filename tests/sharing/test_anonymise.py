"""From a feature to a report: always valid, always coarse, and the same for features that differ within a range."""

from __future__ import annotations

import copy
import random
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.contract.records import FeatureRecord
from telemetry.contract.report_check import COMMON_AGENTS, COMMON_DOMAINS, COMMON_FILE_TYPES, is_report
from telemetry.contract.vocabulary import AGENTS, DOMAINS, FILE_TYPES
from telemetry.features.fold import fold
from telemetry.sharing import anonymise
from telemetry.sharing.anonymise import STEPS, anonymised
from telemetry.sharing.canonical import canonical
from telemetry.sharing.guard import refusal_of
from tests.features.strategies import Event, journals
from tests.sharing.reports import REPORT_ID, Json, by_schema, record_of, records

NOW = datetime(2026, 11, 22, 10, 59, 59, 999_999, tzinfo=timezone.utc)
RARE_AGENTS = sorted(AGENTS - COMMON_AGENTS)
RARE_TYPES = sorted(FILE_TYPES - COMMON_FILE_TYPES)
RARE_DOMAINS = sorted(DOMAINS - COMMON_DOMAINS)


def feature(**parts: Any) -> Json:
    """A plain feature as schemas/feature.yaml has it, with other values for fields of any depth, by their names."""
    plain: Json = {
        "session": {"id": "x", "timestamp": "2026-10-01T08:07:06.543Z", "agentspec_version": "3.5.7"},
        "feature": {
            "complexity": {
                "file_count": 0,
                "estimated_loc": "unknown",
                "phases_used": ["define"],
                "has_iac": False,
                "has_llm": False,
                "has_tests": False,
            },
            "timing": {
                "define_duration_seconds": 0,
                "design_duration_seconds": 0,
                "build_duration_seconds": 0,
                "total_duration_seconds": 0,
            },
            "outcome": {"shipped": False, "iterations": 0, "judge_used": False},
        },
        "agents": {"matching": [], "effectiveness": []},
        "judge": {
            "enabled": False,
            "reviewers_count": 0,
            "pre_design_score": None,
            "post_build_score": None,
            "consensus_reached": False,
            "human_override": False,
        },
        "kb": {"domains_consulted": [], "patterns_used": 0},
        "errors": {"phase_failed": None, "error_category": None, "recovered": None},
    }
    _put(plain, parts)
    assert not parts, parts
    return plain


def _put(inner: Json, parts: Json) -> None:
    for name, value in inner.items():
        if name in parts:
            inner[name] = parts.pop(name)
        elif isinstance(value, dict):
            _put(value, parts)


def report_of(**parts: Any) -> Json:
    """The report on such a feature."""
    return anonymised(record_of(feature(**parts)), REPORT_ID, NOW)


def matched(agent: str, file_type: str, confidence: float = 0.95, overridden: bool = False) -> Json:
    """A row of the design's matching."""
    return {"agent_type": agent, "file_type": file_type, "confidence": confidence, "was_overridden": overridden}


def built(agent: str, files: int, score: float | None = None, success: bool = True) -> Json:
    """A row of the build's effectiveness."""
    return {"agent_type": agent, "assigned_files": files, "build_success": success, "quality_score": score}


def assert_valid(report: Json) -> None:
    """By the schema, the check and the last guard."""
    sealed = {"version": 1, "withdrawal": "0" * 64, "report": report}
    assert by_schema(sealed) and is_report(sealed)
    assert refusal_of(canonical(sealed)) is None


# --- any feature


@given(records())
@settings(max_examples=300)
def test_any_feature_gives_a_report(record: FeatureRecord) -> None:
    """Also one that no fold would make."""
    assert_valid(anonymised(record, REPORT_ID, NOW))


@given(journals())
@settings(max_examples=100)
def test_any_journal_gives_reports(journal: list[Event]) -> None:
    """One for each of its features."""
    for found in fold(journal, NOW):
        assert_valid(anonymised(found.record, REPORT_ID, NOW))


@given(records())
@settings(max_examples=200)
def test_a_report_holds_nothing_that_stands_out(record: FeatureRecord) -> None:
    """No uncommon agent with an uncommon type, few uncommon words, no two rows on the same."""
    report = anonymised(record, REPORT_ID, NOW)
    matching, effectiveness = report["agents"]["matching"], report["agents"]["effectiveness"]
    pairs = [(row["agent_type"], row["file_type"]) for row in matching]
    builders = [row["agent_type"] for row in effectiveness]
    assert not [pair for pair in pairs if pair[0] in RARE_AGENTS and pair[1] in RARE_TYPES]
    assert len({agent for agent in [*dict(pairs), *builders] if agent in RARE_AGENTS}) <= 3
    assert len([domain for domain in report["kb"]["domains_consulted"] if domain in RARE_DOMAINS]) <= 3
    assert len(set(pairs)) == len(pairs) and len(set(builders)) == len(builders)


# --- two features


def bounds(number: int, *firsts: int) -> tuple[int, int]:
    """The first and the last number of the range that one is in, told by where ranges begin; small ones are alone."""
    if number < 5:
        return number, number
    begins = [*firsts, 10_000]
    index = max(place for place, first in enumerate(begins) if first <= number)
    return begins[index], begins[index + 1] - 1


def twin(record: FeatureRecord, chance: random.Random) -> FeatureRecord:
    """Another feature within the same ranges, its rows in another order."""
    other = copy.deepcopy(record.as_json())

    def files(number: int) -> int:
        return chance.randint(*bounds(number, 5, 10, 20, 31, 51))

    def times(number: int) -> int:
        return chance.randint(*bounds(number, 5, 10))

    def seconds(number: int) -> int:
        if number >= 360_000:
            return chance.randint(360_000, 31_622_400)
        step = 10 ** max(len(str(number)) - 2, 0)
        near = (number // step * step + chance.randint(0, step - 1), number)
        return next(one for one in near if round(one / step) == round(number / step))

    def score(tenths: float | None) -> float | None:
        near = [value / 10 for value in range(101)]
        return None if tenths is None else chance.choice([one for one in near if round(one * 2) == round(tenths * 2)])

    other["session"].update(id="another", timestamp="2020-01-01T00:00:00.000Z")
    major, minor, _ = record.session.agentspec_version.split(".")
    other["session"]["agentspec_version"] = f"{major}.{minor}.{chance.randint(0, 999)}"
    sizes, timing, outcome = other["feature"]["complexity"], other["feature"]["timing"], other["feature"]["outcome"]
    sizes["file_count"], outcome["iterations"] = files(sizes["file_count"]), times(outcome["iterations"])
    timing.update({name: seconds(number) for name, number in timing.items()})
    for row in other["agents"]["effectiveness"]:
        row.update(assigned_files=files(row["assigned_files"]), quality_score=score(row["quality_score"]))
    for rows in (*other["agents"].values(), other["kb"]["domains_consulted"]):
        chance.shuffle(rows)
    judge = other["judge"]
    judge.update({name: score(judge[name]) for name in ("pre_design_score", "post_build_score")})
    judge["reviewers_count"] = chance.randint(*bounds(judge["reviewers_count"], 5))
    other["kb"]["patterns_used"] = times(other["kb"]["patterns_used"])
    return record_of(other)


@given(records(), st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_features_that_differ_within_ranges_give_the_same_report(record: FeatureRecord, chance: random.Random) -> None:
    """But for its id: what is finer than a range plays no part in anything, nor does the order of rows."""
    hour_before = NOW - timedelta(minutes=59)
    other = anonymised(twin(record, chance), "another", hour_before)
    assert {**other, "session": {**other["session"], "id": REPORT_ID}} == anonymised(record, REPORT_ID, NOW)


@given(records(), st.data())
@settings(max_examples=200)
def test_a_step_that_was_taken_may_be_taken_again(record: FeatureRecord, data: st.DataObject) -> None:
    """All but the counting, which makes words of numbers; a step changes nothing of what it is given."""
    step = data.draw(st.sampled_from([one for one in STEPS if one is not anonymise.counts_in_ranges]))
    report = record.as_json()
    for before in STEPS[: STEPS.index(step)]:
        report = before(report)
    given_report = copy.deepcopy(report)
    once = step(report)
    assert report == given_report
    assert step(once) == once


# --- each step


def test_the_id_is_the_one_given_and_the_time_is_the_hour_of_sealing() -> None:
    """Nothing of the feature's own id and time is left; another zone is told in UTC."""
    here = timezone(timedelta(hours=5, minutes=30))
    report = anonymised(record_of(feature()), REPORT_ID, datetime(2026, 11, 22, 3, 29, tzinfo=here))
    assert report["session"] == {"id": REPORT_ID, "timestamp": "2026-11-21T21:00:00Z", "agentspec_version": "3.5.0"}


@pytest.mark.parametrize(("version", "reported"), [("3.5.12", "3.5.0"), ("0.0.0", "0.0.0"), ("999.0.1", "999.0.0")])
def test_a_version_has_no_patch_level(version: str, reported: str) -> None:
    """Only the first two numbers."""
    assert report_of(agentspec_version=version)["session"]["agentspec_version"] == reported


@pytest.mark.parametrize(
    ("seconds", "reported"),
    [
        (0, 0),
        (99, 99),
        (104, 100),
        (994, 990),
        (999, 1000),
        (1234, 1200),
        (54_321, 54_000),
        (99_999, 100_000),
        (359_999, 360_000),
        (31_622_400, 360_000),
    ],
)
def test_durations_have_two_digits(seconds: int, reported: int) -> None:
    """And a hundred hours for all that is longer."""
    timing = report_of(build_duration_seconds=seconds)["feature"]["timing"]
    assert timing["build_duration_seconds"] == reported and timing["define_duration_seconds"] == 0


@pytest.mark.parametrize(
    ("number", "files", "times"),
    [
        (0, "0", "0"),
        (4, "4", "4"),
        (5, "5-9", "5-9"),
        (9, "5-9", "5-9"),
        (10, "10-19", "10+"),
        (30, "20-30", "10+"),
        (31, "31-50", "10+"),
        (51, "51+", "10+"),
        (9999, "51+", "10+"),
    ],
)
def test_counts_are_ranges(number: int, files: str, times: str) -> None:
    """Up to 4 as they are; the seed's sizes of features begin at 10 and end at 30."""
    report = report_of(
        file_count=number,
        iterations=number,
        patterns_used=number,
        reviewers_count=min(number, 9),
        effectiveness=[built("general", number)],
    )
    assert report["feature"]["complexity"]["file_count"] == files
    assert report["agents"]["effectiveness"][0]["assigned_files"] == files
    assert report["feature"]["outcome"]["iterations"] == report["kb"]["patterns_used"] == times
    assert report["judge"]["reviewers_count"] == (str(number) if number < 5 else "5+")


@pytest.mark.parametrize(
    ("score", "reported"), [(None, None), (0.0, 0), (0.1, 0), (0.3, 0.5), (8.8, 9), (9.6, 9.5), (9.8, 10), (10.0, 10)]
)
def test_scores_are_halves(score: float | None, reported: float | None) -> None:
    """Whole ones are integers, as in canonical JSON."""
    report = report_of(pre_design_score=score, post_build_score=score, effectiveness=[built("general", 1, score)])
    found = [report["judge"]["pre_design_score"], report["judge"]["post_build_score"]]
    found.append(report["agents"]["effectiveness"][0]["quality_score"])
    assert found == [reported] * 3 and {type(value) for value in found} == {type(reported)}


def test_an_uncommon_agent_with_an_uncommon_type_has_other_files() -> None:
    """One uncommon word may stand; two of them together are one of few. Rows that are the same then are one."""
    rare, common = RARE_AGENTS[0], "python-developer"
    rows = [
        matched(rare, RARE_TYPES[0]),
        matched(rare, RARE_TYPES[1], overridden=True),
        matched(rare, ".py"),
        matched(common, RARE_TYPES[0]),
    ]
    assert report_of(matching=rows)["agents"]["matching"] == [
        matched(rare, ".py"),
        matched(rare, "other", overridden=True),
        matched(common, RARE_TYPES[0]),
    ]


def test_up_to_three_uncommon_agents_are_named() -> None:
    """Over both lists together."""
    rows = [built(RARE_AGENTS[0], 1), built(RARE_AGENTS[1], 1)]
    report = report_of(effectiveness=rows, matching=[matched(RARE_AGENTS[2], ".py")])
    assert [row["agent_type"] for row in report["agents"]["effectiveness"]] == RARE_AGENTS[:2]
    assert report["agents"]["matching"] == [matched(RARE_AGENTS[2], ".py")]


def test_four_uncommon_agents_are_custom_and_one_row() -> None:
    """Files count from the least of each range, the score is their mean by files, success is that of all."""
    rows = [
        built(RARE_AGENTS[0], 3, 10.0),
        built(RARE_AGENTS[1], 7, 6.0),
        built(RARE_AGENTS[2], 9, None),
        built(RARE_AGENTS[3], 0, success=False),
        built("general", 1, 8.0),
    ]
    matching = [matched(RARE_AGENTS[0], ".py", 0.8), matched(RARE_AGENTS[1], ".py", 0.95, True)]
    agents = report_of(effectiveness=rows, matching=matching)["agents"]
    # 3 files of 10 and 5 or more of 6 make 7.5; 3 + 5 + 5 files make 10-19.
    custom = {"agent_type": "custom", "assigned_files": "10-19", "build_success": False, "quality_score": 7.5}
    assert agents["effectiveness"][0] == custom
    assert [row["agent_type"] for row in agents["effectiveness"]] == ["custom", "general"]
    assert agents["matching"] == [matched("custom", ".py", 0.95, True)]


def test_up_to_three_uncommon_domains_are_named() -> None:
    """With a fourth, all of them are `custom`; common ones stay."""
    named = report_of(domains_consulted=[*RARE_DOMAINS[:3], "dbt"])["kb"]["domains_consulted"]
    assert named == sorted([*RARE_DOMAINS[:3], "dbt"])
    assert report_of(domains_consulted=[*RARE_DOMAINS[:4], "dbt"])["kb"]["domains_consulted"] == ["custom", "dbt"]


def test_of_too_many_rows_the_common_are_kept_then_the_first_of_the_alphabet() -> None:
    """Neither the order of a table nor what a row says plays a part."""
    common = sorted(COMMON_AGENTS)
    rows = [built(agent, 9) for agent in reversed([*common[:11], *RARE_AGENTS[:2]])]
    kept = [row["agent_type"] for row in report_of(effectiveness=rows)["agents"]["effectiveness"]]
    assert kept == [*common[:11], RARE_AGENTS[0]]
    pairs = [matched(agent, ".py") for agent in reversed([*common[:11], *RARE_AGENTS[:2]])]
    kept = [row["agent_type"] for row in report_of(matching=pairs)["agents"]["matching"]]
    assert kept == [*common[:11], RARE_AGENTS[0]]


def test_of_too_many_domains_the_common_are_kept() -> None:
    """Told in the order of the alphabet."""
    common = sorted(COMMON_DOMAINS)
    kept = report_of(domains_consulted=[RARE_DOMAINS[0], *reversed(common[:7]), RARE_DOMAINS[1]])
    assert kept["kb"]["domains_consulted"] == sorted([*common[:7], RARE_DOMAINS[0]])


def test_the_steps_are_named_once() -> None:
    """One visible list, every step with a name and a sentence of its own."""
    names = [step.__name__ for step in STEPS]
    assert len(set(names)) == len(names) == 9
    assert all(step.__doc__ for step in STEPS)
