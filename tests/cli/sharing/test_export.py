"""`agentspec telemetry --export`: everything held about a person, whole, for them alone."""

from __future__ import annotations

import stat
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from telemetry.consent.receipt import SUFFIX as RECEIPT
from telemetry.consent.receipt import TOLD
from telemetry.contract import layout
from telemetry.features.cache import DRAFT as CACHE_DRAFT
from telemetry.sharing import erase
from telemetry.sharing.believed import SUFFIXES as OF_SERVERS
from telemetry.sharing.takeback import SUFFIX as WITHDRAWAL
from tests.cli.sharing.conftest import Somebody
from tests.sharing.behaviours import rejecting, status
from tests.sharing.exports import checked, schema
from tests.sharing.projects import project_in, ship


def exported(somebody: Somebody, **environ: str) -> Any:
    """The printed export, checked against its schema."""
    done = somebody.says("--export", **environ)
    assert (done.returncode, done.stderr) == (0, "")
    return checked(done.stdout)


def written(somebody: Somebody, *words: str) -> CompletedProcess[str]:
    """An export into mine.json."""
    return somebody.says("--export", "mine.json", *words)


def test_everything_is_in_it(somebody: Somebody) -> None:
    """Reports in every state, with the very bytes that left, what takes them back, and what the server said."""
    somebody.says_yes()
    ship(somebody.project, "ONE")
    ship(somebody.project, "TWO")
    somebody.receiver.script(rejecting(1))
    somebody.says("--send-now")
    ship(somebody.project, "THREE")
    somebody.receiver.script(status(503))
    somebody.says("--send-now")
    ship(somebody.project, "FOUR")
    somebody.reads("--preview")
    found = exported(somebody)
    reports = found["reports"]
    assert {name: len(held) for name, held in reports.items()} == {
        "waiting": 1,
        "under_way": 1,
        "sent": 1,
        "refused": 1,
    }
    (sent,), (refused,) = reports["sent"], reports["refused"]
    assert {sent["id"]} == somebody.receiver.ledger.counted
    assert sent["bytes"].encode() == somebody.receiver.ledger.held[sent["id"]]
    assert sent["outcome"]["receipt"] and sent["outcome"]["at"]
    assert refused["outcome"]["refused_by"] == "server" and refused["outcome"]["reason"]
    assert {one["id"] for held in reports.values() for one in held} == {one["id"] for one in found["sealed"]}
    assert found["retry"]["why"] == "http_503"
    assert found["receipt"]["choice"] == "yes"
    assert found["config"]["endpoint"] == somebody.receiver.url
    assert found["config"]["text"] == somebody.config.read_text()
    assert len(found["features"]) == 4
    assert str(somebody.project) not in somebody.says("--export").stdout


def test_it_changes_nothing(somebody: Somebody) -> None:
    """Not even what has settled is sealed by it."""
    somebody.says_yes()
    ship(somebody.project, "ONE")
    before = {path: path.read_bytes() for path in somebody.store.rglob("*") if path.is_file()}
    exported(somebody)
    assert {path: path.read_bytes() for path in somebody.store.rglob("*") if path.is_file()} == before
    assert somebody.receiver.ledger.raw == []


def test_the_file_is_for_its_owner_alone(somebody: Somebody) -> None:
    """And what is printed is the same but for the moment."""
    ship(somebody.project, "ONE")
    assert written(somebody).returncode == 0
    file = somebody.project / "mine.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert checked(file.read_text())["events"] == exported(somebody)["events"]
    assert [path.name for path in somebody.project.iterdir() if "draft" in path.name] == []


def test_a_file_that_is_there_is_not_written_over_unasked(somebody: Somebody) -> None:
    """--yes asks for it."""
    ship(somebody.project, "ONE")
    file = somebody.project / "mine.json"
    file.write_text("mine already")
    done = written(somebody)
    assert done.returncode == 1
    assert "--yes" in done.stderr
    assert file.read_text() == "mine already"
    assert written(somebody, "--yes").returncode == 0
    checked(file.read_text())


