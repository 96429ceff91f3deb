"""`agentspec telemetry --purge`: everything here goes, and what the server still has is taken back."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry.cli import passing
from telemetry.cli.main import ASK_AGAIN, VERBS, main
from telemetry.cli.telemetry import ASK_FIRST, ASK_LAST, CHOICES
from telemetry.contract import durable
from telemetry.sharing import erase, purge, takeback
from tests import people
from tests.cli.sharing.conftest import Somebody
from tests.people import PATIENCE, Window, person
from tests.sharing.behaviours import cut_after_reading, hang_after_taking, saying, status
from tests.sharing.projects import project_in, ship
from tests.sharing.receiver import receiving

SECRET_NAME = "hush-hush-client"  # of the project's folder


def sent_and_waiting(somebody: Somebody) -> None:
    """Two reports that the server has, one that waits."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    ship(somebody.project, "SHOES")
    assert somebody.says("--send-now").returncode == 0
    ship(somebody.project, "HATS")
    assert somebody.reads("--status")["reports"]["waiting"] == 1


def states(somebody: Somebody) -> list[str]:
    """What the server holds of each report."""
    return [kept.state for kept in somebody.receiver.ledger.reports.values()]


def lists(somebody: Somebody) -> list[Path]:
    """The lists of what is still to be taken back."""
    return list(somebody.owner.state.glob("*.withdrawal"))


def test_nothing_is_left_here_and_the_server_deletes_what_it_has(somebody: Somebody) -> None:
    """The store, the receipt, the lists; a key of the person's own may stay for their other projects."""
    sent_and_waiting(somebody)
    done = somebody.says("--purge", "--yes")
    assert done.returncode == 0, done.stderr
    assert "reports: 1 waiting, 2 sent" in done.stdout
    assert "asked to delete 2 reports" in done.stdout
    assert done.stdout.count("withdrawn: the server has deleted it") == 2
    assert "makes a new store, unless" in done.stdout
    assert not somebody.store.exists()
    assert states(somebody) == ["withdrawn", "withdrawn"]
    assert somebody.receipts() == []
    assert lists(somebody) == []
    assert "nothing to erase" in somebody.says("--purge", "--yes").stdout


def test_a_program_is_told_what_came_of_each(somebody: Somebody) -> None:
    """As JSON, with the text on the other stream."""
    sent_and_waiting(somebody)
    done = somebody.says("--purge", "--yes", "--json")
    found = json.loads(done.stdout)
    assert Counter(one["status"] for one in found["withdrawals"]) == {"withdrawn": 2}
    assert found["pending"] == 0
    [project] = found["projects"]
    assert (project["erased"], project["problem"], project["left"]) == (True, None, [])
    assert project["reports"]["sent"] == 2
    assert "FOR GOOD" in done.stderr


def test_what_is_in_sums_already_and_what_the_server_never_saw_are_told_apart(somebody: Somebody) -> None:
    """Honestly, report by report."""
    sent_and_waiting(somebody)
    first = next(iter(somebody.receiver.ledger.reports))
    somebody.receiver.aggregate()
    del somebody.receiver.ledger.reports[first]
    text = somebody.says("--purge", "--yes").stdout
    assert f"{first}  unknown to the server" in text
    assert text.count("already only in aggregates") == 1


def test_a_report_whose_answer_was_lost_is_taken_back_too(somebody: Somebody) -> None:
    """It may have arrived; it had."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    somebody.receiver.script(cut_after_reading)
    assert somebody.says("--send-now").returncode == 1
    assert states(somebody) == ["held"]
    assert somebody.says("--purge", "--yes").returncode == 0
    assert states(somebody) == ["withdrawn"]


def test_a_report_is_taken_back_from_the_server_it_went_to(somebody: Somebody) -> None:
    """Also after a yes to another one."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    assert somebody.says("--send-now").returncode == 0
    with receiving() as other:
        assert somebody.says("--enable", "--yes", "--endpoint", other.url).returncode == 0
        assert somebody.says("--purge", "--yes").returncode == 0
        assert other.ledger.raw == []
    assert states(somebody) == ["withdrawn"]


# --- asking


def test_without_a_terminal_and_without_yes_nothing_changes(somebody: Somebody) -> None:
    """Exit 1; nor does a session of Claude Code count as a person."""
    sent_and_waiting(somebody)
    before = sorted(somebody.store.rglob("*")), somebody.receipts(), len(somebody.receiver.ledger.raw)
    assert somebody.says("--purge").returncode == 1
    assert somebody.says("--purge", CLAUDECODE="1").returncode == 1
    assert (sorted(somebody.store.rglob("*")), somebody.receipts(), len(somebody.receiver.ledger.raw)) == before


