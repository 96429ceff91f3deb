"""uvicorn, as we use it: its connections with an end to every wait, its log without anything of a request."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
import uvloop  # noqa: F401  uvicorn would miss it only when all else is open
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from telemetry.community.api import Application
from telemetry.community.coalescing import CoalescingTransport
from telemetry.community.crowd import Crowd
from telemetry.community.patience import Patience
from telemetry.community.problems import problem, retry_after
from telemetry.community.settings import Settings

Door = socket.socket
MAX_HEAD = 16 * 1024  # bytes
BACKLOG = 512
_PIPELINED = 1000  # requests that may wait for the answers to those before them
_IDLE = 5  # seconds a connection may rest between two requests


def reason_of(error: OSError) -> str:
    """Why an address cannot be listened on, in the system's own words: Python adds the address to them once more."""
    if isinstance(error, socket.gaierror) or error.errno is None:  # that of a name has other numbers
        return error.strerror or "unknown"
    return os.strerror(error.errno)


def listen(settings: Settings) -> Door:
    """The open door. Raises OSError."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)


def url_of(door: Door) -> str:
    """Where it is."""
    host, port = door.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(application: Application, door: Door, settings: Settings, begin: Callable[[], None]) -> None:
    """Answer until SIGTERM or SIGINT; then finish what was begun, and return. `begin`: called once both are heeded.

    uvicorn heeds them itself while it runs, and raises them once more when it is done.
    """
    server = _server(application, settings)
    gc.freeze()  # what is there now stays; reports are many small objects, and soon gone
    gc.set_threshold(20_000, 20, 20)

    def end(*_: object) -> None:
        server.should_exit = True

    ends = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, end) for number in ends]
    try:
        begin()
        server.run(sockets=[door])
    finally:
        for number, handler in zip(ends, before, strict=True):
            signal.signal(number, handler)


def _server(application: Application, settings: Settings) -> uvicorn.Server:
    logging.getLogger("asyncio").disabled = True  # its words on a broken connection hold the address
    return uvicorn.Server(
        uvicorn.Config(
            application,
            loop="uvloop",
            http=_protocol(settings),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=_IDLE,
            timeout_graceful_shutdown=max(1, round(settings.shutdown_seconds)),
        )
    )


class _Limits:
    """What all connections share. Each of the clocks runs for many of them.

    `heads`: until a head is whole; `drains`: until what was written is taken.
    """

    def __init__(self, settings: Settings) -> None:
        self.connections = settings.connections
        self.heads, self.drains = Patience(settings.head_seconds), Patience(settings.drain_seconds)
        self.crowd = Crowd(settings.connections_per_address, settings.trusted_proxies)
        self.full, self.no_http = _raw("full", retry_after(settings.retry_seconds)), _raw("bad_http")


class _TooMuch(Exception):
    """More than is taken into memory. Raised to the parser, which then stops; it is answered as no HTTP."""


class _Connection(HttpToolsProtocol):
    """One connection: uvicorn's, with an end to whatever it takes in, and to every wait.

    A clock always runs: for a head; in the application, for a body and its own work; for answers that are not taken;
    uvicorn's, between two requests.
    """

    limits: _Limits
    _coalescing: CoalescingTransport
    _unheard = 0  # bytes since there was a whole head or a part of a body
    _left = 0  # bytes that the fields of the head may still have; after it, there are none
    _running: RequestResponseCycle | None = None  # `cycle` is the one that was read last: others may wait before it
    _who = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport = self._coalescing = CoalescingTransport(transport)
        crowd = self.limits.crowd
        self._who = crowd.enter(self.client[0] if self.client else "")
        if len(self.connections) > self.limits.connections or crowd.is_one_too_many(self._who):
            self._end(self.limits.full)
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self.limits.heads.end(self)
        self.limits.drains.end(self)
        self.limits.crowd.leave(self._who)
        self._leave_running()
        super().connection_lost(exc)

    def eof_received(self) -> None:
        self._coalescing.flush()
        self._drain()  # uvloop closes now, and waits for what was written

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._unheard += len(data)
        super().data_received(data)
        if self._unheard > MAX_HEAD:
            self._end(self.limits.no_http)
        elif self.cycle is not None and self.cycle.response_complete:
            self._await_head()  # any byte ends uvicorn's wait for the next request

    def on_message_begin(self) -> None:
        self._left = MAX_HEAD
        self._await_head()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._left -= len(url)
        if self._left < 0:
            raise _TooMuch
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._left -= len(name) + len(value)  # not by a call: it is done for each field of each request
        if self._left < 0:
            raise _TooMuch
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= _PIPELINED:
            raise _TooMuch
        self.limits.heads.end(self)
        self._unheard = self._left = 0
        super().on_headers_complete()
        if self.scope["method"] != "POST" and _has_body(self.headers):
            self.cycle.keep_alive = False  # nobody reads it

    def on_body(self, body: bytes) -> None:
        self._unheard = 0
        super().on_body(body)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._drain()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._drain()

    def resume_writing(self) -> None:
        if not self.transport.is_closing():
            self.limits.drains.end(self)
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        self._hang_up()

    def send_400_response(self, msg: str) -> None:
        self._end(self.limits.no_http)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _await_head(self) -> None:
        if not self.limits.heads.is_waiting_for(self):
            self.limits.heads.begin(self, self._hang_up)

    def _end(self, answer: bytes) -> None:
        if self.transport.is_closing():
            return
        self._leave_running()
        self.transport.write(answer)
        self._hang_up()

    def _hang_up(self) -> None:
        self.limits.heads.end(self)
        self.transport.close()
        self._drain()

    def _drain(self) -> None:
        """What is written must be taken in time. Once: who is slow gets no time for being slow once more."""
        if not self.limits.drains.is_waiting_for(self):
            self.limits.drains.begin(self, self.transport.abort)

    def _leave_running(self) -> None:
        """Nothing more is read for, or written by, the request under way. uvicorn says so to the last one only."""
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()


def _has_body(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0 ")) for name, value in headers
    )


def _protocol(settings: Settings) -> type[asyncio.Protocol]:
    """Connections of one server."""

    class Connection(_Connection):
        limits = _Limits(settings)

    return Connection


def _raw(name: str, *headers: tuple[bytes, bytes]) -> bytes:
    """A problem as the bytes of an answer, for who never gets as far as the application."""
    response = problem(name, *headers, (b"connection", b"close"))
    head = (b"HTTP/1.1 %d \r\ncontent-length: %d\r\n" % (response.status, len(response.body)),)
    return b"".join((*head, *(b"%s: %s\r\n" % header for header in response.headers), b"\r\n", response.body))


class _Quiet(logging.Formatter):
    """logging's: a line without a traceback: an exception's words may hold what was sent."""

    def formatException(self, ei: Any) -> str:
        return f"({ei[0].__name__})"


def log_to_stderr() -> None:
    """What goes wrong, as one line each; nothing of a request, ever."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Quiet("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
