"""The figures for people: the seed's Tier 1 screen, at most 80 columns wide. Pure, but for tabulate.

A share is shown with its n and its 95 % interval; where n is too small it is not shown as a share
at all.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from telemetry.insights.figures import ENOUGH, SETTLED_AFTER, last_phase
from telemetry.insights.grid import grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from telemetry.contract.records import TrackedFeature
    from telemetry.insights.discoveries import Discovery
    from telemetry.insights.figures import AgentUse, Features, Figures, Group, Transition
    from telemetry.insights.intervals import Rate
    from telemetry.insights.period import Period
    from telemetry.insights.recommendations import Recommendation

WIDTH = 80
POPPER = "🎉"
LEGEND = (
    "Ship and phase n: features begun 14 or more days ago that moved on or ended;",
    '"too early": the others. Other n: features counted. Range: 95% interval.',
    'Durations are active time; "used": features.',
)
TOP = 5
_ASCII = str.maketrans({"━": "-", "→": "->", "←": "<-", "–": "-", "•": "*", "…": "..."})


def screen(
    period: Period,
    figures: Figures,
    discoveries: tuple[Discovery, ...],
    recommendations: tuple[Recommendation, ...],
    set_aside: int = 0,
) -> str:
    """The whole screen."""
    blocks = [
        block(f"YOUR SDD METRICS ({period.title})", _metrics(figures)),
        block("PHASE COMPLETION", _phase_completion(figures.transitions)),
        block("YOUR TOP AGENTS", grid([_agent(use) for use in figures.agents[:TOP]])),
        block("JUDGE & KNOWLEDGE", _judge_and_knowledge(figures)),
        block("DISCOVERIES", _discoveries(discoveries)),
        block("PERSONAL RECOMMENDATIONS", _recommendations(recommendations)),
        _footer(figures, set_aside),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def nothing_yet(period: Period, *, has_store: bool, events: int, is_off: bool) -> str:
    """What stands instead of figures: why there are none, and what has to happen for some to appear."""
    if events:
        lines = [
            f"No feature began in this period ({period.title}); events are recorded: {events:,}.",
            "",
            "  agentspec insights --all     everything that is recorded",
        ]
    else:
        lines = [
            "No figures yet: " + ("nothing is recorded here so far." if has_store else "this project has no store."),
            "",
            "Figures appear once AgentSpec is used in this project with the telemetry plugin on:",
            "",
            "  agentspec install            register the hooks here, or install the plugin",
            "  /define … in Claude Code     take a feature up; /ship brings it to its end",
            "  agentspec doctor             if it stays empty: what is in the way",
        ]
    if is_off:
        lines += ["", "Recording is off: .claude/telemetry/config.yaml says so (recording: on)."]
    return "\n".join(lines) + "\n"


def records(features: list[TrackedFeature]) -> str:
    """One line per feature, as much as 80 columns hold; `--records --json` has all of it."""
    if not features:
        return "No features in this period.\n"
    head = ("First seen", "State", "Came to", "Files", "Hours", "Iterations", "Judge")
    return "\n".join(grid([head, *(_record(feature) for feature in features)], "lllrrrl")) + "\n"


def _record(feature: TrackedFeature) -> Sequence[str]:
    record, last = feature.record, last_phase(feature)
    return (
        f"{feature.first_seen.astimezone():%Y-%m-%d}",
        feature.state.replace("_", " "),
        f"/{last}" if last else "",
        str(record.complexity.file_count),
        f"{record.timing.total_duration_seconds / 3600:.1f}",
        str(record.outcome.iterations),
        "yes" if record.outcome.judge_used else "no",
    )


def plain(text: str) -> str:
    """The same text in ASCII."""
    return text.replace(f" {POPPER}", "").translate(_ASCII).encode("ascii", "replace").decode()


def block(title: str, lines: list[str]) -> list[str]:
    """A heading with its lines; nothing at all where there are none."""
    return [title, "━" * len(title), *lines] if lines else []


def _metrics(figures: Figures) -> list[str]:
    features, duration = figures.features, figures.duration
    rows = [
        ("Features Started:", str(features.started)),
        ("Features Shipped:", _shipped(features)),
        ("In Flight:", str(features.in_flight)),
        ("Abandoned:", str(features.abandoned)),
    ]
    if duration.mean is not None and duration.median is not None:
        median = f" (median {duration.median:.1f}, n={duration.n})" if duration.n > 1 else " (n=1)"
        rows.append(("Average Duration:", f"{duration.mean:.1f} hours{median}"))
    # Spelt out, not drawn: tabulate's columns are two blanks apart, the seed's four.
    return [f"{name:<21}{value}" for name, value in rows]


def _shipped(features: Features) -> str:
    """How many shipped, and the rate; where younger ones shipped too, which of them the rate is of."""
    share = features.ship_rate
    if share.n >= ENOUGH:
        certainty = _certainty(share, with_hits=share.hits != features.shipped)
        return f"{features.shipped} ({percent(share.value)})  {certainty}"
    if share.n:
        return f"{features.shipped}  {_too_few(share)}"
    if features.young:
        return f"{features.shipped}  too early for a rate: {features.young} begun within {SETTLED_AFTER.days} days"
    return str(features.shipped)


def _phase_completion(transitions: tuple[Transition, ...]) -> list[str]:
    rows = [_transition(step) for step in transitions]
    if not any(share for _, share, _ in rows):
        return grid([(name, notes) for name, _, notes in rows])
    return grid(rows, "lr")


def _transition(step: Transition) -> tuple[str, str, str]:
    name = f"{step.start.capitalize()} → {step.to.capitalize()}:"
    notes = [_certainty(step.rate)] if step.rate.n >= ENOUGH else [_too_few(step.rate)] if step.rate.n else []
    if step.in_flight:
        notes.append(f"{step.in_flight} too early")
    if step.investigate:
        notes.append("← Investigate")
    return name, percent(step.rate.value) if step.rate.n >= ENOUGH else "", "  ".join(notes) or "none yet"


def _agent(use: AgentUse) -> Sequence[str]:
    quality = f"Quality: {_rating(use.quality, use.rated_features)}" if use.quality is not None else ""
    return name_of(use.agent_type), f"Used {use.used}x", quality


def _rating(quality: float, rated: int) -> str:
    """A mean quality, and of how many features where these are few."""
    return f"{quality:.1f}" if rated >= ENOUGH else f"{quality:.1f} (n={rated})"


def name_of(agent: str) -> str:
    """An agent as people read it."""
    return {"general": "no specialist", "custom": "your own agents"}.get(agent, f"@{agent}")


def _judge_and_knowledge(figures: Figures) -> list[str]:
    lines = []
    if figures.judge.features:
        lines.append(f"{'Judge used in:':<21}{_share_of_features(figures.judge.features, figures.judge.adoption)}")
    if figures.knowledge:
        domains = ", ".join(f"{use.domain} {use.features}x" for use in figures.knowledge[:TOP])
        lines += wrap(domains, WIDTH, initial_indent=f"{'Knowledge:':<21}", subsequent_indent=" " * 21)
    return lines


def _share_of_features(features: int, share: Rate) -> str:
    if share.n < ENOUGH:
        return f"{features} of {share.n}"
    return f"{features} ({percent(share.value)})  {_certainty(share)}"


def _discoveries(discoveries: tuple[Discovery, ...]) -> list[str]:
    lines: list[str] = []
    for found in discoveries:
        lines += [""] if lines else []
        lines += [f"{found.title} ({found.note})"]
        lines += ["  " + line for line in grid([_side(side.label, side.group) for side in found.sides], "lr")]
        low, high = sorted(abs(end) * 100 for end in (found.difference.low, found.difference.high))
        lines += wrapped(f"{found.text} (95% interval {low:.0f}–{high:.0f}).", "→ ")
    return lines


def _side(label: str, group: Group) -> Sequence[str]:
    quality = f"{_rating(group.quality, group.rated_features)} quality" if group.quality is not None else ""
    return f"{label}:", f"{percent(group.shipped.value)} shipped", quality, _certainty(group.shipped)


def _recommendations(recommendations: tuple[Recommendation, ...]) -> list[str]:
    return [line for found in recommendations for line in wrapped(f"{found.text} (n={found.n})", "• ")]


def _footer(figures: Figures, set_aside: int) -> list[str]:
    lines = [*LEGEND] if figures.features.started else []
    if set_aside == 1:
        lines += ["1 line of the journal could not be read and is left out (agentspec doctor)."]
    elif set_aside:
        lines += [f"{set_aside:,} lines of the journal could not be read and are left out (agentspec doctor)."]
    return [part for line in lines for part in wrap(line, WIDTH)]


def remark(text: str) -> str:
    """A last word under the whole screen."""
    return "\n" + "\n".join(wrap(text, WIDTH)) + "\n"


def wrapped(text: str, mark: str) -> list[str]:
    """A sentence with a sign before it, in lines that hang under its beginning."""
    return wrap(
        text,
        WIDTH,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_long_words=False,
        break_on_hyphens=False,
    )


def percent(value: float | None) -> str:
    """A share in whole percent."""
    return "" if value is None else f"{value * 100:.0f}%"


def _certainty(share: Rate, *, with_hits: bool = False) -> str:
    counted = f"{share.hits} of {share.n}" if with_hits else f"n={share.n}"
    return f"({counted}, {(share.low or 0) * 100:.0f}–{(share.high or 0) * 100:.0f}%)"


def _too_few(share: Rate) -> str:
    return f"too few yet: {share.hits} of {share.n}"
