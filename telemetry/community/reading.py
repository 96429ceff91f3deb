"""Reads a body: no more than was allowed, no longer than was allowed, and nothing of one that is refused anyway."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from telemetry.community.exchange import Request
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


async def read_body(receive: Receive, most: int, seconds: float) -> bytes:
    """All of it, in bytes. Raises Refused for what is too large or too slow, and Gone."""
    deadline = _Deadline(seconds)
    try:
        with deadline:
            return await _all_of(receive, most)
    except asyncio.CancelledError:
        if not deadline.is_over:
            raise
        raise Refused("too_slow", (b"connection", b"close")) from None


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


class _Deadline:
    """Ends what runs in a block after some seconds. Cheaper than a task of its own for each body (asyncio.wait_for)."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self.is_over = seconds, False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._end)

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self.is_over and hasattr(self._task, "uncancel"):  # since Python 3.11
            self._task.uncancel()

    def _end(self) -> None:
        self.is_over = True
        self._task.cancel()
