"""Whether the figures of a release can be figures at all. Pure; the schema was held against it before.

The schema says what form a number has, not whether it can be: whoever has the key, or is careless with it, can sign a
share of nine quadrillion, an interval upside down, a cell twice. The rules stand in one list, RULES, and each is one
that no release of the real server breaks; tests hold them against everything that it makes.

Bounds and words are those of telemetry/community/contributions.py, which no room of the client may import; a test holds
the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from telemetry.contract.categories import CATEGORIES
from telemetry.contract.vocabulary import AGENTS, DOMAINS, FILE_TYPES, PHASES

Document = dict[str, Any]
Words = frozenset[str]

MOST_REPORTS = 10**9
MOST_FROM = 10**6  # where figures, and ranks, begin
SHARE = 1_000  # thousandths, as all figures are
SECONDS = 36_000_000
QUARTILE = 262_144_000  # where the last bin of a histogram, which has no end, is drawn to end
MOST = {
    "seconds": SECONDS,
    "agents": 8_000,
    "files": 51_000,
    "iterations": 10_000,
    "quality": 10_000,
    "p25": QUARTILE,
    "median": QUARTILE,
    "p75": QUARTILE,
}  # of a figure; all others are shares

_AGENTS, _CATEGORIES, _PHASES = AGENTS, frozenset(CATEGORIES), frozenset(PHASES)
_SPECIALISTS = AGENTS - {"general", "custom"}
_FILE_TYPES = FILE_TYPES - {"other"}
_HABITS = frozenset(
    (
        *("brainstormed", "judged_before_build", "planned_tests", "planned_few_files"),
        *("named_specialists", "consulted_domains", "read_patterns"),
    )
)
_ERRORS = frozenset(
    (
        *("api_error", "tests_failed", "build_blocked", "judge_blocked"),
        *("needs_clarification", "interrupted", "abandoned", "unknown"),
    )
)
WORDS: dict[str, tuple[Words, ...]] = {
    "all": (frozenset({"all"}),),
    "transition": (_PHASES, _PHASES),
    "agent": (_AGENTS,),
    "chosen_agent": (_AGENTS,),
    "category_agent": (_CATEGORIES, _SPECIALISTS),
    "category_pair": (_CATEGORIES, _SPECIALISTS, _SPECIALISTS),
    "category": (_CATEGORIES,),
    "category_habit": (_CATEGORIES, _HABITS),
    "file_type": (_FILE_TYPES,),
    "file_type_agent": (_FILE_TYPES, _SPECIALISTS),
    "band": (frozenset({"<10", "10-30", ">30"}),),
    "judge": (frozenset({"before_build", "not_before_build"}),),
    "domain": (DOMAINS,),
    "error": (_ERRORS, _PHASES),
    "duration": (frozenset({"define", "design", "build", "total"}),),
}  # of a cell, by slice: how many, and of which kind


def is_sane(release: Document) -> bool:
    """Whether no rule speaks against a release that is valid by schemas/release.yaml."""
    return all(rule(release) for rule in RULES)


def cells_have_their_words(release: Document) -> bool:
    """As many as the slice has, each of its kind."""
    return all(
        len(row["cell"]) == len(kinds) and all(word in kind for word, kind in zip(row["cell"], kinds, strict=True))
        for part, kinds in WORDS.items()
        for row in release["tables"][part]
    )


def steps_go_on(release: Document) -> bool:
    """A transition is from one phase to the next."""
    return all(PHASES.index(row["cell"][1]) - PHASES.index(row["cell"][0]) == 1 for row in _rows(release, "transition"))


def pairs_are_of_two(release: Document) -> bool:
    """And named in one order, or one pair could be there twice."""
    return all(row["cell"][1] < row["cell"][2] for row in _rows(release, "category_pair"))


def cells_are_there_once(release: Document) -> bool:
    """In their slice."""
    return all(_are_unlike([tuple(row["cell"]) for row in _rows(release, part)]) for part in WORDS)


def figures_are_there_once(release: Document) -> bool:
    """In their cell."""
    return all(_are_unlike([told["figure"] for told in row["figures"]]) for row in _rows(release))


def intervals_hold_their_values(release: Document) -> bool:
    """The lower end, the value, the upper end, in this order."""
    return all(found["low"] <= found["value"] <= found["high"] for found in _ranges(release))


def figures_can_be(release: Document) -> bool:
    """No share above one, no mean above what one report can add."""
    return all(told["high"] <= MOST.get(told["figure"], SHARE) for row in _rows(release) for told in row["figures"])


def reports_can_be(release: Document) -> bool:
    """No cell of fewer than k is shown, and there are not as many developers as that."""
    k = release["manifest"]["k"]
    counts = [row["reports"] for row in _rows(release)]
    return all(k <= count["value"] and count["high"] <= MOST_REPORTS for count in counts)


def figures_rest_on_enough(release: Document) -> bool:
    """On as many reports as the release itself calls enough."""
    least = release["manifest"]["rates_from"]
    return all(least <= told["n"] <= MOST_REPORTS for row in _rows(release) for told in row["figures"])


def enough_is_a_number_of_reports(release: Document) -> bool:
    """Neither none, nor more than anybody has."""
    manifest = release["manifest"]
    return all(1 <= manifest[name] <= MOST_FROM for name in ("rates_from", "ranks_from"))


RULES: tuple[Callable[[Document], bool], ...] = (
    cells_have_their_words,  # first: those below look at words by their place
    steps_go_on,
    pairs_are_of_two,
    cells_are_there_once,
    figures_are_there_once,
    intervals_hold_their_values,
    figures_can_be,
    reports_can_be,
    figures_rest_on_enough,
    enough_is_a_number_of_reports,
)


def _rows(release: Document, *parts: str) -> Iterator[Document]:
    for part in parts or WORDS:
        yield from release["tables"][part]


def _ranges(release: Document) -> Iterator[Document]:
    for row in _rows(release):
        yield row["reports"]
        yield from row["figures"]


def _are_unlike(names: list[Any]) -> bool:
    return len(set(names)) == len(names)
