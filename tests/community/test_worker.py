"""From the queue into the sums, each report exactly once, whatever fails in between."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import datetime, timezone
from itertools import combinations

import pytest

from telemetry.community import worker
from telemetry.community.contributions import contribution_of
from telemetry.community.ports import Aggregates, Quarantined, Queue, Unavailable
from telemetry.community.records import Accepted, Cell
from telemetry.community.worker import Rhythm, Worked, drain, run, work_off
from tests.community.ports_in_memory import AggregatesInMemory, QueueInMemory
from tests.sharing.lines import id_of
from tests.sharing.reports import CORPUS, PLAIN, Json

NOW = datetime(2026, 11, 22, 23, 59, tzinfo=timezone.utc)
WEEK = "2026-W47"
STEPS = ("claim", "quarantine", "add", "settle")


class Killed(BaseException):
    """The process ends here."""


def sealed(number: int, **ways: object) -> Json:
    """A plausible report of that number; `shipped`, … : other values of its outcome."""
    one: Json = copy.deepcopy(PLAIN)
    one["report"]["session"]["id"] = id_of(number)
    one["report"]["feature"]["outcome"].update(ways)
    return one


def body(one: Json) -> bytes:
    """Its line."""
    return json.dumps(one, sort_keys=True, separators=(",", ":")).encode()


def queue_of(*bodies: bytes) -> QueueInMemory:
    """A queue with these lines, under the ids of their numbers."""
    queue = QueueInMemory()
    queue.put([Accepted(id_of(number), f"{number:064x}", line) for number, line in enumerate(bodies)], NOW)
    return queue


def plain_queue(count: int) -> QueueInMemory:
    """A queue of plausible reports."""
    return queue_of(*(body(sealed(number)) for number in range(count)))


def cells(aggregates: AggregatesInMemory) -> list[Cell]:
    """All sums of the week."""
    return list(aggregates.cells([WEEK]))


def counted(aggregates: AggregatesInMemory) -> int:
    """How many reports are in the sums."""
    return next((cell.value for cell in cells(aggregates) if cell[1:4] == ("all", "all", "reports")), 0)


def test_a_report_goes_into_the_sums_of_the_week_it_came_in() -> None:
    """All it adds, and nothing else."""
    queue, aggregates = plain_queue(1), AggregatesInMemory()
    assert work_off(queue, aggregates) == Worked(claimed=1, added=1)
    expected = contribution_of(PLAIN["report"], id_of(0), WEEK)
    assert sorted(cells(aggregates)) == sorted(Cell(WEEK, *increment) for increment in expected.increments)
    assert queue.depth() == 0 and work_off(queue, aggregates) == Worked()


def test_no_more_is_claimed_than_asked_for() -> None:
    """Batch by batch; draining takes them all."""
    queue, aggregates = plain_queue(7), AggregatesInMemory()
    assert work_off(queue, aggregates, limit=3).claimed == 3
    assert drain(queue, aggregates, limit=3) == Worked(claimed=4, added=4)
    assert counted(aggregates) == 7


def test_what_contradicts_itself_is_quarantined_with_its_reason() -> None:
    """The reports beside it count."""
    queue = queue_of(body(sealed(0)), body(sealed(1, judge_used=False)), body(sealed(2)))
    aggregates = AggregatesInMemory()
    assert work_off(queue, aggregates) == Worked(claimed=3, added=2, quarantined=1)
    assert queue.quarantined() == [Quarantined(id_of(1), "judge_denied")]
    assert counted(aggregates) == 2


def test_what_an_operator_released_counts_whatever_the_rules_say() -> None:
    """They were asked once."""
    queue, aggregates = queue_of(body(sealed(0, judge_used=False))), AggregatesInMemory()
    work_off(queue, aggregates)
    queue.release([id_of(0)])
    assert work_off(queue, aggregates) == Worked(claimed=1, added=1)
    assert queue.quarantined() == [] and counted(aggregates) == 1


@pytest.mark.parametrize("file", sorted((CORPUS / "reject").iterdir()), ids=lambda file: file.stem)
def test_nothing_in_the_queue_stops_the_worker(file: object) -> None:
    """A body that the API never lets in is quarantined, even when it was released, and the next one counts."""
    data = (CORPUS / "reject" / str(getattr(file, "name", file))).read_bytes()
    queue, aggregates = queue_of(data, body(sealed(1))), AggregatesInMemory()
    drain(queue, aggregates)
    assert counted(aggregates) == 1
    assert {one.reason for one in queue.quarantined()} <= {"unreadable", "another_id"} and len(queue.quarantined()) == 1
    queue.release([id_of(0)])
    drain(queue, aggregates)
    assert counted(aggregates) == 1 and queue.depth() == 0


def test_a_report_under_another_id_is_quarantined() -> None:
    """It would count twice: once under each."""
    queue, aggregates = queue_of(body(sealed(7))), AggregatesInMemory()
    work_off(queue, aggregates)
    assert queue.quarantined() == [Quarantined(id_of(0), "another_id")]


def test_a_bug_in_judging_costs_one_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the worker: it is quarantined for somebody to look at."""

    def reason_against(report: Json) -> str | None:
        if report["session"]["id"] == id_of(0):
            raise ZeroDivisionError
        return None

    monkeypatch.setattr(worker, "reason_against", reason_against)
    queue, aggregates = plain_queue(2), AggregatesInMemory()
    assert work_off(queue, aggregates) == Worked(claimed=2, added=1, quarantined=1)
    assert queue.quarantined() == [Quarantined(id_of(0), "unforeseen")]


