"""The comparison for people: the seed's Tier 2 screen, at most 80 columns wide. Pure, but for tabulate.

Every figure stands with its n, every difference with its 95 % interval. A party popper stands where a difference is
clear and one to be glad of, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from telemetry.contract.release import Release
from telemetry.contract.release_standing import Standing
from telemetry.insights.community.compare import Measure
from telemetry.insights.community.effectiveness import Category, Contender, Ranking
from telemetry.insights.community.estimates import Estimate
from telemetry.insights.community.leaderboard import Leaderboard, Rank, Unranked
from telemetry.insights.community.own import JUDGED_BEFORE_BUILD, Own
from telemetry.insights.community.patterns import Pattern
from telemetry.insights.community.report import Comparison
from telemetry.insights.figures import SETTLED_AFTER
from telemetry.insights.grid import grid
from telemetry.insights.intervals import Difference
from telemetry.insights.period import Period
from telemetry.insights.screen import POPPER, WIDTH, block, name_of, percent, wrapped

LOUD = "DEVELOPMENT: exact figures without noise, for a demo on this machine only."
TITLES = {
    "data_pipelines": "Data Pipelines",
    "infrastructure": "Infrastructure",
    "ai_llm": "AI/LLM Features",
    "services": "Services",
    "libraries": "Libraries",
}
NAMES = {
    "ship_rate": "Ship Rate:",
    "duration": "Avg Duration:",
    "agents": "Agent Usage:",
    "judge_adoption": "Judge Adoption:",
}
# A habit, what is said of who has it, and how to take it up.
HABITS = {
    "brainstormed": ("began with a brainstorm", "Begin with /brainstorm."),
    JUDGED_BEFORE_BUILD: ("were judged before the build", "Run /judge on DESIGN before /build."),
    "planned_tests": ("planned tests", "Ask /design for @test-generator."),
    "planned_few_files": ("planned fewer than 10 files", "Split features at /define."),
    "named_specialists": ("named specialists in the design", "Name the agents you want in DESIGN."),
    "consulted_domains": ("consulted knowledge domains", "Let /design consult the knowledge base."),
    "read_patterns": ("read patterns of the knowledge base", "Let /design read the patterns of its domains."),
}
MOST_UNRANKED = 8
MONTHS = "*"  # marks what the month's release carries for the week's


def screen(comparison: Comparison, standing: Standing, period: Period, leaderboard: bool) -> str:
    """The whole screen. `period`: what the person's own figures are of."""
    blocks = [_head(comparison, standing)]
    if comparison.sources.releases:
        blocks += [
            block("HOW YOU COMPARE", _compared(comparison)),
            block("AGENT EFFECTIVENESS (Community Data)", _effectiveness(comparison)),
            block("RECOMMENDED PATTERNS", _patterns(comparison)),
            block("LEADERBOARD", _leaderboard(comparison)) if leaderboard else [],
            _legend(comparison, period),
        ]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


# --- what it is made of


def _head(comparison: Comparison, standing: Standing) -> list[str]:
    sources = comparison.sources
    loud = [LOUD, ""] if comparison.development or standing.development else []
    if not sources.releases:
        return [*loud, *_no_release(standing)]
    title = " and ".join(map(_period, sources.releases))
    lines = [*_reports(comparison), *_age(standing)]
    return [*loud, *block(f"COMMUNITY BENCHMARKS ({title})", [part for line in lines for part in wrap(line, WIDTH)])]


def _no_release(standing: Standing) -> list[str]:
    return [
        "No benchmarks yet: the community has released nothing so far.",
        *(wrap(f"Nothing newer, as {standing.why}.", WIDTH) if standing.why else []),
        "",
        "A week is released once it is closed, seven days after its end.",
        "",
        "  agentspec insights           your own figures, which need nobody else",
    ]


def _period(release: Release) -> str:
    return f"{'month' if release.is_month else 'week'} {release.period}"


