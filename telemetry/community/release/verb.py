"""`agentspec-community release`: makes and publishes what is due. Logic is in the modules beside it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from telemetry.community.ports import Aggregates, Unavailable
from telemetry.community.release.bounds import RHO_A_WEEK, RHO_A_YEAR, epsilon
from telemetry.community.release.budget import Limits, Store, opened
from telemetry.community.release.making import Job, due, make
from telemetry.community.release.noised import Mechanism
from telemetry.community.release.place import Place, place_of, require_development
from telemetry.community.release.publish import name_of, publish
from telemetry.community.release.signing import load_key, make_key, public_of
from telemetry.community.sqlite.database import open_database
from telemetry.contract.errors import TelemetryError

HELP = """\
Release the figures of closed weeks: bounded, noised, with few hidden, signed, once and for good.
A week is closed seven days after its end, when none of its reports can be taken back any more."""

EXAMPLES = """\
examples:
  agentspec-community release --make-key     once; tell people the public key it prints
  agentspec-community release                weekly, by a timer: whatever is due
  agentspec-community release --no-noise     exact figures for a demo on this machine
"""

MARK = "DEVELOPMENT: exact figures without noise, for a demo on this machine only"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own options."""
    parser.add_argument("--data", metavar="DIR", help="the server's data folder")
    parser.add_argument(
        "--make-key", action="store_true", help="make the key that signs releases, and print its public half"
    )
    parser.add_argument(
        "--no-noise", action="store_true", help="development: exact figures, open weeks too; loopback only"
    )
    parser.add_argument(
        "--rho-a-week", type=_cost, default=RHO_A_WEEK, metavar="RHO", help="privacy a week costs (%(default)s)"
    )
    parser.add_argument(
        "--rho-a-year", type=_cost, default=RHO_A_YEAR, metavar="RHO", help="that 52 weeks may (%(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Make a key, or releases."""
    place = place_of(os.environ, args.data)
    if args.make_key:
        print(
            f"Public key: {make_key(place.key)}\nThe private one is {place.key}: keep a copy, and keep it to yourself."
        )
        return 0
    if args.no_noise:
        require_development(place)
    limits, now = Limits(args.rho_a_week, args.rho_a_year), datetime.now(timezone.utc)
    with _sums(place) as aggregates:
        for line in release(place, aggregates, limits, now, development=args.no_noise):
            print(line)
    return 0


def release(place: Place, aggregates: Aggregates, limits: Limits, now: datetime, *, development: bool) -> Iterator[str]:
    """Make and publish what is due; what to say about it, line by line. Raises TelemetryError."""
    key = load_key(place.key)
    mechanism = None if development else _noise()
    if development:
        yield MARK
    with opened(place.releases, development) as store:
        try:
            made = make(Job(store, aggregates, key, mechanism, limits), due(aggregates, now, development=development))
        finally:  # also what an earlier run was killed over, or what came before the end of the budget
            published = publish(place.folder, store.releases(), development=development)
        yield from (f"released {period}: {place.folder / name_of(period)}" for period in published)
        if not made and not published:
            yield "Nothing is due: every closed week is released."
        yield f"Signed by {public_of(key)}"
        if not development:
            yield _budget(store, limits)


def _budget(store: Store, limits: Limits) -> str:
    ever = store.spent()
    return (
        f"Spent: ρ {ever:g} in all (ε {epsilon(ever):.1f}), {limits.week:g} a week, at most {limits.year:g} in 52 weeks"
    )


def _noise() -> Mechanism:
    try:
        from telemetry.community.release import noise  # noqa: PLC0415 an extra of its own, and 300 MB
    except ModuleNotFoundError:
        raise TelemetryError("Noise needs OpenDP.", "pip install 'agentspec-telemetry[release]'") from None
    return lambda values, query: noise.noised(values, scale=query.scale, sensitivity=query.sensitivity, rho=query.rho)


@contextmanager
def _sums(place: Place) -> Iterator[Aggregates]:
    if not place.sums.exists():
        raise TelemetryError("There is nothing to release yet.", f"A server that ran here would have {place.sums}.")
    try:
        database = open_database(Path(place.sums))
    except Unavailable:
        raise TelemetryError("The server's database cannot be reached.", "Try again later.") from None
    try:
        yield database.aggregates
    finally:
        database.close()


def _cost(text: str) -> float:
    number = float(text)
    if not 0 < number < 1000:
        raise argparse.ArgumentTypeError("a number above 0, and below 1000")
    return number
