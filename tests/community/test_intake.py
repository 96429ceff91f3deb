"""Many requests share one wait for the disk, and each gets its own answer."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone

import pytest

from telemetry.community import intake as intake_module
from telemetry.community.intake import LARGEST, MOST_WAITING, Intake
from telemetry.community.ports import Full, Unavailable
from telemetry.community.records import Accepted, Answered
from tests.community.memory import Memory
from tests.sharing.lines import id_of

NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)


def some(*numbers: int) -> list[Accepted]:
    """Reports of these numbers."""
    return [Accepted(id_of(number), f"{number:064x}", b"{}") for number in numbers]


def together(memory: Memory, *batches: list[Accepted]) -> list[list[Answered] | BaseException]:
    """What each of some batches is answered that came in one turn of the loop."""

    async def put() -> list[list[Answered] | BaseException]:
        loop = asyncio.get_running_loop()
        intake = Intake(memory, lambda: NOW)
        answers = await asyncio.gather(*map(intake.put, batches), return_exceptions=True)
        await loop.run_in_executor(None, intake.close)
        return list(answers)

    return asyncio.run(put())


def test_what_comes_in_one_turn_is_put_at_once() -> None:
    """One wait for the disk, not three."""
    memory = Memory()
    answers = together(memory, some(1, 2), some(3), some(1))
    assert answers == [["accepted", "accepted"], ["accepted"], ["duplicate"]]
    assert memory.puts == [[id_of(1), id_of(2), id_of(3), id_of(1)]]


def turn_after_turn(memory: Memory, count: int) -> None:
    """So many reports, each in the turn of the loop after the one before."""

    async def put() -> None:
        intake, tasks = Intake(memory, lambda: NOW), []
        for number in range(count):
            tasks.append(asyncio.ensure_future(intake.put(some(number))))
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        intake.close()

    asyncio.run(put())


def test_what_comes_without_a_pause_is_put_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is fast would make small groups, each of which costs a transaction."""
    monkeypatch.setattr(intake_module, "LONGEST_LINGER", 60.0)
    memory = Memory()
    turn_after_turn(memory, 30)
    assert [*map(len, memory.puts)] == [30]


def test_nobody_waits_for_a_pause_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is an end to it, however fast requests follow each other."""
    monkeypatch.setattr(intake_module, "LONGEST_LINGER", 0.0)
    memory = Memory()
    turn_after_turn(memory, 30)
    assert len(memory.puts) > 1
    assert sum(map(len, memory.puts)) == 30


def test_no_more_than_so_much_at_once() -> None:
    """A transaction has an end."""
    memory = Memory()
    many = [some(*range(start, start + 50)) for start in range(1, 1001, 50)]
    answers = together(memory, *many)
    assert sum(len(answer) for answer in answers if isinstance(answer, list)) == 1000
    assert max(map(len, memory.puts)) <= LARGEST


def test_where_not_all_fit_each_is_asked_for_itself() -> None:
    """One that fits is not lost to one that does not."""
    memory = Memory()
    memory.refusing = [Full()]  # both together
    answers = together(memory, some(1), some(2))
    assert answers == [["accepted"], ["accepted"]]
    assert memory.puts == [[id_of(1)], [id_of(2)]]


def test_a_queue_that_cannot_be_reached_is_asked_once() -> None:
    """All who wait hear of it, and can send again."""
    memory = Memory()
    memory.refusing = [Unavailable()]
    answers = together(memory, some(1), some(2))
    assert [type(answer) for answer in answers] == [Unavailable, Unavailable]
    assert memory.puts == []


def test_a_bug_of_the_queue_does_not_end_the_intake() -> None:
    """Who waits is told, the next are served."""
    memory = Memory()
    memory.refusing = [ValueError("x")]
    (told,) = together(memory, some(1))
    assert isinstance(told, ValueError)
    assert together(memory, some(1)) == [["accepted"]]


def test_what_comes_while_the_queue_is_busy_waits_together() -> None:
    """One group under way, and one that grows."""
    memory = Memory()
    memory.held.clear()

    async def put() -> None:
        intake = Intake(memory, lambda: NOW)
        tasks = []
        for number in range(10):
            tasks.append(asyncio.ensure_future(intake.put(some(number))))
            for _ in range(3):  # turns of the loop: until it is handed over
                await asyncio.sleep(0)
        memory.held.set()
        await asyncio.gather(*tasks)
        intake.close()

    asyncio.run(put())
    assert [*map(len, memory.puts)] == [1, 9]


def test_more_than_the_queue_can_follow_is_turned_away() -> None:
    """What is in memory only has an end."""
    memory = Memory()
    batches = [some(number) * 50 for number in range(1, MOST_WAITING // 50 + 2)]
    answers = together(memory, *batches)
    assert isinstance(answers[-1], Full)
    assert not [answer for answer in answers[:-1] if isinstance(answer, BaseException)]


def test_once_closed_nothing_is_taken() -> None:
    """And what was begun is finished."""

    async def late() -> None:
        intake = Intake(Memory(), lambda: NOW)
        assert await intake.put(some(1)) == ["accepted"]
        intake.close()
        with pytest.raises(Unavailable):
            await intake.put(some(2))

    asyncio.run(late())


def test_who_has_given_up_costs_the_others_nothing() -> None:
    """A request that was cancelled while it waited."""
    memory = Memory()

    async def put() -> list[Answered]:
        intake = Intake(memory, lambda: NOW)
        memory.held.clear()
        lost = asyncio.ensure_future(intake.put(some(1)))
        await asyncio.sleep(0)
        lost.cancel()
        memory.held.set()
        answer = await intake.put(some(2))
        intake.close()
        return answer

    assert asyncio.run(put()) == ["accepted"]
