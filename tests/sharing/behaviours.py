"""What a server, or the network before it, may do to a request. Each is a function of the exchange.

`take` counts what is in the request, `read` only reads it: after a cut, the client cannot tell which it was.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

from tests.sharing.exchange import Exchange, Reply

Behaviour = Callable[[Exchange], None]
HUGE = 100 << 20
# As many members as it takes, one like the other (RFC 1952): to pack all of it while a client waits takes too long.
BOMB = gzip.compress(bytes(1 << 20)) * (HUGE >> 20)


def ok(exchange: Exchange) -> None:
    """As it should be."""
    exchange.answer(exchange.take())


def status(code: int, retry_after: int | str | None = None, body: bytes = b'{"error":"told to"}') -> Behaviour:
    """Nothing is counted. `retry_after`: seconds, or an HTTP date."""
    headers = () if retry_after is None else (("Retry-After", str(retry_after)),)

    def behave(exchange: Exchange) -> None:
        exchange.read()
        exchange.answer(Reply(code, body, (*Reply(code).headers, *headers)))

    return behave


def redirect(code: int, location: str | None = None) -> Behaviour:
    """To somewhere, or to the very same place."""

    def behave(exchange: Exchange) -> None:
        exchange.read()
        exchange.answer(Reply(code, b"", (("Location", location or exchange.path),)))

    return behave


def hang(exchange: Exchange) -> None:
    """Read, and never answer; nothing is counted."""
    exchange.read()
    exchange.hang()


def hang_after_taking(exchange: Exchange) -> None:
    """Count, and never answer."""
    exchange.take()
    exchange.hang()


def cut_before_reading(exchange: Exchange) -> None:
    """The headers were read, the body was not."""
    exchange.cut(unread=True)


def cut_after_reading(exchange: Exchange) -> None:
    """All was read and counted, and the client is not told."""
    exchange.take()
    exchange.cut()


def cut_within_the_answer(exchange: Exchange) -> None:
    """Counted, and half of the answer is sent."""
    reply = exchange.take()
    exchange.write(reply.head() + reply.body[: len(reply.body) // 2])
    exchange.cut()


def answer_twice(exchange: Exchange) -> None:
    """Two answers to one request: the second must not be taken for that of the next."""
    reply = exchange.take()
    exchange.write(2 * (reply.head() + reply.body))


def drip(seconds: float = 0.05) -> Behaviour:
    """A byte, a pause, a byte: no single read ever waits long. Once released, the rest comes at once."""

    def behave(exchange: Exchange) -> None:
        reply, pause = exchange.take(), exchange.pauses(seconds)
        for byte in reply.head() + reply.body:
            exchange.write(bytes((byte,)))
            pause()

    return behave


def saying(body: bytes, *headers: tuple[str, str], code: int = 202) -> Behaviour:
    """Counted, and answered with these bytes."""

    def behave(exchange: Exchange) -> None:
        exchange.take()
        exchange.answer(Reply(code, body, (*Reply(code).headers, *headers)))

    return behave


garbage = saying(b"\x00\xff{not json")
empty = saying(b"")
nothing_of_use = saying(b'{"results":{}}')
bad_gzip = saying(b"\x1f\x8b\x08garbage", ("Content-Encoding", "gzip"))


def gzip_bomb(exchange: Exchange) -> None:
    """Counted; the answer is small, and huge once it is unpacked."""
    exchange.take()
    exchange.answer(Reply(202, BOMB, (*Reply(202).headers, ("Content-Encoding", "gzip"))))


def flood(exchange: Exchange) -> None:
    """Counted; the answer is 100 MB of nothing."""
    exchange.take()
    exchange.write(
        f"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: {HUGE}\r\n\r\n".encode()
    )
    for _ in range(HUGE >> 16):
        exchange.write(bytes(1 << 16))


def rejecting(*lines: int) -> Behaviour:
    """Some lines of the batch, by number, are rejected; the others count."""

    def behave(exchange: Exchange) -> None:
        exchange.answer(exchange.take(lines))

    return behave


def omitting(*lines: int) -> Behaviour:
    """All count, but the answer is silent on some lines."""

    def behave(exchange: Exchange) -> None:
        reply = exchange.take()
        results = json.loads(reply.body)["results"]
        kept = [result for number, result in enumerate(results) if number not in lines]
        exchange.answer(reply._replace(body=json.dumps({"results": kept}).encode()))

    return behave


BY_NAME: dict[str, Behaviour] = {
    behaviour.__name__: behaviour
    for behaviour in (
        ok,
        hang,
        hang_after_taking,
        cut_before_reading,
        cut_after_reading,
        cut_within_the_answer,
        answer_twice,
        gzip_bomb,
        flood,
    )
}
