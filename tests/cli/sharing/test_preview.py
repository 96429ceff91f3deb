"""`agentspec telemetry --preview`: the thing itself."""

from __future__ import annotations

from tests.cli.sharing.conftest import Somebody
from tests.sharing.behaviours import cut_after_reading
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


def test_it_says_when_each_may_leave_and_what_withholds_it(somebody: Somebody) -> None:
    """A day later, unless the config says otherwise."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    (one,) = somebody.reads("--preview")["waiting"]
    assert one["withheld"] == "resting"
    assert one["leaves"][:10] > one["sealed"][:10]
    assert somebody.owner.later(25).run("telemetry", "--preview", project=somebody.project).stdout.count("rests") == 0


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
