"""What one report adds to the sums: whole numbers, bounded, by slice. Pure, and the only place that decides it.

A slice asks one question of every report; they stand in one list, SLICES, each with all cells it can have, with how
many of them one report may touch, and with how much it may add to each measure of a cell. The bounds hold for any valid
report, an honest one or not: they are the sensitivity that the noise of a release is made for. Where a report has more
than its bound (many agents), some are taken by a hash of its random id: no name of the alphabet is favoured.

Which figure comes from which cells is in docs/decisions/0011-what-is-counted.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import combinations, pairwise
from typing import Any, NamedTuple
from zlib import crc32

from telemetry.community.records import Contribution, Increment
from telemetry.contract.categories import CATEGORIES, category_of
from telemetry.contract.vocabulary import AGENTS, DOMAINS, FILE_TYPES, PHASES

MOST_SECONDS = 36_000  # ten hours of active work: a longer feature adds no more to the sum
MOST_BUILDERS = 8  # to the sum of agents per feature
MOST_AGENTS = 6  # of which single agents, and pairs of them, are counted
MOST_PAIRS = 6
MOST_FILE_TYPES = 6
MOST_DOMAINS = 5
MOST_HALVES = 20  # a quality of 10 is 20 halves

# What a word of schemas/report.yaml adds to a sum: a closed range its middle, rounded; an open one where it begins.
FILES = {"0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "5-9": 7, "10-19": 15, "20-30": 25, "31-50": 41, "51+": 51}
TIMES = {"0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "5-9": 7, "10+": 10}

BANDS = ("<10", "10-30", ">30")  # files planned
_BAND_OF = {word: BANDS[(middle >= 10) + (middle > 30)] for word, middle in FILES.items() if middle}
TIMED = ("define", "design", "build", "total")
BIN_EDGES = (1, *(1 << power for power in range(6, 18)))  # seconds, where each bin begins; the last one has no end
_FIRST_BIN_BITS, _LAST_BIN_BITS = 6, 18
NO_SPECIALISTS = frozenset(("general", "custom"))
SPECIALISTS = tuple(sorted(AGENTS - NO_SPECIALISTS))
NAMED_TYPES = tuple(sorted(FILE_TYPES - {"other"}))
ERRORS = (
    *("api_error", "tests_failed", "build_blocked", "judge_blocked"),
    *("needs_clarification", "interrupted", "abandoned", "unknown"),
)

Amounts = tuple[int, ...]  # one for each measure of the slice
Counted = Iterable[tuple[str, Amounts]]


class Seen(NamedTuple):
    """A report as slices look at it. `phases`: those it came to. `built`: the rows of what was built, by agent.

    `chosen`: each agent of the design, and whether it was replaced anywhere. `types`: the agents for each type of file.
    """

    report: dict[str, Any]
    id: str
    category: str | None
    shipped: int
    phases: frozenset[str]
    built: dict[str, dict[str, Any]]
    chosen: dict[str, bool]
    types: dict[str, set[str]]


class Slice(NamedTuple):
    """A question. `cells`: all there can be; `per_report`: how many of them one report may touch.

    `measures`: what is added up in a cell, and how much of it one report may add.
    """

    name: str
    cells: tuple[str, ...]
    per_report: int
    measures: dict[str, int]
    counted: Callable[[Seen], Counted]


def contribution_of(report: dict[str, Any], report_id: str, week: str) -> Contribution:
    """What a valid report (the part `report` of what was sealed) adds to the sums of a week."""
    seen = _seen(report, report_id)
    increments = tuple(
        Increment(part.name, cell, measure, amount)
        for part in SLICES
        for cell, amounts in part.counted(seen)
        for measure, amount in zip(part.measures, amounts, strict=True)
        if amount
    )
    return Contribution(report_id, week, increments)


# --- slices


def everything(seen: Seen) -> Counted:
    """One cell for all: what is shipped, judged, timed, by how many agents, how large, how often changed."""
    feature = seen.report["feature"]
    files = FILES[feature["complexity"]["file_count"]]
    seconds = min(feature["timing"]["total_duration_seconds"], MOST_SECONDS) if seen.shipped else 0
    builders = min(len(seen.built.keys() - {"general"}), MOST_BUILDERS)
    judged, iterations = int(feature["outcome"]["judge_used"]), TIMES[feature["outcome"]["iterations"]]
    timed, staffed, sized = int(seconds > 0), int(bool(seen.built)), int(files > 0)
    yield "all", (1, seen.shipped, judged, timed, seconds, staffed, builders, sized, files, iterations)


def by_transition(seen: Seen) -> Counted:
    """For each phase it came to: whether it went on to a later one."""
    for number, start in enumerate(PHASES[:-1]):
        if start in seen.phases:
            moved = not seen.phases.isdisjoint(PHASES[number + 1 :])
            yield f"{start}|{PHASES[number + 1]}", (1, int(moved))


def by_agent(seen: Seen) -> Counted:
    """For each agent that built files: whether the build was completed, how many files were verified, in halves."""
    for agent in _some(seen.built, MOST_AGENTS, seen.id):
        row = seen.built[agent]
        yield agent, (1, seen.shipped, int(row["build_success"]), *_quality([row]))


def by_chosen_agent(seen: Seen) -> Counted:
    """For each agent that a design chose: whether another one built some of its files."""
    for agent in _some(seen.chosen, MOST_AGENTS, seen.id):
        yield agent, (1, int(seen.chosen[agent]))


def by_agent_and_category(seen: Seen) -> Counted:
    """For each specialist that built files, in this kind of work."""
    for agent in _some(_specialists(seen.built), MOST_AGENTS, seen.id) if seen.category else ():
        yield f"{seen.category}|{agent}", (1, seen.shipped)


def by_pair_and_category(seen: Seen) -> Counted:
    """For each two specialists that built files of one feature, in this kind of work."""
    pairs = [f"{first}|{second}" for first, second in combinations(sorted(_specialists(seen.built)), 2)]
    for pair in _some(pairs, MOST_PAIRS, seen.id) if seen.category else ():
        yield f"{seen.category}|{pair}", (1, seen.shipped)


def by_category(seen: Seen) -> Counted:
    """By the kind of work, where it is known; those that came to /build also apart, as habits are asked of these."""
    if seen.category is None:
        return
    built = int("build" in seen.phases)
    yield seen.category, (1, seen.shipped, built, built * seen.shipped)


def by_habit_and_category(seen: Seen) -> Counted:
    """Of what came to /build, by what was done on the way there."""
    if seen.category and "build" in seen.phases:
        for habit, holds in HABITS.items():
            if holds(seen):
                yield f"{seen.category}|{habit}", (1, seen.shipped)


def by_file_type(seen: Seen) -> Counted:
    """For each type of file in the design: with any specialist for it, and in all."""
    for file_type in _some(seen.types.keys() - {"other"}, MOST_FILE_TYPES, seen.id):
        special = int(bool(seen.types[file_type] - NO_SPECIALISTS))
        yield file_type, (1, seen.shipped, special, special * seen.shipped)


def by_file_type_and_agent(seen: Seen) -> Counted:
    """For each specialist that the design chose for a type of file."""
    types = [name for name in seen.types if name != "other"]
    pairs = [f"{name}|{agent}" for name in types for agent in sorted(_specialists(seen.types[name]))]
    for pair in _some(pairs, MOST_FILE_TYPES, seen.id):
        yield pair, (1, seen.shipped)


def by_band(seen: Seen) -> Counted:
    """By how many files were planned; not known without a manifest."""
    word = seen.report["feature"]["complexity"]["file_count"]
    if word in _BAND_OF:
        yield _BAND_OF[word], (1, seen.shipped)


def by_judge(seen: Seen) -> Counted:
    """Of what came to /build, whether a verdict came before: whatever lives longer meets more judges later on."""
    if "build" in seen.phases:
        cell = "before_build" if _is_judged_before_build(seen) else "not_before_build"
        yield cell, (1, seen.shipped, *_quality(seen.built.values()))


def by_domain(seen: Seen) -> Counted:
    """For each knowledge domain that was consulted."""
    for domain in _some(set(seen.report["kb"]["domains_consulted"]), MOST_DOMAINS, seen.id):
        yield domain, (1, seen.shipped)


def by_error(seen: Seen) -> Counted:
    """By how it failed last, and in which phase; whether that was made good."""
    error = seen.report["errors"]
    if error["error_category"] is not None and error["phase_failed"] is not None:
        yield f"{error['error_category']}|{error['phase_failed']}", (1, int(bool(error["recovered"])))


def by_duration(seen: Seen) -> Counted:
    """A histogram of the seconds of each phase, and of a shipped feature as a whole; bins double."""
    timing = seen.report["feature"]["timing"]
    for name in TIMED:
        seconds = timing[f"{name}_duration_seconds"]
        if seconds and (seen.shipped or name != "total"):
            yield f"{name}|{bin_of(seconds)}", (1,)


# --- habits


def _is_brainstormed(seen: Seen) -> bool:
    return "brainstorm" in seen.phases


def _is_judged_before_build(seen: Seen) -> bool:
    return seen.report["judge"]["pre_design_score"] is not None


def _has_tests(seen: Seen) -> bool:
    return bool(seen.report["feature"]["complexity"]["has_tests"])


def _is_small(seen: Seen) -> bool:
    return _BAND_OF.get(seen.report["feature"]["complexity"]["file_count"]) == BANDS[0]


def _has_specialists(seen: Seen) -> bool:
    return bool(_specialists(seen.chosen))


def _knows_domains(seen: Seen) -> bool:
    return bool(seen.report["kb"]["domains_consulted"])


def _knows_patterns(seen: Seen) -> bool:
    return bool(seen.report["kb"]["patterns_used"] != "0")


HABITS: dict[str, Callable[[Seen], bool]] = {
    "brainstormed": _is_brainstormed,
    "judged_before_build": _is_judged_before_build,
    "planned_tests": _has_tests,
    "planned_few_files": _is_small,
    "named_specialists": _has_specialists,
    "consulted_domains": _knows_domains,
    "read_patterns": _knows_patterns,
}


# --- the list


def _crossed(*parts: Iterable[str]) -> tuple[str, ...]:
    cells: list[str] = [""]
    for part in map(tuple, parts):
        cells = [f"{cell}|{word}" if cell else word for cell in cells for word in part]
    return tuple(cells)


_ALL_AGENTS = tuple(sorted(AGENTS))
_PAIRS = tuple(f"{first}|{second}" for first, second in combinations(SPECIALISTS, 2))
_ALL_MEASURES = {
    **dict.fromkeys(("reports", "shipped", "judged", "timed"), 1),
    "seconds": MOST_SECONDS,
    "staffed": 1,
    "agents": MOST_BUILDERS,
    "sized": 1,
    "files": max(FILES.values()),
    "iterations": max(TIMES.values()),
}
_SHARE = {"reports": 1, "shipped": 1}
_RATED = {"rated": 1, "quality": MOST_HALVES}

SLICES: tuple[Slice, ...] = (
    Slice("all", ("all",), 1, _ALL_MEASURES, everything),
    Slice(
        "transition",
        tuple(f"{start}|{to}" for start, to in pairwise(PHASES)),
        len(PHASES) - 1,
        {"reports": 1, "moved": 1},
        by_transition,
    ),
    Slice("agent", _ALL_AGENTS, MOST_AGENTS, {**_SHARE, "completed": 1, **_RATED}, by_agent),
    Slice("chosen_agent", _ALL_AGENTS, MOST_AGENTS, {"reports": 1, "replaced": 1}, by_chosen_agent),
    Slice("category_agent", _crossed(CATEGORIES, SPECIALISTS), MOST_AGENTS, _SHARE, by_agent_and_category),
    Slice("category_pair", _crossed(CATEGORIES, _PAIRS), MOST_PAIRS, _SHARE, by_pair_and_category),
    Slice("category", CATEGORIES, 1, {**_SHARE, "built": 1, "built_shipped": 1}, by_category),
    Slice("category_habit", _crossed(CATEGORIES, HABITS), len(HABITS), _SHARE, by_habit_and_category),
    Slice(
        "file_type",
        NAMED_TYPES,
        MOST_FILE_TYPES,
        {**_SHARE, "with_specialist": 1, "with_specialist_shipped": 1},
        by_file_type,
    ),
    Slice("file_type_agent", _crossed(NAMED_TYPES, SPECIALISTS), MOST_FILE_TYPES, _SHARE, by_file_type_and_agent),
    Slice("band", BANDS, 1, _SHARE, by_band),
    Slice("judge", ("before_build", "not_before_build"), 1, {**_SHARE, **_RATED}, by_judge),
    Slice("domain", tuple(sorted(DOMAINS)), MOST_DOMAINS, _SHARE, by_domain),
    Slice("error", _crossed(ERRORS, PHASES), 1, {"reports": 1, "recovered": 1}, by_error),
    Slice("duration", _crossed(TIMED, map(str, BIN_EDGES)), len(TIMED), {"reports": 1}, by_duration),
)


# --- what slices are made of


def bin_of(seconds: int) -> int:
    """The edge at which the bin of a duration begins. `seconds`: above 0."""
    bits = min(seconds.bit_length(), _LAST_BIN_BITS)
    return 1 if bits <= _FIRST_BIN_BITS else 1 << (bits - 1)


def _seen(report: dict[str, Any], report_id: str) -> Seen:
    feature, agents = report["feature"], report["agents"]
    shipped = feature["outcome"]["shipped"]
    chosen: dict[str, bool] = {}
    types: dict[str, set[str]] = {}
    for row in agents["matching"]:
        agent = row["agent_type"]
        chosen[agent] = chosen.get(agent, False) or row["was_overridden"]
        types.setdefault(row["file_type"], set()).add(agent)
    return Seen(
        report=report,
        id=report_id,
        category=category_of(report),
        shipped=int(shipped),
        phases=_reached(feature["complexity"]["phases_used"], shipped),
        built={row["agent_type"]: row for row in agents["effectiveness"]},
        chosen=chosen,
        types=types,
    )


def _reached(started: list[str], shipped: bool) -> frozenset[str]:
    """The phases it came to; what is shipped came to /ship however it got there."""
    return frozenset((*started, "ship")) if shipped else frozenset(started)


def _specialists(agents: Iterable[str]) -> list[str]:
    return [agent for agent in agents if agent not in NO_SPECIALISTS]


def _some(words: Collection[str], most: int, report_id: str) -> Iterable[str]:
    """All of them, or as many as may be, by chance: that of the report's random id."""
    if len(words) <= most:
        return words
    return sorted(words, key=lambda word: (crc32(f"{report_id}|{word}".encode()), word))[:most]


def _quality(rows: Iterable[dict[str, Any]]) -> tuple[int, int]:
    """Whether anything was rated, and its mean quality in halves, each row weighted by its files."""
    rated = [row for row in rows if row["quality_score"] is not None]
    if not rated:
        return 0, 0
    weights = [FILES[row["assigned_files"]] or 1 for row in rated]
    halves = sum(row["quality_score"] * 2 * weight for row, weight in zip(rated, weights, strict=True))
    return 1, round(halves / sum(weights))
