"""A yes or a no is written down so that a kill at any moment leaves sharing off, and a no is never forgotten."""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from telemetry.consent import choice
from telemetry.consent.choice import name_server, note_switched_off, say_no, say_yes
from telemetry.consent.facts import Gatherer
from telemetry.consent.terms import terms
from telemetry.contract.errors import TelemetryError
from telemetry.contract.faults import VARIABLE
from telemetry.journal.store import open_store
from tests.consent.ground import LATER, URL, YES, Ground


def no(ground: Ground) -> None:
    """As `agentspec telemetry --disable` says it."""
    with open_store(str(ground.project)) as store:
        say_no(store, str(ground.store), LATER)


def killed_at(step: str, ground: Ground, yes: bool) -> None:
    """Say it in another process, which dies at that step."""
    child = os.fork()
    if not child:
        os.environ[VARIABLE] = step
        ground.says_yes() if yes else no(ground)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_a_yes_says_what_it_was_to(ground: Ground) -> None:
    """The place, the terms, the address, the moment."""
    receipt = ground.says_yes()
    assert receipt == ground.word()
    assert (receipt.store, receipt.choice, receipt.terms, receipt.endpoint) == (str(ground.store), "yes", terms(), URL)
    assert receipt.at == "2026-11-22T10:00:00.000Z"
    assert "sharing: on\n" in ground.config.read_text()


@pytest.mark.parametrize(("certificates", "noted"), [("", []), ("/own.pem", ["/own.pem"]), ("project.pem", [])])
def test_a_yes_notes_how_the_daemon_is_started(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, certificates: str, noted: list[str]
) -> None:
    """Where no project and no variable can name it; with the person's own certificates, if they have any."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificates)
    ground.says_yes()
    interpreter, root, *more = (ground.state / "program").read_text().splitlines()
    assert (interpreter, Path(root), more) == (sys.executable, Path(choice.__file__).parents[2], noted)
    assert (ground.state / "program").stat().st_mode & 0o777 == 0o600


def test_a_yes_without_a_server_is_given_one_and_keeps_its_date(ground: Ground) -> None:
    """What was sealed since then was sealed under this yes."""
    before = ground.says_yes(endpoint=None)
    with open_store(str(ground.project)) as store:
        assert name_server(store, before, URL, 48)
    assert ground.word() == before._replace(endpoint=URL, hours=48)
    assert ground.reason() is None


def test_a_no_in_the_meantime_is_not_overwritten_by_the_name_of_a_server(ground: Ground) -> None:
    """Nor is another yes."""
    before = ground.says_yes(endpoint=None)
    no(ground)
    with open_store(str(ground.project)) as store:
        assert not name_server(store, before, URL, 24)
    receipt = ground.word()
    assert receipt and (receipt.choice, receipt.endpoint) == ("no", None)


def test_a_no_ends_it(yes: Ground) -> None:
    """Both the receipt and the switch say so; and saying it twice is the same."""
    for _ in range(2):
        no(yes)
        receipt = yes.word()
        assert receipt and (receipt.choice, receipt.at) == ("no", "2026-11-23T10:00:00.000Z")
        assert "sharing: off\n" in yes.config.read_text()


def test_a_yes_after_a_no_dates_from_then(yes: Ground) -> None:
    """What lies between is not shared."""
    no(yes)
    yes.says_yes(at=LATER + timedelta(days=1))
    assert yes.reason(LATER) == "clock"
    assert yes.reason(LATER + timedelta(days=2)) is None


def test_a_no_without_a_word_before_leaves_no_trace(ground: Ground) -> None:
    """Who never said yes has no state folder."""
    no(ground)
    assert not ground.state.exists()


@pytest.mark.parametrize("step", ["config_drafted", "config_renamed", "yes_switched", "state_drafted"])
def test_a_yes_that_was_killed_is_none(step: str, ground: Ground) -> None:
    """The switch first, the receipt last; and it can be said again."""
    ground.config.write_text(ground.config.read_text() + f"endpoint: {URL}\n")
    killed_at(step, ground, yes=True)
    assert ground.reason() in ("sharing_off", "no_receipt")
    ground.says_yes()
    assert ground.reason() is None


@pytest.mark.parametrize("step", ["state_renamed", "no_written", "config_drafted"])
def test_a_no_that_was_killed_is_one(step: str, yes: Ground) -> None:
    """The receipt first, the switch last."""
    killed_at(step, yes, yes=False)
    assert yes.reason() in ("sharing_off", "said_no")


def test_a_yes_needs_a_safe_place(yes: Ground) -> None:
    """Otherwise nothing is switched on."""
    no(yes)
    yes.state.chmod(0o777)
    with pytest.raises(TelemetryError):
        yes.says_yes()
    assert "sharing: off\n" in yes.config.read_text()


def test_a_no_needs_none(yes: Ground) -> None:
    """A folder that cannot be trusted holds no yes; the switch is turned all the same."""
    yes.state.chmod(0o777)
    no(yes)
    yes.state.chmod(0o700)
    assert yes.reason() == "sharing_off"


def test_a_receipt_that_was_altered_is_removed_by_a_no(yes: Ground) -> None:
    """It could say anything."""
    yes.receipt.write_text("{}")
    no(yes)
    assert yes.word() is None


def noted(ground: Ground) -> None:
    """What `--status`, and anybody, may note."""
    note_switched_off(Gatherer(str(ground.project), {}).facts(LATER), LATER)


def test_an_off_by_hand_is_a_no(yes: Ground) -> None:
    """Turned on again by hand, it waits for a new yes."""
    text = yes.config.read_text()
    yes.config.write_text(text.replace("sharing: on", "sharing: off"))
    noted(yes)
    yes.config.write_text(text)
    assert yes.reason() == "said_no"


def test_a_slip_in_the_file_is_no_no(yes: Ground) -> None:
    """It withholds; once it is mended, the yes still stands."""
    before = yes.config.read_text()
    yes.config.write_text(before + "sharing: on\n")
    assert yes.reason() == "config_broken"
    noted(yes)
    yes.config.write_text(before)
    assert yes.reason() is None


def test_a_config_that_is_gone_is_a_no(yes: Ground) -> None:
    """Absent means off; one that comes back says nothing for the person."""
    before = yes.config.read_text()
    yes.config.unlink()
    noted(yes)
    yes.config.write_text(before)
    assert yes.reason() == "said_no"


def test_an_off_that_a_stranger_may_have_written_is_obeyed_and_not_noted(yes: Ground) -> None:
    """It withholds for as long as it stands."""
    before = yes.config.read_text()
    yes.config.write_text("sharing: off\n")
    yes.config.chmod(0o666)
    assert yes.reason() == "sharing_off"
    noted(yes)
    yes.config.write_text(before)
    yes.config.chmod(0o600)
    assert yes.reason() is None


def test_noting_makes_nothing(ground: Ground) -> None:
    """Where nobody ever said anything."""
    noted(ground)
    assert not ground.state.exists()


def test_the_hour_is_written_in_utc(ground: Ground) -> None:
    """Wherever the person is."""
    with open_store(str(ground.project)) as store:
        at = YES.astimezone().replace(microsecond=123_456)
        assert say_yes(store, str(ground.store), None, 24, at).at == "2026-11-22T10:00:00.123Z"
