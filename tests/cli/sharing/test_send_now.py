"""`agentspec telemetry --send-now [ID]`: skips our own waits, and nothing else."""

from __future__ import annotations

import pytest

from telemetry.cli.sharing.setting import moment
from telemetry.journal.store import open_store
from telemetry.sharing.daemon import only_one
from tests.cli.sharing.conftest import Somebody
from tests.sharing.behaviours import status
from tests.sharing.projects import ship


def test_one_is_sent_and_the_others_rest(somebody: Somebody) -> None:
    """The one that was named."""
    somebody.says_yes()
    for name in ("ONE", "TWO"):
        ship(somebody.project, name)
    first, second = somebody.reads("--preview")["waiting"]
    assert somebody.reads("--send-now", second["id"]) == {
        "sent": 1, "refused": 0, "full": 0, "stopped": None
    }  # fmt: skip
    assert somebody.receiver.ledger.counted == {second["id"]}
    assert [one["id"] for one in somebody.reads("--preview")["waiting"]] == [first["id"]]


@pytest.mark.parametrize("variable", ["DO_NOT_TRACK", "CI"])
def test_the_gate_is_not_skipped(somebody: Somebody, variable: str) -> None:
    """Whoever types it."""
    somebody.says_yes()
    ship(somebody.project, "ONE")
    done = somebody.says("--send-now", **{variable: "1"})
    assert done.returncode == 1
    assert variable in done.stderr
    assert somebody.receiver.ledger.raw == []


def test_no_variable_skips_the_wait(somebody: Somebody) -> None:
    """Not the one that moves the hook's clock either."""
    somebody.says_yes()
    ship(somebody.project, "ONE")
    somebody.reads("--preview")
    moved = "2036-01-01T00:00:00.000Z"
    (one,) = somebody.reads("--preview", AGENTSPEC_TELEMETRY_NOW=moved)["waiting"]
    assert one["withheld"] == "resting"


def test_nothing_to_send_is_no_failure(somebody: Somebody) -> None:
    """And says so."""
    somebody.says_yes()
    done = somebody.says("--send-now")
    assert (done.returncode, done.stdout) == (0, "0 reports sent.\n")


def test_a_server_that_is_not_there_leaves_everything_waiting(somebody: Somebody) -> None:
    """Sent when it is back, once."""
    somebody.says_yes()
    ship(somebody.project, "ONE")
    url = somebody.receiver.url
    somebody.receiver.close()
    done = somebody.says("--send-now")
    assert done.returncode == 1
    assert "unreachable" in done.stdout
    assert url not in done.stderr
    assert somebody.reads("--status")["reports"]["under_way"] == 1


def test_our_own_wait_after_a_failure_is_skipped(somebody: Somebody) -> None:
    """The person may know that the server is back; until then it says when the next try is, and whose."""
    somebody.says_yes()
    ship(somebody.project, "ONE")
    somebody.receiver.script(status(503))
    said = somebody.says("--send-now").stdout
    at = somebody.reads("--status")["reports"]["retry"]["at"]
    assert "the server failed (http_503)" in said
    assert f"The next try is due at {moment(at)}: no daemon runs" in said
    assert somebody.says("--send-now").stdout == "1 report sent.\n"


def test_a_server_that_asks_for_patience_gets_it(somebody: Somebody) -> None:
    """Retry-After is not ours to skip: no request is made, and that is said; when it is over, one is."""
    somebody.says_yes()
    ship(somebody.project, "ONE")
    somebody.receiver.script(status(429, retry_after=3600))
    assert somebody.says("--send-now").returncode == 1
    done = somebody.says("--send-now")
    assert done.returncode == 1
    assert "The server asked not to be asked yet (http_429)" in done.stdout
    assert len(somebody.receiver.ledger.raw) == 1
    later = somebody.owner.later(1.1).run("telemetry", "--send-now", project=somebody.project)
    assert later.stdout == "1 report sent.\n"


def test_a_daemon_that_runs_is_said_to_try_again(somebody: Somebody) -> None:
    """And only one that does."""
    somebody.says_yes()
    ship(somebody.project, "ONE")
    with open_store(str(somebody.project), create=False) as store, only_one(store) as is_only:
        assert is_only
        somebody.receiver.script(status(503))
        assert "The daemon tries again at" in somebody.says("--send-now").stdout