@pytest.mark.parametrize("answer", ["", "n", "\x04"])
def test_the_default_is_no(somebody: Somebody, answer: str) -> None:
    """An empty line is a no, and so is the end of input."""
    sent_and_waiting(somebody)
    with somebody.owner.terminal("telemetry", "--purge", project=somebody.project) as terminal:
        terminal.sees("[y/N]")
        terminal.presses(answer if answer == "\x04" else f"{answer}\n")
        assert terminal.code() == 0
    assert "Nothing was erased." in terminal.screen
    assert somebody.receipts() == ["yes"]
    assert states(somebody) == ["held", "held"]


def test_a_no_is_json_too_where_json_was_asked_for(somebody: Somebody) -> None:
    """What stands on standard output can be parsed, whatever the answer is; the question is on the other stream."""
    sent_and_waiting(somebody)
    errors = somebody.project.parent / "errors"
    with errors.open("w") as stream:
        owner = somebody.owner.before(Window(errors=stream))
        with owner.terminal("telemetry", "--purge", "--json", project=somebody.project) as terminal:
            while "[y/N]" not in errors.read_text():
                assert terminal.process.poll() is None
            terminal.presses("n\n")
            assert terminal.code() == 0
    assert json.loads(terminal.screen.removeprefix("n\n"))["projects"] == []
    assert errors.read_text().endswith("Nothing was erased.\n")
    assert somebody.receipts() == ["yes"]


def test_who_follows_what_a_purge_says_is_recorded_no_more(somebody: Somebody) -> None:
    """A file with one line, in a folder that the person makes anew."""
    sent_and_waiting(somebody)
    assert ".claude/telemetry/config.yaml anew, with the one line `recording: off`" in (
        somebody.says("--purge", "--yes").stdout
    )
    somebody.store.mkdir()
    somebody.config.write_text("recording: off\n")
    ship(somebody.project, "ANOTHER")
    assert not (somebody.store / "events").exists()


def test_a_person_is_asked_once(somebody: Somebody) -> None:
    """And y does it."""
    sent_and_waiting(somebody)
    with somebody.owner.terminal("telemetry", "--purge", project=somebody.project) as terminal:
        terminal.sees("[y/N]")
        terminal.types("y")
        assert terminal.code() == 0
    assert not somebody.store.exists()
    assert states(somebody) == ["withdrawn", "withdrawn"]


# --- a server that is not reached


def test_what_the_server_did_not_answer_stays_on_a_list_and_is_said(somebody: Somebody) -> None:
    """What is here is erased all the same. A later look tries again, but not within the hour; --purge does at once."""
    sent_and_waiting(somebody)
    somebody.receiver.script(always=status(503))
    done = somebody.says("--purge", "--yes")
    assert done.returncode == 0
    assert done.stdout.count("server not reached (http_503)") == 2
    assert not somebody.store.exists()
    assert somebody.reads("--status")["withdrawals_pending"] == 2
    asked = len(somebody.receiver.ledger.raw)
    assert "2 reports still to be taken back" in somebody.says("--status").stdout
    assert len(somebody.receiver.ledger.raw) == asked
    with receiving() as honest:
        honest.ledger.reports.update(somebody.receiver.ledger.reports)
        _redirect(somebody, honest.url)
        assert somebody.says("--purge", "--yes").stdout.count("withdrawn: ") == 2
    assert lists(somebody) == []


def test_a_later_look_tries_again(somebody: Somebody) -> None:
    """An hour on, in passing; not where a variable forbids it, nor in a session, whose variables a project can set."""
    sent_and_waiting(somebody)
    somebody.receiver.script(status(503))
    assert somebody.says("--purge", "--yes").returncode == 0
    later = Somebody(somebody.owner.later(2), somebody.project, somebody.receiver)
    for name in ("DO_NOT_TRACK", "CI", "CLAUDECODE", "CLAUDE_PROJECT_DIR"):
        assert later.reads("--status", **{name: "1"})["withdrawals_pending"] == 2
    assert later.reads("--status")["withdrawals_pending"] == 0
    assert states(somebody) == ["withdrawn", "withdrawn"]