@pytest.mark.parametrize("words", [[], ["--yes"]])
@pytest.mark.parametrize("kind", ["link", "dangling", "folder"])
def test_it_is_never_written_through_a_link(somebody: Somebody, kind: str, words: list[str], tmp_path: Path) -> None:
    """Nor over anything but a plain file."""
    ship(somebody.project, "ONE")
    place, elsewhere = somebody.project / "mine.json", tmp_path / "elsewhere"
    if kind == "folder":
        place.mkdir()
    else:
        place.symlink_to(elsewhere)
    if kind == "link":
        elsewhere.write_text("another's")
    done = written(somebody, *words)
    assert done.returncode == 1
    assert "no plain file" in done.stderr
    assert elsewhere.exists() == (kind == "link")
    assert place.is_symlink() == (kind != "folder")


@pytest.mark.parametrize("name", ["", "none/mine.json", ".", ".."])
def test_a_name_that_cannot_be_is_told(somebody: Somebody, name: str) -> None:
    """With a hint."""
    ship(somebody.project, "ONE")
    done = somebody.says("--export", name)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 2)


def test_without_a_store_there_is_nothing(somebody: Somebody) -> None:
    """And none is made."""
    done = somebody.says("--export")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no store" in done.stderr
    assert not somebody.store.exists()


def test_who_never_shared_exports_too(somebody: Somebody) -> None:
    """No state folder is needed, and none is made."""
    ship(somebody.project, "ONE")
    found = exported(somebody)
    assert (found["receipt"], found["receipt_fault"]) == (None, None)
    assert len(found["features"]) == 1
    assert not somebody.owner.state.exists()


def test_a_no_is_exported_as_well(somebody: Somebody) -> None:
    """It is a word, too."""
    somebody.says_yes()
    somebody.says("--disable")
    assert exported(somebody)["receipt"]["choice"] == "no"


@pytest.mark.parametrize("text", ["sharing: [on\n", "recording: off\n", "\xff\xfe", "recording: on\n" + "#" * 70_000])
def test_a_broken_config_is_exported_as_it_is(somebody: Somebody, text: str) -> None:
    """With what is wrong with it."""
    ship(somebody.project, "ONE")
    somebody.config.write_bytes(text.encode("latin-1"))
    found = exported(somebody)
    assert bool(found["config"]["problems"]) == ("recording: off" not in text)
    assert found["config"]["text"] == text.encode("latin-1")[: 64 * 1024].decode("utf-8", "replace")
    assert found["config"]["sharing"] is False


def test_a_state_folder_that_cannot_be_trusted_is_named(somebody: Somebody) -> None:
    """Nothing in it is believed: then no report counts as this person's either."""
    somebody.says_yes()
    ship(somebody.project, "ONE")
    somebody.reads("--preview")
    somebody.owner.state.chmod(0o755)
    found = exported(somebody)
    assert (found["receipt"], found["receipt_fault"]) == (None, "state_untrusted")
    (one,) = found["reports"]["waiting"]
    assert one["id"] and one["bytes"] is None


def test_a_receipt_that_was_altered_is_named(somebody: Somebody) -> None:
    """The reports are still there."""
    somebody.says_yes()
    ship(somebody.project, "ONE")
    somebody.reads("--preview")
    (receipt,) = somebody.owner.state.glob("*.receipt")
    receipt.write_text(receipt.read_text().replace('"yes"', '"no"'))
    found = exported(somebody)
    assert (found["receipt"], found["receipt_fault"]) == (None, "receipt_altered")
    assert found["reports"]["waiting"][0]["bytes"]


def test_a_planted_report_shows_nothing_of_itself(somebody: Somebody) -> None:
    """Neither its name nor what is in it."""
    somebody.says_yes()
    ship(somebody.project, "ONE")
    somebody.reads("--preview")
    (somebody.store / "sent").mkdir(mode=0o700)
    (somebody.store / "sent" / "canary.report").write_text('{"canary":1}\n{"canary":2}\n{"receipt":"canary"}\n')
    done = somebody.says("--export")
    assert "canary" not in done.stdout
    assert len(checked(done.stdout)["reports"]["sent"]) == 1


