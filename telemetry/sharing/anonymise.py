"""From a feature's record to the `report` part of what may leave (schemas/report.yaml). Pure and total.

The steps stand in one list, STEPS. The first ones make every value coarse by itself; the later ones see coarse values
only. So two features that differ within a range, and in nothing else, give the same report but for its id.

The last guard (telemetry/sharing/guard.py) trusts nothing of this and shares nothing with it but the schema.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import Any

from telemetry.contract.records import FeatureRecord
from telemetry.contract.report_check import COMMON_AGENTS, COMMON_DOMAINS, COMMON_FILE_TYPES, FILES, SEATS, TIMES

Report = dict[str, Any]
Row = dict[str, Any]
Step = Callable[[Report], Report]

MOST_SECONDS = 360_000  # stands for all that is longer
MOST_ROWS = 12
MOST_DOMAINS = 8
MOST_UNCOMMON = 3  # of agents, and of domains; a report with more of them could be told from all others


def anonymised(record: FeatureRecord, report_id: str, sealed_at: datetime) -> Report:
    """The report on a feature, under a fresh random id, with the hour of sealing for its time."""
    report = record.as_json()
    hour = sealed_at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:00:00Z")
    report["session"] = {**report["session"], "id": report_id, "timestamp": hour}
    for step in STEPS:
        report = step(report)
    return report


# --- every value by itself


def version_without_patch(report: Report) -> Report:
    """Major and minor only: a patch level is used by few for long."""
    session = report["session"]
    major_minor = session["agentspec_version"].rpartition(".")[0]
    return {**report, "session": {**session, "agentspec_version": f"{major_minor}.0"}}


def durations_rounded(report: Report) -> Report:
    """Seconds to two significant digits, with a top value."""
    feature = report["feature"]
    timing = {name: _two_digits(seconds) for name, seconds in feature["timing"].items()}
    return {**report, "feature": {**feature, "timing": timing}}


def counts_in_ranges(report: Report) -> Report:
    """Counts as the words of the schema: small ones as they are, larger ones as a range."""
    feature, agents, judge, kb = report["feature"], report["agents"], report["judge"], report["kb"]
    complexity, outcome = feature["complexity"], feature["outcome"]
    return {
        **report,
        "feature": {
            **feature,
            "complexity": {**complexity, "file_count": _range(complexity["file_count"], FILES)},
            "outcome": {**outcome, "iterations": _range(outcome["iterations"], TIMES)},
        },
        "agents": {
            **agents,
            "effectiveness": [
                {**row, "assigned_files": _range(row["assigned_files"], FILES)} for row in agents["effectiveness"]
            ],
        },
        "judge": {**judge, "reviewers_count": _range(judge["reviewers_count"], SEATS)},
        "kb": {**kb, "patterns_used": _range(kb["patterns_used"], TIMES)},
    }


def scores_in_halves(report: Report) -> Report:
    """Scores to the nearest half."""
    agents, judge = report["agents"], report["judge"]
    rows = [{**row, "quality_score": _half(row["quality_score"])} for row in agents["effectiveness"]]
    scores = {name: _half(judge[name]) for name in ("pre_design_score", "post_build_score")}
    return {**report, "agents": {**agents, "effectiveness": rows}, "judge": {**judge, **scores}}


# --- what stands out only together


def uncommon_agents_blurred(report: Report) -> Report:
    """With more than MOST_UNCOMMON uncommon agents in a report, all of these become `custom`."""
    agents = report["agents"]
    seen = _uncommon((row["agent_type"] for rows in agents.values() for row in rows), COMMON_AGENTS)
    if len(seen) <= MOST_UNCOMMON:
        return report
    blurred = {
        name: [{**row, "agent_type": "custom"} if row["agent_type"] in seen else row for row in rows]
        for name, rows in agents.items()
    }
    return {**report, "agents": blurred}


def uncommon_pairs_blurred(report: Report) -> Report:
    """An uncommon agent's uncommon type of file becomes `other`."""
    agents = report["agents"]
    matching = [
        {**row, "file_type": "other"} if _rank(row["agent_type"], row["file_type"]) == 2 else row
        for row in agents["matching"]
    ]
    return {**report, "agents": {**agents, "matching": matching}}


