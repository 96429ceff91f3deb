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
