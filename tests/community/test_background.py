"""The worker and the sweeper beside the requests: what they do at the start, and how they end."""

from __future__ import annotations

from datetime import datetime, timezone
from threading import Event

import pytest

from telemetry.community import background
from telemetry.community.background import Background, Listener
from telemetry.community.parsing import parsed
from telemetry.community.ports import Unavailable
from telemetry.community.records import Accepted, Expired
from telemetry.community.retention import Swept
from telemetry.community.worker import Worked
from tests.community.memory import AggregatesInMemory, Memory, whole

NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)


class Kept:
    """Both ports in memory; how often it was scrubbed."""

    def __init__(self) -> None:
        self.queue, self.aggregates, self.scrubbed = Memory(), AggregatesInMemory(), 0

    def scrub(self) -> bool:
        """Count."""
        self.scrubbed += 1
        return True

    def put(self, *numbers: int) -> None:
        """Plausible reports of these numbers."""
        lines = [parsed(line) for line in whole(*numbers).splitlines()]
        self.queue.put([line for line in lines if isinstance(line, Accepted)], NOW)


def test_it_sweeps_at_once_and_works_off_what_waits() -> None:
    """Before anybody asks for anything."""
    kept, told, swept = Kept(), list[Worked](), Event()
    kept.put(1, 2)
    running = Background(kept, lambda: NOW, 60, Listener(told.append, lambda done: swept.set()))
    running.start()
    assert swept.wait(60)
    running.stop()
    assert kept.scrubbed == 1
    assert sum(one.added for one in told) == 2
    assert kept.queue.depth() == 0


def test_where_another_process_works_it_only_sweeps() -> None:
    """What waits is left to that one."""
    kept, told, swept = Kept(), list[Worked](), Event()
    kept.put(1, 2)
    running = Background(kept, lambda: NOW, 60, Listener(told.append, lambda done: swept.set()), works=False)
    running.start()
    assert swept.wait(60)
    running.stop()
    assert kept.scrubbed == 1
    assert (told, kept.queue.depth()) == ([], 2)


def test_while_nothing_can_be_swept_nothing_is_added_up_and_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is gone at the start."""
    monkeypatch.setattr(background, "LOOK", 0.01)
    kept, tried, told = Kept(), Event(), list[Worked]()
    kept.put(1)

    def expires(before: datetime) -> Expired:
        tried.set()
        raise Unavailable("gone")

    kept.queue.expire = expires  # type: ignore[method-assign]
    running = Background(kept, lambda: NOW, 60, Listener(told.append))
    running.start()
    assert tried.wait(60)
    running.stop()
    assert told == []


def test_told_to_end_it_looks_once_more() -> None:
    """What was taken in the last moment is counted."""
    kept, idle = Kept(), Event()
    running = Background(kept, lambda: NOW, 60, Listener())
    claim = kept.queue.claim

    def claims(limit: int):  # type: ignore[no-untyped-def]
        found = claim(limit)
        idle.set()
        return found

    kept.queue.claim = claims  # type: ignore[method-assign]
    running.start()
    assert idle.wait(60)
    kept.put(*range(1000))
    running.stop()
    assert kept.queue.depth() == 0


def test_it_does_not_go_on_for_ever() -> None:
    """Reports that keep coming are worked off by the next start."""
    kept, working = Kept(), Event()

    def worked(done: Worked) -> None:
        kept.put(1 + len(kept.queue.reports))
        working.set()

    kept.put(0)
    running = Background(kept, lambda: NOW, 0, Listener(worked))
    running.start()
    assert working.wait(60)
    running.stop()
    assert kept.queue.depth() == 1


def test_a_bug_is_told_by_its_type_and_the_thread_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Reports would pile up in silence."""
    monkeypatch.setattr(background, "SOON", 0.0)
    kept, swept, broken = Kept(), Event(), [ValueError("alice@example.org")]
    scrub = kept.scrub

    def scrubs() -> bool:
        if broken:
            raise broken.pop()
        return scrub()

    kept.scrub = scrubs  # type: ignore[method-assign]
    running = Background(kept, lambda: NOW, 60, Listener(swept=lambda done: swept.set()))
    running.start()
    assert swept.wait(60)
    running.stop()
    assert "ValueError" in caplog.text
    assert "alice" not in caplog.text


def test_what_cannot_be_swept_now_is_swept_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in an hour; nor what left a trace."""
    monkeypatch.setattr(background, "SOON", 0.0)
    kept, done = Kept(), list[Swept]()
    thrice = Event()
    clean = [True, False, False]
    kept.scrub = clean.pop  # type: ignore[method-assign]

    def swept(one: Swept) -> None:
        done.append(one)
        if len(done) == 3:
            thrice.set()

    running = Background(kept, lambda: NOW, 60, Listener(swept=swept))
    running.start()
    assert thrice.wait(60)
    running.stop()
    assert [one.is_clean for one in done] == [False, False, True]
