"""`agentspec telemetry --drop ID`: gone for good."""

from __future__ import annotations

from tests.cli.sharing.conftest import Somebody
from tests.sharing.behaviours import cut_after_reading
from tests.sharing.projects import ship


def test_a_dropped_report_never_leaves_and_is_never_sealed_again(somebody: Somebody) -> None:
    """The beginning of its id is enough."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    (one,) = somebody.reads("--preview")["waiting"]
    assert somebody.reads("--drop", one["id"][:8]) == {"dropped": one["id"]}
    assert somebody.reads("--preview")["waiting"] == []
    somebody.says("--send-now")
    assert somebody.receiver.ledger.raw == []


def test_what_does_not_wait_cannot_be_dropped(somebody: Somebody) -> None:
    """An unknown id, an ambiguous one, none at all, no store."""
    assert somebody.says("--drop", "abc").returncode == 1
    somebody.says_yes()
    ship(somebody.project, "ONE")
    ship(somebody.project, "TWO")
    somebody.reads("--preview")
    for typed in ("zzz", "", "/", ".."):
        assert somebody.says("--drop", typed).returncode == 1
    assert somebody.reads("--status")["reports"]["waiting"] == 2


def test_what_may_have_arrived_is_taken_back_not_dropped(somebody: Somebody) -> None:
    """It says how."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    (one,) = somebody.reads("--preview")["waiting"]
    somebody.receiver.script(always=cut_after_reading)
    assert somebody.says("--send-now").returncode == 1
    done = somebody.says("--drop", one["id"])
    assert done.returncode == 1
    assert "--purge" in done.stderr


def test_a_report_that_somebody_moved_is_sent_no_sooner_and_can_be_dropped(somebody: Somebody) -> None:
    """Only a request makes a report one that was in a request; a copy of it goes as well."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    (one,) = somebody.reads("--preview")["waiting"]
    outbox, sending = somebody.store / "outbox", somebody.store / "sending"
    sending.mkdir(mode=0o700)
    name = f"{one['id']}.report"
    (sending / name).write_bytes((outbox / name).read_bytes())
    (outbox / name).unlink()
    with somebody.owner.starts("daemon", project=somebody.project) as daemon:
        assert somebody.reads("--preview")["waiting"][0]["withheld"] == "resting"
        daemon.terminate()
    (outbox / name).write_bytes((sending / name).read_bytes())
    assert somebody.reads("--drop", one["id"]) == {"dropped": one["id"]}
    assert list(outbox.iterdir()) == list(sending.iterdir()) == []
    assert somebody.receiver.ledger.raw == []
