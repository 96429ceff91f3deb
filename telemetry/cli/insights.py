"""`agentspec insights`: a person's own figures, always available, from this machine only."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from telemetry.cli.clock import now
from telemetry.cli.projects import here, is_claude_codes_own, named_project, project_around, store_of
from telemetry.cli.reading import config_of, is_recording
from telemetry.contract import settings
from telemetry.contract.errors import TelemetryError
from telemetry.insights.period import COMPARED_DAYS, DEFAULT_DAYS, Period, begin_of, between, cohort, last_days

if TYPE_CHECKING:
    from typing import Any, Protocol

    from telemetry.contract.records import TrackedFeature

    class Loaded(Protocol):
        """What the loader of features hands over."""

        @property
        def features(self) -> list[TrackedFeature]: ...
        @property
        def events(self) -> int: ...
        @property
        def set_aside(self) -> int: ...

    Load = Callable[[str, datetime, datetime | None], Loaded]

HELP = """\
Your own figures: features started and shipped, phase completion, agents, recommendations.
A feature counts in the period in which it was first seen. Days are days of your time zone.
Nothing of them leaves this machine. --community fetches everybody's figures, and compares here."""

EXAMPLES = """\
examples:
  agentspec insights                                   the last 30 days, this project
  agentspec insights --days 7
  agentspec insights --since 2026-10-01 --until 2026-10-31
  agentspec insights --all --project ~/one --project ~/two
  agentspec insights --json                            for other tools (schemas/insights.yaml)
  agentspec insights --records --json                  the feature records themselves
  agentspec insights --from mine.json                  of an export (agentspec telemetry --export mine.json)
  agentspec insights --community --leaderboard         how you compare, and the agents that lead
"""

MAX_DAYS = 36_500


class Gathered(NamedTuple):
    """The features of all projects asked for, and the state of their journals."""

    features: list[TrackedFeature]
    events: int
    set_aside: int
    is_exported: bool = False


def add_arguments(parser: ArgumentParser) -> None:
    """The verb's own options."""
    period = parser.add_argument_group("period")
    period.add_argument(
        "--days",
        type=int,
        metavar="N",
        help=f"the last N days (default {DEFAULT_DAYS}; {COMPARED_DAYS} with --community)",
    )
    period.add_argument("--since", type=_day, metavar="DATE", help="from this day on (YYYY-MM-DD)")
    period.add_argument("--until", type=_day, metavar="DATE", help="up to this day, itself included")
    period.add_argument("--all", action="store_true", help="everything that is recorded")
    parser.add_argument(
        "--project",
        action="append",
        default=[],
        metavar="DIR",
        help="a project's folder; may be repeated (default: the one you are in)",
    )
    parser.add_argument("--from", dest="source", metavar="FILE", help="of an export instead of a project")
    parser.add_argument("--community", action="store_true", help="compared with others; only while you share")
    parser.add_argument("--leaderboard", action="store_true", help="with --community: the agents that lead")
    parser.add_argument("--refresh", action="store_true", help="with --community: ask the server anew, now")
    parser.add_argument("--server-key", metavar="HEX", help="with --community: believe this key of the server's only")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--plain", action="store_true", help="print ASCII only")
    parser.add_argument("--records", action="store_true", help="print the feature records instead of figures")


def run(args: Namespace) -> int:
    """Print what was asked for."""
    text = _compared(args) if _is_compared(args) else _own(args)
    sys.stdout.write(_ascii(text) if args.plain or not _can_print(text) else text)
    return 0


def _is_compared(args: Namespace) -> bool:
    """Whether others are asked for. Raises TelemetryError for what makes sense with them only."""
    for option in () if args.community else ("leaderboard", "refresh", "server_key"):
        if getattr(args, option):
            name = option.replace("_", "-")
            raise TelemetryError(f"--{name} is about the community's benchmarks", "Add --community.")
    return bool(args.community)


def _compared(args: Namespace) -> str:
    from telemetry.cli import community  # noqa: PLC0415 what it imports takes longer than all the figures

    moment = now()
    period = period_of(args, moment.date())
    projects = _projects(args.project, here)

    def own() -> list[TrackedFeature]:
        stores = [store_of(project) for project in projects]
        return cohort(_gather(stores, _load_features, moment, begin_of(period)).features, period)

    return community.answer(args, projects, period, own, moment)


def _own(args: Namespace) -> str:
    wished = None if args.json or args.records or args.source else _wished_in(_projects(args.project, here))
    if wished:
        _offer(wished)
    text = answer(args, _load_features, now(), here)
    return text + _lapse(wished) if wished else text


def answer(args: Namespace, load: Load, moment: datetime, where: Callable[[], str]) -> str:
    """The text to print."""
    period = period_of(args, moment.date())
    if args.source:
        if args.project:
            raise TelemetryError("--from and --project both say what to look at", "Leave one of them out.")
        return _told(args, _exported(args.source, moment), period, moment, [])
    projects = _projects(args.project, where)
    gathered = _gather([store_of(project) for project in projects], load, moment, begin_of(period))
    return _told(args, gathered, period, moment, projects)


def _told(args: Namespace, gathered: Gathered, period: Period, moment: datetime, projects: list[str]) -> str:
    features = cohort(gathered.features, period)
    if args.records:
        return _records(features, args.json)
    if not features and not args.json:
        return _nothing_yet(projects, gathered, period)
    return _figures(features, period, moment, gathered, args.json)


