"""The same server, doing less, to compare with.

    python -m benchmarks.stand_ins hello|least|least-durable|validating

`hello` answers at once; `least` reads a report, unpacks and decodes it; `least-durable` puts it, unchecked, into one
table in groups, and answers once it is on the disk; `validating` does all but keep it. All of them listen as the real
one does, with its settings from the environment.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import zlib
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, cast

import msgspec

from telemetry.community import listening
from telemetry.community.api import Application, Scope, Send, application
from telemetry.community.desk import open_desk
from telemetry.community.intake import Intake
from telemetry.community.ports import Aggregates, Queue
from telemetry.community.reading import Receive
from telemetry.community.records import Accepted, Answered
from telemetry.community.settings import Settings, settings_of


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    """The least that an ASGI application can do."""
    headers = ((b"content-length", b"5"), (b"content-type", b"text/plain"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})


async def least(scope: Scope, receive: Receive, send: Send) -> None:
    """What no server can do without that is to know what was sent: without limits, without a look at it."""
    msgspec.json.decode(await _line(receive))
    await hello(scope, receive, send)


async def _line(receive: Receive) -> bytes:
    body, is_more = b"", True
    while is_more:
        message = await receive()
        body, is_more = body + message["body"], message["more_body"]
    return zlib.decompress(body, wbits=31)


class OneTable:
    """In the place of the queue: each id once, with its bytes, on the disk; no other index, no limit, no erasing."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"):
            self._connection.execute(statement)
        self._connection.execute("CREATE TABLE report (id TEXT NOT NULL UNIQUE, body BLOB NOT NULL)")

    def put(self, reports: Sequence[Accepted], now: datetime) -> list[Answered]:
        """A group in one transaction."""
        self._connection.execute("BEGIN")
        rows = ((report.id, report.body) for report in reports)
        self._connection.executemany("INSERT OR IGNORE INTO report VALUES (?, ?)", rows)
        self._connection.execute("COMMIT")
        return ["accepted"] * len(reports)


def least_durable(settings: Settings) -> Application:
    """What is left of ours if it only keeps what was sent: the bound for a process of Python with its writer in it."""
    intake = Intake(OneTable(settings.data / "least.db"), lambda: datetime.now(timezone.utc))

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        line = await _line(receive)
        sealed = msgspec.json.decode(line)
        await intake.put([Accepted(sealed["report"]["session"]["id"], sealed["withdrawal"], line)])
        await hello(scope, receive, send)

    return answer


class Nowhere:
    """In the place of the intake: everything is accepted, nothing is kept."""

    async def put(self, reports: Sequence[Accepted]) -> list[Answered]:
        """At once."""
        return ["accepted"] * len(reports)


def validating(settings: Settings) -> Application:
    """All of the API, but that a report goes nowhere once it was found valid."""
    none = cast(Any, None)
    rate, reports_rate = settings.rate, settings.reports_rate
    queue, sums = cast(Queue, none), cast(Aggregates, none)
    desk = open_desk(queue, sums, settings.releases, rate=rate, reports_rate=reports_rate)
    return application(desk._replace(intake=cast(Intake, Nowhere())))


APPLICATIONS: dict[str, Callable[[Settings], Application]] = {
    "hello": lambda settings: hello,
    "least": lambda settings: least,
    "least-durable": least_durable,
    "validating": validating,
}


def main(name: str) -> None:
    """Answer until told to end."""
    settings = settings_of(os.environ)
    with listening.listen(settings) as door:
        told = APPLICATIONS[name](settings)
        listening.run(told, door, settings, lambda: print(f"listening on {listening.url_of(door)}", flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
