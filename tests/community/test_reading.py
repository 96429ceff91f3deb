"""A body is read whole, in its time and no further, whether it is there already or not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from telemetry.community.patience import Patience
from telemetry.community.problems import Refused
from telemetry.community.reading import Gone, Message, read_body

HANG_UP: Message = {"type": "http.disconnect"}


def part(body: bytes, *, is_last: bool = False) -> Message:
    """As a server hands it over."""
    return {"type": "http.request", "body": body, "more_body": not is_last}


async def read(messages: Sequence[Message], *, waits: bool, most: int = 100, patience: Patience | None = None) -> bytes:
    """The body; `waits`: each message takes a turn of the loop to come."""
    left = iter(messages)

    async def receive() -> Message:
        if waits:
            await asyncio.sleep(0)
        return next(left, None) or await asyncio.Future[Any]()

    return await read_body(receive, most, patience or Patience(60))


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("parts", [[b""], [b"whole"], [b"in ", b"", b"three", b" parts"]])
def test_a_body_is_all_of_its_parts(parts: list[bytes], waits: bool) -> None:
    """Whether they are there already or come."""
    messages = [*map(part, parts[:-1]), part(parts[-1], is_last=True)]
    assert asyncio.run(read(messages, waits=waits)) == b"".join(parts)


@pytest.mark.parametrize("waits", [False, True])
def test_a_body_is_no_longer_than_it_may_be(waits: bool) -> None:
    """To the byte; nothing more is asked for."""
    assert len(asyncio.run(read([part(bytes(50)), part(bytes(50), is_last=True)], waits=waits))) == 100
    with pytest.raises(Refused, match="too_large"):
        asyncio.run(read([part(bytes(50)), part(bytes(51))], waits=waits))


@pytest.mark.parametrize("waits", [False, True])
def test_who_hangs_up_gets_no_answer(waits: bool) -> None:
    """In the middle, or at once."""
    for messages in ([HANG_UP], [part(b"x"), HANG_UP]):
        with pytest.raises(Gone):
            asyncio.run(read(messages, waits=waits))


@pytest.mark.parametrize("waits", [False, True])
def test_a_body_that_does_not_end_is_given_up(waits: bool) -> None:
    """And whoever reads it goes on as if nothing had been cancelled."""

    async def slow() -> int:
        with pytest.raises(Refused, match="too_slow"):
            await read([part(b"x")], waits=waits, patience=Patience(0.01))
        await asyncio.sleep(0)
        task = asyncio.current_task()
        assert task
        return task.cancelling() if hasattr(task, "cancelling") else 0

    assert asyncio.run(slow()) == 0


@pytest.mark.parametrize("waits", [False, True])
def test_a_task_that_is_cancelled_is_cancelled(waits: bool) -> None:
    """That is no slow body; and its clock is stopped."""

    async def cancelled() -> bool:
        patience = Patience(60)
        task = asyncio.create_task(read([part(b"x")], waits=waits, patience=patience))
        for _ in range(5):
            await asyncio.sleep(0)
        assert patience.is_waiting_for(task)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return patience.is_waiting_for(task)

    assert not asyncio.run(cancelled())


@pytest.mark.parametrize("steps", [0, 1])
def test_who_waits_for_a_body_sees_the_cancellation(steps: int) -> None:
    """In its first wait, or a later one: it may have something to give back."""
    seen = list[str]()

    async def receive() -> Message:
        if len(seen) < steps:
            seen.append("a part")
            await asyncio.sleep(0)
            return part(b"x")
        try:
            return await asyncio.Future[Message]()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def cancelled() -> None:
        task = asyncio.create_task(read_body(receive, 100, Patience(60)))
        for _ in range(3):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert seen == ["a part"] * steps + ["cancelled"]


def test_no_clock_runs_for_a_body_that_is_there() -> None:
    """Nearly every one."""

    class Unused(Patience):
        def begin(self, *_: object) -> None:
            raise AssertionError

    assert asyncio.run(read([part(b"there", is_last=True)], waits=False, patience=Unused(1))) == b"there"
