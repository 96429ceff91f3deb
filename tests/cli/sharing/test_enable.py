"""`agentspec telemetry --enable`: only a person says yes, after they could read what to."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import time
from datetime import timedelta

import pytest

from tests.cli.sharing.conftest import Somebody
from tests.people import PATIENCE
from tests.sharing.projects import ship

DAY = timedelta(days=1)


def test_the_dialog_shows_the_projects_own_next_report_and_asks(somebody: Somebody) -> None:
    """On a terminal; the report on the screen is what the preview shows."""
    ship(somebody.project, "ORDERS", ("define", "design"))
    (unsettled,) = somebody.reads("--preview")["not_settled"]
    with somebody.owner.terminal(
        "telemetry", "--enable", "--endpoint", somebody.receiver.url, project=somebody.project
    ) as terminal:
        terminal.sees("[y/N]")
        terminal.types("yes")
        assert terminal.code() == 0
    shown = terminal.screen
    example = shown.replace("\n  ", "").partition("(this one stays here):")[2].partition(" … ")[0]
    assert len(example) > 80
    assert unsettled["bytes"].startswith(example)
    assert somebody.receiver.url in shown
    assert "No is fine" in shown
    assert "7 days" in shown
    assert "source code, file contents" in shown
    assert somebody.receipts() == ["yes"]


@pytest.mark.parametrize("answer", ["", "n", "no", "nope", "maybe", "yess", "\x04"])
def test_anything_but_yes_is_no(somebody: Somebody, answer: str) -> None:
    """The empty line, too, and the end of input."""
    ship(somebody.project, "ORDERS")
    before = somebody.config.read_text()
    with somebody.owner.terminal("telemetry", "--enable", project=somebody.project) as terminal:
        terminal.sees("[y/N]")
        terminal.types(answer)
        assert terminal.code() == 0
    assert "Nothing is shared." in terminal.screen
    assert somebody.receipts() == []
    assert somebody.config.read_text() == before


def test_an_interrupted_question_is_no(somebody: Somebody) -> None:
    """^C at the question."""
    with somebody.owner.terminal("telemetry", "--enable", project=somebody.project) as terminal:
        terminal.sees("[y/N]")
        until = time.monotonic() + PATIENCE
        while terminal.process.poll() is None and time.monotonic() < until:
            terminal.presses("\x03")  # again where it came in the instant before Python waits for the line
            with contextlib.suppress(subprocess.TimeoutExpired):
                terminal.process.wait(timeout=0.5)
        assert terminal.code() == 130
    assert somebody.receipts() == []
    assert not somebody.store.exists()


def test_without_a_terminal_nobody_is_asked_and_nothing_changes(somebody: Somebody) -> None:
    """The text is printed all the same."""
    done = somebody.says("--enable")
    assert done.returncode == 1
    assert "SHARE ANONYMOUS REPORTS?" in done.stdout
    assert "--yes" in done.stderr
    assert somebody.receipts() == []
    assert not somebody.store.exists()


def test_with_yes_the_text_is_still_printed(somebody: Somebody) -> None:
    """A script that says yes leaves in its log what to."""
    done = somebody.says("--enable", "--yes", "--endpoint", somebody.receiver.url)
    assert done.returncode == 0
    assert "NEVER, nor recorded" in done.stdout
    assert "Sharing:      on" in done.stdout
    assert (somebody.store / "outbox").is_dir(), "the hook of a session's start looks for it"


def test_a_session_of_claude_code_says_yes_for_nobody(somebody: Somebody) -> None:
    """It may be a model that types."""
    done = somebody.says("--enable", "--yes", CLAUDECODE="1")
    assert done.returncode == 1
    assert "may not say yes for you" in done.stderr
    assert somebody.receipts() == []


@pytest.mark.parametrize("variable", ["DO_NOT_TRACK", "DISABLE_TELEMETRY", "CI"])
def test_who_says_no_by_a_variable_is_not_asked(somebody: Somebody, variable: str) -> None:
    """The variable is named."""
    done = somebody.says("--enable", "--yes", **{variable: "1"})
    assert done.returncode == 1
    assert variable in done.stderr
    assert somebody.receipts() == []


def test_only_one_word_of_the_config_changes(somebody: Somebody) -> None:
    """Comments and order stay; the endpoint is written where the template has room for it."""
    ship(somebody.project, "ORDERS")
    before = somebody.config.read_text()
    somebody.says_yes()
    after = somebody.config.read_text()
    changed = before.replace("sharing: off", "sharing: on")
    assert re.sub(r"^endpoint: .*$", "# endpoint:", after, flags=re.M) == changed


def test_saying_yes_twice_changes_nothing(somebody: Somebody) -> None:
    """The date of the yes stays: it decides what is shared."""
    somebody.says_yes()
    (receipt,) = somebody.owner.state.glob("*.receipt")
    before = receipt.read_bytes()
    assert somebody.says("--enable", "--yes").returncode == 0
    assert receipt.read_bytes() == before


def test_another_endpoint_is_another_question(somebody: Somebody) -> None:
    """Changed in the file, it lapses; typed, it is asked for."""
    somebody.says_yes()
    somebody.config.write_text(somebody.config.read_text().replace(somebody.receiver.url, "https://evil.example.org"))
    assert somebody.reads("--status")["reason"]["code"] == "endpoint_changed"
    assert somebody.says("--enable", "--endpoint", "https://other.example.org").returncode == 1
    assert somebody.reads("--status")["reason"]["code"] == "endpoint_changed"
    assert somebody.says("--enable", "--yes").returncode == 0
    assert somebody.reads("--status")["endpoint"] == "https://evil.example.org"


@pytest.mark.parametrize("url", ["http://example.org", "https://me:secret@example.org", "ftp://example.org", "x"])
def test_an_address_that_reports_may_not_go_to_is_refused(somebody: Somebody, url: str) -> None:
    """Before anything is asked."""
    done = somebody.says("--enable", "--yes", "--endpoint", url)
    assert done.returncode == 1
    assert "https://reports.example.org" in done.stderr
    assert somebody.receipts() == []


def test_without_an_endpoint_reports_wait_and_it_is_said(somebody: Somebody) -> None:
    """Sharing is on, to nowhere."""
    done = somebody.says("--enable", "--yes")
    assert "nowhere yet" in done.stdout
    ship(somebody.project, "ORDERS")
    found = somebody.reads("--status")
    assert (found["sharing"], found["reason"]["code"], found["reports"]["waiting"]) == ("on", "no_endpoint", 1)
    assert somebody.says("--send-now").returncode == 1


def test_a_switch_turned_on_by_hand_leads_to_the_dialog(somebody: Somebody) -> None:
    """At the next interactive command; until then, and after a no, nothing is shared."""
    ship(somebody.project, "ORDERS")
    somebody.config.write_text(somebody.config.read_text().replace("sharing: off", "sharing: on"))
    assert somebody.reads("--status")["reason"]["code"] == "no_receipt"
    with somebody.owner.terminal("telemetry", "--status", project=somebody.project) as terminal:
        terminal.sees("[y/N]")
        terminal.types("n")
        assert terminal.code() == 0
    assert "sharing: off" in somebody.config.read_text()
    assert somebody.reads("--status")["reason"]["code"] == "sharing_off"
    with somebody.owner.terminal("telemetry", "--status", project=somebody.project) as terminal:
        assert terminal.code() == 0
    assert "[y/N]" not in terminal.screen


def test_a_yes_by_hand_and_terminal_counts(somebody: Somebody) -> None:
    """And nothing from before it is shared."""
    ship(somebody.project, "BEFORE")
    somebody.config.write_text(somebody.config.read_text().replace("sharing: off", "sharing: on"))
    with somebody.owner.terminal("telemetry", "--preview", project=somebody.project) as terminal:
        terminal.sees("[y/N]")
        terminal.types("y")
        assert terminal.code() == 0
    assert somebody.receipts() == ["yes"]
    ship(somebody.project, "AFTER")
    assert len(somebody.reads("--preview")["waiting"]) == 1


def test_off_by_hand_is_a_no_that_on_by_hand_does_not_undo(somebody: Somebody) -> None:
    """What happened in between must not be shared."""
    somebody.says_yes()
    somebody.config.write_text(somebody.config.read_text().replace("sharing: on", "sharing: off"))
    assert somebody.reads("--status")["reason"]["code"] == "sharing_off"
    ship(somebody.project, "BETWEEN")
    somebody.config.write_text(somebody.config.read_text().replace("sharing: off", "sharing: on"))
    assert somebody.reads("--status")["reason"]["code"] == "said_no"
    assert somebody.receipts() == ["no"]


def test_a_new_yes_deletes_what_was_sealed_under_the_old_one(somebody: Somebody) -> None:
    """It could never leave: a yes is never retroactive."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    assert somebody.reads("--status")["reports"]["waiting"] == 1
    somebody.config.write_text(somebody.config.read_text().replace("sharing: on", "sharing: off"))
    assert somebody.reads("--status")["reports"]["waiting"] == 1
    somebody.says_yes()
    assert somebody.reads("--status")["reports"]["waiting"] == 0


