"""`agentspec telemetry --preview`: the thing itself."""

from __future__ import annotations

import pytest

from telemetry.cli.sharing.setting import moment
from telemetry.consent.facts import Gatherer
from telemetry.contract.promises import REPORTS_A_WEEK
from telemetry.journal.store import open_store
from telemetry.sharing.household import opened
from tests.cli.sharing.conftest import Somebody
from tests.people import be
from tests.sharing.behaviours import Behaviour, cut_after_reading, status
from tests.sharing.homes import now
from tests.sharing.projects import ship


def test_the_bytes_shown_are_the_bytes_sent(somebody: Somebody) -> None:
    """On the screen, as JSON, and on the socket."""
    somebody.says_yes()
    for name in ("ONE", "TWO", "THREE"):
        ship(somebody.project, name)
    shown = {one["bytes"] for one in somebody.reads("--preview")["waiting"]}
    screen = somebody.says("--preview").stdout.splitlines()
    assert shown <= set(screen)
    somebody.says("--send-now")
    assert {kept.line.decode() for kept in somebody.receiver.ledger.reports.values()} == shown
    assert somebody.reads("--preview")["waiting"] == []


def test_looking_twice_shows_the_same(somebody: Somebody) -> None:
    """What is sealed stays as it is, also when its feature goes on."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    first = somebody.reads("--preview")["waiting"]
    ship(somebody.project, "ORDERS", ("build",))
    assert somebody.reads("--preview")["waiting"] == first


def test_with_sharing_off_it_shows_what_would_be_sealed_and_seals_nothing(somebody: Somebody) -> None:
    """Everybody may look."""
    ship(somebody.project, "ORDERS", ("define", "design"))
    found = somebody.reads("--preview")
    assert found["withheld"]["code"] == "sharing_off"
    assert found["waiting"] == []
    assert '"phases_used":["define","design"]' in found["not_settled"][0]["bytes"]
    assert not (somebody.store / "outbox").exists()
    assert "Nothing leaves: sharing is off." in somebody.says("--preview").stdout


def test_before_a_yes_the_whole_example_of_the_dialog_is_in_it(somebody: Somebody) -> None:
    """A shipped feature as well, which is neither waiting nor unsettled; after the yes it is none of a preview's."""
    ship(somebody.project, "ORDERS")
    (shown,) = (line for line in somebody.says("--preview").stdout.splitlines() if line.startswith("{"))
    assert shown == somebody.reads("--preview")["example"]["bytes"]
    assert shown in somebody.says("--enable").stdout.replace("\n  ", "")
    somebody.says_yes()
    assert somebody.reads("--preview")["example"] is None


def test_it_says_when_each_may_leave_and_what_withholds_it(somebody: Somebody) -> None:
    """A day later, unless the config says otherwise."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    (one,) = somebody.reads("--preview")["waiting"]
    assert one["withheld"] == "resting"
    assert one["leaves"][:10] > one["sealed"][:10]
    assert somebody.owner.later(25).run("telemetry", "--preview", project=somebody.project).stdout.count("rests") == 0


@pytest.mark.parametrize("again", [status(503), status(503, retry_after=7200)], ids=["ours", "the servers"])
def test_what_failed_may_leave_when_status_says_that_it_is_tried_again(somebody: Somebody, again: Behaviour) -> None:
    """Not when its rest is over: preview and status speak of one moment."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    somebody.receiver.script(again)
    somebody.says("--send-now")
    found = somebody.reads("--status")["reports"]
    (one,) = somebody.reads("--preview")["waiting"]
    assert one["leaves"] == found["retry"]["at"] == found["next"]
    assert f"next try  {moment(one['leaves'])}" in somebody.says("--preview").stdout


def test_who_finds_the_week_full_reads_when_there_is_a_place(
    somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A week on, not a day."""
    somebody.says_yes()
    be(somebody.owner, monkeypatch)
    with open_store(str(somebody.project)) as store:
        taken = opened(Gatherer(str(somebody.project), {}), store).reports.allowance
    ship(somebody.project, "ORDERS")
    (before,) = somebody.reads("--preview")["waiting"]
    taken.to_leave([str(number) for number in range(REPORTS_A_WEEK)], somebody.receiver.url, now())
    (one,) = somebody.reads("--preview")["waiting"]
    assert one["leaves"] > before["leaves"]
    assert one["leaves"] == somebody.reads("--status")["reports"]["next"]


def test_what_is_from_before_the_yes_is_given_no_moment(somebody: Somebody) -> None:
    """It stays."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    somebody.reads("--preview")
    (report,) = (somebody.store / "outbox").glob("*.report")
    kept = report.read_bytes()
    somebody.says_yes_anew()
    report.write_bytes(kept)
    (one,) = somebody.reads("--preview")["waiting"]
    assert (one["withheld"], one["leaves"]) == ("before_yes", None)
    assert "may leave" not in somebody.says("--preview").stdout


def test_a_closed_gate_gives_a_report_no_reason_of_its_own(somebody: Somebody) -> None:
    """It leaves when the variable is gone."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    somebody.reads("--preview")
    found = somebody.reads("--preview", DO_NOT_TRACK="1")
    assert (found["withheld"]["code"], found["waiting"][0]["withheld"]) == ("do_not_track", "resting")


def test_what_was_in_a_request_is_told_apart(somebody: Somebody) -> None:
    """It cannot be dropped any more; after a no it is not sent again, and waits to be taken back."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    somebody.receiver.script(cut_after_reading)
    somebody.says("--send-now")
    assert somebody.reads("--preview")["waiting"][0]["withheld"] == "under_way"
    somebody.says("--disable")
    somebody.says_yes()
    assert somebody.reads("--preview")["waiting"] == []
    assert somebody.reads("--status")["reports"]["refused"] == {"by you: stopped": 1}
    done = somebody.says("--purge", "--yes")
    assert "withdrawn" in done.stdout
    assert somebody.receiver.ledger.held == {}
