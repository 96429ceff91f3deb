"""RECOMMENDED PATTERNS: what goes with shipping in the community, and is clearly rarer with the person. Pure.

One small rule per kind, in one list. A rule speaks only where the community's two intervals, with and without, do not
overlap, each widened for as many looks as the rule takes: both can rest on the same noise, which then lifts the one and
lowers the other, so that at 95 % one look in forty would find what is not there. And only where the person's own use is
so much lower that the interval of the difference leaves out none. It says what goes together, not what causes what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from telemetry.contract.release import Release, Row
from telemetry.insights.community.estimates import Estimate, apart, share_of, told, widened
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

    def is_clear(self, looks: int) -> bool:
        """Whether those with it surely ship more often, though it is one of so many looks.

        A share of all or of nothing is one that noise pushed beyond what can be: its interval was cut there, so how
        wide it would be is not known.
        """
        if self.having.value >= 1 or self.lacking.value <= 0:
            return False
        return widened(self.having, looks).low > widened(self.lacking, looks).high


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


class Look(NamedTuple):
    """What a rule looks at: the fields of a pattern, and where the community's figures are."""

    kind: str
    about: str
    category: str | None
    contrast: Callable[[Release], Contrast | None]


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
    categories = frequent_categories(own, ENOUGH, MOST_CATEGORIES)
    for category in categories:
        features = own.of_category(category)
        for habit in HABITS:
            yours = share_of(sum(habit in feature.habits for feature in features), len(features))
            look = Look("habit", habit, category, partial(_habit, cell=(category, habit)))
            yield from _pattern(look, len(categories) * len(HABITS), yours, sources)


def judge(own: Own, sources: Sources) -> Iterator[Pattern]:
    """A verdict before the build, whatever the kind of work."""
    yours = share_of(sum(JUDGED_BEFORE_BUILD in feature.habits for feature in own.built), len(own.built))
    yield from _pattern(Look("judge", JUDGED_BEFORE_BUILD, None, _judged), 1, yours, sources)


def specialists(own: Own, sources: Sources) -> Iterator[Pattern]:
    """A specialist for a type of file that the person's designs often have."""
    chosen: dict[str, list[bool]] = {}
    for feature in own.features:
        for file_type, special in feature.types.items():
            chosen.setdefault(file_type, []).append(special)
    often = {file_type: flags for file_type, flags in sorted(chosen.items()) if len(flags) >= ENOUGH}
    for file_type, flags in often.items():
        look = Look("specialist", file_type, None, partial(_special, file_type=file_type))
        for pattern in _pattern(look, len(often), share_of(sum(flags), len(flags)), sources):
            yield pattern._replace(agent=_mostly_chosen(sources, file_type))


RULES: tuple[Rule, ...] = (habits, judge, specialists)


# --- what rules are made of


def _pattern(look: Look, looks: int, yours: Estimate | None, sources: Sources) -> Iterator[Pattern]:
    """The pattern if it is one: enough features, a clear contrast, and clearly rarer with the person."""
    found = sources.first(look.contrast)
    if yours is None or yours.n < ENOUGH or found is None:
        return
    contrast, release = found
    if contrast.is_clear(looks) and apart(yours, contrast.share).high < 0:
        yield Pattern(look.kind, look.about, look.category, yours, contrast, release.period)


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
    share = _share(before, not_before)
    return Contrast(told(having), told(lacking), share) if having and lacking and share else None


def _share(part: Row, rest: Row) -> Estimate | None:
    """How large a part of two cells the first is; the release states no interval for it.

    The noise of both at its worst, and Wilson's interval for the sample around that: too wide rather than too narrow.
    None where both are empty.
    """
    n, z = part.reports.value + rest.reports.value, z_of(CONFIDENCE)
    if n <= 0:
        return None
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