def uncommon_domains_blurred(report: Report) -> Report:
    """With more than MOST_UNCOMMON uncommon domains in a report, all of these become `custom`."""
    domains = set(report["kb"]["domains_consulted"])
    seen = _uncommon(domains, COMMON_DOMAINS)
    if len(seen) > MOST_UNCOMMON:
        domains = domains - seen | {"custom"}
    return {**report, "kb": {**report["kb"], "domains_consulted": sorted(domains)}}


def rows_merged(report: Report) -> Report:
    """One row per agent and type of file, and one per agent: blurred rows may have become the same."""
    agents = report["agents"]
    matching = _grouped(agents["matching"], "agent_type", "file_type")
    effectiveness = _grouped(agents["effectiveness"], "agent_type")
    merged = {
        "matching": [_merged_matching(rows) for rows in matching],
        "effectiveness": [_merged_effectiveness(rows) for rows in effectiveness],
    }
    return {**report, "agents": merged}


def lists_shortened(report: Report) -> Report:
    """Of too many, those with common words are kept, then the first of the alphabet: whom they are of plays no part."""
    agents, kb = report["agents"], report["kb"]
    shortened = {
        "matching": _kept(agents["matching"], MOST_ROWS, _order_of_matching),
        "effectiveness": _kept(agents["effectiveness"], MOST_ROWS, _order_of_effectiveness),
    }
    domains = _kept(kb["domains_consulted"], MOST_DOMAINS, _order_of_domains)
    return {**report, "agents": shortened, "kb": {**kb, "domains_consulted": sorted(domains)}}


STEPS: tuple[Step, ...] = (
    version_without_patch,
    durations_rounded,
    counts_in_ranges,
    scores_in_halves,
    uncommon_agents_blurred,
    uncommon_pairs_blurred,
    uncommon_domains_blurred,
    rows_merged,
    lists_shortened,
)


# --- what the steps are made of


def _two_digits(seconds: int) -> int:
    return min(round(seconds, 2 - max(len(str(seconds)), 2)), MOST_SECONDS)


def _half(score: float | None) -> float | None:
    """The nearest half, a whole one as an integer, as canonical JSON writes it."""
    if score is None:
        return None
    halves = round(score * 2)
    return halves // 2 if halves % 2 == 0 else halves / 2


def _range(number: int, words: tuple[str, ...]) -> str:
    """The range a number is in: the last whose least number it reaches."""
    return [word for word in words if _least(word) <= number][-1]


def _least(word: str) -> int:
    return int(word.rstrip("+").partition("-")[0])


def _uncommon(words: Iterable[str], common: frozenset[str]) -> set[str]:
    return set(words) - common


def _rank(agent: str, file_type: str) -> int:
    """How many of the two are uncommon."""
    return (agent not in COMMON_AGENTS) + (file_type not in COMMON_FILE_TYPES)


def _grouped(rows: list[Row], *names: str) -> list[list[Row]]:
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return list(groups.values())


def _merged_matching(rows: list[Row]) -> Row:
    confidence = max(row["confidence"] for row in rows)
    return {**rows[0], "confidence": confidence, "was_overridden": any(row["was_overridden"] for row in rows)}


def _merged_effectiveness(rows: list[Row]) -> Row:
    """The files of all together, each range counted as its least number; the score is their mean, by files."""
    if len(rows) == 1:
        return rows[0]
    files = [_least(row["assigned_files"]) for row in rows]
    scored = [(row["quality_score"], count) for row, count in zip(rows, files, strict=True)]
    scores = [(score, count or 1) for score, count in scored if score is not None]
    total = sum(count for _, count in scores)
    return {
        **rows[0],
        "assigned_files": _range(sum(files), FILES),
        "build_success": all(row["build_success"] for row in rows),
        "quality_score": _half(sum(score * count for score, count in scores) / total) if scores else None,
    }


def _kept(items: list[Any], most: int, order: Callable[[Any], Any]) -> list[Any]:
    return sorted(items, key=order)[:most]


def _order_of_matching(row: Row) -> tuple[int, str, str]:
    return _rank(row["agent_type"], row["file_type"]), row["agent_type"], row["file_type"]


def _order_of_effectiveness(row: Row) -> tuple[bool, str]:
    return row["agent_type"] not in COMMON_AGENTS, row["agent_type"]


def _order_of_domains(domain: str) -> tuple[bool, str]:
    return domain not in COMMON_DOMAINS, domain
