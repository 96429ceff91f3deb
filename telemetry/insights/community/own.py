"""A person's own features, counted as the server counts reports on them. Pure.

The server's rules are in docs/decisions/0011-what-is-counted.md and telemetry/community/contributions.py, which the
client may not import; a property test holds that both come to the same numbers over any features.

Who is counted: features that are settled, as only such are ever shared, and that began at least SETTLED_AFTER ago. Of
those begun later only the quick ones can be over: they would make anybody look better than a community whose reports
come in as steadily as they are begun.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from telemetry.contract.categories import CATEGORIES, FLAGS, elected
from telemetry.contract.records import FeatureRecord, TrackedFeature
from telemetry.insights.community.coarse import Words, words_of
from telemetry.insights.figures import NO_SPECIALISTS, SETTLED_AFTER

MOST_SECONDS = 36_000  # ten hours: what is longer adds no more
MOST_BUILDERS = 8
CLOCK_TOLERANCE = timedelta(minutes=10)
_FEW_FILES = 9


class Counted(NamedTuple):
    """One feature as its report counts. `seconds`: of a shipped one, 0 where it was not timed.

    `builders`: agents of the build report but `general`; None where there is no build report. `habits`: of what came
    to /build. `types`: each type of file of the design, and whether a specialist was chosen for it.
    """

    category: str | None
    shipped: bool
    judged: bool
    seconds: int
    builders: int | None
    came_to_build: bool
    habits: frozenset[str]
    types: dict[str, bool]


class Own(NamedTuple):
    """The features that are compared, and how many are not: too young, or in flight."""

    features: tuple[Counted, ...]
    young: int
    in_flight: int

    def of_category(self, category: str) -> list[Counted]:
        """Those of one kind of work that came to /build, as habits are asked of these."""
        return [feature for feature in self.features if feature.came_to_build and feature.category == category]

    @property
    def built(self) -> list[Counted]:
        """Those that came to /build."""
        return [feature for feature in self.features if feature.came_to_build]


def own_of(features: Sequence[TrackedFeature], moment: datetime) -> Own:
    """What is compared of these features at this moment."""
    ended = [feature for feature in features if is_settled(feature, moment)]
    counted = [feature for feature in ended if feature.first_seen <= moment - SETTLED_AFTER]
    return Own(
        features=tuple(counted_of(feature.record) for feature in counted),
        young=len(ended) - len(counted),
        in_flight=sum(feature.state == "in_flight" for feature in features),
    )


def is_settled(feature: TrackedFeature, moment: datetime) -> bool:
    """Whether it is settled, so that it could be shared; not what a wrong clock put into the future."""
    return feature.state != "in_flight" and feature.last_seen <= moment + CLOCK_TOLERANCE


def counted_of(record: FeatureRecord) -> Counted:
    """What a feature adds to the figures."""
    words, outcome = words_of(record), record.outcome
    phases = frozenset(record.complexity.phases_used)
    return Counted(
        category=category_of(record, words),
        shipped=outcome.shipped,
        judged=outcome.judge_used,
        seconds=min(record.timing.total_duration_seconds, MOST_SECONDS) if outcome.shipped else 0,
        builders=min(len(words.built - {"general"}), MOST_BUILDERS) if words.built else None,
        came_to_build="build" in phases,
        habits=frozenset(name for name, holds in HABITS.items() if holds(record, words)),
        types=_types(words),
    )


def category_of(record: FeatureRecord, words: Words) -> str | None:
    """The kind of work, by the server's rule over the words of the report."""
    flags = [flag for flag in FLAGS if getattr(record.complexity, flag)]
    votes = {
        *(("agent", agent) for agent, _ in words.chosen),
        *(("agent", agent) for agent in words.built),
        *(("file_type", file_type) for _, file_type in words.chosen),
        *(("domain", domain) for domain in words.domains),
        *(("flag", flag) for flag in flags),
    }
    return elected(votes)


def frequent_categories(own: Own, least: int, most: int) -> list[str]:
    """The kinds of work with at least so many features that came to /build, the most frequent first."""
    counts = {category: len(own.of_category(category)) for category in CATEGORIES}
    often = [category for category in CATEGORIES if counts[category] >= least]
    return sorted(often, key=lambda category: -counts[category])[:most]


def _types(words: Words) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for agent, file_type in words.chosen:
        if file_type != "other":
            found[file_type] = found.get(file_type, False) or agent not in NO_SPECIALISTS
    return found


# --- habits, as telemetry/community/contributions.py has them


def _is_brainstormed(record: FeatureRecord, words: Words) -> bool:
    return "brainstorm" in record.complexity.phases_used


def _is_judged_before_build(record: FeatureRecord, words: Words) -> bool:
    return record.judge.pre_design_score is not None


def _has_tests(record: FeatureRecord, words: Words) -> bool:
    return record.complexity.has_tests


def _is_small(record: FeatureRecord, words: Words) -> bool:
    return 1 <= record.complexity.file_count <= _FEW_FILES


def _has_specialists(record: FeatureRecord, words: Words) -> bool:
    return _any_specialist(agent for agent, _ in words.chosen)


def _knows_domains(record: FeatureRecord, words: Words) -> bool:
    return bool(words.domains)


def _knows_patterns(record: FeatureRecord, words: Words) -> bool:
    return record.kb.patterns_used > 0


def _any_specialist(agents: Iterable[str]) -> bool:
    return not NO_SPECIALISTS.issuperset(agents)


JUDGED_BEFORE_BUILD = "judged_before_build"
HABITS: dict[str, Callable[[FeatureRecord, Words], bool]] = {
    "brainstormed": _is_brainstormed,
    JUDGED_BEFORE_BUILD: _is_judged_before_build,
    "planned_tests": _has_tests,
    "planned_few_files": _is_small,
    "named_specialists": _has_specialists,
    "consulted_domains": _knows_domains,
    "read_patterns": _knows_patterns,
}