def test_what_is_recorded_while_off_is_never_shared_though_nobody_looked(somebody: Somebody) -> None:
    """The next recorded event takes the yes back; no command has to be typed in between."""
    somebody.says_yes()
    text = somebody.config.read_text()
    somebody.config.write_text(text.replace("sharing: on", "sharing: off"))
    ship(somebody.project, "BETWEEN")
    somebody.config.write_text(text)
    assert somebody.says("--send-now").returncode == 1
    assert somebody.reads("--status")["reason"]["code"] == "said_no"
    somebody.says_yes()
    assert somebody.reads("--status")["reason"] is None
    assert somebody.says("--send-now").returncode == 0
    assert somebody.receiver.ledger.raw == []


def test_a_no_to_another_address_leaves_the_yes_to_the_first(somebody: Somebody) -> None:
    """Nothing was changed, and that is what is said."""
    somebody.says_yes()
    before = somebody.config.read_text()
    asked = ("telemetry", "--enable", "--endpoint", "https://other.example.org")
    with somebody.owner.terminal(*asked, project=somebody.project) as terminal:
        terminal.sees("[y/N]")
        terminal.types("n")
        assert terminal.code() == 0
    assert "Nothing was changed: sharing is on as before." in terminal.screen
    assert somebody.config.read_text() == before
    assert somebody.receipts() == ["yes"]


