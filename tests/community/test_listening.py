"""How a connection of the server writes: over uvicorn's own protocol, without a socket."""

from __future__ import annotations

import asyncio

from uvicorn import Config
from uvicorn.server import ServerState

from telemetry.community import listening
from telemetry.community.api import Scope, Send
from telemetry.community.reading import Receive
from telemetry.community.settings import Settings
from tests.community.test_coalescing import Recording

REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """A head, then a body."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"body"})


def written(requests: bytes, *, ends: bool = False) -> list[bytes]:
    """What a connection writes, call by call, that gets some bytes. `ends`: and nothing more."""

    async def play() -> list[bytes]:
        config = Config(answer, log_config=None, access_log=False, lifespan="off")
        config.load()
        connection = listening._protocol(Settings())(config=config, server_state=ServerState(), app_state={})  # type: ignore[call-arg]
        transport = Recording()
        connection.connection_made(transport)
        connection.data_received(requests)
        for turn in range(20):
            if ends and turn == 1:  # the answer is written, and not sent yet
                connection.eof_received()
                transport.closing = True  # as uvloop does it
            await asyncio.sleep(0)
        connection.connection_lost(None)
        return transport.calls

    return asyncio.run(play())


def test_an_answer_is_one_piece() -> None:
    """Its head and its body: nobody is woken for half of it."""
    (one,) = written(REQUEST)
    assert one.startswith(b"HTTP/1.1 200 OK\r\n") and one.endswith(b"\r\n\r\nbody")


def test_answers_to_requests_at_once_are_all_there_in_order() -> None:
    """However many pieces they are."""
    assert b"".join(written(REQUEST * 3)) == written(REQUEST)[0] * 3


def test_who_says_no_more_gets_the_answer_that_is_written() -> None:
    """Before the loop closes the connection, as it does then."""
    (one,) = written(REQUEST, ends=True)
    assert one.endswith(b"body")