@pytest.mark.parametrize(
    "words",
    [
        *((verb,) for verb in sorted(ASK_AGAIN)),
        *(("telemetry", f"--{choice.replace('_', '-')}") for choice in (*ASK_FIRST, *ASK_LAST) if choice != "drop"),
    ],
    ids=" ".join,
)
def test_whatever_is_typed_later_asks_again(somebody: Somebody, words: tuple[str, ...]) -> None:
    """In passing."""
    sent_and_waiting(somebody)
    somebody.receiver.script(status(503))
    assert somebody.says("--purge", "--yes").returncode == 0
    ship(somebody.project, "ANOTHER")
    choice = ("--yes",) if "--enable" in words else ()
    somebody.owner.later(2).run(*words, *choice, project=somebody.project)
    assert (lists(somebody), states(somebody)) == ([], ["withdrawn", "withdrawn"])


def test_every_choice_and_verb_asks_again_but_those_that_do_it_themselves() -> None:
    """A new one has to be told."""
    assert set(VERBS) - ASK_AGAIN == {"telemetry", "daemon"}
    assert set(CHOICES) - {*ASK_FIRST, *ASK_LAST} == {"purge", "audit"}
    assert passing.SUFFIX == takeback.SUFFIX


def test_a_person_who_forbids_all_sharing_can_still_take_back(somebody: Somebody) -> None:
    """They typed it."""
    sent_and_waiting(somebody)
    assert somebody.says("--purge", "--yes", DO_NOT_TRACK="1", CI="1").returncode == 0
    assert states(somebody) == ["withdrawn", "withdrawn"]


@pytest.mark.parametrize("answer", [b'{"results":[]}', b'{"results":[{"token":1}]}', b"nonsense", b'{"results":[{}]}'])
def test_an_answer_that_says_nothing_is_none(somebody: Somebody, answer: bytes) -> None:
    """The list stays."""
    sent_and_waiting(somebody)
    somebody.receiver.script(always=saying(answer, code=200))
    assert somebody.reads("--purge", "--yes")["pending"] == 2
    assert len(lists(somebody)) == 1


def _redirect(somebody: Somebody, url: str) -> None:
    """As if the server were back, at another port."""
    for file in lists(somebody):
        file.write_text(file.read_text().replace(somebody.receiver.url, url))


# --- all projects


def test_all_means_every_project_that_there_is_a_word_about(somebody: Somebody, tmp_path: Path) -> None:
    """From anywhere, also from the home folder; at last the person's own folders go, too."""
    other = Somebody(somebody.owner, project_in(tmp_path, "other"), somebody.receiver)
    sent_and_waiting(somebody)
    sent_and_waiting(other)
    done = somebody.owner.run("telemetry", "--purge", "--all", "--yes", project=somebody.owner.home)
    assert done.returncode == 0, done.stderr
    assert states(somebody) == ["withdrawn"] * 4
    assert not somebody.store.exists() and not other.store.exists()
    assert not somebody.owner.state.exists()
    assert not (somebody.owner.home / ".cache" / "agentspec-telemetry").exists()
    requests = [raw for raw in somebody.receiver.ledger.raw if b"/v1/withdrawals" in raw]
    assert len(requests) == 2, "reports of two projects are never named together"


def test_a_project_that_is_gone_is_forgotten_and_said(somebody: Somebody) -> None:
    """Nothing can be taken back for it any more."""
    sent_and_waiting(somebody)
    shutil.rmtree(somebody.project)
    somebody.project.parent.joinpath("elsewhere").mkdir()
    done = somebody.owner.run("telemetry", "--purge", "--all", "--yes", project=somebody.project.parent / "elsewhere")
    assert done.returncode == 0, done.stderr
    assert "cannot be taken back: that went with the store" in done.stdout
    assert not somebody.owner.state.exists()


def test_the_state_folder_stays_for_what_is_still_to_be_taken_back(somebody: Somebody) -> None:
    """And only the places beside it, so that no more is counted this week; then another --all takes both, too."""
    sent_and_waiting(somebody)
    somebody.receiver.script(status(500))
    assert "but for" in somebody.says("--purge", "--all", "--yes").stdout
    assert sorted(file.suffix or file.name for file in somebody.owner.state.iterdir()) == [".withdrawal", "places"]
    assert somebody.says("--purge", "--all", "--yes").returncode == 0
    assert not somebody.owner.state.exists()
    assert states(somebody) == ["withdrawn", "withdrawn"]


