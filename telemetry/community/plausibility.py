"""Whether a valid report can be true: what contradicts itself is kept out of the sums until an operator has looked.

The rules stand in one list, RULES; each says a code or nothing. A rule is here only where no honest client can break
it, whatever its person does; tests hold them against everything that the client makes of any journal. So there is no
rule on what is merely odd. Honest clients do report features that were shipped without /build or without any phase
(the documents were written by hand, in a fork of the session, or while recording was off), agents that built without
/build or without having been chosen, failures in phases that went well later, and work without a single timed second.
When a report says that it was made is no rule either: it may have waited for months, clocks are wrong, and no figure
rests on it. docs/decisions/0011-what-is-counted.md has the rules, and what is none, in a table.

Pure. What lies by staying plausible is found nowhere: a rule sees one report, and nothing here or elsewhere looks at
what many of them say together.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from telemetry.contract.flags import INFRASTRUCTURE_TYPES, LLM_AGENTS, LLM_DOMAINS, TEST_AGENTS
from telemetry.contract.report_check import COMMON_AGENTS, COMMON_DOMAINS, COMMON_FILE_TYPES

Report = dict[str, Any]

MOST_UNCOMMON = 3  # of agents, and of domains: schemas/report.yaml blurs more of them
MOST_SECONDS = 360_000  # stands for all that is longer
_TIMED = ("define", "design", "build")
_COUNTED = {word: int(word) for word in ("1", "2", "3", "4")}  # files: what is no range
_FAILURES_OF_BUILD = frozenset(("tests_failed", "build_blocked"))


def day_exists(report: Report) -> str | None:
    """The schema lets a 31st of February pass; no clock does."""
    try:
        datetime.strptime(report["session"]["timestamp"], "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return "no_such_day"
    return None


def times_have_phases(report: Report) -> str | None:
    """A phase that was never started takes no time."""
    timing, used = report["feature"]["timing"], report["feature"]["complexity"]["phases_used"]
    idle = (name for name in _TIMED if name not in used)
    return "time_without_phase" if any(timing[f"{name}_duration_seconds"] for name in idle) else None


def times_fit_the_total(report: Report) -> str | None:
    """All phases together take at least as long as three of them, as far as the rounding lets that be seen."""
    timing = report["feature"]["timing"]
    parts = sum(_least(timing[f"{name}_duration_seconds"]) for name in _TIMED)
    total = timing["total_duration_seconds"]
    return "total_below_parts" if total < MOST_SECONDS and total + _rounding(total) < parts else None


def times_are_of_phases(report: Report) -> str | None:
    """Where only phases with a time of their own were worked in, all of it is theirs.

    /brainstorm and /ship have none, nor has a change by /iterate.
    """
    feature = report["feature"]
    timing, used = feature["timing"], feature["complexity"]["phases_used"]
    parts = [timing[f"{name}_duration_seconds"] for name in _TIMED]
    if feature["outcome"]["iterations"] != "0" or not set(_TIMED).issuperset(used) or MOST_SECONDS in parts:
        return None
    lost = len(parts)  # seconds: each part is cut to whole ones before it is rounded
    most = sum(part + _rounding(part) for part in parts) + lost
    return "total_above_parts" if _least(timing["total_duration_seconds"]) > most else None


def judges_agree_that_they_were_there(report: Report) -> str | None:
    """Two fields say whether a judge gave a verdict."""
    return "judge_denied" if report["judge"]["enabled"] != report["feature"]["outcome"]["judge_used"] else None


def verdicts_have_a_judge(report: Report) -> str | None:
    """Without a judge there are no reviewers, no scores, no consensus, nobody to be overruled or blocked by."""
    judge = report["judge"]
    if judge["enabled"]:
        return None
    said = (judge["pre_design_score"], judge["post_build_score"])
    spoke = judge["reviewers_count"] != "0" or judge["consensus_reached"] or judge["human_override"]
    blocked = report["errors"]["error_category"] == "judge_blocked"
    return "verdict_without_judge" if spoke or blocked or said != (None, None) else None


def scores_after_a_build_have_one(report: Report) -> str | None:
    """A score after the build began needs a build."""
    late = report["judge"]["post_build_score"] is not None
    return "score_without_build" if late and "build" not in report["feature"]["complexity"]["phases_used"] else None


def errors_are_whole(report: Report) -> str | None:
    """A failure has a phase, a category and an end; where nothing failed there is none of them."""
    return "half_an_error" if len({part is None for part in report["errors"].values()}) > 1 else None


def failures_have_phases(report: Report) -> str | None:
    """What failed was started; tests and blocked files are failures of /build."""
    phase, category = report["errors"]["phase_failed"], report["errors"]["error_category"]
    if phase is not None and phase not in report["feature"]["complexity"]["phases_used"]:
        return "failure_without_phase"
    return "failure_of_another_phase" if category in _FAILURES_OF_BUILD and phase != "build" else None


def the_abandoned_is_over(report: Report) -> str | None:
    """Abandoned is what was neither shipped nor made good."""
    if report["errors"]["error_category"] != "abandoned":
        return None
    return "abandoned_and_shipped" if report["feature"]["outcome"]["shipped"] or report["errors"]["recovered"] else None


def builders_built(report: Report) -> str | None:
    """An agent is named as a builder for a file at least; one build went well for all of them or for none."""
    rows = report["agents"]["effectiveness"]
    if any(row["assigned_files"] == "0" for row in rows):
        return "builder_without_file"
    return "build_went_both_ways" if len({row["build_success"] for row in rows}) > 1 else None


def quality_is_of_files(report: Report) -> str | None:
    """A file is verified or it is not: of two files none, one or both. What was blurred to `custom` is a mean."""
    named = (row for row in report["agents"]["effectiveness"] if row["agent_type"] != "custom")
    counted = ((row["quality_score"], _COUNTED.get(row["assigned_files"])) for row in named)
    odd = any(files and score not in (None, *_qualities(files)) for score, files in counted)
    return "quality_of_no_files" if odd else None


def who_overrules_built(report: Report) -> str | None:
    """A design's agent is overruled by another one that built the file."""
    overruled = any(row["was_overridden"] for row in report["agents"]["matching"])
    return "overruled_by_nobody" if overruled and not report["agents"]["effectiveness"] else None


