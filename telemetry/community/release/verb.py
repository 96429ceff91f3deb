"""`agentspec-community release`: makes and publishes what is due. Logic is in the modules beside it."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from datetime import datetime, timezone

from telemetry.community.ports import Aggregates, Unavailable
from telemetry.community.release.bounds import RHO_A_WEEK, RHO_A_YEAR, epsilon
from telemetry.community.release.budget import Limits, Store, opened
from telemetry.community.release.making import Job, due, make, require_known
from telemetry.community.release.noised import Mechanism
from telemetry.community.release.publish import name_of, periods_in, publish
from telemetry.community.release.signing import load_key, make_key, public_of
from telemetry.community.settings import Settings
from telemetry.community.storage import opened_again
from telemetry.community.verbs.common import add_settings, settings_in
from telemetry.contract.config import is_loopback
from telemetry.contract.errors import TelemetryError
from telemetry.contract.weeks import week_of

RELEASES = "releases.db"  # in the server's data folder

HELP = """\
Release the figures of closed weeks: bounded, noised, with few hidden, signed, once and for good.
A week is closed seven days after its end, when none of its reports can be taken back any more."""

EXAMPLES = """\
examples:
  agentspec-community release --make-key     once, before you serve; tell people the public key it prints
  agentspec-community release                weekly, by a timer: whatever is due
  agentspec-community release --no-noise --yes
                                             exact figures for a demo, and nothing else from this folder
"""

MARK = "DEVELOPMENT: exact figures without noise, for a demo on this machine only"


def add_arguments(parser: ArgumentParser) -> None:
    """The verb's own options."""
    add_settings(parser)
    parser.add_argument(
        "--make-key", action="store_true", help="make the key that signs releases, and print its public half"
    )
    parser.add_argument(
        "--no-noise", action="store_true", help="development: exact figures, open weeks too; loopback only"
    )
    parser.add_argument(
        "--yes", action="store_true", help="with the first --no-noise: let this folder be one for development for good"
    )
    parser.add_argument(
        "--rho-a-week", type=_cost, default=RHO_A_WEEK, metavar="RHO", help="privacy a week costs (%(default)s)"
    )
    parser.add_argument(
        "--rho-a-year", type=_cost, default=RHO_A_YEAR, metavar="RHO", help="that 52 weeks may (%(default)s)"
    )


def run(args: Namespace, now: datetime | None = None) -> int:
    """Make a key, or releases."""
    settings, now = settings_in(args), now or datetime.now(timezone.utc)
    if args.make_key:
        for line in begin(settings, now):
            print(line)
        return 0
    if args.no_noise:
        require_development(settings)
        require_word(settings, said=args.yes)
    limits = Limits(args.rho_a_week, args.rho_a_year)
    with opened_again(settings) as storage:
        try:
            for line in release(settings, storage.aggregates, limits, now, development=args.no_noise):
                print(line)
        except Unavailable as error:
            raise TelemetryError(f"the database cannot be reached: {error}", "Try again.") from error
    return 0


def begin(settings: Settings, now: datetime) -> Iterator[str]:
    """Make the key, and have releases begin with this week; what to say about it. Raises TelemetryError."""
    yield f"Public key: {make_key(settings.key)}"
    yield f"The private one is {settings.key}: keep a copy, and keep it to yourself."
    with opened(settings.data / RELEASES, development=False) as store:
        yield f"Releases begin with the week {store.begin(week_of(now))}, whether anybody shares in it or not."


def require_development(settings: Settings) -> None:
    """Raise TelemetryError where exact figures could be served to others."""
    if not is_loopback(settings.host) or settings.trusted_proxies:
        raise TelemetryError(
            "releases without noise are for a server that only this machine can reach",
            "For a demo, let it listen on 127.0.0.1, with no proxy before it.",
        )


def require_word(settings: Settings, *, said: bool) -> None:
    """Raise TelemetryError where this would be the folder's first release without noise, and nobody has said yes to it.

    A server that is meant for others would release nothing any more. Never asks: a timer cannot answer.
    """
    with opened(settings.data / RELEASES, development=True) as store:
        if not said and not store.weeks():
            raise TelemetryError(
                f"with exact figures in it, {settings.data} releases nothing with noise any more",
                "For a demo, use a folder of its own (AGENTSPEC_COMMUNITY_DATA); if this is one, add --yes.",
            )


def release(
    settings: Settings, aggregates: Aggregates, limits: Limits, now: datetime, *, development: bool
) -> Iterator[str]:
    """Make and publish what is due; what to say about it, line by line. Raises TelemetryError."""
    key = load_key(settings.key)
    mechanism = None if development else _noise()
    if development:
        yield MARK
    published_before = periods_in(settings.releases)  # read first: what is published is in the database before
    with opened(settings.data / RELEASES, development) as store:
        if not development:
            require_known(store, published_before)
        try:
            made = make(Job(store, aggregates, key, mechanism, limits), due(store, aggregates, now))
        finally:  # also what an earlier run was killed over, or what came before the end of the budget
            published = publish(settings.releases, store.releases(), development=development)
        yield from (f"released {period}: {settings.releases / name_of(period)}" for period in published)
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
        raise TelemetryError("noise needs OpenDP", "pip install 'agentspec-telemetry[release]'") from None
    return lambda values, query: noise.noised(values, scale=query.scale, sensitivity=query.sensitivity, rho=query.rho)


def _cost(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1000:
        raise ArgumentTypeError("a number above 0, and below 1000")
    return number