def period_of(args: Namespace, today: date) -> Period:
    """The period the options name."""
    if args.all and (args.days is not None or args.since or args.until):
        raise TelemetryError("--all takes no other period", "Leave out --all, or --days, --since and --until.")
    if args.days is not None and args.since:
        raise TelemetryError("--days and --since both say where to begin", "Leave one of them out.")
    if args.days is not None and not 1 <= args.days <= MAX_DAYS:
        raise TelemetryError(f"--days {args.days} is no number of days", f"Use 1 to {MAX_DAYS}.")
    if args.since and args.until and args.since > args.until:
        raise TelemetryError("--since lies after --until", "Both days are included; swap them.")
    days = args.days or (COMPARED_DAYS if args.community else DEFAULT_DAYS)
    if args.all or args.since:
        return between(args.since, args.until)
    if args.until:
        return between(args.until - timedelta(days=days - 1), args.until)
    return last_days(days, today)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 2000 <= day.year < 2100 or len(text) != 10:
        from argparse import ArgumentTypeError  # noqa: PLC0415 only for a slip of the hand

        raise ArgumentTypeError(f"{text!r} is no day; write it as 2026-11-22")
    return day


def _projects(named: list[str], where: Callable[[], str]) -> list[str]:
    """The projects asked for, each once."""
    if named:
        return list(dict.fromkeys(named_project(name) for name in named))
    found = project_around(where())
    return [found] if found else []


def _gather(stores: list[str], load: Load, moment: datetime, since: datetime | None) -> Gathered:
    loaded = [load(store, moment, since) for store in stores if os.path.isdir(store)]
    return Gathered(
        [feature for one in loaded for feature in one.features],
        sum(one.events for one in loaded),
        sum(one.set_aside for one in loaded),
    )


def _load_features(store: str, moment: datetime, since: datetime | None) -> Loaded:
    from telemetry.features.history import load_features  # noqa: PLC0415 not for --help

    return load_features(store, moment, since, remember=is_recording(store))  # off: nothing is written


def _exported(path: str, moment: datetime) -> Gathered:
    from telemetry.features.exported import load_export  # noqa: PLC0415 rarely asked for

    loaded = load_export(path, moment)
    return Gathered(loaded.features, loaded.events, loaded.set_aside, is_exported=True)


def _figures(
    features: list[TrackedFeature], period: Period, moment: datetime, gathered: Gathered, as_json: bool
) -> str:
    from telemetry.insights.discoveries import discoveries_of  # noqa: PLC0415 not for --help
    from telemetry.insights.figures import figures_of  # noqa: PLC0415
    from telemetry.insights.recommendations import recommendations_of  # noqa: PLC0415

    figures = figures_of(features, moment)
    discoveries = discoveries_of(figures)
    advice = recommendations_of(figures, discoveries)
    if as_json:
        from telemetry.insights import as_json as machine  # noqa: PLC0415 one of the two is needed

        return _json(
            machine.as_json(period, figures, discoveries, advice, events=gathered.events, set_aside=gathered.set_aside)
        )
    from telemetry.insights.screen import screen  # noqa: PLC0415

    return screen(period, figures, discoveries, advice, gathered.set_aside)


def _records(features: list[TrackedFeature], as_json: bool) -> str:
    if as_json:
        return _json([feature.record.as_json() for feature in features])
    from telemetry.insights.screen import records  # noqa: PLC0415 rarely asked for

    return records(features)


def _json(value: Any) -> str:
    from json import dumps  # noqa: PLC0415 not for the screen

    return dumps(value, indent=2, ensure_ascii=False) + "\n"


def _nothing_yet(projects: list[str], gathered: Gathered, period: Period) -> str:
    """Why there are no figures, and what has to happen for some to appear."""
    from telemetry.insights.screen import nothing_yet  # noqa: PLC0415 rarely needed

    is_off = any(not is_recording(store_of(project)) for project in projects)
    has_store = gathered.is_exported or any(os.path.isdir(store_of(project)) for project in projects)
    return nothing_yet(period, has_store=has_store, events=gathered.events, is_off=is_off)


# --- sharing: looked at only where config.yaml says on, for what it imports takes longer than all the figures


def _wished_in(projects: list[str]) -> str | None:
    """The one project asked for, if its config.yaml says `sharing: on`."""
    if len(projects) != 1 or not settings.is_sharing(config_of(store_of(projects[0]))):
        return None
    return None if is_claude_codes_own(projects[0], os.environ) else projects[0]


def _offer(project: str) -> None:
    """The dialog for who wrote `sharing: on` by hand; most never see it."""
    from telemetry.cli.sharing.enable import offer  # noqa: PLC0415
    from telemetry.cli.sharing.setting import setting_of  # noqa: PLC0415

    offer(setting_of(project))


def _lapse(project: str) -> str:
    """What is said once where sharing was on and lapsed."""
    from telemetry.cli.sharing.lapse import lapse_to_tell  # noqa: PLC0415
    from telemetry.cli.sharing.setting import setting_of  # noqa: PLC0415
    from telemetry.insights.screen import remark  # noqa: PLC0415

    told = lapse_to_tell(setting_of(project))
    return remark(told) if told else ""


def _ascii(text: str) -> str:
    from telemetry.insights.screen import plain  # noqa: PLC0415 rarely needed

    return plain(text)


def _can_print(text: str) -> bool:
    """Whether standard output's encoding has the screen's few signs."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")  # none: what is printed is collected as text (slash.py)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
