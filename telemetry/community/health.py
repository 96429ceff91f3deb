"""Whether the server lives, whether it can take reports, and its counters."""

from __future__ import annotations

from telemetry.community.desk import Desk
from telemetry.community.exchange import Request, Response, as_json
from telemetry.community.metrics import KIND, Gauge
from telemetry.community.ports import Full, Unavailable

_FRESH = (b"cache-control", b"no-store")


async def healthz(desk: Desk, request: Request) -> Response:
    """The process answers."""
    return as_json(200, {"status": "ok"}, _FRESH)


async def readyz(desk: Desk, request: Request) -> Response:
    """What is kept can be reached, has room, and could be written to the last time. Raises Full, Unavailable."""
    if await _depth(desk) >= desk.capacity:
        raise Full
    await desk.aside.run(lambda: desk.watched.check(desk.now()))
    return as_json(200, {"status": "ready"}, _FRESH)


async def metrics(desk: Desk, request: Request) -> Response:
    """The counters; without what cannot be read now."""
    try:
        depth: int | None = await _depth(desk)
    except Unavailable:
        depth = None
    gauges = (
        Gauge("agentspec_queue_depth", "Reports that wait for the worker.", depth),
        Gauge("agentspec_limited_addresses", "Addresses of which a hash is in memory.", _limited(desk)),
    )
    text = desk.metrics.text(*gauges)
    return Response(200, text.encode(), ((b"content-type", KIND), _FRESH))


def _limited(desk: Desk) -> int:
    """Who sends reports makes requests: the longer list has them all, unless it is full."""
    return max(len(desk.limiter), len(desk.reports_limiter))


async def _depth(desk: Desk) -> int:
    return await desk.aside.run(desk.queue.depth)