def _reports(comparison: Comparison) -> Iterator[str]:
    for release in comparison.sources.releases:
        count = f"{release.reports:,} reports" if release.reports else "too few reports to say how many"
        mark = f", marked {MONTHS} where it stands in for the week" if _stands_in(comparison, release) else ""
        yield f"{'Month' if release.is_month else 'Week'} {release.period}: {count}{mark}."


def _stands_in(comparison: Comparison, release: Release) -> bool:
    """Whether anything that is shown with a mark comes from it."""
    rankings = [ranking for one in comparison.effectiveness for ranking in (one.pairs, one.agents) if ranking]
    periods: list[str | None] = [measure.period for measure in comparison.measures]
    periods += [ranking.period for ranking in rankings]
    periods += [pattern.period for pattern in comparison.patterns]
    return any(period == release.period and _mark(comparison, period) for period in periods)


def _age(standing: Standing) -> Iterator[str]:
    fetched = f"{'Kept since' if standing.from_cache else 'Fetched'} {standing.fetched.astimezone():%Y-%m-%d}."
    old = ": OLD, newer ones should be there" if standing.is_old else ""
    days = "1 day" if standing.age_days == 1 else f"{standing.age_days} days"
    yield fetched if standing.development else f"Ended {days} ago{old}. {fetched}"  # a demo's week is still open
    if standing.why:
        yield f"Nothing newer, as {standing.why}."


def _mark(comparison: Comparison, period: str | None) -> str:
    """The mark of what the month carries, where the week is what is mostly shown."""
    week, month = comparison.sources
    return f" {MONTHS}" if week and month and period == month.period else ""


# --- how you compare


def _compared(comparison: Comparison) -> list[str]:
    if all(measure.community is None for measure in comparison.measures):
        return [
            "The release tells no figures yet: too few have shared.",
            "",
            *_own(comparison.own),
        ]
    rows = [("", "You", "Community", "Difference"), *(_measure(comparison, one) for one in comparison.measures)]
    notes = [*_own(comparison.own), *_more(comparison)]
    return [*grid(rows), *(["", *notes] if notes else [])]


def _more(comparison: Comparison) -> list[str]:
    """How to be compared by more features, for who has too few in this period."""
    if comparison.measures[0].has_enough:
        return []
    return ["Of all your features: agentspec insights --community --all"]


def _measure(comparison: Comparison, measure: Measure) -> Sequence[str]:
    community = "not told"
    if measure.community:
        community = f"{_shown(measure, measure.community)} (n={measure.community.n:,})"
        community += _mark(comparison, measure.period)
    return NAMES[measure.kind], _yours(measure), community, _difference(measure)


def _yours(measure: Measure) -> str:
    yours = measure.yours
    if yours is None:
        return "none yet"
    if not measure.has_enough:
        return f"{yours.hits} of {yours.n}" if measure.is_share else f"n={yours.n}"
    return f"{_shown(measure, yours)} (n={yours.n:,})"


def _shown(measure: Measure, estimate: Estimate) -> str:
    if measure.is_share:
        return percent(estimate.value)
    return f"{estimate.value:.1f}h" if measure.kind == "duration" else f"{estimate.value:.1f}"


def _difference(measure: Measure) -> str:
    if measure.yours and not measure.has_enough:
        return "too few yet"
    if measure.difference is None:
        return "cannot be told" if measure.yours and measure.community else ""
    value = _points(measure) if measure.is_share else _signed(measure.difference.value)
    unit = "%" if not measure.is_share else " point" if value in ("+1", "-1") else " points"
    text = f"{value}{unit} ({_ends(measure.difference)})"
    return f"{text} {POPPER}" if measure.is_better else text


def _points(measure: Measure) -> str:
    """Of the shares as they are shown beside it: 67% and 78% are 11 points apart, whatever their decimals are."""
    yours, community = (round(share.value * 100) for share in (measure.yours, measure.community) if share)
    return _signed((yours - community) / 100)


