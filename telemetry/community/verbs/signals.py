"""`agentspec-community signals`: what AgentSpec's makers can learn from the releases, as text or JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any

from telemetry.community.release.signing import load_key, public_of
from telemetry.community.released import Published, published
from telemetry.community.signals import Measure, Signal, signals_of
from telemetry.community.verbs.common import add_settings, settings_in

HELP = """\
What AgentSpec's makers can learn from the newest week and month that are released: where features stop, which agents
lag behind, what clearly changed. Reads the published files alone, each verified with this server's own key, so it
tells nothing that a release does not."""

EXAMPLES = """\
examples:
  agentspec-community signals           what to look at, what matters most first
  agentspec-community signals --json    the same for other tools
"""

WIDTH = 80
DEVELOPMENT = "!! DEVELOPMENT RELEASE: exact figures without noise, for a demo only !!"
NOTHING = "No figure differs clearly from what it is compared with."
LEGEND = """\
How to read it: below each signal stand the figure, its 95% interval, on how
many reports it rests (noised), what it is compared with, and the release it is
in. Nothing is said unless the intervals do not overlap, with room for as many
comparisons as were made; at most three of a kind. Of points, in brackets: the
least and the most that the intervals leave; expect rather less than is said.
What matters most comes first: reports a week that it touches × how far the
figures are apart.
What goes together need not cause each other."""
_SECONDS = frozenset(("seconds", "median"))
_PLAIN = frozenset(("quality", "agents", "files", "iterations"))


def add_arguments(parser: ArgumentParser) -> None:
    """The verb's own options."""
    add_settings(parser)
    parser.add_argument("--json", action="store_true", help="for other tools")


def run(args: Namespace) -> int:
    """Read the releases, and say what they show."""
    settings = settings_in(args)
    found = published(settings.releases, public_of(load_key(settings.key)))
    signals = signals_of(found.newest, found.before)
    print(json.dumps(as_json(found, signals), indent=2) if args.json else "\n".join(screen(found, signals)))
    return 0


# --- JSON


def as_json(found: Published, signals: Sequence[Signal]) -> dict[str, Any]:
    """The object printed by --json. Shares are of 1, times in seconds, quality of 10."""
    return {
        "development": found.development,
        "periods": [view.period for view in found.newest],
        "compared_with": [view.period for view in found.before],
        "signals": [_plain(one) for one in signals],
    }


def _plain(one: Signal) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "about": list(one.about),
        "words": one.words,
        "figure": one.figure,
        **_numbers(one.found),
        "against": _numbers(one.against) if one.against else None,
        "touched": one.touched,
        "effect": round(one.effect, 4),
        "weight": round(one.weight, 1),
        "period": one.period,
    }


def _numbers(figure: Measure) -> dict[str, float]:
    return {"value": round(figure.value, 3), "low": round(figure.low, 3), "high": round(figure.high, 3), "n": figure.n}


# --- text


def screen(found: Published, signals: Sequence[Signal]) -> Iterator[str]:
    """The lines, at most 80 columns wide."""
    title = f"IMPROVEMENT SIGNALS ({', '.join(view.period for view in found.newest)})"
    yield from (title, "━" * len(title))
    if found.development:
        yield from (DEVELOPMENT, "")
    for number, one in enumerate(signals, 1):
        yield from wrap(one.words, WIDTH, initial_indent=f"{number:>2}. ", subsequent_indent="    ")
        yield from wrap(_figures(one), WIDTH, initial_indent="      ", subsequent_indent="      ")
    if not signals:
        yield NOTHING
    yield from ("", LEGEND)
    if found.development:
        yield DEVELOPMENT


def _figures(one: Signal) -> str:
    against = f"; against {_range(one.figure, one.against)}" if one.against else ""
    return f"{one.figure.replace('_', ' ')} {_range(one.figure, one.found)}, n {one.found.n:,}{against}; {one.period}"


def _range(name: str, figure: Measure) -> str:
    value, low, high = (_number(name, number) for number in figure[:3])
    return f"{value}{'' if name in _SECONDS or name in _PLAIN else '%'} ({low}–{high})"


def _number(name: str, value: float) -> str:
    if name in _SECONDS:
        return f"{value / 60:,.0f} min"
    return f"{value:.1f}" if name in _PLAIN else f"{value * 100:.1f}"
