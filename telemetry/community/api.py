"""The HTTP API: which request goes where, and what holds for all of them. A plain ASGI application.

    answer    found → limited → fit → read → handled; whatever goes wrong on the way is a problem document

No address, header or body is kept, logged or repeated: an address becomes a keyed hash at once (limits.py), and a bug
is told by the type of its exception.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from telemetry.community import health, openapi, publishing
from telemetry.community.desk import Desk
from telemetry.community.exchange import Request, Response, is_own
from telemetry.community.parsing import MAX_ASKED, MAX_PACKED
from telemetry.community.ports import Full, Unavailable
from telemetry.community.problems import Refused, problem, retry_after
from telemetry.community.publishing import Shelf
from telemetry.community.reading import Gone, Message, Receive, check_length, read_body
from telemetry.community.receiving import receive
from telemetry.community.release.periods import is_period
from telemetry.community.withdrawing import withdraw

Scope = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Handler = Callable[[Desk, Request], Awaitable[Response]]

PERIOD = "{period}"  # in a route's path, at its end: a week or a month

log = logging.getLogger("agentspec.community")


class Body(NamedTuple):
    """What a route takes: the one Content-Type, and how many bytes at most."""

    kind: str
    most: int


class Route(NamedTuple):
    """One thing that can be asked. `body`: None where there is none. `is_limited`: not for who watches over us.

    `is_ours`: for this very machine alone; for all others it is not there.
    """

    method: str
    path: str
    handler: Handler
    body: Body | None = None
    is_limited: bool = True
    is_ours: bool = False


def routes_of(desk: Desk) -> tuple[Route, ...]:
    """All there is. Others read nothing here that is not public, and operators do their work elsewhere."""
    shelf = Shelf(desk.releases)

    async def schema(desk: Desk, request: Request) -> Response:
        return publishing.answer(publishing.schema_document(), request)

    async def benchmarks(desk: Desk, request: Request) -> Response:
        return publishing.answer(shelf.newest(), request)

    async def benchmark(desk: Desk, request: Request) -> Response:
        return publishing.answer(shelf.of(request.period), request, "no_such_release")

    async def description(desk: Desk, request: Request) -> Response:
        return publishing.answer(openapi.document(), request)

    return (
        Route("POST", "/v1/reports", receive, Body("application/x-ndjson", MAX_PACKED)),
        Route("POST", "/v1/withdrawals", withdraw, Body("application/json", MAX_ASKED)),
        Route("GET", "/v1/benchmarks", benchmarks),
        Route("GET", f"/v1/benchmarks/{PERIOD}", benchmark),
        Route("GET", "/v1/schema", schema),
        Route("GET", "/openapi.json", description),
        Route("GET", "/healthz", health.healthz, is_limited=False),
        Route("GET", "/readyz", health.readyz, is_limited=False),
        Route("GET", "/metrics", health.metrics, is_ours=True),  # exact: it would undo the noise of releases
    )


def application(desk: Desk) -> Application:
    """The ASGI application on a desk. What the desk needs closed is not closed here."""
    table: dict[str, dict[str, Route]] = {}
    for route in routes_of(desk):
        table.setdefault(route.path, {})[route.method] = route

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        began = desk.ticks()
        try:
            response = await _answer(desk, table, scope, receive)
        except Gone:
            return
        await _send(send, response)
        desk.metrics.took(desk.ticks() - began)

    return serve


async def _answer(desk: Desk, table: dict[str, dict[str, Route]], scope: Scope, receive: Receive) -> Response:
    """The answer to whatever was asked; only who has hung up gets none."""
    try:
        head = Request(dict(scope["headers"]), peer=scope["client"][0] if scope.get("client") else "")
        route, period = _found(table, scope, head)
        who = _limited(desk, head) if route.is_limited else b""
        body = b""
        if route.body is not None:
            _check_head(route.body, head)
            body = await read_body(receive, route.body.most, desk.body_patience)
        return await route.handler(desk, Request(head.headers, body, period, head.peer, who))
    except Refused as refused:
        return _told(desk, refused)
    except Full:
        return _told(desk, Refused("full", retry_after(desk.retry_seconds)))
    except Unavailable:
        return _told(desk, Refused("unavailable", retry_after(desk.retry_seconds)))
    except Gone:
        raise
    except Exception as error:
        log.error("a bug: %s in %s", type(error).__name__, _place(error))
        return _told(desk, Refused("bug"))


def _told(desk: Desk, refused: Refused) -> Response:
    desk.metrics.count("agentspec_problems_total", refused.name)
    return problem(refused.name, *refused.headers, spots=refused.spots)


def _found(table: dict[str, dict[str, Route]], scope: Scope, request: Request) -> tuple[Route, str]:
    """The route, and the period that its path names, if any."""
    period, methods = "", table.get(scope["path"])
    if methods is None:
        folder, _, last = scope["path"].rpartition("/")
        if is_period(last):
            period, methods = last, table.get(f"{folder}/{PERIOD}")
    if methods is None or scope["path"].endswith(PERIOD):  # who asks for the template gets nothing
        raise Refused("no_such_path", *_CLOSE)
    route = methods.get("GET" if scope["method"] == "HEAD" else scope["method"])
    if (route or next(iter(methods.values()))).is_ours and not is_own(request):  # by whatever method
        raise Refused("no_such_path", *_CLOSE)
    if route is None:
        allowed = [*methods, *(["HEAD"] if "GET" in methods else [])]
        raise Refused("other_method", (b"allow", ", ".join(allowed).encode()), *_CLOSE)
    return route, period


_CLOSE = ((b"connection", b"close"),)  # its body, if it has one, is not read


def _limited(desk: Desk, request: Request) -> bytes:
    """The pseudonym that a request counts for; takes one of what it may ask. Raises Refused."""
    who = desk.asker_of(request)
    wait = desk.limiter.wait_for(who, desk.ticks())
    if wait:
        raise Refused("too_often", retry_after(wait), *_CLOSE)
    return who


def _check_head(body: Body, request: Request) -> None:
    """What can be refused before a byte of the body was read."""
    kind = request.header(b"content-type").partition(";")[0].strip().lower()
    if kind != body.kind:
        raise Refused("other_type", (b"accept-post", body.kind.encode()), *_CLOSE)
    check_length(request, body.most)


def _place(error: Exception) -> str:
    """The function of ours in which it happened: no value, no path."""
    trace, place = error.__traceback__, "?"
    while trace is not None:
        place, trace = trace.tb_frame.f_code.co_name, trace.tb_next
    return place


async def _send(send: Send, response: Response) -> None:
    length = (b"content-length", str(len(response.body)).encode())
    headers = response.headers if response.status == 304 else (length, *response.headers)
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