def _ends(difference: Difference) -> str:
    return f"{_signed(difference.low)} to {_signed(difference.high)}"


def _signed(share: float) -> str:
    """In whole hundredths, 0 without a sign."""
    rounded = round(share * 100)
    return f"{rounded:+}" if rounded else "0"


def _own(own: Own) -> list[str]:
    """What is not compared, and why."""
    days, lines = SETTLED_AFTER.days, []
    if not own.features:
        lines.append(
            f"Nothing of yours to compare yet: it takes features begun {days} or more days ago that are settled."
        )
    young, in_flight = f"{own.young} begun within {days} days", f"{own.in_flight} in flight"
    not_counted = [text for text, count in ((young, own.young), (in_flight, own.in_flight)) if count]
    if not_counted:
        lines.append(f"Not counted of yours: {', '.join(not_counted)}.")
    return [part for line in lines for part in wrap(line, WIDTH)]


# --- agent effectiveness


def _effectiveness(comparison: Comparison) -> list[str]:
    if not comparison.effectiveness:
        least = comparison.sources.releases[-1].ranks_from
        return wrap(f"Nothing can be ranked yet: that takes {least:,} reports with the same agents.", WIDTH)
    lines: list[str] = []
    for category in comparison.effectiveness:
        lines += [*_category(comparison, category), ""]
    return lines + wrap(
        "Success is shipping. The best of several is also the luckiest: ranges are widened to hold for all at once."
        " Agents are seen in build reports, of features that came far: they compare with each other, not with the ship"
        " rate above. This is what goes together, not what causes what.",
        WIDTH,
    )


def _category(comparison: Comparison, category: Category) -> list[str]:
    best = [ranking for ranking in (category.pairs, category.agents) if ranking and len(ranking.contenders) > 1]
    title = TITLES[category.category]
    lines = [f"{'Best for' if best else 'Known for'} {title}:"]
    for ranking in (category.pairs, category.agents):
        lines += _ranking(comparison, ranking) if ranking else []
    return lines


def _ranking(comparison: Comparison, ranking: Ranking) -> list[str]:
    best = ranking.best
    certainty = f"{percent(best.shipped.value)} success, {_certainty(best.shipped)}"
    lines = wrapped(f"{_team(best.agents)} ({certainty}){_mark(comparison, ranking.period)}", "  ")
    return lines + wrapped(_standing(ranking), "    ")


def _standing(ranking: Ranking) -> str:
    """How the best stands to the others."""
    rivals = [*map(_rival, ranking.rivals), *(f"{_team(agents)} (hidden by noise)" for agents in ranking.drowned)]
    if rivals:
        others = f", nor of {len(rivals) - 1} more" if len(rivals) > 1 else ""
        return f"not clearly ahead of {rivals[0]}{others}"
    if len(ranking.contenders) > 1:
        return f"ahead of {_rival(ranking.contenders[1])}"
    kind = "pair" if len(ranking.best.agents) > 1 else "agent"
    return f"the only {kind} with enough reports to be ranked"


def _rival(contender: Contender) -> str:
    return f"{_team(contender.agents)} ({percent(contender.shipped.value)})"


def _team(agents: Sequence[str]) -> str:
    return " + ".join(map(name_of, agents))


def _certainty(estimate: Estimate) -> str:
    return f"{_range(estimate)}%, n={estimate.n:,}"


def _range(estimate: Estimate) -> str:
    return f"{estimate.low * 100:.0f}–{estimate.high * 100:.0f}"


# --- recommended patterns


def _patterns(comparison: Comparison) -> list[str]:
    if not comparison.own.features:
        return []
    if not comparison.patterns:
        return wrap("None: nothing goes clearly with shipping in the community that is clearly rarer with you.", WIDTH)
    return [line for pattern in comparison.patterns for line in wrapped(_pattern(comparison, pattern), "• ")]


