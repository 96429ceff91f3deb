"""`agentspec telemetry --disable`: no is always possible, and holds at once."""

from __future__ import annotations

from tests.cli.sharing.conftest import Somebody
from tests.sharing.projects import ship


def test_a_no_takes_the_yes_back_and_what_waits_with_it(somebody: Somebody) -> None:
    """The waiting report is deleted, its feature never sealed again, under no later yes either."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    assert somebody.reads("--status")["reports"]["waiting"] == 1
    assert somebody.reads("--disable") == {"sharing": False, "deleted": 1}
    assert somebody.receipts() == ["no"]
    assert "sharing: off" in somebody.config.read_text()
    somebody.says_yes()
    assert somebody.reads("--preview")["waiting"] == []
    assert somebody.says("--send-now").returncode == 0
    assert somebody.receiver.ledger.raw == []


def test_a_no_needs_no_store_no_yes_and_no_terminal(somebody: Somebody) -> None:
    """And is said twice without harm."""
    assert somebody.says("--disable").returncode == 0
    assert not somebody.store.exists()
    ship(somebody.project, "ORDERS")
    assert somebody.says("--disable").returncode == 0
    assert somebody.says("--disable", CLAUDECODE="1", CI="1").returncode == 0


def test_a_broken_config_keeps_nobody_from_saying_no(somebody: Somebody) -> None:
    """The receipt goes; the file is not touched, and it is said."""
    somebody.says_yes()
    somebody.config.write_text("sharing: [on\n")
    done = somebody.says("--disable")
    assert done.returncode == 1
    assert "nothing more is shared" in done.stderr
    assert somebody.config.read_text() == "sharing: [on\n"
    assert somebody.receipts() == ["no"]
