"""The same server, doing less, to compare with.

    python -m benchmarks.stand_ins hello|least|validating

`hello` answers at once; `least` reads a report, unpacks and decodes it; `validating` does all but keep it. All of them
listen as the real one does, with its settings from the environment.
"""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Sequence
from typing import Any, cast

import orjson

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
    body, is_more = b"", True
    while is_more:
        message = await receive()
        body, is_more = body + message["body"], message["more_body"]
    orjson.loads(zlib.decompress(body, wbits=31))
    await hello(scope, receive, send)


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


def main(name: str) -> None:
    """Answer until told to end."""
    settings = settings_of(os.environ)
    with listening.listen(settings) as door:
        told = {"hello": hello, "least": least}.get(name) or validating(settings)
        listening.run(told, door, settings, lambda: print(f"listening on {listening.url_of(door)}", flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
