"""What a person could do better next month, as far as their own figures support it. Pure.

One small rule per kind, in one list: figures and discoveries in, a recommendation or nothing out.
Nothing is said of fewer than five features, but for plain counts that need no inference. A habit is
called frequent only where the whole 95 % interval lies above the rule's floor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from telemetry.insights.discoveries import Discovery
from telemetry.insights.figures import ENOUGH, NO_SPECIALISTS, Figures
from telemetry.insights.intervals import Rate, rate

LOW_QUALITY = 7.0
SPECIALISTS = {
    ".tf": "terraform-specialist",
    ".tfvars": "terraform-specialist",
    ".py": "python-developer",
    ".sh": "shell-script-specialist",
    ".sql": "sql-optimizer",
}
_BEFORE_NEXT = {
    "brainstorm": "End a brainstorm with the approach you chose, so that /define can start from it",
    "define": "Ask for the Clarity Score at the end of /define; /design waits for 12 of 15",
    "design": "Let /design end in a complete file manifest; smaller designs are built sooner",
    "build": "Look at what stops after /build: failing tests, blocked files, or a /ship that was forgotten",
}


class Recommendation(NamedTuple):
    """One piece of advice. `kind` is a stable word; `n` is how many features it rests on."""

    kind: str
    text: str
    n: int


Rule = Callable[[Figures, tuple[Discovery, ...]], "Recommendation | None"]


def recommendations_of(figures: Figures, discoveries: tuple[Discovery, ...]) -> tuple[Recommendation, ...]:
    """What the rules have to say, in their order."""
    found = (rule(figures, discoveries) for rule in RULES)
    return tuple(recommendation for recommendation in found if recommendation is not None)


def weakest_transition(figures: Figures, discoveries: tuple[Discovery, ...]) -> Recommendation | None:
    """The step of the workflow where most features stop."""
    step = next((step for step in figures.transitions if step.investigate), None)
    if step is None:
        return None
    lost = step.rate.n - step.rate.hits
    text = f"{lost} of {step.rate.n} features stopped between /{step.start} and /{step.to}. {_BEFORE_NEXT[step.start]}."
    return Recommendation("weakest_transition", text, step.rate.n)


def judge_more(figures: Figures, discoveries: tuple[Discovery, ...]) -> Recommendation | None:
    """Judges go with shipping, and many features go without."""
    impact = _discovery(discoveries, "judge_impact")
    unjudged = figures.judge.unjudged.features
    if impact is None or impact.difference.value < 0 or unjudged == 0:
        return None
    text = f"{impact.text}, and {unjudged} went without one. Run /judge on DESIGN before /build."
    return Recommendation("judge_more", text, _ended(impact))


def clarify_define(figures: Figures, discoveries: tuple[Discovery, ...]) -> Recommendation | None:
    """Definitions often come back as unclear."""
    unclear = _failed(figures, "needs_clarification", "define")
    if not _is_frequent(unclear, 0.1):
        return None
    text = f"{_of(unclear)} features needed clarification at /define. A /brainstorm first settles most questions."
    return Recommendation("clarify_define", text, unclear.n)


def plan_tests(figures: Figures, discoveries: tuple[Discovery, ...]) -> Recommendation | None:
    """Designs often plan no tests."""
    if not _is_frequent(figures.untested, 0.2):
        return None
    text = f"{_of(figures.untested)} designs have no test in their file manifest. Ask /design for @test-generator."
    return Recommendation("plan_tests", text, figures.untested.n)


def improve_agent(figures: Figures, discoveries: tuple[Discovery, ...]) -> Recommendation | None:
    """An agent whose files are often not verified."""
    weak = [
        use
        for use in figures.agents
        if use.is_specialist and use.rated_features >= ENOUGH and use.quality is not None and use.quality < LOW_QUALITY
    ]
    worst = min(weak, key=lambda use: use.quality or 0.0, default=None)
    if worst is None:
        return None
    text = f"Files of @{worst.agent_type} reach a quality of {worst.quality:.1f} of 10. Review them before /ship."
    return Recommendation("improve_agent", text, worst.rated_features)


def replaced_agent(figures: Figures, discoveries: tuple[Discovery, ...]) -> Recommendation | None:
    """An agent that designs choose and builds replace."""
    often = [found for found in figures.overrides if found.agent_type not in NO_SPECIALISTS]
    often = [found for found in often if _is_frequent(found.overridden, 0.2)]
    worst = max(often, key=lambda found: found.overridden.low or 0.0, default=None)
    if worst is None:
        return None
    replaced = f"/build replaced @{worst.agent_type} in {_of(worst.overridden)} features"
    text = f"{replaced}. Name the agent you want in DESIGN."
    return Recommendation("replaced_agent", text, worst.overridden.n)


def split_large(figures: Figures, discoveries: tuple[Discovery, ...]) -> Recommendation | None:
    """Large features ship less often."""
    ceiling = _discovery(discoveries, "complexity_ceiling")
    if ceiling is None:
        return None
    return Recommendation("split_large", f"{ceiling.text}. Split them at /define.", _ended(ceiling))


def use_specialist(figures: Figures, discoveries: tuple[Discovery, ...]) -> Recommendation | None:
    """Files of a type with a specialist of its own that are mostly given to nobody in particular."""
    unused = [
        (use, rate(use.features - use.with_any_specialist, use.features))
        for use in figures.file_types
        if use.file_type in SPECIALISTS
    ]
    often = [(use, missing) for use, missing in unused if _is_frequent(missing, 0.3)]
    worst = max(often, key=lambda pair: pair[1].hits, default=None)
    if worst is None:
        return None
    use, missing = worst
    specialist = SPECIALISTS[use.file_type]
    text = f"{_of(missing)} features with {use.file_type} files had no specialist for them: @{specialist} is one."
    return Recommendation("use_specialist", text, missing.n)


def follow_gap(figures: Figures, discoveries: tuple[Discovery, ...]) -> Recommendation | None:
    """A specialist with whom features of a file type ship more often."""
    helpful = (found for found in discoveries if found.kind == "agent_gap" and found.difference.value > 0)
    gap = next(helpful, None)
    if gap is None:
        return None
    return Recommendation("follow_gap", f"{gap.text}: name @{gap.about} in DESIGN.", _ended(gap))


def steady_api(figures: Figures, discoveries: tuple[Discovery, ...]) -> Recommendation | None:
    """API errors are common."""
    failed = _failed(figures, "api_error")
    if not _is_frequent(failed, 0.1):
        return None
    text = f"{_of(failed)} features met API errors. Look at your rate limits; long phases can be split with /iterate."
    return Recommendation("steady_api", text, failed.n)


def fewer_interrupts(figures: Figures, discoveries: tuple[Discovery, ...]) -> Recommendation | None:
    """Interrupted phases are common."""
    broken_off = _failed(figures, "interrupted")
    if not _is_frequent(broken_off, 0.1):
        return None
    text = f"{_of(broken_off)} features were broken off in a phase. Smaller phases lose less when they are interrupted."
    return Recommendation("fewer_interrupts", text, broken_off.n)


def fix_tests(figures: Figures, discoveries: tuple[Discovery, ...]) -> Recommendation | None:
    """Builds often end with failing tests."""
    failing = _failed(figures, "tests_failed")
    if not _is_frequent(failing, 0.1):
        return None
    text = f"{_of(failing)} features had builds that ended with failing tests. Let /build run them before it reports."
    return Recommendation("fix_tests", text, failing.n)


def take_up_waiting(figures: Figures, discoveries: tuple[Discovery, ...]) -> Recommendation | None:
    """Features nobody touched for a week; a plain count, so any number will do."""
    total = sum(row.features for row in figures.waiting)
    if total == 0:
        return None
    where = ", ".join(f"{row.features} after /{row.phase}" for row in figures.waiting)
    start = "1 feature has" if total == 1 else f"{total} features have"
    text = f"{start} waited for over a week ({where}). After two weeks untouched they count as abandoned."
    return Recommendation("take_up_waiting", text, total)


RULES: tuple[Rule, ...] = (
    weakest_transition,
    judge_more,
    clarify_define,
    plan_tests,
    fix_tests,
    improve_agent,
    replaced_agent,
    use_specialist,
    follow_gap,
    split_large,
    steady_api,
    fewer_interrupts,
    take_up_waiting,
)


def _discovery(discoveries: tuple[Discovery, ...], kind: str) -> Discovery | None:
    return next((discovery for discovery in discoveries if discovery.kind == kind), None)


def _ended(discovery: Discovery) -> int:
    return sum(side.group.shipped.n for side in discovery.sides)


def _failed(figures: Figures, category: str, phase: str | None = None) -> Rate:
    """Features that failed in one way, in one phase or in any, of all features."""
    hits = sum(row.features for row in figures.errors if row.category == category and phase in (None, row.phase))
    return rate(hits, figures.features.started)


def _is_frequent(share: Rate, floor: float) -> bool:
    return share.n >= ENOUGH and share.low is not None and share.low > floor


def _of(share: Rate) -> str:
    return f"{share.hits} of {share.n}"
