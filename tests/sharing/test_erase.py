"""Erasing: what is ours goes, whatever stands in its place; what is not ours stays; nothing is followed."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from telemetry.consent.state import open_state, state_path
from telemetry.contract import layout
from telemetry.journal.store import open_store
from telemetry.sharing import erase
from telemetry.sharing.erase import BUSY, INSTALLED, PENDING, STRANGER, Left, erase_cache, erase_state, erase_store
from tests.sharing.projects import project_in, ship

OURS = (*sorted(erase.FILES), *sorted((layout.EVENTS, layout.OPEN, layout.CLOSED, *layout.STATES)))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with events."""
    project = project_in(tmp_path)
    ship(project, "ORDERS")
    return project


def store_of(project: Path) -> Path:
    """Where its store lies."""
    return project.joinpath(*layout.STORE)


def erased(project: Path) -> list[Left]:
    """Erase the store; what is left."""
    with open_store(str(project), create=False) as store:
        return erase_store(store, str(project / layout.STORE[0]))


def test_every_name_that_can_lie_in_a_store_is_known(project: Path) -> None:
    """One by one, as they are called: nothing is left, and the project's own folder is."""
    store = store_of(project)
    for name in (layout.OPEN, layout.CLOSED, *layout.STATES):
        (store / name).mkdir(exist_ok=True)
    for name in ("key.0123456789abcdef", ".draft-0123456789abcdef", "installed.json.a1b2_c3d.tmp", *erase.FILES):
        (store / name).touch()
    (store / "open" / "0123abcd").touch()
    (store / "outbox" / "a-b.report").touch()
    (store / "sending" / ".draft-0123456789abcdef").touch()
    (store / "events" / "2025-01.jsonl").touch()
    assert erased(project) == []
    assert list((project / ".claude").iterdir()) == []


def test_every_name_of_the_layout_is_known() -> None:
    """A new file of the store must be told to the purge."""
    names = {value for name, value in vars(layout).items() if name.isupper() and isinstance(value, str)}
    assert names - set(OURS) == {layout.IGNORE, layout.INSTALLED}


@pytest.mark.parametrize("name", OURS)
def test_a_link_in_the_place_of_ours_is_removed_and_never_followed(project: Path, name: str) -> None:
    """Whatever it leads to: a folder with files that are named like ours, too."""
    outside = project / "outside"
    outside.mkdir()
    for inside in ("2026-01.jsonl", "0123", "a.report"):
        (outside / inside).write_text("mine")
    place = store_of(project) / name
    if place.is_dir():
        place.rename(project / "away")
    elif place.exists():
        place.unlink()
    place.symlink_to(outside)
    assert erased(project) == []
    assert not store_of(project).exists()
    assert sorted(file.read_text() for file in outside.iterdir()) == ["mine"] * 3


def test_a_pipe_a_socket_and_a_second_name_are_removed_like_files(project: Path) -> None:
    """Nothing is opened."""
    store = store_of(project)
    os.mkfifo(store / "retry.json")
    (project / "mine").write_text("mine")
    os.link(project / "mine", store / "sealed.jsonl")
    here = Path.cwd()
    os.chdir(store)
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("cache.jsonl")
    finally:
        os.chdir(here)
    assert erased(project) == []
    assert (project / "mine").read_text() == "mine"


def test_a_folder_in_the_place_of_a_file_is_not_ours(project: Path) -> None:
    """Nor is anything in it."""
    store = store_of(project)
    (store / "debug.log").mkdir()
    (store / "debug.log" / "mine").touch()
    (store / "events" / "2026-01.jsonl").mkdir()
    assert erased(project) == [Left("debug.log", STRANGER), Left("events/2026-01.jsonl", STRANGER)]
    assert (store / "debug.log" / "mine").exists()


def test_what_stays_is_hidden_from_git_as_before(project: Path) -> None:
    """The .gitignore goes with the folder only."""
    store = store_of(project)
    (store / "installed.json").write_text("{}")
    (store / "mine.txt").touch()
    assert erased(project) == [Left("installed.json", INSTALLED), Left("mine.txt", STRANGER)]
    assert sorted(file.name for file in store.iterdir()) == [".gitignore", "installed.json", "mine.txt"]


def test_erasing_twice_is_as_erasing_once(project: Path) -> None:
    """Also of what stays."""
    (store_of(project) / "mine.txt").touch()
    assert erased(project) == erased(project) == [Left("mine.txt", STRANGER)]


def test_a_session_that_records_meanwhile_is_erased_with_the_rest(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came after the look is seen by the next; who never stops is said."""
    events = store_of(project) / "events"
    remaining = [1]

    def record(step: str) -> None:
        if step == "purge_emptied" and remaining and remaining.pop():
            events.mkdir()
            (events / "2026-11.jsonl").touch()

    monkeypatch.setattr(erase, "reached", record)
    assert erased(project) == []
    ship(project, "SHOES")
    remaining[:] = [1] * 10
    assert erased(project) == [Left("telemetry", BUSY)]


def test_what_the_system_does_not_let_go_is_said_and_the_rest_goes(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that may not be deleted, as by its flags."""
    unlink = os.unlink

    def refuse(name: str, *, dir_fd: int) -> None:
        if name == "key":
            raise PermissionError(13, "no")
        unlink(name, dir_fd=dir_fd)

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", refuse)
        assert erased(project) == [Left("key", "eacces")]
    assert sorted(file.name for file in store_of(project).iterdir()) == [".gitignore", "key"]


def test_the_state_folder_goes_but_for_what_is_to_be_taken_back() -> None:
    """And for what is not ours."""
    state = open_state(create=True)
    assert state is not None
    with state:
        state.key(create=True)
        for name in ("program", "0.receipt", "0.server-key", "0.benchmarks", ".draft-0", "0.withdrawal", "mine"):
            state.write(name, b"")
        assert erase_state(state, state_path()) == [Left("0.withdrawal", PENDING), Left("mine", STRANGER)]
        assert state.names() == ["0.withdrawal", "mine"]
        state.remove("0.withdrawal")
        state.remove("mine")
        assert erase_state(state, state_path()) == []
    assert open_state() is None


def test_of_the_caches_only_our_own_go(tmp_path: Path) -> None:
    """And the folder, if nothing else is in it; one that is a link, or not there, is nothing to us."""
    corner = tmp_path / "agentspec-telemetry"
    corner.mkdir()
    (corner / "seal").touch()
    (tmp_path / "link").symlink_to(corner)
    erase_cache(str(tmp_path / "link"))
    assert (corner / "seal").exists()
    (corner / "mine").touch()
    erase_cache(str(corner))
    assert [file.name for file in corner.iterdir()] == ["mine"]
    (corner / "mine").unlink()
    erase_cache(str(corner))
    erase_cache(str(corner))
    assert not corner.exists()