def test_a_shorter_rest_needs_a_new_yes(somebody: Somebody) -> None:
    """Whoever edits config.yaml cannot take the time to read away; a longer rest holds at once."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    (one,) = somebody.reads("--preview")["waiting"]
    text = somebody.config.read_text()
    somebody.config.write_text(text.replace("maturity_hours: 24", "maturity_hours: 1"))
    assert somebody.reads("--preview")["waiting"] == [one]
    assert somebody.says("--enable").returncode == 1, "it asks"
    somebody.config.write_text(text.replace("maturity_hours: 24", "maturity_hours: 48"))
    assert somebody.reads("--preview")["waiting"][0]["leaves"] > one["leaves"]


def test_a_yes_is_to_what_was_on_the_screen(somebody: Somebody) -> None:
    """Whatever is written into config.yaml while the question stands."""
    ship(somebody.project, "ORDERS")
    with somebody.owner.terminal("telemetry", "--enable", project=somebody.project) as terminal:
        terminal.sees("[y/N]")
        text = somebody.config.read_text().replace("maturity_hours: 24", "maturity_hours: 1")
        somebody.config.write_text(text.replace("# endpoint:", f"endpoint: {somebody.receiver.url}"))
        terminal.types("y")
        assert terminal.code() == 0
    assert somebody.reads("--status")["reason"]["code"] == "endpoint_changed"
    (receipt,) = somebody.owner.state.glob("*.receipt")
    assert (json.loads(receipt.read_text())["endpoint"], json.loads(receipt.read_text())["hours"]) == (None, 24)


@pytest.mark.parametrize(
    "words", [("--status", "--all"), ("--preview", "--endpoint", "x"), ("--purge", "--format", "csv")]
)
def test_an_option_of_another_choice_is_refused(somebody: Somebody, words: tuple[str, ...]) -> None:
    """It would be ignored in silence."""
    assert "goes with" in somebody.says(*words).stderr


def test_retention_makes_nothing_from_before_the_yes_shareable(somebody: Somebody) -> None:
    """The month in which it began is gone, by whatever hand; what is left of it stays here, and no week was full."""
    ship(somebody.project, "ACROSS", ("define", "design"), ago=40 * DAY)
    asked = somebody.owner.later(-39 * 24).run("telemetry", "--enable", "--yes", project=somebody.project)
    assert asked.returncode == 0, asked.stderr
    ship(somebody.project, "ACROSS", ("build",))
    first, *_ = sorted((somebody.store / "events").iterdir())
    first.unlink()
    (across,) = somebody.reads("--preview")["not_settled"]
    assert across["withheld"] == "before_yes"
    ship(somebody.project, "ACROSS", ("ship",))
    ship(somebody.project, "AFTER")
    (waiting,) = somebody.reads("--preview")["waiting"]
    assert "brainstorm" in waiting["bytes"], "the one that began after the yes"
    assert somebody.reads("--status")["week"]["left_out"] == 0
    held = [entry for entry in somebody.reads("--export")["sealed"] if entry["left_out"]]
    assert [(entry["left_out"], entry["shipped"]) for entry in held] == [("before_yes", False), ("before_yes", True)]
    assert somebody.says("--purge", "--yes").returncode == 0
    assert not somebody.store.exists()


def test_a_server_that_is_named_later_gets_what_waits_for_it(somebody: Somebody) -> None:
    """The yes goes on: its date stays, what began since then is shared, and the dialog says so before it asks."""
    ship(somebody.project, "BEFORE")
    assert somebody.says("--enable", "--yes").returncode == 0
    since = somebody.reads("--status")["since"]
    ship(somebody.project, "ONE")
    ship(somebody.project, "ACROSS", ("define", "design"))
    before = somebody.reads("--preview")["waiting"]
    done = somebody.says("--enable", "--yes", "--endpoint", somebody.receiver.url)
    assert "1 report that waits here will go there" in done.stdout
    assert "from now on" not in done.stdout and "this one stays here" not in done.stdout
    assert (somebody.reads("--status")["since"], somebody.reads("--preview")["waiting"]) == (since, before)
    ship(somebody.project, "ACROSS", ("build", "ship"))
    assert somebody.says("--send-now").returncode == 0
    assert len(somebody.receiver.ledger.counted) == 2
    assert before[0]["id"] in somebody.receiver.ledger.counted


@pytest.mark.parametrize("answer", ["y", "n"])
@pytest.mark.parametrize("command", [("telemetry", "--status"), ("telemetry", "--preview"), ("insights",), ("status",)])
def test_an_address_written_by_hand_leads_to_the_dialog(
    somebody: Somebody, command: tuple[str, ...], answer: str
) -> None:
    """At the next command in a terminal, once; a no is one to all, as the switch says then."""
    assert somebody.says("--enable", "--yes").returncode == 0
    ship(somebody.project, "ONE")
    assert somebody.reads("--status")["reports"]["waiting"] == 1
    text = somebody.config.read_text()
    somebody.config.write_text(text.replace("# endpoint:", f"endpoint: {somebody.receiver.url}"))
    with somebody.owner.terminal(*command, project=somebody.project) as terminal:
        terminal.sees("[y/N]")
        asked = terminal.screen
        terminal.types(answer)
        assert terminal.code() == 0
    assert asked.index(somebody.receiver.url) < asked.index("1 report that waits here will go there")
    assert somebody.receipts() == ["yes" if answer == "y" else "no"]
    assert somebody.says("--send-now").returncode == (0 if answer == "y" else 1)
    assert len(somebody.receiver.ledger.counted) == (answer == "y")
    with somebody.owner.terminal(*command, project=somebody.project) as terminal:
        assert terminal.code() == 0
    assert "[y/N]" not in terminal.screen


def test_an_address_that_somebody_else_wrote_gets_nothing_that_waits(somebody: Somebody) -> None:
    """A yes to no server is none to a server that a pull names; nobody but a person in a terminal is asked."""
    assert somebody.says("--enable", "--yes").returncode == 0
    ship(somebody.project, "ONE")
    assert somebody.reads("--status")["reports"]["waiting"] == 1
    text = somebody.config.read_text()
    somebody.config.write_text(text.replace("# endpoint:", f"endpoint: {somebody.receiver.url}"))
    assert somebody.says("--enable").returncode == 1
    assert somebody.says("--enable", "--yes", CLAUDECODE="1").returncode == 1
    assert somebody.says("--send-now").returncode == 1
    assert "endpoint_changed" in somebody.owner.later(48).run("daemon", project=somebody.project).stderr
    with somebody.owner.terminal("telemetry", "--status", project=somebody.project, CLAUDECODE="1") as terminal:
        assert terminal.code() == 0
    assert "[y/N]" not in terminal.screen
    assert somebody.receiver.ledger.raw == []
    somebody.config.write_text(text)
    assert somebody.reads("--status")["reports"]["waiting"] == 1, "taken out again, all is as it was"


def test_another_address_deletes_what_waits_and_that_is_said_before_it_asks(somebody: Somebody) -> None:
    """It was sealed for the first one; a no leaves it."""
    somebody.says_yes()
    ship(somebody.project, "ONE")
    ship(somebody.project, "TWO")
    assert somebody.reads("--status")["reports"]["waiting"] == 2
    asked = ("telemetry", "--enable", "--endpoint", "https://other.example.org")
    for answer, waiting in (("n", 2), ("y", 0)):
        with somebody.owner.terminal(*asked, project=somebody.project) as terminal:
            terminal.sees("[y/N]")
            assert "A yes deletes 2 reports that wait here" in terminal.screen
            terminal.types(answer)
            assert terminal.code() == 0
        assert somebody.reads("--status")["reports"]["waiting"] == waiting


def test_a_yes_that_was_broken_meanwhile_does_not_go_on_to_a_server(somebody: Somebody) -> None:
    """Off and on again by hand while the question stands: what waits is deleted, and what was between is not shared."""
    assert somebody.says("--enable", "--yes").returncode == 0
    since = somebody.reads("--status")["since"]
    ship(somebody.project, "ONE")
    assert somebody.reads("--status")["reports"]["waiting"] == 1
    text = somebody.config.read_text()
    asked = ("telemetry", "--enable", "--endpoint", somebody.receiver.url)
    with somebody.owner.terminal(*asked, project=somebody.project) as terminal:
        terminal.sees("[y/N]")
        somebody.config.write_text(text.replace("sharing: on", "sharing: off"))
        ship(somebody.project, "BETWEEN")
        somebody.config.write_text(text)
        terminal.types("y")
        assert terminal.code() == 0
    found = somebody.reads("--status")
    assert (found["reason"], found["reports"]["waiting"]) == (None, 0)
    assert found["since"] > since
    assert somebody.says("--send-now").returncode == 0
    assert somebody.receiver.ledger.raw == []
