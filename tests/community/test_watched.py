"""What a server knows of its last write, and for how long it goes by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from telemetry.community.ports import Full, Unavailable
from telemetry.community.watched import Watched
from tests.community.memory import Memory
from tests.community.ports.opened import reports

NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)
PATIENCE = 30.0


class Watch:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def watch() -> Watch:
    """The clock."""
    return Watch()


@pytest.fixture
def watched(memory: Memory, watch: Watch) -> Iterator[Watched]:
    """On the queue in memory."""
    yield Watched(memory, watch, PATIENCE)


def put_off(watched: Watched, memory: Memory, error: Exception) -> None:
    """Put a report in vain."""
    memory.refusing.append(error)
    with pytest.raises(type(error)):
        watched.put(reports(1), NOW)


def test_answers_and_errors_are_handed_on(watched: Watched, memory: Memory) -> None:
    """As if it were not there."""
    assert watched.put(reports(1), NOW) == ["accepted"]
    put_off(watched, memory, Unavailable("gone"))
    put_off(watched, memory, Full())


def test_after_a_write_that_failed_it_is_not_ready_until_one_has_not(watched: Watched, memory: Memory) -> None:
    """Without asking what it keeps: it was asked just now."""
    put_off(watched, memory, Unavailable("gone"))
    with pytest.raises(Unavailable):
        watched.check(NOW)
    assert watched.put(reports(1), NOW) == ["accepted"]
    watched.check(NOW)
    assert len(memory.puts) == 1


def test_who_sends_nobody_to_a_server_that_is_not_ready_does_not_keep_it_so(
    watched: Watched, memory: Memory, watch: Watch
) -> None:
    """Once senders would come again, it tries for itself, and again as long after that."""
    put_off(watched, memory, Unavailable("gone"))
    watch.at += PATIENCE
    memory.refusing = [Unavailable("still gone")]
    for _ in range(2):
        with pytest.raises(Unavailable):
            watched.check(NOW)
    assert (memory.refusing, memory.puts) == ([], [])
    watch.at += PATIENCE
    watched.check(NOW)
    assert memory.puts == [[]]


def test_an_idle_server_tries_now_and_then(watched: Watched, memory: Memory, watch: Watch) -> None:
    """At the first question, and when it has not written for long: not at each."""
    for _ in range(2):
        watched.check(NOW)
    assert memory.puts == [[]]
    watch.at += PATIENCE
    memory.refusing = [Unavailable("locked")]
    with pytest.raises(Unavailable):
        watched.check(NOW)


def test_a_full_queue_is_a_matter_of_its_depth(watched: Watched, memory: Memory) -> None:
    """It was reached, and refused a batch: another may fit."""
    watched.put(reports(1), NOW)
    put_off(watched, memory, Full())
    watched.check(NOW)
