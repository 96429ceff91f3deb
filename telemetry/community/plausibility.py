"""Whether a valid report can be true: what contradicts itself is kept out of the sums until an operator has looked.

The rules stand in one list, RULES; each says a code or nothing. A rule is here only where no honest client can break
it, whatever its person does; tests hold them against everything that the client makes of any journal. So there is no
rule on what is merely odd. Honest clients do report features that were shipped without /build or without any phase
(the documents were written by hand, in a fork of the session, or while recording was off), agents that built without
having been chosen, failures in phases that went well later, and work without a single timed second.

Pure. What lies by staying plausible is found nowhere: a rule sees one report, and nothing here or elsewhere looks at
what many of them say together.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from telemetry.contract.report_check import COMMON_AGENTS, COMMON_DOMAINS, COMMON_FILE_TYPES

Report = dict[str, Any]

MOST_UNCOMMON = 3  # of agents, and of domains: schemas/report.yaml blurs more of them
MOST_SECONDS = 360_000  # stands for all that is longer
_TIMED = ("define", "design", "build")
_INFRASTRUCTURE_TYPES = frozenset((".tf", ".tfvars", ".hcl", ".bicep"))
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


def rows_are_there_once(report: Report) -> str | None:
    """One row for each agent and type of file, and one for each agent."""
    agents = report["agents"]
    pairs = [(row["agent_type"], row["file_type"]) for row in agents["matching"]]
    builders = [row["agent_type"] for row in agents["effectiveness"]]
    return "row_twice" if len(set(pairs)) < len(pairs) or len(set(builders)) < len(builders) else None


def infrastructure_is_told(report: Report) -> str | None:
    """Files of infrastructure are infrastructure."""
    types = {row["file_type"] for row in report["agents"]["matching"]}
    hidden = types & _INFRASTRUCTURE_TYPES and not report["feature"]["complexity"]["has_iac"]
    return "infrastructure_denied" if hidden else None


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
    judges_agree_that_they_were_there,
    verdicts_have_a_judge,
    scores_after_a_build_have_one,
    errors_are_whole,
    failures_have_phases,
    the_abandoned_is_over,
    builders_built,
    rows_are_there_once,
    infrastructure_is_told,
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
