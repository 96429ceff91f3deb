"""Improvement signals: what AgentSpec's makers can learn from the figures that are released anyway. Pure.

Sees releases and nothing else, so a signal tells nothing that a release does not, and costs no privacy. Each rule asks
one question of one release; all of them stand in RULES. A rule says something only where the figures differ clearly:
their 95 % intervals, widened for as many looks as the rule takes, do not overlap (`clearly`). That is stricter than a
test of the difference, and holds also for figures that share reports or noise, as many of a release do.

What is said goes together; whether one causes the other, no figure of a release can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import NormalDist
from typing import NamedTuple

from telemetry.community.contributions import BANDS
from telemetry.contract.release import Figure, Release, Row

SAME = 0.03  # a share: two that are surely no further apart make no difference that anybody would work for
MOST_OF_A_KIND = 3  # signals of one rule: the largest
_JUDGED = ("before_build", "not_before_build")
_ENDS = {"quality": 10}  # of figures that are no share of 1
_BUILDING = ("define", "design", "build")  # phases whose time is known


class Measure(NamedTuple):
    """A figure in units (a share of 1, seconds, quality of 10), its 95 % interval, and on how many reports it rests."""

    value: float
    low: float
    high: float
    n: int


class _Line(NamedTuple):
    """A cell as rules see it: only figures that rest on enough. `is_ranked`: it is large enough to be compared with all
    others of its table.
    """

    cell: tuple[str, ...]
    reports: Measure
    figures: dict[str, Measure]
    is_ranked: bool


class Signal(NamedTuple):
    """Something worth working on. `figure`: which figure of the release; `found`: its value, interval and n.

    `about`: the cell, in the release's words. `against`: what it is compared with, if anything. `effect`: how far apart
    the two are, as a share of 1; else the share itself. `touched`: of how many reports that could be changed.
    `weight`: both multiplied, for a week.
    """

    kind: str
    about: tuple[str, ...]
    words: str
    figure: str
    found: Measure
    against: Measure | None
    effect: float
    touched: int
    period: str = ""
    weight: float = 0.0


Rule = Callable[[Release], Iterator[Signal]]


def signals_of(newest: Sequence[Release], before: Sequence[Release] = ()) -> list[Signal]:
    """All there is to say, what matters most first; of several releases, the first that shows something says it.

    `newest`: releases, those of more reports first. `before`: each one's forerunner, found by the form of its period.
    """
    found: dict[tuple[str, tuple[str, ...]], Signal] = {}
    for view in newest:
        asked = [*(rule(view) for rule in RULES), (change for old in before for change in changes(view, old))]
        for one in (_placed(view, one) for answers in asked for one in _largest(answers)):
            found.setdefault((one.kind, one.about), one)
    return sorted(found.values(), key=lambda one: (-one.weight, one.kind, one.about))


def _placed(view: Release, one: Signal) -> Signal:
    return one._replace(period=view.period, weight=one.effect * one.touched / len(view.weeks))


def _largest(signals: Iterable[Signal]) -> list[Signal]:
    return sorted(signals, key=lambda one: (-one.effect * one.touched, one.about))[:MOST_OF_A_KIND]


# --- when two figures differ


def clearly(low: Measure, high: Measure, looks: int = 1) -> bool:
    """Whether the first is surely below the second, if that many comparisons are made at once."""
    return _widened(low, looks).high <= _widened(high, looks).low and low.value < high.value


def differ(one: Measure, other: Measure, looks: int = 1) -> bool:
    """Whether either is surely below the other."""
    return clearly(one, other, looks) or clearly(other, one, looks)


def are_same(one: Measure, other: Measure) -> bool:
    """Whether two shares are surely no further apart than SAME."""
    return max(one.high - other.low, other.high - one.low) <= SAME


def pooled(figures: Sequence[Measure]) -> Measure:
    """The mean of some figures, each weighted by its n.

    They may rest on the same reports, so their errors may go together: the mean's interval is the mean of theirs, which
    is wide enough however they do.
    """
    n = sum(one.n for one in figures)
    value, low, high = (sum(one[index] * one.n for one in figures) / n for index in range(3))
    return Measure(value, low, high, n)


def _widened(figure: Measure, looks: int) -> Measure:
    """Its interval with room for the luckiest of so many (Bonferroni)."""
    normal = NormalDist()
    by = normal.inv_cdf(1 - 0.025 / looks) / normal.inv_cdf(0.975)
    low, high = (figure.value + (end - figure.value) * by for end in figure[1:3])
    return figure._replace(low=low, high=high)


# --- rules


def where_most_stop(view: Release) -> Iterator[Signal]:
    """The step between two phases at which clearly more features stop than at any other."""
    steps = [(row, _left_out(row, "moved")) for row in _with(view, "transition", "moved")]
    for row, lost in steps:
        others = [other for one, other in steps if one is not row]
        if others and all(clearly(other, lost, len(others)) for other in others):
            moved, (start, to) = row.figures["moved"], row.cell
            words = f"More features stop between /{start} and /{to} than at any other step:"
            words = f"{words} {_percent(1 - moved.value)} of those that come to /{start}."
            yield Signal("phase_drop_off", row.cell, words, "moved", moved, None, 1 - moved.value, moved.n)


def complexity_ceiling(view: Release) -> Iterator[Signal]:
    """The largest features are clearly shipped less often than the smallest, of the sizes that are known."""
    known = _by_cell(view, "band", "shipped")
    sizes = [(band, known[band]) for band in BANDS if band in known]
    if len(sizes) > 1 and clearly(sizes[-1][1], sizes[0][1]):
        (small, most), (large, least) = sizes[0], sizes[-1]
        words = f"Features of {large} files ship {_more(least, most)} than those of {small} files."
        yield Signal("complexity_ceiling", (large,), words, "shipped", *_apart(least, most), least.n)


def overruled_agents(view: Release) -> Iterator[Signal]:
    """Agents that designs choose and builds replace clearly more often than others."""
    for row, found, rest in _against_the_rest(view, "chosen_agent", "replaced", above=True):
        words = f"Builds replace {row.cell[0]} in {_percent(found.value)} of the designs with it; others in"
        words = f"{words} {_percent(rest.value)}."
        yield Signal("agent_replaced", row.cell, words, "replaced", *_apart(found, rest), found.n)


def unfinished_agents(view: Release) -> Iterator[Signal]:
    """Agents whose builds are clearly less often completed than those of others."""
    for row, found, rest in _against_the_rest(view, "agent", "completed"):
        words = f"Builds with {row.cell[0]} are completed in {_percent(found.value)}, of others {_percent(rest.value)}."
        yield Signal("agent_completes_less", row.cell, words, "completed", *_apart(found, rest), found.n)


def poor_agents(view: Release) -> Iterator[Signal]:
    """Agents whose files are clearly rated lower than those of others."""
    for row, found, rest in _against_the_rest(view, "agent", "quality"):
        words = f"Files of {row.cell[0]} are rated {found.value:.1f} of 10, those of others {rest.value:.1f}."
        yield Signal("agent_rated_lower", row.cell, words, "quality", *_apart(found, rest, 10), found.n)


def agent_gaps(view: Release) -> Iterator[Signal]:
    """Types of files whose features ship clearly more, or less, often with a specialist for them than without."""
    rows = _having(view, "file_type", "with_specialist", "without_specialist")
    for row in rows:
        special, general = row.figures["with_specialist"], row.figures["without_specialist"]
        if differ(special, general, len(rows)):
            words = f"Features with {row.cell[0]} files ship {_more(special, general)} with a specialist for them"
            words = f"{words}{_usual(view, row)}."
            touched = min((special, general)).n  # those who would gain by the other
            yield Signal("agent_gap", row.cell, words, "with_specialist", *_apart(special, general), touched)


def judges(view: Release) -> Iterator[Signal]:
    """Whether features judged before their build ship clearly more or less often, or surely about as often."""
    known = _by_cell(view, "judge", "shipped")
    if len(known) < len(_JUDGED):
        return
    judged, unjudged = (known[cell] for cell in _JUDGED)
    if differ(judged, unjudged):
        words = f"Features judged before their build ship {_more(judged, unjudged)} than others that were built."
        touched = min((judged, unjudged)).n
        yield Signal("judge_matters", _JUDGED[:1], words, "shipped", *_apart(judged, unjudged), touched)
    elif are_same(judged, unjudged):
        words = f"A judge before the build makes no difference to shipping of more than {SAME * 100:.0f} points."
        yield Signal("judge_does_not_matter", _JUDGED[:1], words, "shipped", *_apart(judged, unjudged), judged.n)


def judged_quality(view: Release) -> Iterator[Signal]:
    """Whether files of features judged before their build are clearly rated higher or lower."""
    known = _by_cell(view, "judge", "quality")
    if len(known) < len(_JUDGED):
        return
    judged, unjudged = (known[cell] for cell in _JUDGED)
    if differ(judged, unjudged):
        words = f"Files are rated {judged.value:.1f} of 10 where a judge came before the build, else"
        words = f"{words} {unjudged.value:.1f}."
        touched = min((judged, unjudged)).n
        yield Signal("judge_quality", _JUDGED[:1], words, "quality", *_apart(judged, unjudged, 10), touched)


def costly_errors(view: Release) -> Iterator[Signal]:
    """Errors of a phase that are not made good in clearly more features than the others shown, on the average."""
    rows = [(row, _left_out(row, "recovered")) for row in _with(view, "error", "recovered")]
    for row, lost in rows:
        others = [other._replace(n=1) for one, other in rows if one is not row]
        if others and clearly(pooled(others), lost, len(rows)):
            recovered = row.figures["recovered"]
            error, phase = row.cell[0].replace("_", " "), row.cell[1]
            words = f"“{error}” in /{phase} is frequent, and not made good in {_percent(1 - recovered.value)}."
            about = (recovered, None, 1 - recovered.value, recovered.n)
            yield Signal("costly_error", row.cell, words, "recovered", *about)


def weak_domains(view: Release) -> Iterator[Signal]:
    """Knowledge domains whose features clearly ship less often than those of others."""
    for row, found, rest in _against_the_rest(view, "domain", "shipped"):
        words = f"Features that consult {row.cell[0]} ship in {_percent(found.value)}, those of other domains in"
        words = f"{words} {_percent(rest.value)}."
        yield Signal("weak_domain", row.cell, words, "shipped", *_apart(found, rest), found.n)


def slowest_phase(view: Release) -> Iterator[Signal]:
    """The phase that clearly takes longer than any other, by its median; its effect is how much more than its part."""
    phases = {cell: figure for cell, figure in _by_cell(view, "duration", "median").items() if cell in _BUILDING}
    for cell, found in phases.items():
        others = [figure for other, figure in phases.items() if other != cell]
        if others and all(other.high <= found.low for other in others):  # an end is the edge of a bin: sure or not
            second = max(others)
            words = f"/{cell} takes longest: {_span(found.value)} (median); the next {_span(second.value)}."
            more = found.value / sum(figure.value for figure in phases.values()) - 1 / len(phases)
            yield Signal("slowest_phase", (cell,), words, "median", found, second, more, found.n)


RULES: tuple[Rule, ...] = (
    where_most_stop,
    complexity_ceiling,
    overruled_agents,
    unfinished_agents,
    poor_agents,
    agent_gaps,
    judges,
    judged_quality,
    costly_errors,
    weak_domains,
    slowest_phase,
)


# --- from one release to the next

# Which figures are followed, and by what a change of them is divided to be a share of 1 (None: by what it was).
FOLLOWED: dict[str, dict[str, float | None]] = {
    "all": {"shipped": 1, "judged": 1, "seconds": None, "agents": None, "files": None, "iterations": None},
    "transition": {"moved": 1},
    "agent": {"completed": 1, "quality": 10},
    "chosen_agent": {"replaced": 1},
    "category": {"shipped": 1},
    "file_type": {"share": 1},
    "band": {"shipped": 1},
    "judge": {"shipped": 1, "quality": 10},
    "domain": {"shipped": 1},
    "error": {"recovered": 1},
}


def changes(view: Release, old: Release) -> Iterator[Signal]:
    """What is clearly another than in the release before; nothing of one of another kind (a week's of a month)."""
    if len(view.period) != len(old.period) or view.development != old.development or view.period <= old.period:
        return
    was = {(part, row.cell, name): figure for part, row, name, figure in _followed(old)}
    both = [
        (part, row, name, figure, was[part, row.cell, name])
        for part, row, name, figure in _followed(view)
        if (part, row.cell, name) in was
    ]
    for part, row, name, now, then in both:
        if differ(now, then, len(both)):
            told = " → ".join(_shown(name, figure.value) for figure in (then, now))
            words = f"{_named(part, row.cell)}: {name.replace('_', ' ')} {told} since {old.period}."
            apart = _apart(now, then, FOLLOWED[part][name] or then.value)
            yield Signal("trend", (part, *row.cell, name), words, name, *apart, now.n)


def _followed(view: Release) -> Iterator[tuple[str, _Line, str, Measure]]:
    for part, names in FOLLOWED.items():
        for name in names:
            yield from ((part, row, name, row.figures[name]) for row in _having(view, part, name))


def _named(part: str, cell: tuple[str, ...]) -> str:
    return "All features" if part == "all" else f"{part.replace('_', ' ').capitalize()} {' → '.join(cell)}"


# --- what rules have in common


def _lines(view: Release, part: str) -> list[_Line]:
    """The rows of a table, held against the thresholds of the release's manifest."""
    return [_line(row, view) for row in view.rows(part)]


def _line(row: Row, view: Release) -> _Line:
    figures = {one.name: _measure(one) for one in row.figures if one.n >= view.rates_from}
    count = Measure(*row.reports, row.reports.value)
    return _Line(row.cell, count, figures, row.reports.value >= view.ranks_from)


def _measure(told: Figure) -> Measure:
    return Measure(told.number, told.least, told.most, told.n)


def _with(view: Release, part: str, *names: str) -> list[_Line]:
    """The rows of a table that have these figures."""
    return [line for line in _lines(view, part) if line.figures.keys() >= set(names)]


def _having(view: Release, part: str, *names: str) -> list[_Line]:
    """The rows of a table that have these figures, with intervals that can be believed."""
    lines = _with(view, part, *names)
    return lines if view.development else [line for line in lines if not any(_is_cut(line, name) for name in names)]


def _is_cut(line: _Line, name: str) -> bool:
    """Whether noise has driven a figure out of what can be, so that it was put back to the end: how far it was out, and
    so how wide its interval would be, is not told.
    """
    return line.figures[name].value in (0, _ENDS.get(name, 1))


def _by_cell(view: Release, part: str, name: str) -> dict[str, Measure]:
    """A figure by the one word of its cell."""
    return {row.cell[0]: row.figures[name] for row in _having(view, part, name)}


def _against_the_rest(
    view: Release, part: str, name: str, above: bool = False
) -> Iterator[tuple[_Line, Measure, Measure]]:
    """Ranked rows whose figure is clearly below (or above) that of all the other ranked ones together."""
    rows = [(row, row.figures[name]) for row in _having(view, part, name) if row.is_ranked]
    for row, found in rows:
        others = [figure for other, figure in rows if other is not row]
        if others:
            rest = pooled(others)
            if clearly(rest, found, len(rows)) if above else clearly(found, rest, len(rows)):
                yield row, found, rest


def _left_out(row: _Line, name: str) -> Measure:
    """How many reports of a row a share leaves out; surely no fewer than low, no more than high."""
    share, count = row.figures[name], row.reports
    return Measure(count.value * (1 - share.value), count.low * (1 - share.high), count.high * (1 - share.low), share.n)


def _apart(found: Measure, against: Measure, most: float = 1) -> tuple[Measure, Measure, float]:
    """Both, and how far apart they are, as a share of the most that they can be."""
    return found, against, abs(found.value - against.value) / most


def _usual(view: Release, row: _Line) -> str:
    """The specialist that is chosen most for a type of file, if that can be said."""
    rows = _having(view, "file_type_agent", "share")
    chosen = [(one.figures["share"].value, one.cell[1]) for one in rows if one.cell[0] == row.cell[0]]
    return f" ({max(chosen)[1]} in {_percent(max(chosen)[0])})" if chosen else ""


# --- words


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _more(one: Measure, other: Measure) -> str:
    """How far two shares are apart, with the least and the most that their intervals leave: of what is clear enough to
    be said, noise has often made more than there is.
    """
    low, high = sorted((one, other))
    apart, least, most = (100 * share for share in (high.value - low.value, high.low - low.high, high.high - low.low))
    word = "more" if one.value > other.value else "less"
    return f"{apart:.0f} points {word} often ({max(least, 0):.0f} to {most:.0f})"


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def _shown(name: str, value: float) -> str:
    if name == "seconds":
        return _span(value)
    return f"{value:.1f}" if name in ("quality", "agents", "files", "iterations") else _percent(value)