def _pattern(comparison: Comparison, pattern: Pattern) -> str:
    having, advice = _advice(pattern)
    of = TITLES[pattern.category] if pattern.category else _of(pattern)
    theirs, yours = pattern.community, pattern.yours
    return (
        f"{of}: of those that {having}, {_told(theirs.having)} shipped, of the others {_told(theirs.lacking)}."
        f" The community does it in {percent(theirs.share.value)}{_mark(comparison, pattern.period)},"
        f" you in {yours.hits} of {yours.n}. {advice}"
    )


def _of(pattern: Pattern) -> str:
    return f"Features with {pattern.about} files" if pattern.kind == "specialist" else "What came to /build"


def _advice(pattern: Pattern) -> tuple[str, str]:
    if pattern.kind != "specialist":
        return HABITS[pattern.about]
    chosen = f": mostly {name_of(pattern.agent)}" if pattern.agent else ""
    return "name a specialist for them", f"Name one in DESIGN{chosen}."


def _told(estimate: Estimate) -> str:
    return f"{percent(estimate.value)} ({_certainty(estimate)})"


# --- leaderboard


def _leaderboard(comparison: Comparison) -> list[str]:
    board = comparison.leaderboard
    if board is None:
        return ["No agent has enough reports to be shown."]
    of = next(_period(release) for release in comparison.sources.releases if release.period == board.period)
    lines = wrap(
        f"Of {of}. Ranks are ranges where agents cannot be told apart. 95%: for all of them at once. Builds: completed."
        " Quality: of 10.",
        WIDTH,
    )
    lines.append("")
    head = ("Rank", "Agent", "Success", "95%", "Builds", "Quality", "Reports")
    if board.ranked:
        lines += grid([head, *map(_rank, board.ranked)], "llrrrrr")
    else:
        lines += [f"No agent has the {board.ranks_from:,} reports it takes to be ranked."]
    return lines + _unranked(board)


def _rank(rank: Rank) -> Sequence[str]:
    span = str(rank.first) if rank.first == rank.last else f"{rank.first}–{rank.last}"
    return (
        span,
        name_of(rank.agent),
        percent(rank.shipped.value),
        _range(rank.shipped),
        percent(rank.completed.value) if rank.completed else "",
        f"{rank.quality.value:.1f}" if rank.quality else "",
        f"{rank.shipped.n:,}",
    )


def _unranked(board: Leaderboard) -> list[str]:
    if not board.unranked:
        return []
    shown = [_nameless(one) for one in board.unranked[:MOST_UNRANKED]]
    more = len(board.unranked) - len(shown)
    text = ", ".join(shown) + (f" and {more} more" if more else "")
    return ["", *wrapped(f"Not ranked, most reports first: {text}.", "")]


def _nameless(one: Unranked) -> str:
    name = {"general": "no specialist", "custom": "agents of people's own"}.get(one.agent, name_of(one.agent))
    share = f"{percent(one.shipped.value)}, " if one.shipped else "hidden by noise, " if one.is_drowned else ""
    return f"{name} ({share}n={one.reports:,})"


# --- legend


def _legend(comparison: Comparison, period: Period) -> list[str]:
    k = comparison.sources.releases[0].k
    noise = "no noise was added" if comparison.development else "noise hides single people, and intervals count it"
    return [
        part
        for line in (
            f"You ({period.title}): features begun {SETTLED_AFTER.days} or more days ago that are settled (shipped, or"
            " untouched for 14 days), of which shares, hours (10 at most each) and agents are counted as the server"
            " counts.",
            "Brackets: 95% interval; only what leaves out 0 is a difference; a % is of figures before rounding."
            f" n counts reports, not people; {noise}; nothing of fewer than {k} is shown. Intervals take reports as"
            " independent; those of one person are alike, so they are somewhat too narrow.",
        )
        for part in wrap(line, WIDTH)
    ]