def test_what_was_taken_back_meanwhile_is_not_let_in() -> None:
    """It was claimed before, and came back to nothing."""
    queue, aggregates = plain_queue(2), AggregatesInMemory()
    aggregates.subtract(id_of(0))
    assert work_off(queue, aggregates) == Worked(claimed=2, added=1, known=1)
    assert counted(aggregates) == 1 and queue.depth() == 0


def mixed_queue() -> QueueInMemory:
    """Ten reports, of which three are to be kept out."""
    lines = [body(sealed(number, judge_used=number not in (3, 5))) for number in range(9)]
    return queue_of(*lines, b"{")


@pytest.mark.parametrize("kills", [*combinations([f"{step}{mark}" for step in STEPS for mark in ("", "!")], 2)])
@pytest.mark.parametrize("dies", [Unavailable, Killed])
def test_every_report_counts_once_wherever_it_is_cut_off(kills: tuple[str, ...], dies: type[BaseException]) -> None:
    """At any two steps, before or after their work: as without it, to the last number."""
    queue, aggregates = mixed_queue(), AggregatesInMemory()
    queue.failing, aggregates.failing = list(kills), list(kills)
    queue.dies = aggregates.dies = dies
    cut_off = 0
    while queue.depth():
        try:
            work_off(queue, aggregates, limit=4)
        except dies:
            cut_off += 1
    undisturbed, expected = mixed_queue(), AggregatesInMemory()
    drain(undisturbed, expected)
    assert cut_off >= 1
    assert cells(aggregates) == cells(expected) and counted(aggregates) == 7
    assert queue.states == undisturbed.states


# --- the loop


class Clock:
    """Notes how long the loop waits, and ends it after so many looks."""

    def __init__(self, looks: int) -> None:
        self.looks = looks
        self.waited: list[float] = []

    def wait(self, seconds: float) -> bool:
        """Whether to end."""
        self.waited.append(seconds)
        return len(self.waited) > self.looks


def ran(queue: Queue, aggregates: Aggregates, looks: int, tell: Callable[[Worked], None] | None = None) -> list[float]:
    """The loop with round numbers; how long it waited each time."""
    clock = Clock(looks)
    run(queue, aggregates, clock.wait, tell or (lambda worked: None), Rhythm(idle=5, first=1, most=4))
    return clock.waited


def test_the_loop_goes_on_at_once_while_there_is_work_and_rests_when_there_is_none() -> None:
    """It tells of each batch."""
    told: list[Worked] = []
    queue, aggregates = plain_queue(worker.BATCH + 1), AggregatesInMemory()
    assert ran(queue, aggregates, 4, told.append) == [0, 0, 0, 5, 5]
    assert told == [Worked(worker.BATCH, worker.BATCH), Worked(1, 1)]


def test_the_loop_waits_longer_and_longer_for_what_cannot_be_reached() -> None:
    """Up to a limit, and is as patient as before once it was reached again."""
    queue, aggregates = plain_queue(1), AggregatesInMemory()
    queue.failing = ["claim"] * 4
    assert ran(queue, aggregates, 6) == [0, 1, 2, 4, 4, 0, 5]
    queue.failing = ["claim"]
    assert ran(queue, aggregates, 2) == [0, 1, 5]
    assert counted(aggregates) == 1


def test_the_loop_ends_when_it_is_told_to() -> None:
    """Before it begins another batch, also while nothing can be reached."""
    queue, aggregates = plain_queue(1), AggregatesInMemory()
    assert ran(queue, aggregates, 0) == [0] and queue.depth() == 1
    queue.failing = ["claim"]
    assert ran(queue, aggregates, 1) == [0, 1] and queue.depth() == 1


def test_a_bug_in_a_port_ends_the_loop() -> None:
    """It is not mistaken for a store that is away."""
    queue, aggregates = plain_queue(1), AggregatesInMemory()
    queue.failing, queue.dies = ["claim"], Killed
    with pytest.raises(Killed):
        ran(queue, aggregates, 1)
