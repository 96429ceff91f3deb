"""Makes what is due: each closed week once, then each month whose weeks are all there. The steps, in order.

    price    the budget of the year is asked before anything is read
    draw     the exact sums of the week get their noise, all of it at once
    build    rows, hidden cells, intervals, manifest: of noised numbers only
    sign     the canonical bytes
    keep     draw, price and file in one transaction; then another process publishes them, or this one

A kill before the commit leaves nothing, and nothing was shown; after it, the same bytes are there for good.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from telemetry.community.ports import Aggregates
from telemetry.community.release.bounds import queries
from telemetry.community.release.budget import Limits, Store, require_budget, transaction
from telemetry.community.release.building import WITH_NOISE, WITHOUT_NOISE, Table, tables
from telemetry.community.release.manifest import Spent, manifest
from telemetry.community.release.noised import (
    Changed,
    Mechanism,
    Noised,
    draw,
    packed,
    together,
    unpacked,
    without_noise,
)
from telemetry.community.release.periods import weeks_between, weeks_of, year_to
from telemetry.community.release.publish import MOST_BYTES
from telemetry.community.release.signing import Key, sign
from telemetry.contract.errors import TelemetryError
from telemetry.contract.weeks import is_closed, month_of, week_of

SCHEMA = 1
_ROWS = (200, 100, 50, 25)  # of one slice at most; the first with which a file is small enough


class Job(NamedTuple):
    """What a run of the release command works with. `mechanism`: None in development mode."""

    store: Store
    aggregates: Aggregates
    key: Key
    mechanism: Mechanism | None
    limits: Limits


def due(store: Store, aggregates: Aggregates, now: datetime) -> list[str]:
    """Every closed week since releases began, oldest first; in development mode the weeks that have sums.

    Not a look at what was counted: which weeks are released would tell, exactly, whether anybody had shared.
    """
    if store.development:
        return aggregates.weeks()
    this = week_of(now)
    return [week for week in weeks_between(store.begin(this), this) if is_closed(week, now)]


def require_known(store: Store, published: Collection[str]) -> None:
    """Raise TelemetryError if a period was published that the database has no release of: then it was lost, or is old.

    A week that is drawn again tells twice what was paid for, also where the second draw is published nowhere else.
    """
    unknown = sorted(set(published) - store.releases().keys())
    if unknown:
        raise TelemetryError(
            f"the releases' database knows nothing of what was published before: {', '.join(unknown)}",
            "Restore the newest backup of releases.db. No week may be drawn a second time.",
        )


def make(job: Job, weeks: Iterable[str]) -> list[str]:
    """Release weeks, and the months they complete; the periods that are new. Raises TelemetryError at the budget's end,
    with everything before it kept."""
    made = []
    for week in weeks:
        with transaction(job.store.connection):
            made += _make_week(job, week)
    return made


def _make_week(job: Job, week: str) -> list[str]:
    if not job.store.development and job.store.draw_of(week) is not None:
        return []
    if not job.store.development:
        require_budget(job.store, week, job.limits)
    noised = _drawn(job, week)
    job.store.put_draw(week, packed(noised), job.limits)
    job.store.put_release(week, _file(job, week, noised))
    month = month_of(week)
    return [week, *([month] if _make_month(job, month) else [])]


def _drawn(job: Job, week: str) -> Noised:
    rho = job.limits.week if job.mechanism else 0.0
    return draw(week, job.aggregates.cells([week]), queries(rho), job.mechanism or without_noise)


def _make_month(job: Job, month: str) -> bool:
    """Add up the weeks of a month, if all were drawn (in development: those that are there), of the same slices."""
    weeks = [week for week in weeks_of(month) if job.store.draw_of(week) is not None]
    if len(weeks) < len(weeks_of(month)) and not job.store.development:
        return False
    try:
        parts = [unpacked(week, job.store.draw_of(week) or b"") for week in weeks]
    except Changed:
        return False
    job.store.put_release(month, _file(job, month, together(parts), parts))
    return True


def _file(job: Job, period: str, noised: Noised, parts: Sequence[Noised] = ()) -> bytes:
    """The signed bytes of a release, with as many rows as fit."""
    rules = WITH_NOISE if job.mechanism else WITHOUT_NOISE
    found = tables(noised, rules, parts)
    spent = _spent(job, noised.weeks)
    asked = queries(job.limits.week if job.mechanism else 0.0)
    for rows in _ROWS:
        cut = [Table(table.slice, table.rows[:rows], table.hidden + len(table.rows[rows:])) for table in found]
        about = manifest(asked, noised, cut, spent, rules)
        file = sign(_document(period, noised.weeks, job.mechanism is None, about, cut), job.key)
        if len(file) <= MOST_BYTES:
            return file
    raise TelemetryError(f"the release of {period} does not fit into {MOST_BYTES} bytes")


def _document(
    period: str, weeks: Sequence[str], development: bool, about: dict[str, Any], found: Sequence[Table]
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "development": development,
        "period": period,
        "weeks": list(weeks),
        "manifest": about,
        "tables": {table.slice: list(table.rows) for table in found},
    }


def _spent(job: Job, weeks: Sequence[str]) -> Spent:
    if job.mechanism is None:
        return Spent(0.0, 0.0, 0.0, 0.0, 0.0)
    last = weeks[-1]
    return Spent(
        dearest=job.store.dearest(weeks[0], last),
        weeks=job.store.spent(weeks[0], last),
        year=job.store.spent(*year_to(last)),
        ever=job.store.spent("", last),
        most_a_year=job.limits.year,
    )
