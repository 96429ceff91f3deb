"""Reads a body: no more than was allowed, no longer than was allowed, and nothing of one that is refused anyway."""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

from telemetry.community.exchange import Request
from telemetry.community.patience import Patience
from telemetry.community.problems import Refused

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]


class Gone(Exception):
    """The other end has hung up."""


def check_length(request: Request, most: int) -> None:
    """Refuse a body that says itself that it is too large. Raises Refused."""
    stated = request.header(b"content-length")
    if stated and (not stated.isdecimal() or len(stated) > 18 or int(stated) > most):
        raise Refused("too_large", (b"connection", b"close"))


async def read_body(receive: Receive, most: int, patience: Patience) -> bytes:
    """All of it, in bytes. Raises Refused for what is too large or too slow, and Gone."""
    reading = _all_of(receive, most)
    try:
        waits_for = reading.send(None)
    except StopIteration as whole:  # it came with its head, as nearly all do: no clock needed
        body: bytes = whole.value
        return body
    return await _in_time(_resumed(reading, waits_for), patience)


async def _in_time(reading: Awaitable[bytes], patience: Patience) -> bytes:
    task = asyncio.current_task()
    assert task is not None
    late = list[bool]()

    def give_up() -> None:
        late.append(True)
        task.cancel()

    patience.begin(task, give_up)
    try:
        return await reading
    except asyncio.CancelledError:
        if not late:
            raise
        if sys.version_info >= (3, 11):
            task.uncancel()
        raise Refused("too_slow", (b"connection", b"close")) from None
    finally:
        patience.end(task)


@types.coroutine
def _resumed(begun: Coroutine[Any, Any, bytes], waits_for: Any) -> Generator[Any, Any, bytes]:
    """The rest of what was begun, for the same task: as `await` would, after its first step."""
    try:
        while True:
            try:
                yield waits_for
            except BaseException as error:  # a cancellation, which whoever waits is to see
                waits_for = begun.throw(error)
            else:
                waits_for = begun.send(None)
    except StopIteration as whole:
        body: bytes = whole.value
        return body


async def _all_of(receive: Receive, most: int) -> bytes:
    parts, size, is_more = list[bytes](), 0, True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise Refused("too_large", (b"connection", b"close"))
        is_more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)