def test_a_purge_of_everything_makes_no_new_places_while_the_server_may_count_the_old(somebody: Somebody) -> None:
    """A yes after it finds the week full; once all is taken back, the places are gone, and there are ten."""
    sent_and_waiting(somebody)
    somebody.receiver.script(status(500))
    somebody.says("--purge", "--all", "--yes")
    somebody.says_yes()
    ship(somebody.project, "ANEW")
    assert somebody.reads("--status")["week"]["left_out"] == 1
    assert somebody.says("--purge", "--all", "--yes").returncode == 0
    assert not somebody.owner.state.exists()
    somebody.says_yes()
    ship(somebody.project, "ANEW")
    week = somebody.reads("--status")["week"]
    assert (week["sealed"], week["left"], week["left_out"]) == (1, 0, 0)


def test_places_that_stayed_for_a_list_go_with_it_in_passing(somebody: Somebody) -> None:
    """Nobody has to purge again for that."""
    sent_and_waiting(somebody)
    somebody.receiver.script(status(500))
    somebody.says("--purge", "--all", "--yes")
    later = somebody.owner.later(2)
    later.run("telemetry", "--status", project=somebody.project)
    assert list(somebody.owner.state.iterdir()) == []
    assert states(somebody) == ["withdrawn", "withdrawn"]


# --- broken in any way