def rows_are_there_once(report: Report) -> str | None:
    """One row for each agent and type of file, and one for each agent."""
    agents = report["agents"]
    pairs = [(row["agent_type"], row["file_type"]) for row in agents["matching"]]
    builders = [row["agent_type"] for row in agents["effectiveness"]]
    return "row_twice" if len(set(pairs)) < len(pairs) or len(set(builders)) < len(builders) else None


def infrastructure_is_told(report: Report) -> str | None:
    """Files of infrastructure are infrastructure."""
    types = {row["file_type"] for row in report["agents"]["matching"]}
    hidden = types & INFRASTRUCTURE_TYPES and not report["feature"]["complexity"]["has_iac"]
    return "infrastructure_denied" if hidden else None


def ai_is_told(report: Report) -> str | None:
    """Agents and domains of AI are AI."""
    agents = {row["agent_type"] for rows in report["agents"].values() for row in rows}
    found = agents & LLM_AGENTS or LLM_DOMAINS.intersection(report["kb"]["domains_consulted"])
    return "ai_denied" if found and not report["feature"]["complexity"]["has_llm"] else None


def tests_are_told(report: Report) -> str | None:
    """Where a design has an agent for tests, tests were planned."""
    chosen = {row["agent_type"] for row in report["agents"]["matching"]}
    return "tests_denied" if chosen & TEST_AGENTS and not report["feature"]["complexity"]["has_tests"] else None


def nothing_stands_out(report: Report) -> str | None:
    """What would be rare is blurred before it leaves: a client that does not do so is none of ours."""
    matching, effectiveness = report["agents"]["matching"], report["agents"]["effectiveness"]
    agents = {row["agent_type"] for row in (*matching, *effectiveness)} - COMMON_AGENTS
    domains = set(report["kb"]["domains_consulted"]) - COMMON_DOMAINS
    rare = (row["file_type"] for row in matching if row["agent_type"] in agents)
    if len(agents) > MOST_UNCOMMON or len(domains) > MOST_UNCOMMON or not COMMON_FILE_TYPES.issuperset(rare):
        return "not_blurred"
    return None


RULES: tuple[Callable[[Report], str | None], ...] = (
    day_exists,
    times_have_phases,
    times_fit_the_total,
    times_are_of_phases,
    judges_agree_that_they_were_there,
    verdicts_have_a_judge,
    scores_after_a_build_have_one,
    errors_are_whole,
    failures_have_phases,
    the_abandoned_is_over,
    builders_built,
    quality_is_of_files,
    who_overrules_built,
    rows_are_there_once,
    infrastructure_is_told,
    ai_is_told,
    tests_are_told,
    nothing_stands_out,
)


def reason_against(report: Report) -> str | None:
    """The code of the first rule that a valid report (the part `report` of what was sealed) breaks; None for none."""
    return next((code for rule in RULES if (code := rule(report))), None)


def _rounding(seconds: int) -> int:
    """How far two significant digits may be from what they stand for: half a step of their size."""
    step: int = 10 ** max(len(str(seconds)) - 2, 0)
    return step // 2


def _least(seconds: int) -> int:
    """The least that a rounded duration can stand for."""
    return seconds - _rounding(seconds)


def _qualities(files: int) -> list[float]:
    """The scores that so many files can have: which are verified, of 10, to a tenth and then to a half."""
    return [round(2 * round(10 * verified / files, 1)) / 2 for verified in range(files + 1)]
