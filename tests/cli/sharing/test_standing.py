"""`agentspec telemetry --status`: always one reason, named."""

from __future__ import annotations

import json
import os

import pytest

from tests.cli.sharing.conftest import Somebody
from tests.sharing.behaviours import hang, rejecting, status
from tests.sharing.projects import ship


def test_where_nobody_was_asked_sharing_is_off(somebody: Somebody) -> None:
    """Also without a store; and looking makes none."""
    assert somebody.reads("--status")["reason"]["code"] == "no_store"
    assert not somebody.store.exists()
    ship(somebody.project, "ORDERS")
    found = somebody.reads("--status")
    assert (found["sharing"], found["reason"]["code"]) == ("off", "sharing_off")
    assert not somebody.owner.state.exists()


@pytest.mark.parametrize(
    ("variable", "code"),
    [
        ("DO_NOT_TRACK", "do_not_track"),
        ("DISABLE_TELEMETRY", "disable_telemetry"),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "nonessential_traffic"),
        ("CI", "ci"),
    ],
)
def test_a_variable_turns_it_off_and_is_named(somebody: Somebody, variable: str, code: str) -> None:
    """Whatever was said before; and what it does not turn off is not turned on by it."""
    somebody.says_yes()
    assert somebody.reads("--status", **{variable: "1"})["reason"]["code"] == code
    assert variable in somebody.says("--status", **{variable: "true"}).stdout
    assert somebody.reads("--status", **{variable: "0"})["reason"] is None


def test_it_counts_what_waits_went_and_was_refused(somebody: Somebody) -> None:
    """One of each."""
    somebody.says_yes()
    ship(somebody.project, "ONE")
    ship(somebody.project, "TWO")
    somebody.receiver.script(rejecting(0))
    assert somebody.says("--send-now").returncode == 0
    ship(somebody.project, "THREE")
    found = somebody.reads("--status")["reports"]
    assert (found["waiting"], found["sent"], sum(found["refused"].values())) == (1, 1, 1)
    assert found["next"] is not None
    screen = somebody.says("--status").stdout
    assert "Waiting:      1 report, the first may leave" in screen
    assert "Refused:      1 report (by server: " in screen


def test_a_failing_server_is_said_and_when_it_is_tried_again(somebody: Somebody) -> None:
    """The report is under way: it may have arrived."""
    somebody.says_yes()
    ship(somebody.project, "ONE")
    somebody.receiver.script(always=status(503, retry_after=3600))
    assert somebody.says("--send-now").returncode == 1
    found = somebody.reads("--status")["reports"]
    assert found["under_way"] == 1
    assert found["retry"]["why"] == "http_503"
    assert "failed (http_503), again" in somebody.says("--status").stdout


def test_the_next_try_is_said_of_the_server_that_is_shared_with_and_only_while_it_is(somebody: Somebody) -> None:
    """After a no there will be none; another server does not wait for the one that failed."""
    ship(somebody.project, "BEFORE")
    somebody.config.write_text(somebody.config.read_text().replace("maturity_hours: 24", "maturity_hours: 1"))
    somebody.says_yes()
    ship(somebody.project, "ONE")
    somebody.receiver.script(status(503, retry_after=86_000))
    assert somebody.says("--send-now").returncode == 1
    assert somebody.says("--disable").returncode == 0
    assert somebody.reads("--status")["reports"]["retry"] is None
    assert "Last try" not in somebody.says("--status").stdout
    other = somebody.receiver.url.replace("127.0.0.1", "localhost")
    assert somebody.says("--enable", "--yes", "--endpoint", other).returncode == 0
    assert "Last try" not in somebody.says("--status").stdout
    ship(somebody.project, "TWO")
    assert somebody.reads("--status")["reports"]["waiting"] == 1
    daemon = somebody.owner.later(3).starts("daemon", project=somebody.project)
    somebody.receiver.wait_until(lambda: len(somebody.receiver.ledger.counted) == 1)
    daemon.terminate()
    daemon.communicate()


def test_a_report_that_somebody_planted_or_changed_is_refused_and_said(somebody: Somebody) -> None:
    """By the last guard, before a request is made."""
    somebody.says_yes()
    ship(somebody.project, "ONE")
    somebody.reads("--preview")
    (report,) = (somebody.store / "outbox").glob("*.report")
    report.write_bytes(report.read_bytes().replace(b'"shipped":true', b'"shipped":false'))
    assert somebody.reads("--preview")["waiting"][0]["withheld"] == "foreign"
    somebody.says("--send-now")
    assert somebody.receiver.ledger.raw == []
    assert somebody.reads("--status")["reports"]["refused"] == {"by guard: foreign": 1}


def test_a_project_whose_settings_change_privacy_variables_is_not_shared(somebody: Somebody) -> None:
    """They come with a clone, and reach every hook."""
    somebody.says_yes()
    settings = somebody.project / ".claude" / "settings.json"
    settings.write_text(json.dumps({"env": {"DO_NOT_TRACK": "0"}}))
    assert somebody.reads("--status")["reason"]["code"] == "project_environment"
    settings.write_text(json.dumps({"env": {"MY_OWN": "1"}}))
    assert somebody.reads("--status")["reason"] is None


def test_a_config_that_others_may_write_shares_nothing(somebody: Somebody) -> None:
    """Until its owner closes it."""
    somebody.says_yes()
    os.chmod(somebody.config, 0o664)  # noqa: PTH101 the mode is the point
    assert somebody.reads("--status")["reason"]["code"] == "open_to_others"


def test_a_broken_config_is_told_and_left_as_it_is(somebody: Somebody) -> None:
    """Local only."""
    somebody.says_yes()
    text = "sharing: on\nsharing: on\n"
    somebody.config.write_text(text)
    found = somebody.reads("--status")
    assert found["reason"]["code"] == "config_broken"
    assert found["problems"] == ["sharing stands there twice"]
    assert somebody.config.read_text() == text


def test_who_looks_does_not_wait_for_a_server_that_hangs(somebody: Somebody) -> None:
    """While a request is under way, the status says so, and what has just settled is sealed the next time."""
    somebody.says_yes()
    ship(somebody.project, "ONE")
    somebody.receiver.script(always=hang)
    with somebody.owner.starts("telemetry", "--send-now", project=somebody.project) as sending:
        somebody.receiver.wait_until(lambda: somebody.receiver.hanging == 1)
        ship(somebody.project, "TWO")
        found = somebody.reads("--status")["reports"]
        assert (found["under_way"], found["waiting"]) == (1, 0)
        assert len(somebody.reads("--preview")["waiting"]) == 1
        sending.kill()
    assert somebody.reads("--status")["reports"]["waiting"] == 1
