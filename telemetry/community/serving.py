"""The server as a process: what it opens, in which order, and how it ends.

open       the door, what is kept (migrated)
begin      the sweeper, and the worker where it is not a process of its own; then the API
end        on SIGTERM or SIGINT: no new connections, requests under way are answered, the intake and the worker
           finish what they hold, what is kept is closed
"""

from __future__ import annotations

import errno
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from telemetry.community import listening
from telemetry.community.api import application
from telemetry.community.background import Background, Listener
from telemetry.community.desk import Desk, date, open_desk
from telemetry.community.retention import Swept
from telemetry.community.settings import Settings
from telemetry.community.storage import Storage, opened
from telemetry.community.worker import Worked
from telemetry.contract.errors import TelemetryError

KEYLESS = """\
No key signs releases yet: reports are counted, but a week that ends without one is never released.
  agentspec-community release --make-key"""


def serve(settings: Settings, *, with_worker: bool) -> int:
    """Answer requests, sweep, and work if asked to, until told to end."""
    listening.log_to_stderr()
    with _door(settings) as door, opened(settings) as storage, _desk(settings, storage) as desk:
        background = Background(storage, date, settings.shutdown_seconds, _listener(desk), works=with_worker)

        def begin() -> None:
            background.start()
            print(f"listening on {listening.url_of(door)}", flush=True)
            if not settings.key.exists():
                print(KEYLESS, flush=True)

        try:
            listening.run(application(desk), door, settings, begin)
        finally:
            desk.intake.close()  # what it holds is still worked off
            background.stop()
    return 0


def work(settings: Settings) -> int:
    """Work and sweep, until told to end."""
    listening.log_to_stderr()
    over = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with opened(settings) as storage:
        background = Background(storage, date, settings.shutdown_seconds, Listener())
        background.start()
        print("working", flush=True)
        over.wait()
        background.stop()
    return 0


@contextmanager
def _door(settings: Settings) -> Iterator[listening.Door]:
    try:
        door = listening.listen(settings)
    except OSError as error:
        raise TelemetryError(
            f"{settings.host}:{settings.port} cannot be listened on: {listening.reason_of(error)}", _way_out(error)
        ) from error
    with door:
        yield door


def _way_out(error: OSError) -> str:
    if error.errno in (errno.EADDRINUSE, errno.EACCES):
        return "AGENTSPEC_COMMUNITY_PORT names another port; 0 takes any that is free."
    return "AGENTSPEC_COMMUNITY_HOST names another address; it must be one of this machine."


@contextmanager
def _desk(settings: Settings, storage: Storage) -> Iterator[Desk]:
    desk = open_desk(
        storage.queue,
        storage.aggregates,
        settings.releases,
        rate=settings.rate,
        reports_rate=settings.reports_rate,
        capacity=settings.capacity,
        trusted_proxies=settings.trusted_proxies,
        body_seconds=settings.body_seconds,
        retry_seconds=settings.retry_seconds,
    )
    try:
        yield desk
    finally:
        desk.close()


def _listener(desk: Desk) -> Listener:
    def worked(done: Worked) -> None:
        for name in ("added", "known", "quarantined"):
            desk.metrics.count("agentspec_worked_total", name, getattr(done, name))

    def swept(done: Swept) -> None:
        for name in ("expired", "forgotten"):
            desk.metrics.count("agentspec_swept_total", name, getattr(done, name))

    return Listener(worked, swept)
