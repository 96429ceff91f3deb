"""uvicorn, as we use it: its connections with an end to every wait, its log without anything of a request."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from telemetry.community.api import Application
from telemetry.community.patience import Patience
from telemetry.community.problems import problem, retry_after
from telemetry.community.settings import Settings

Door = socket.socket
MAX_HEAD = 16 * 1024  # bytes
BACKLOG = 512
_IDLE = 5  # seconds a connection may rest between two requests


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


def _protocol(settings: Settings) -> type[asyncio.Protocol]:
    """One connection: uvicorn's, that also ends who does not finish a head, and turns away who is one too many."""
    full = _raw("full", retry_after(settings.retry_seconds))
    no_http, heads = _raw("bad_http"), Patience(settings.head_seconds)

    class Connection(HttpToolsProtocol):
        _head = 0

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > settings.connections:
                self._end(full)
            else:
                self._await_head()

        def connection_lost(self, exc: Exception | None) -> None:
            heads.end(self)
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self.transport.is_closing():
                return
            super().data_received(data)
            if heads.is_waiting_for(self):  # it is not complete
                self._head += len(data)
                if self._head > MAX_HEAD:
                    self._end(no_http)

        def on_message_begin(self) -> None:
            self._await_head()
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            heads.end(self)
            super().on_headers_complete()

        def send_400_response(self, msg: str) -> None:
            self._end(no_http)

        def _await_head(self) -> None:
            if not heads.is_waiting_for(self):
                self._head = 0
                heads.begin(self, self.transport.close)

        def _end(self, answer: bytes) -> None:
            heads.end(self)
            self.transport.write(answer)
            self.transport.close()

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
