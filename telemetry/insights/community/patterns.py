"""RECOMMENDED PATTERNS: what goes with shipping in the community, and is clearly rarer with the person. Pure.

One small rule per kind, in one list. A rule speaks only where the community's two intervals, with and without, do not
overlap (noise in one may lean against the other, and that holds for any such lean), and where the person's own use is
so much lower that the interval of the difference leaves out none. It says what goes together, not what causes what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from telemetry.contract.release import Release, Row
from telemetry.insights.community.estimates import Estimate, apart, share_of, told
from telemetry.insights.community.own import HABITS, JUDGED_BEFORE_BUILD, Own, frequent_categories
from telemetry.insights.community.sources import Sources
from telemetry.insights.figures import ENOUGH, NO_SPECIALISTS
from telemetry.insights.intervals import CONFIDENCE, wilson, z_of

MOST_CATEGORIES = 2  # of a person's, the most frequent


class Contrast(NamedTuple):
    """Of the community: how many ship with something and without it, and how many do it."""

    having: Estimate
    lacking: Estimate
    share: Estimate

    @property
    def is_clear(self) -> bool:
        """Whether those with it surely ship more often."""
        return self.having.low > self.lacking.high


class Pattern(NamedTuple):
    """Something to take up. `kind`: which rule speaks. `about`: the habit or the type of file; `category`: of what.

    `yours`: how often the person does it. `agent`: who is mostly chosen, where it is about that.
    """

    kind: str
    about: str
    category: str | None
    yours: Estimate
    community: Contrast
    period: str
    agent: str | None = None


Rule = Callable[[Own, Sources], Iterable[Pattern]]


def patterns_of(own: Own, sources: Sources) -> tuple[Pattern, ...]:
    """What the rules have to say, in their order; of all kinds of work only what was not said of one."""
    found: list[Pattern] = []
    for rule in RULES:
        said = {pattern.about for pattern in found}
        found += [pattern for pattern in rule(own, sources) if pattern.category or pattern.about not in said]
    return tuple(found)


def habits(own: Own, sources: Sources) -> Iterator[Pattern]:
    """Habits of the person's most frequent kinds of work, on the way to /build."""
    for category in frequent_categories(own, ENOUGH, MOST_CATEGORIES):
        features = own.of_category(category)
        for habit in HABITS:
            yours = share_of(sum(habit in feature.habits for feature in features), len(features))
            contrast = partial(_habit, cell=(category, habit))
            yield from _pattern("habit", (habit, category), yours, sources, contrast)


def judge(own: Own, sources: Sources) -> Iterator[Pattern]:
    """A verdict before the build, whatever the kind of work."""
    yours = share_of(sum(JUDGED_BEFORE_BUILD in feature.habits for feature in own.built), len(own.built))
    yield from _pattern("judge", (JUDGED_BEFORE_BUILD, None), yours, sources, _judged)


def specialists(own: Own, sources: Sources) -> Iterator[Pattern]:
    """A specialist for a type of file that the person's designs have."""
    for file_type in sorted({file_type for feature in own.features for file_type in feature.types}):
        chosen = [feature.types[file_type] for feature in own.features if file_type in feature.types]
        yours = share_of(sum(chosen), len(chosen))
        for pattern in _pattern(
            "specialist", (file_type, None), yours, sources, partial(_special, file_type=file_type)
        ):
            yield pattern._replace(agent=_mostly_chosen(sources, file_type))


RULES: tuple[Rule, ...] = (habits, judge, specialists)


# --- what rules are made of


def _pattern(
    kind: str,
    about: tuple[str, str | None],
    yours: Estimate | None,
    sources: Sources,
    contrast: Callable[[Release], Contrast | None],
) -> Iterator[Pattern]:
    """The pattern if it is one: enough features, a clear contrast, and clearly rarer with the person."""
    if yours is None or yours.n < ENOUGH:
        return
    found = sources.first(contrast)
    if found and found[0].is_clear and apart(yours, found[0].share).high < 0:
        yield Pattern(kind, *about, yours, found[0], found[1].period)


def _habit(release: Release, cell: tuple[str, str]) -> Contrast | None:
    return _contrast(release.row("category_habit", *cell), "shipped", "shipped_without")


def _special(release: Release, file_type: str) -> Contrast | None:
    return _contrast(release.row("file_type", file_type), "with_specialist", "without_specialist")


def _contrast(row: Row | None, having: str, lacking: str) -> Contrast | None:
    figures = [row.figure(name) for name in (having, lacking, "share")] if row else []
    told_of = [told(figure) for figure in figures if figure]
    return Contrast(*told_of) if len(told_of) == 3 else None


def _judged(release: Release) -> Contrast | None:
    before, not_before = release.row("judge", "before_build"), release.row("judge", "not_before_build")
    if before is None or not_before is None:
        return None
    having, lacking = before.figure("shipped"), not_before.figure("shipped")
    return Contrast(told(having), told(lacking), _share(before, not_before)) if having and lacking else None


def _share(part: Row, rest: Row) -> Estimate:
    """How large a part of two cells the first is; the release states no interval for it.

    The noise of both at its worst, and Wilson's interval for the sample around that: too wide rather than too narrow.
    """
    n, z = part.reports.value + rest.reports.value, z_of(CONFIDENCE)
    lowest = part.reports.low / max(part.reports.low + rest.reports.high, 1)
    highest = part.reports.high / max(part.reports.high + rest.reports.low, 1)
    return Estimate(part.reports.value / n, wilson(lowest * n, n, z)[0], wilson(highest * n, n, z)[1], n)


def _mostly_chosen(sources: Sources, file_type: str) -> str | None:
    """The specialist that most designs choose for a type of file; tables begin with their largest cells."""
    found = sources.first(lambda release: _largest(release, file_type))
    return found[0] if found else None


def _largest(release: Release, file_type: str) -> str | None:
    rows = (row.cell[1] for row in release.rows("file_type_agent") if row.cell[0] == file_type)
    return next((agent for agent in rows if agent not in NO_SPECIALISTS), None)