def test_a_store_that_is_broken_is_erased_like_any_other(somebody: Somebody) -> None:
    """No key, a config that is nonsense, links inside, a torn ledger."""
    outside = somebody.project / "outside"
    outside.mkdir()
    (outside / "2026-01.jsonl").write_text("mine")
    sent_and_waiting(somebody)
    (somebody.store / "key").unlink()
    somebody.config.write_text("sharing: [on\n")
    shutil.rmtree(somebody.store / "events")
    (somebody.store / "events").symlink_to(outside)
    (somebody.store / "sealed.jsonl").write_text("{torn")
    (somebody.store / "debug.log").symlink_to(outside / "2026-01.jsonl")
    (somebody.store / "sharing.lock").unlink()
    (somebody.store / "sharing.lock").symlink_to(outside / "lock")
    done = somebody.says("--purge", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not somebody.store.exists()
    assert [file.name for file in outside.iterdir()] == ["2026-01.jsonl"]
    assert (outside / "2026-01.jsonl").read_text() == "mine"
    assert states(somebody) == ["withdrawn", "withdrawn"]


def test_a_state_folder_that_others_may_read_is_not_used_and_the_store_goes_all_the_same(somebody: Somebody) -> None:
    """What could not be taken back is said, with exit 1."""
    sent_and_waiting(somebody)
    somebody.owner.state.chmod(0o755)
    done = somebody.says("--purge", "--yes")
    assert done.returncode == 1
    assert "2 reports may have been sent" in done.stdout
    assert "What your state folder holds was not touched" in done.stdout
    assert not somebody.store.exists()
    assert states(somebody) == ["held", "held"]


def test_an_altered_receipt_does_not_keep_reports_from_being_taken_back(somebody: Somebody) -> None:
    """Where they went is noted with the server's receipt."""
    sent_and_waiting(somebody)
    for file in somebody.owner.state.glob("*.receipt"):
        file.write_text(file.read_text().replace('"yes"', '"no"'))
    assert somebody.says("--purge", "--yes").returncode == 0
    assert somebody.receipts() == []
    assert states(somebody) == ["withdrawn", "withdrawn"]


def test_a_planted_report_names_no_server_to_us(somebody: Somebody) -> None:
    """A clone with a `sent/` of its own, and an endpoint: nobody is contacted."""
    folder = somebody.store / "sent"
    folder.mkdir(parents=True)
    somebody.config.write_text(f"endpoint: {somebody.receiver.url}\n")
    planted = {"id": "x", "token": "0" * 64, "mac": "0" * 64}
    outcome = {"endpoint": somebody.receiver.url}
    (folder / "x.report").write_text(f"{json.dumps(planted)}\n{{}}\n{json.dumps(outcome)}\n")
    done = somebody.says("--purge", "--yes")
    assert done.returncode == 1
    assert "1 report may have been sent" in done.stdout
    assert not somebody.store.exists()
    assert somebody.receiver.ledger.raw == []


def test_a_store_that_is_a_link_is_not_followed(somebody: Somebody) -> None:
    """It is said, with exit 1; what it leads to is as it was."""
    outside = somebody.project.parent / "outside"
    outside.mkdir()
    (outside / "key").write_text("mine")
    somebody.store.parent.mkdir()
    somebody.store.symlink_to(outside)
    done = somebody.says("--purge", "--yes")
    assert done.returncode == 1
    assert "NOT erased: a symbolic link" in done.stdout
    assert (outside / "key").read_text() == "mine"


def test_what_is_not_ours_is_left_and_named(somebody: Somebody) -> None:
    """With what hides it from git; its name draws nothing on the terminal."""
    sent_and_waiting(somebody)
    (somebody.store / "notes\x1b[31m.txt").write_text("mine")
    (somebody.store / "events" / "mine.txt").write_text("mine")
    done = somebody.says("--purge", "--yes")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "events/mine.txt (not ours)" in done.stdout
    left = sorted(str(file.relative_to(somebody.store)) for file in somebody.store.rglob("*") if file.is_file())
    assert left == [".gitignore", "events/mine.txt", "notes\x1b[31m.txt"]


def test_what_uninstall_needs_is_left_and_uninstall_takes_it_along(somebody: Somebody) -> None:
    """`agentspec install` notes in the store what it added to the project's settings."""
    assert somebody.owner.run("install", project=somebody.project).returncode == 0
    sent_and_waiting(somebody)
    done = somebody.says("--purge", "--yes")
    assert done.returncode == 0
    assert "installed.json (agentspec uninstall needs it" in done.stdout
    assert sorted(file.name for file in somebody.store.iterdir()) == [".gitignore", "installed.json"]
    assert somebody.owner.run("uninstall", project=somebody.project).returncode == 0
    assert not somebody.store.exists()


def test_a_daemon_is_ended_first(somebody: Somebody) -> None:
    """It had nothing to do but to wait."""
    sent_and_waiting(somebody)
    daemon = somebody.owner.starts("daemon", project=somebody.project)
    try:
        while not somebody.reads("--status")["daemon"]:
            assert daemon.poll() is None
        assert somebody.says("--purge", "--yes").returncode == 0
        assert daemon.wait(timeout=PATIENCE) == 0
    finally:
        daemon.kill()
        daemon.communicate()
    assert not somebody.store.exists()
    assert states(somebody) == ["withdrawn", "withdrawn"]


def test_a_request_of_the_daemons_that_is_under_way_is_cut_off_and_taken_back(somebody: Somebody) -> None:
    """The server counted it, and was about to say so."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    assert somebody.reads("--status")["reports"]["waiting"] == 1
    somebody.receiver.script(hang_after_taking)
    daemon = somebody.owner.later(25).starts("daemon", project=somebody.project)
    try:
        somebody.receiver.wait_until(lambda: len(somebody.receiver.ledger.reports) == 1)
        assert somebody.says("--purge", "--yes").returncode == 0
        assert daemon.wait(timeout=PATIENCE) == 0
    finally:
        daemon.kill()
        daemon.communicate()
        somebody.receiver.release()
    assert states(somebody) == ["withdrawn"]
    assert not somebody.store.exists()


# --- kills


class Copies:
    """A person and a project that can be put back as they were, so that every boundary is tried on the same."""

    def __init__(self, somebody: Somebody, folder: Path) -> None:
        self.somebody, self._folder = somebody, folder
        self._reports = dict(somebody.receiver.ledger.reports)
        for place in self._places():
            shutil.copytree(place, folder / place.name, symlinks=True)

    def put_back(self) -> None:
        """All as it was, at the server, too."""
        for place in self._places():
            shutil.rmtree(place)
            shutil.copytree(self._folder / place.name, place, symlinks=True)
        self.somebody.receiver.ledger.reports = dict(self._reports)

    def _places(self) -> list[Path]:
        return [self.somebody.project, self.somebody.owner.home]


@pytest.fixture
def copies(tmp_path: Path) -> Iterator[Copies]:
    """Two sent reports, one that waits, in a project whose folder has a telling name."""
    with receiving() as receiver:
        somebody = Somebody(person(tmp_path), project_in(tmp_path, SECRET_NAME), receiver)
        sent_and_waiting(somebody)
        yield Copies(somebody, tmp_path / "copies")
        assert receiver.ledger.violations == []


def boundaries(somebody: Somebody, words: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every step that a purge passes, the first and the last time, as a test may ask to be killed there."""
    passed: Counter[str] = Counter()
    with monkeypatch.context() as patched:
        people.be(somebody.owner, patched)
        for module in (durable, erase, purge, takeback):
            patched.setattr(module, "reached", lambda step: passed.update([step]))
        assert main(["telemetry", *words, "--project", str(somebody.project)]) == 0
    return sorted({f"{step}#{count}" for step, most in passed.items() for count in (1, most)})


@pytest.mark.parametrize("words", [["--purge", "--yes"], ["--purge", "--yes", "--all"]], ids=["one", "all"])
def test_a_kill_at_any_boundary_and_another_purge_end_well(
    copies: Copies, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the project is left, and every report that the server had was withdrawn."""
    somebody = copies.somebody
    steps = boundaries(somebody, words, monkeypatch)
    assert {"purge_noted#1", "purge_refused#1", "purge_erased#1", "purge_dropped#1", "withdrawal_answered#1"} <= {
        *steps
    }
    for step in steps:
        copies.put_back()
        assert somebody.says(*words, AGENTSPEC_TELEMETRY_FAULT=step).returncode == -9, step
        again = somebody.says(*words)
        assert again.returncode == 0, (step, again.stdout, again.stderr)
        assert not somebody.store.exists(), step
        assert states(somebody) == ["withdrawn", "withdrawn"], step
        kept = list(somebody.owner.state.rglob("*"))
        left = [] if "--all" in words else ["key", "places", "program"]
        assert sorted(file.name for file in kept) == left, step
        assert not any(SECRET_NAME.encode() in file.read_bytes() for file in kept), step


def test_after_a_kill_any_later_look_takes_back(copies: Copies) -> None:
    """Once all is erased nobody would type --purge again."""
    somebody = copies.somebody
    assert somebody.says("--purge", "--yes", AGENTSPEC_TELEMETRY_FAULT="purge_forgotten").returncode == -9
    assert not somebody.store.exists()
    assert states(somebody) == ["held", "held"]
    assert somebody.reads("--status")["withdrawals_pending"] == 0
    assert states(somebody) == ["withdrawn", "withdrawn"]


def test_nothing_is_sent_after_a_kill(copies: Copies) -> None:
    """The yes is gone before anything is erased: a purge that was cut off is a no."""
    somebody = copies.somebody
    assert somebody.says("--purge", "--yes", AGENTSPEC_TELEMETRY_FAULT="purge_ended").returncode == -9
    assert somebody.says("--send-now").returncode == 1
    assert len(somebody.receiver.ledger.reports) == 2


def test_a_session_of_claude_code_erases_nothing(somebody: Somebody) -> None:
    """It may be a model that types, and its project may have set the proxy."""
    sent_and_waiting(somebody)
    done = somebody.says("--purge", "--yes", CLAUDECODE="1")
    assert done.returncode == 1
    assert "terminal of your own" in done.stderr
    assert somebody.store.is_dir()
    assert states(somebody) == ["held", "held"]


def test_every_server_that_may_have_a_report_is_asked(somebody: Somebody) -> None:
    """One counted it and was cut off; the next yes was to another, which had none of it."""
    somebody.says_yes()
    ship(somebody.project, "ORDERS")
    somebody.receiver.script(cut_after_reading)
    assert somebody.says("--send-now").returncode == 1
    with receiving() as other:
        assert somebody.says("--enable", "--yes", "--endpoint", other.url).returncode == 0
        done = somebody.says("--purge", "--yes")
        assert "withdrawn: the server has deleted it" in done.stdout
        assert other.ledger.raw == []
    assert states(somebody) == ["withdrawn"]


def test_a_changed_file_names_no_server(somebody: Somebody) -> None:
    """The address was sealed before the request."""
    sent_and_waiting(somebody)
    with receiving() as other:
        for file in (somebody.store / "sent").glob("*.report"):
            file.write_bytes(file.read_bytes().replace(somebody.receiver.url.encode(), other.url.encode()))
        somebody.says("--purge", "--yes")
        assert other.ledger.raw == []


def test_a_strange_answer_is_no_answer_and_no_bug(somebody: Somebody) -> None:
    """A list where a word should be; the report stays on the list, and every command goes on."""
    sent_and_waiting(somebody)
    somebody.receiver.script(always=saying(b'{"results":[{"token":[],"status":[]},{"status":{}}]}'))
    assert somebody.says("--purge", "--yes").returncode == 0
    assert len(lists(somebody)) == 1
    later = somebody.owner.later(2).run("telemetry", "--status", project=somebody.project)
    assert later.returncode == 0, later.stderr
