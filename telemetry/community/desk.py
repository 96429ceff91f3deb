"""What the handlers of the API share: the two ports, the limits, the counters, the clocks, and the documents."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from telemetry.community.aside import Aside
from telemetry.community.exchange import Request
from telemetry.community.intake import Intake
from telemetry.community.limits import Limiter, Network, Pseudonyms, Rate, asking
from telemetry.community.metrics import Family, Metrics
from telemetry.community.parsing import REASONS
from telemetry.community.patience import Patience
from telemetry.community.ports import CAPACITY, Aggregates, Queue
from telemetry.community.problems import NAMES
from telemetry.community.watched import Watched

FAMILIES = {
    "agentspec_reports_total": Family(
        "Reports by what became of them.", "result", ("accepted", "duplicate", "rejected")
    ),
    "agentspec_rejected_total": Family("Rejected reports by reason.", "reason", REASONS),
    "agentspec_withdrawals_total": Family(
        "Withdrawals by what became of them.", "status", ("withdrawn", "aggregated_only", "unknown")
    ),
    "agentspec_problems_total": Family("Requests that were answered with a problem.", "problem", NAMES),
    "agentspec_worked_total": Family(
        "Reports that the worker has handled.", "result", ("added", "known", "quarantined")
    ),
    "agentspec_swept_total": Family("What the sweeper has deleted.", "what", ("expired", "forgotten")),
}


class Desk(NamedTuple):
    """`now`: the date, for what is kept; `ticks`: seconds that never go back, for what is measured.

    `pseudonyms`: by which both limiters know who asks. `limiter`: of requests; `reports_limiter`: of the reports in
    them, as one request holds many. `capacity`: how many reports may wait in the queue. `watched`: its inlet, through
    which the intake puts.
    """

    queue: Queue
    aggregates: Aggregates
    watched: Watched
    intake: Intake
    pseudonyms: Pseudonyms
    limiter: Limiter
    reports_limiter: Limiter
    metrics: Metrics
    aside: Aside
    releases: Path
    trusted_proxies: Sequence[Network]
    body_patience: Patience
    retry_seconds: float
    capacity: int
    now: Callable[[], datetime]
    ticks: Callable[[], float]

    def asker_of(self, request: Request) -> bytes:
        """The pseudonym for which a request counts."""
        if not self.trusted_proxies:
            return self.pseudonyms.of(request.peer)
        return self.pseudonyms.of(asking(request.peer, request.header(b"x-forwarded-for"), self.trusted_proxies))

    def close(self) -> None:
        """Finish what was begun."""
        self.intake.close()
        self.aside.close()


def date() -> datetime:
    """This moment, in UTC."""
    return datetime.now(timezone.utc)


def open_desk(  # noqa: PLR0913  what is given is what is shared
    queue: Queue,
    aggregates: Aggregates,
    releases: Path,
    *,
    rate: Rate,
    reports_rate: Rate,
    capacity: int = CAPACITY,
    trusted_proxies: Sequence[Network] = (),
    body_seconds: float = 10.0,
    retry_seconds: float = 30.0,
    now: Callable[[], datetime] = date,
    ticks: Callable[[], float] = time.monotonic,
) -> Desk:
    """A desk on two ports, with its own thread to the queue; `close` it. `releases`: the folder of benchmarks."""
    watched = Watched(queue, ticks, retry_seconds)
    return Desk(
        queue=queue,
        aggregates=aggregates,
        watched=watched,
        intake=Intake(watched, now),
        pseudonyms=Pseudonyms(),
        limiter=Limiter(rate),
        reports_limiter=Limiter(reports_rate),
        metrics=Metrics(FAMILIES),
        aside=Aside(),
        releases=releases,
        trusted_proxies=trusted_proxies,
        body_patience=Patience(body_seconds),
        retry_seconds=retry_seconds,
        capacity=capacity,
        now=now,
        ticks=ticks,
    )
