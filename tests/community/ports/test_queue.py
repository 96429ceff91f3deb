"""What must hold of every queue."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest

from telemetry.community.ports import Full, Quarantined, Unavailable
from telemetry.community.records import Answered
from telemetry.contract.weeks import week_of
from tests.community.ports.opened import CAPACITY, MONDAY, NOW, Opened, later, places_of, report, reports, withdrawal_of
from tests.sharing.lines import id_of, line_of


class TestQueue:
    """Over each adapter of tests/community/ports/adapters.py."""

    # --- taking in

    def test_what_was_put_is_handed_out_as_it_came(self, opened: Opened) -> None:
        """Byte for byte, with the moment that was named."""
        assert opened.kept.queue.put(reports(1), NOW) == ["accepted"]
        (delivery,) = opened.kept.queue.claim(10)
        assert delivery == (id_of(1), line_of(1), NOW, False)

    def test_a_report_counts_once_by_its_id(self, opened: Opened) -> None:
        """In one batch, over batches, and with another body: the first one counts."""
        queue = opened.kept.queue
        assert queue.put(reports(1, 2, 1), NOW) == ["accepted", "accepted", "duplicate"]
        other = report(2)._replace(body=b"{}")
        assert queue.put([other, report(3)], later(days=1)) == ["duplicate", "accepted"]
        assert [one.body for one in queue.claim(10)] == [line_of(1), line_of(2), line_of(3)]

    def test_an_empty_batch_is_nothing(self, opened: Opened) -> None:
        """No answers, no error."""
        assert opened.kept.queue.put([], NOW) == []

    def test_the_week_is_that_of_utc(self, opened: Opened) -> None:
        """A week begins on Monday at midnight; an ISO year is not the calendar's."""
        opened.kept.queue.put(reports(1), MONDAY)
        opened.kept.queue.put(reports(2), MONDAY - timedelta(microseconds=1))
        opened.kept.queue.put(reports(3), NOW.replace(year=2027, month=1, day=3))
        assert {one.id: week_of(one.came) for one in opened.kept.queue.claim(10)} == {
            id_of(1): "2026-W47",
            id_of(2): "2026-W46",
            id_of(3): "2026-W53",
        }

    def test_what_was_put_outlives_a_restart(self, opened: Opened) -> None:
        """And is a duplicate then."""
        opened.kept.queue.put(reports(1), NOW)
        opened.again()
        assert opened.kept.queue.put(reports(1, 2), NOW) == ["duplicate", "accepted"]
        assert opened.kept.queue.depth() == 2

    def test_many_callers_at_once_get_their_own_answers(self, opened: Opened) -> None:
        """Of eight that bring the same report, one is told that it was accepted."""
        answers: list[list[Answered]] = []
        callers = [
            Thread(target=lambda n=n: answers.append(opened.kept.queue.put(reports(99, n), NOW))) for n in range(8)
        ]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        assert sorted(first for first, _ in answers) == ["accepted"] + ["duplicate"] * 7
        assert [second for _, second in answers] == ["accepted"] * 8

    def test_where_nothing_can_be_written_nothing_at_all_is_unavailable(self, opened: Opened) -> None:
        """So that a server can find out without a report."""
        with opened.unwritable():
            for batch in (reports(1), []):
                with pytest.raises(Unavailable):
                    opened.kept.queue.put(batch, NOW)
        assert opened.kept.queue.put(reports(1), NOW) == ["accepted"]

    # --- the bound

    def test_a_full_queue_takes_nothing_of_a_batch(self, opened: Opened) -> None:
        """Not even what would fit; and says so."""
        queue = opened.kept.queue
        queue.put(reports(*range(CAPACITY - 1)), NOW)
        with pytest.raises(Full):
            queue.put(reports(100, 101), NOW)
        assert queue.depth() == CAPACITY - 1
        assert queue.put(reports(101), NOW) == ["accepted"]

    def test_a_full_queue_still_knows_duplicates(self, opened: Opened) -> None:
        """Who only comes again needs no room."""
        queue = opened.kept.queue
        queue.put(reports(*range(CAPACITY)), NOW)
        assert queue.put(reports(0, 1), NOW) == ["duplicate", "duplicate"]

    def test_what_is_settled_makes_room(self, opened: Opened) -> None:
        """So does what is quarantined."""
        queue = opened.kept.queue
        queue.put(reports(*range(CAPACITY)), NOW)
        queue.settle([id_of(0)])
        queue.quarantine([Quarantined(id_of(1), "odd")])
        assert queue.put(reports(100, 101), NOW) == ["accepted", "accepted"]
        with pytest.raises(Full):
            queue.put(reports(102), NOW)

    # --- handing out

    def test_the_oldest_come_first_and_no_more_than_asked_for(self, opened: Opened) -> None:
        """In the order they came."""
        opened.kept.queue.put(reports(3, 1, 2), NOW)
        assert [one.id for one in opened.kept.queue.claim(2)] == [id_of(3), id_of(1)]

    def test_a_claim_that_is_not_settled_is_handed_out_again(self, opened: Opened) -> None:
        """After a restart at the latest, as its worker may be gone."""
        opened.kept.queue.put(reports(1, 2), NOW)
        opened.kept.queue.claim(10)
        opened.kept.queue.settle([id_of(1)])
        opened.again()
        assert [one.id for one in opened.kept.queue.claim(10)] == [id_of(2)]

    def test_settling_twice_or_something_unknown_is_harmless(self, opened: Opened) -> None:
        """A worker does it after a crash."""
        opened.kept.queue.put(reports(1, 2), NOW)
        for _ in range(2):
            opened.kept.queue.settle([id_of(1), id_of(77)])
        assert opened.kept.queue.depth() == 1

    # --- quarantine

    def test_what_is_quarantined_is_listed_and_not_handed_out(self, opened: Opened) -> None:
        """With its reason, over a restart."""
        opened.kept.queue.put(reports(1, 2), NOW)
        opened.kept.queue.quarantine([Quarantined(id_of(1), "shipped_without_build")])
        opened.again()
        assert opened.kept.queue.quarantined() == [(id_of(1), "shipped_without_build")]
        assert [one.id for one in opened.kept.queue.claim(10)] == [id_of(2)]

    def test_what_is_released_is_handed_out_and_marked(self, opened: Opened) -> None:
        """So that the rules do not catch it again."""
        queue = opened.kept.queue
        queue.put(reports(1, 2), NOW)
        queue.quarantine([Quarantined(id_of(2), "odd")])
        queue.release([id_of(2), id_of(1)])
        assert queue.quarantined() == []
        assert {one.id: one.released for one in queue.claim(10)} == {id_of(1): False, id_of(2): True}
        queue.settle([id_of(1), id_of(2)])
        assert queue.depth() == 0

    def test_what_is_in_the_sums_is_not_quarantined_any_more(self, opened: Opened) -> None:
        """A late word changes nothing."""
        opened.kept.queue.put(reports(1), NOW)
        opened.kept.queue.settle([id_of(1)])
        opened.kept.queue.quarantine([Quarantined(id_of(1), "odd")])
        assert opened.kept.queue.quarantined() == []

    def test_an_operator_can_read_what_was_taken_as_long_as_it_is_there(self, opened: Opened) -> None:
        """Byte for byte, in whatever state; nothing of what is gone or was never there."""
        queue = opened.kept.queue
        queue.put(reports(1, 2, 3, 4), NOW)
        queue.settle([id_of(2)])
        queue.quarantine([Quarantined(id_of(3), "odd")])
        queue.remove([id_of(4)])
        assert [queue.read(id_of(n)) for n in range(1, 6)] == [line_of(1), line_of(2), line_of(3), None, None]
        queue.expire(later(days=8))
        assert queue.read(id_of(3)) is None

    # --- taking back

    def test_a_report_is_found_by_the_hash_of_its_token(self, opened: Opened) -> None:
        """In whatever state; nothing else is."""
        queue = opened.kept.queue
        queue.put(reports(1, 2, 3), NOW)
        queue.settle([id_of(2)])
        queue.quarantine([Quarantined(id_of(3), "odd")])
        found = queue.find([withdrawal_of(n) for n in (1, 2, 3, 4, 2)])
        assert found == [*((id_of(n), "raw") for n in (1, 2, 3)), None, (id_of(2), "raw")]
        assert queue.find([]) == []

    def test_what_is_removed_is_gone_and_stays_known(self, opened: Opened) -> None:
        """Never handed out again, a duplicate for ever."""
        queue = opened.kept.queue
        queue.put(reports(1, 2, 3), NOW)
        queue.settle([id_of(2)])
        queue.remove([id_of(1), id_of(2), id_of(77), id_of(1)])
        queue.remove([id_of(1)])
        assert queue.find([withdrawal_of(1)])[0] == (id_of(1), "removed")
        assert [one.id for one in queue.claim(10)] == [id_of(3)]
        assert queue.depth() == 1
        opened.again()
        assert opened.kept.queue.put(reports(1, 2), NOW) == ["duplicate", "duplicate"]
        assert opened.kept.queue.depth() == 1

    def test_of_two_reports_with_one_token_both_can_be_removed(self, opened: Opened) -> None:
        """No honest client makes them; whoever does gets both back, one after the other."""
        queue = opened.kept.queue
        queue.put([report(1), report(2)._replace(withdrawal=withdrawal_of(1))], NOW)
        for _ in range(2):
            found = queue.find([withdrawal_of(1)])[0]
            assert found is not None
            assert found.place == "raw"
            queue.remove([found.id])
        again = queue.find([withdrawal_of(1)])[0]
        assert again is not None
        assert again.place == "removed"

    def test_that_a_report_was_removed_is_known_until_it_would_have_expired(self, opened: Opened) -> None:
        """Over a restart, in whatever state it was; then it is one of those that are too old, and only that."""
        queue = opened.kept.queue
        queue.put(reports(1, 2), NOW)
        queue.put(reports(3, 4), later(days=1))
        queue.settle([id_of(1)])
        queue.remove([id_of(1), id_of(3)])
        opened.again()
        queue = opened.kept.queue
        queue.remove([id_of(1), id_of(3)])
        assert places_of(queue, 1, 2, 3, 4) == ["removed", "raw", "removed", "raw"]
        assert queue.expire(later(days=1)) == (1, 1)
        assert places_of(queue, 1, 2, 3, 4) == ["expired", "expired", "removed", "raw"]
        queue.remove([id_of(1), id_of(2)])
        assert queue.expire(later(days=2)) == (1, 1)
        assert places_of(queue, 1, 2, 3, 4) == ["expired"] * 4
        assert queue.put(reports(1, 2, 3, 4), later(days=2)) == ["duplicate"] * 4

    # --- expiry

    def test_what_is_too_old_expires_in_whatever_state(self, opened: Opened) -> None:
        """To the microsecond; what is younger stays. What nobody had settled or kept out is lost, and said to be."""
        queue = opened.kept.queue
        queue.put(reports(1, 2, 3), NOW)
        queue.put(reports(4), later(microseconds=1))
        queue.settle([id_of(1)])
        queue.quarantine([Quarantined(id_of(2), "odd")])
        assert queue.expire(NOW) == (0, 0)
        assert queue.expire(later(microseconds=1)) == (3, 1)
        assert queue.quarantined() == []
        assert [one.id for one in queue.claim(10)] == [id_of(4)]
        assert queue.depth() == 1

    def test_what_has_expired_stays_known(self, opened: Opened) -> None:
        """However late somebody sends it again, or wants it back."""
        opened.kept.queue.put(reports(1), NOW)
        opened.kept.queue.expire(later(days=400))
        opened.again()
        assert opened.kept.queue.put(reports(1), later(days=400)) == ["duplicate"]
        assert opened.kept.queue.find([withdrawal_of(1)])[0] == (id_of(1), "expired")
        assert opened.kept.queue.claim(10) == []

    def test_days_come_and_go(self, opened: Opened) -> None:
        """A month of putting and expiring: what is there is always what came in the last seven days."""
        queue = opened.kept.queue
        for day in range(31):
            queue.put(reports(2 * day, 2 * day + 1), later(days=day))
            queue.expire(later(days=day - 7))
            assert [one.id for one in queue.claim(50)] == [id_of(n) for n in range(max(0, 2 * day - 14), 2 * day + 2)]
