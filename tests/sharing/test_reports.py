"""Reports on the disk: folders are states, every step can be repeated, and only what is ours is believed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from telemetry.contract import layout
from telemetry.contract.durable import DRAFT
from telemetry.contract.errors import TelemetryError
from telemetry.journal.store import StoreRefused
from telemetry.sharing.reports import Reports, sharing_lock
from telemetry.sharing.sealed import MAX_BYTES
from tests.sharing.homes import found, reports_in, sealed, waiting
from tests.sharing.lines import id_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def reports(tmp_path: Path) -> Iterator[Reports]:
    """Those of an empty store."""
    with reports_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where they lie."""
    return tmp_path.joinpath("project", *layout.STORE)


def test_a_report_goes_from_folder_to_folder(reports: Reports) -> None:
    """And is the same in each; what became of it is noted on the way."""
    waiting(reports, 1)
    for before, after in zip(layout.STATES, layout.STATES[1:], strict=False):
        [held] = reports.held(before)
        [moved] = reports.move([held], after, {held.id: {"at": after}})
        assert (moved.state, moved.sealed) == (after, sealed(1))
    assert reports.held(*layout.STATES)[0].outcome == {"at": layout.REFUSED}


def test_a_step_can_be_repeated(reports: Reports) -> None:
    """As after a kill: what is there already stays."""
    waiting(reports, 1, 2)
    held = reports.held(layout.OUTBOX)
    once = reports.move(held, layout.SENDING)
    assert reports.move(once, layout.SENDING) == once
    assert found(reports) == {layout.SENDING: [1, 2]}


def test_a_report_that_was_deleted_meanwhile_is_left_out(reports: Reports, store: Path) -> None:
    """The others go on, and it does not come back."""
    waiting(reports, 1, 2, 3)
    held = reports.held(layout.OUTBOX)
    (store / layout.OUTBOX / f"{id_of(2)}.report").unlink()
    moved = reports.move(held, layout.SENT, {one.id: {} for one in held})
    assert [one.id for one in moved] == [id_of(1), id_of(3)]
    assert found(reports) == {layout.SENT: [1, 3]}


def test_deleting_twice_is_deleting(reports: Reports) -> None:
    """Whoever was faster."""
    waiting(reports, 1)
    [held] = reports.held(layout.OUTBOX)
    reports.delete(held)
    reports.delete(held)
    assert found(reports) == {}


PLANTED: dict[str, Callable[[Path], object]] = {
    "link": lambda place: place.symlink_to("/etc/passwd"),
    "dead link": lambda place: place.symlink_to("nowhere"),
    "pipe": os.mkfifo,
    "folder": lambda place: place.mkdir(),
    "socket": lambda place: socket.socket(socket.AF_UNIX).bind(os.path.relpath(place)),
    "empty": lambda place: place.touch(),
    "huge": lambda place: place.write_bytes(b"\n" * (MAX_BYTES + 1)),
    "binary": lambda place: place.write_bytes(bytes(range(256))),
}


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("what", PLANTED)
def test_what_somebody_planted_is_seen_and_not_opened(
    reports: Reports, store: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be carried to refused/ as it is, and hides no report."""
    waiting(reports, 1)
    monkeypatch.chdir(store)  # the name of a socket may not be long
    PLANTED[what](store / layout.OUTBOX / "planted.report")
    held = reports.held(layout.OUTBOX)
    assert {one.id: one.sealed is None for one in held} == {"planted": True, id_of(1): False}
    reports.move([one for one in held if one.sealed is None], layout.REFUSED, {"planted": {"reason": "foreign"}})
    assert reports.names(layout.REFUSED) == ["planted.report"]


def test_a_file_with_a_second_name_is_not_written(reports: Reports, store: Path, tmp_path: Path) -> None:
    """The other name may be anywhere."""
    waiting(reports, 1)
    other = tmp_path / "other"
    os.link(store / layout.OUTBOX / sealed(1).name, other)
    before = other.read_bytes()
    reports.move(reports.held(layout.OUTBOX), layout.SENT, {id_of(1): {"receipt": "r"}})
    assert other.read_bytes() == before


def test_trouble_with_the_disk_says_nothing_about_a_report(reports: Reports, monkeypatch: pytest.MonkeyPatch) -> None:
    """A good one is not taken for planted because this process has no more files to open."""
    waiting(reports, 1)

    def refuse(*_: object) -> int:
        raise StoreRefused("emfile")

    with monkeypatch.context() as patch:
        patch.setattr(reports.store, "open_file", refuse)
        with pytest.raises(StoreRefused):
            reports.held(layout.OUTBOX)
    assert reports.held(layout.OUTBOX)[0].sealed


def test_a_folder_that_is_a_link_is_refused(reports: Reports, store: Path, tmp_path: Path) -> None:
    """Nothing is written where it leads."""
    (store / layout.OUTBOX).symlink_to(tmp_path)
    with pytest.raises(StoreRefused):
        waiting(reports, 1)


def test_drafts_of_a_killed_writer_are_swept_away(reports: Reports, store: Path) -> None:
    """And are no reports before that."""
    waiting(reports, 1)
    (store / layout.OUTBOX / f"{DRAFT}0").touch()
    assert found(reports) == {layout.OUTBOX: [1]}
    reports.sweep()
    assert [path.name for path in (store / layout.OUTBOX).iterdir()] == [sealed(1).name]


# --- the lock


def test_two_cannot_change_states_at_once(reports: Reports) -> None:
    """The second gives up with a sentence; once the first is done, it may."""
    second = sharing_lock(reports.store, patience=0)
    with sharing_lock(reports.store), pytest.raises(TelemetryError, match="busy"), second:
        pass
    with sharing_lock(reports.store, patience=0):
        pass


HOLDER = """
import os, signal, sys
from telemetry.journal.store import open_store
from telemetry.sharing.reports import sharing_lock
with open_store(sys.argv[1]) as store, sharing_lock(store):
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        signal.pause()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_child_does_not_keep_the_lock_of_a_killed_parent(reports: Reports, tmp_path: Path) -> None:
    """Workers that fold a long journal may outlive the process that was sealing."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "project")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        process.wait()
        try:
            with sharing_lock(reports.store, patience=5):
                pass
        finally:
            os.kill(child, 9)
