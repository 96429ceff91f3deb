"""Many waits of one length: each ends in its time, by one timer."""

from __future__ import annotations

import asyncio

from telemetry.community.patience import Patience


def test_what_takes_too_long_is_given_up_and_what_does_not_is_not() -> None:
    """In the order in which it was begun; each once."""

    async def waits() -> list[str]:
        patience, late, over = Patience(0.01), list[str](), asyncio.Event()
        for name in ("one", "two", "three"):
            patience.begin(name, lambda name=name: late.append(name))  # type: ignore[misc]
        patience.end("two")
        patience.end("nobody")
        await asyncio.sleep(0)
        patience.begin("last", over.set)
        await over.wait()
        assert not patience.is_waiting_for("one")
        return late

    assert asyncio.run(waits()) == ["one", "three"]


def test_one_who_ends_and_begins_again_has_all_of_the_time_again() -> None:
    """A connection makes many requests."""

    async def waits() -> bool:
        patience, over = Patience(0.05), asyncio.Event()
        early = list[bool]()
        patience.begin("it", lambda: early.append(True))
        patience.end("it")
        patience.begin("other", lambda: None)
        patience.begin("it", over.set)
        await over.wait()
        return not early

    assert asyncio.run(waits())


def test_what_gives_up_may_begin_again() -> None:
    """Nothing is lost where one thing leads to the next."""

    async def waits() -> int:
        patience, over, count = Patience(0.001), asyncio.Event(), 0

        def again() -> None:
            nonlocal count
            count += 1
            if count < 3:
                patience.begin("it", again)
            else:
                over.set()

        patience.begin("it", again)
        await over.wait()
        return count

    assert asyncio.run(waits()) == 3