def test_csv_has_a_row_for_every_feature(somebody: Somebody) -> None:
    """Printed, or in a file."""
    ship(somebody.project, "ONE")
    ship(somebody.project, "TWO", ("define", "design"))
    printed = somebody.says("--export", "--format", "csv").stdout
    header, one, two = printed.splitlines()
    assert header.startswith("first_seen,last_seen,state,")
    assert ",shipped," in one and ",in_flight," in two
    assert somebody.says("--export", "mine.csv", "--format", "csv").returncode == 0
    assert (somebody.project / "mine.csv").read_text() == printed


def test_a_program_is_told_where_it_is(somebody: Somebody) -> None:
    """With --json."""
    ship(somebody.project, "ONE")
    assert somebody.reads("--export", "mine.json") == {"file": "mine.json"}


# Every file of ours, and the part of an export that has what it holds; None: left out, as schemas/export.yaml says.
IN_STORE = {
    "events": "events", "open": "sessions", "closed": "sessions", "config.yaml": "config", "debug.log": "debug",
    "outbox": "reports", "sending": "reports", "sent": "reports", "refused": "reports", "sealed.jsonl": "sealed",
    "retry.json": "retry", "switched-off": "switched_off",
    "key": None, "cache.jsonl": None, "installed.json": None, "sharing.lock": None, "daemon.lock": None,
    ".gitignore": None, "README.md": None,
}  # fmt: skip
IN_STATE = {
    ".receipt": "receipt", ".told": "told", "places": "places", ".withdrawal": "withdrawals",
    ".server-key": "benchmarks", ".benchmarks": "benchmarks", "key": None, "program": None,
}  # fmt: skip


def test_every_file_there_can_be_is_exported_or_left_out_for_a_reason() -> None:
    """What a purge erases is all that there is; a new file has to be placed here."""
    assert set(IN_STORE) == {*erase.FILES - {CACHE_DRAFT}, *erase._FOLDERS, layout.INSTALLED, layout.IGNORE}
    assert set(IN_STATE) == {*erase.IN_STATE, RECEIPT, TOLD, WITHDRAWAL, *OF_SERVERS}
    parts = {part for part in (*IN_STORE.values(), *IN_STATE.values()) if part}
    assert parts <= set(schema("export")["properties"])


def test_what_lies_there_after_a_life_of_sharing_is_in_the_export(somebody: Somebody) -> None:
    """Sent, failed, lapsed and told, purged elsewhere with a list left: no file without its part."""
    somebody.says_yes()
    elsewhere = Somebody(somebody.owner, project_in(somebody.project.parent, "elsewhere"), somebody.receiver)
    elsewhere.says_yes()
    ship(elsewhere.project, "THERE")
    elsewhere.says("--send-now")
    somebody.receiver.script(status(503))
    assert elsewhere.reads("--purge", "--yes")["pending"] == 1
    ship(somebody.project, "ONE")
    somebody.says("--send-now")
    somebody.receiver.script(status(503))
    ship(somebody.project, "TWO")
    somebody.says("--send-now")
    text = somebody.config.read_text()
    somebody.config.write_text(text.replace(somebody.receiver.url, "https://other.example.org"))
    somebody.owner.run("insights", project=somebody.project)
    found = exported(somebody)
    for file in somebody.store.iterdir():
        part = IN_STORE[file.name]
        assert part is None or found[part] not in (None, [], False), file.name
    for file in somebody.owner.state.iterdir():
        part = IN_STATE[file.suffix or file.name]
        assert part is None or found[part] not in (None, [], False), file.name
    assert found["told"] == "endpoint_changed"
    assert found["withdrawals_pending"] == len(found["withdrawals"]) == 1
    assert {place["for"] for place in found["places"]} == {"sealing", "leaving"}
    assert len({place["server"] for place in found["places"] if place["for"] == "leaving"}) == 1
    assert all(place["taken"].endswith(":00:00.000Z") for place in found["places"])


def test_places_that_cannot_be_read_are_not_exported_as_none(somebody: Somebody) -> None:
    """They count as taken, and nobody can tell by whom."""
    somebody.says_yes()
    ship(somebody.project, "ONE")
    somebody.says("--send-now")
    (somebody.owner.state / "places").write_text("{}")
    assert exported(somebody)["places"] is None
