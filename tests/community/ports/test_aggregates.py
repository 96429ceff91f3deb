"""What must hold of every store of sums."""

from __future__ import annotations

from threading import Thread

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telemetry.community.records import Cell, Contribution, Increment
from telemetry.community.retention import Kept
from tests.community.ports.opened import NOW, WEEK, Opened, cells_of, contribution, later, total
from tests.sharing.lines import id_of

_INCREMENTS = st.lists(
    st.builds(Increment, *(st.sampled_from("ab") for _ in range(3)), st.integers(-3, 1_000_000)), max_size=6
)
_MANY = st.lists(st.tuples(st.sampled_from(["2026-W01", "2026-W02"]), _INCREMENTS, st.booleans()), max_size=8)


class TestAggregates:
    """Over each adapter of tests/community/ports/adapters.py."""

    def test_sums_are_sums(self, opened: Opened) -> None:
        """Over reports, calls and a restart; in order."""
        assert opened.kept.aggregates.add([contribution(1), contribution(2, amount=5)]) == 2
        opened.again()
        assert opened.kept.aggregates.add([contribution(3)]) == 1
        assert cells_of(opened.kept) == [
            Cell(WEEK, "agent", "agent-1", "n", 1),
            Cell(WEEK, "agent", "agent-1", "seconds", 60),
            Cell(WEEK, "agent", "agent-2", "n", 5),
            Cell(WEEK, "agent", "agent-2", "seconds", 300),
            Cell(WEEK, "agent", "agent-3", "n", 1),
            Cell(WEEK, "agent", "agent-3", "seconds", 60),
            Cell(WEEK, "all", "all", "n", 3),
        ]

    def test_a_report_is_added_once(self, opened: Opened) -> None:
        """In one call, over calls, after a restart, in another week."""
        assert opened.kept.aggregates.add([contribution(1), contribution(1)]) == 1
        before = cells_of(opened.kept)
        opened.again()
        assert opened.kept.aggregates.add([contribution(1), contribution(1, "2026-W48")]) == 0
        assert cells_of(opened.kept, WEEK, "2026-W48") == before

    def test_nothing_to_add_is_nothing(self, opened: Opened) -> None:
        """No error, no week."""
        assert opened.kept.aggregates.add([]) == 0
        assert opened.kept.aggregates.weeks() == []

    def test_a_report_that_adds_nothing_is_known_all_the_same(self, opened: Opened) -> None:
        """It counts as added once."""
        nothing = Contribution(id_of(1), WEEK, ())
        assert [opened.kept.aggregates.add([nothing]) for _ in range(2)] == [1, 0]

    def test_weeks_are_apart_and_listed(self, opened: Opened) -> None:
        """Oldest first; asked for in any order, in order."""
        opened.kept.aggregates.add([contribution(1, "2027-W01"), contribution(2, "2026-W53"), contribution(3)])
        assert opened.kept.aggregates.weeks() == [WEEK, "2026-W53", "2027-W01"]
        found = cells_of(opened.kept, "2027-W01", "2026-W53", "1999-W01")
        assert [cell.week for cell in found] == ["2026-W53"] * 3 + ["2027-W01"] * 3

    def test_taking_out_leaves_exactly_what_was(self, opened: Opened) -> None:
        """As if the report had never come, once."""
        aggregates = opened.kept.aggregates
        aggregates.add([contribution(1)])
        before = cells_of(opened.kept)
        aggregates.add([contribution(2, amount=7)])
        assert aggregates.subtract(id_of(2)) is True
        assert aggregates.subtract(id_of(2)) is False
        assert cells_of(opened.kept) == before

    def test_what_was_taken_out_never_comes_in_again(self, opened: Opened) -> None:
        """Nor what was taken back before a worker came to add it."""
        opened.kept.aggregates.add([contribution(1)])
        opened.kept.aggregates.subtract(id_of(1))
        assert opened.kept.aggregates.subtract(id_of(2)) is False
        opened.again()
        assert opened.kept.aggregates.add([contribution(1), contribution(2)]) == 0
        assert cells_of(opened.kept) == []
        assert opened.kept.aggregates.weeks() == []

    def test_what_is_forgotten_stays_in_the_sums(self, opened: Opened) -> None:
        """It cannot be taken out any more, nor come in again."""
        aggregates = opened.kept.aggregates
        aggregates.add([contribution(1), contribution(2)])
        before = cells_of(opened.kept)
        assert aggregates.forget(NOW) == 0
        assert aggregates.forget(later(seconds=1)) == 2
        assert aggregates.forget(later(seconds=1)) == 0
        assert aggregates.subtract(id_of(1)) is False
        assert aggregates.add([contribution(1)]) == 0
        assert cells_of(opened.kept) == before

    def test_what_is_added_late_is_forgotten_with_its_report(self, opened: Opened) -> None:
        """A report that was released from quarantine on its last day does not stay for seven more."""
        opened.kept.aggregates.add([contribution(1)._replace(came=later(days=-6)), contribution(2)])
        assert opened.kept.aggregates.forget(later(days=-5)) == 1
        assert opened.kept.aggregates.subtract(id_of(2)) is True

    def test_two_workers_add_a_report_once(self, opened: Opened) -> None:
        """At the same moment."""
        added: list[int] = []
        both = [contribution(number) for number in range(50)]
        workers = [Thread(target=lambda: added.append(opened.kept.aggregates.add(both))) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sum(added) == 50
        assert total(opened.kept) == 50

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(many=_MANY)
    def test_what_is_left_is_what_was_not_taken_out(
        self, opened: Opened, many: list[tuple[str, list[Increment], bool]]
    ) -> None:
        """Whatever is added and taken out, also if a sum passes zero on the way."""
        already = _table(opened.kept)
        _NUMBERS.append(len(_NUMBERS))
        ids = [id_of(_NUMBERS[-1] * 100 + number) for number in range(len(many))]
        for report_id, (week, increments, _) in zip(ids, many, strict=True):
            opened.kept.aggregates.add([Contribution(report_id, week, tuple(increments))])
        for report_id, (_, _, is_taken_out) in zip(ids, many, strict=True):
            if is_taken_out:
                opened.kept.aggregates.subtract(report_id)
        for week, increments, is_taken_out in many:
            for one in increments:
                if not is_taken_out:
                    already[(week, *one[:3])] = already.get((week, *one[:3]), 0) + one.amount
        assert _table(opened.kept) == {place: value for place, value in already.items() if value}


_NUMBERS: list[int] = []  # one for each example: they share a store


def _table(kept: Kept) -> dict[tuple[str, ...], int]:
    return {cell[:4]: cell.value for cell in cells_of(kept, "2026-W01", "2026-W02")}
