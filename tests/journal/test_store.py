"""The store makes itself private, and nothing that lies in it leads out of it."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from telemetry.hook import record
from telemetry.journal.store import Store, StoreRefused, open_store
from tests.journal.stores import (
    DEFINE,
    END,
    ROOT,
    STOP,
    environ,
    events_of,
    journal_of,
    notes_of,
    store_of,
)

NAMES = [
    ".claude",
    ".claude/telemetry",
    ".claude/telemetry/events",
    ".claude/telemetry/events/2026-11.jsonl",
    ".claude/telemetry/open",
    ".claude/telemetry/key",
    ".claude/telemetry/config.yaml",
    ".claude/telemetry/.gitignore",
    ".claude/telemetry/README.md",
    ".claude/telemetry/debug.log",
    ".claude/telemetry/cache.jsonl",
]
FOLDERS = {".claude", ".claude/telemetry", ".claude/telemetry/events", ".claude/telemetry/open"}


def play(project: Path) -> None:
    """A session with everything that writes: begin, turn, a bug's note, end with retention."""
    for number, payload in enumerate((DEFINE, STOP, END)):
        record({**payload, "prompt_id": f"p{number}"}, environ(project))
    record({**DEFINE, "prompt_id": "p9"}, environ(project, "no time at all"))


def snapshot(folder: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """Everything below a folder: mode, size, owner, bytes."""
    found = {}
    for path in sorted([folder, *folder.rglob("*")]):
        state = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(state.st_mode) else b""
        found[str(path.relative_to(folder))] = (state.st_mode, state.st_nlink, state.st_uid, content)
    return found


def as_symlink(place: Path, outside: Path, folder: bool) -> None:
    """To something outside that is there."""
    place.symlink_to(outside / ("folder" if folder else "file"))


def as_dangling_symlink(place: Path, outside: Path, folder: bool) -> None:
    """To something outside that is not there yet."""
    place.symlink_to(outside / "new")


def as_short_symlink(place: Path, outside: Path, folder: bool) -> None:
    """To a path of two letters: as long as what .gitignore should hold."""
    place.symlink_to("..")


def as_hard_link(place: Path, outside: Path, folder: bool) -> None:
    """A second name of a file outside; folders have none."""
    place.mkdir() if folder else place.hardlink_to(outside / "file")


def as_pipe(place: Path, outside: Path, folder: bool) -> None:
    """Nobody reads it: whoever opens it waits for ever."""
    os.mkfifo(place)


def as_folder_or_file(place: Path, outside: Path, folder: bool) -> None:
    """A folder for a file and a file for a folder."""
    place.write_text("planted") if folder else place.mkdir()


def as_device(place: Path, outside: Path, folder: bool) -> None:
    """/dev/full's twin."""
    os.mknod(place, stat.S_IFCHR | 0o666, os.makedev(1, 7))


PLANTINGS = [
    as_symlink,
    as_dangling_symlink,
    as_short_symlink,
    as_hard_link,
    as_pipe,
    as_folder_or_file,
    as_device,
]


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """What must not be touched: a folder and a file with loose modes, and a private one."""
    folder = tmp_path / "outside"
    (folder / "folder").mkdir(parents=True, mode=0o755)
    (folder / "folder" / "inner").write_text("untouched")
    (folder / "file").write_text("untouched")
    (folder / "file").chmod(0o644)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project's folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("used", [False, True], ids=["before_the_first_use", "in_a_used_store"])
@pytest.mark.parametrize("planting", PLANTINGS, ids=lambda planting: planting.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_planted_in_the_store_leads_out_of_it(
    name: str, planting: Callable[[Path, Path, bool], None], used: bool, project: Path, outside: Path
) -> None:
    """Not a byte, a mode or a name outside changes, nothing is raised, nothing waits."""
    if used:
        play(project)
    place = project / name
    if place.is_dir() and not place.is_symlink():
        subprocess.run(["rm", "-r", place], check=True)
    place.unlink(missing_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    planting(place, outside, name in FOLDERS)
    before, planted = snapshot(outside), place.lstat()
    play(project)
    assert snapshot(outside) == before
    after = place.lstat()
    assert (
        (after.st_mode, after.st_ino) == (planted.st_mode, planted.st_ino)
        or planting is as_hard_link
        or (stat.S_ISDIR(planted.st_mode))
    )
    assert not [code for code in notes_of(project) if code.startswith("bug")]


@pytest.mark.parametrize("name", ["events/2026-01.jsonl", "open/0123456789abcdef"])
def test_a_folder_planted_among_files_stops_no_sweep(name: str, project: Path) -> None:
    """Retention and the forgetting of sessions go on past it."""
    play(project)
    store = store_of(project)
    (store / name).mkdir()
    old = [store / "events/2020-02.jsonl", store / "open/fedcba9876543210"]
    for path in old:
        path.touch()
        os.utime(path, (0, 0))
    os.utime(store / name, (0, 0))
    play(project)
    assert not any(path.exists() for path in old)
    assert (store / name).is_dir()


def test_a_new_store_is_private_and_says_what_it_is(project: Path) -> None:
    """0700 and 0600, ignored by git, with a README and a commented config; a loose umask changes nothing."""
    umask = os.umask(0)
    try:
        play(project)
    finally:
        os.umask(umask)
    modes = {
        path.stat().st_mode & 0o777 for path in [store_of(project), *store_of(project).rglob("*")] if path.is_dir()
    }
    assert modes == {0o700}
    assert {path.stat().st_mode & 0o777 for path in store_of(project).rglob("*") if path.is_file()} == {0o600}
    assert (store_of(project) / ".gitignore").read_text() == "*\n"
    assert "anonymous" in (store_of(project) / "README.md").read_text()
    assert (project / ".claude").stat().st_mode & 0o777 == 0o777  # is the person's, not ours


def test_loose_modes_are_repaired(project: Path) -> None:
    """Of the store, its folders and every file that is used."""
    play(project)
    paths = [store_of(project), *store_of(project).rglob("*")]
    used = [path for path in paths if path.name not in ("README.md", "debug.log") and path.parent.name != "open"]
    for path in paths:
        path.chmod(0o777)
    play(project)
    assert {str(path): path.stat().st_mode & 0o077 for path in used if path.stat().st_mode & 0o077} == {}


@pytest.mark.parametrize("text", ["", "#\n", "a\n", "!*", "*.log\n", "*\n!events\n"])
def test_a_gitignore_that_does_not_ignore_all_is_put_right(project: Path, text: str) -> None:
    """A clone may bring one of the right length."""
    play(project)
    (store_of(project) / ".gitignore").write_text(text)
    play(project)
    assert (store_of(project) / ".gitignore").read_text() == "*\n"


def test_what_a_person_wrote_stays(project: Path) -> None:
    """config.yaml and README are only made where they are missing."""
    store_of(project).mkdir(parents=True)
    (store_of(project) / "config.yaml").write_text("recording: on  # mine\n")
    (store_of(project) / "README.md").write_text("mine")
    play(project)
    assert (store_of(project) / "config.yaml").read_text() == "recording: on  # mine\n"
    assert (store_of(project) / "README.md").read_text() == "mine"
    assert events_of(project)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("name", ["", "events", "open", "key", "config.yaml", ".gitignore", "events/2026-11.jsonl"])
def test_what_another_person_owns_is_not_ours(project: Path, name: str) -> None:
    """Nothing is written to it, its modes stay, nothing is raised."""
    play(project)
    place = store_of(project) / name
    place.chmod(0o777)
    os.chown(place, 12345, 12345)
    before, state = journal_of(project), place.stat()
    play(project)
    after = place.stat()
    assert (after.st_uid, after.st_mode) == (state.st_uid, state.st_mode)
    assert journal_of(project) == before or name in ("open",)


@pytest.mark.parametrize("size", [0, 1, 31, 33, 4096])
def test_a_key_of_another_size_is_no_key(project: Path, size: int) -> None:
    """Nothing is recorded under it; a code says so."""
    play(project)
    (store_of(project) / "key").write_bytes(b"k" * size)
    before = journal_of(project)
    record({**DEFINE, "prompt_id": "later"}, environ(project))
    assert journal_of(project) == before
    assert notes_of(project)[-1:] == ["bad_key"]


def test_a_key_that_was_deleted_is_made_anew_and_unlinks_the_past(project: Path) -> None:
    """Another key, other refs, another id for the same happening."""
    record(DEFINE, environ(project))
    (store_of(project) / "key").unlink()
    record(DEFINE, environ(project))
    first, second = events_of(project)
    assert first != second


def test_a_maker_of_the_key_that_was_killed_half_way_blocks_nobody(project: Path) -> None:
    """Between its two names and one: the key has a second name for ever."""
    play(project)
    (store_of(project) / "key.0123456789abcdef").hardlink_to(store_of(project) / "key")
    record({**DEFINE, "prompt_id": "later"}, environ(project))
    assert len(events_of(project)) == 4
    assert notes_of(project) == []


FIRST = """
import sys
from pathlib import Path
from telemetry.hook import record
from tests.journal.stores import DEFINE, environ
gate = sys.stdin.read(1)
record({**DEFINE, "session_id": sys.argv[2]}, environ(Path(sys.argv[1])))
"""


def test_many_first_sessions_agree_on_one_key(tmp_path: Path) -> None:
    """32 processes use a new store at the same instant, three times: all events, one key, one feature's ref."""
    for attempt in range(3):
        project = tmp_path / str(attempt)
        project.mkdir()
        command = [sys.executable, "-S", "-c", FIRST, str(project)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        writers = [subprocess.Popen([*command, str(n)], env=environment, stdin=subprocess.PIPE) for n in range(32)]
        for writer in writers:
            assert writer.stdin
            writer.stdin.close()
        assert [writer.wait(60) for writer in writers] == [0] * 32
        assert len(set(events_of(project))) == 32
        assert len(set(re.findall(rb'"feature":("[0-9a-f]+"|null)', journal_of(project)))) == 1
        assert notes_of(project) == []
        assert not list(store_of(project).glob("key.*"))


@pytest.mark.parametrize("folder", ["missing", "file", "a\0b", "\ud800", "", "x" * 5000])
def test_a_project_that_is_no_folder_has_no_store(tmp_path: Path, folder: str) -> None:
    """Nothing is raised but what the hook expects."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreRefused):
        open_store(f"{tmp_path}/{folder}" if folder else "")


def test_looking_at_a_store_does_not_make_one(tmp_path: Path) -> None:
    """For the command line."""
    with pytest.raises(FileNotFoundError):
        open_store(str(tmp_path), create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_not_emptied_before_it_is_known_to_be_ours(tmp_path: Path) -> None:
    """For every caller that asks for O_TRUNC."""
    (tmp_path / "outside").write_text("untouched")
    with open_store(str(tmp_path)) as store:
        (store_of(tmp_path) / "x").hardlink_to(tmp_path / "outside")
        with pytest.raises(StoreRefused, match="foreign_file"):
            store.open_file("x", os.O_WRONLY | os.O_TRUNC)
        (store_of(tmp_path) / "y").write_text("old")
        os.close(store.open_file("y", os.O_WRONLY | os.O_TRUNC))
    assert (tmp_path / "outside").read_text() == "untouched"
    assert (store_of(tmp_path) / "y").read_text() == ""


def test_no_descriptor_is_left_open(project: Path) -> None:
    """Whatever is refused on the way."""
    play(project)
    before = len(list(Path("/proc/self/fd").iterdir()))
    (store_of(project) / "key").write_bytes(b"short")
    play(project)
    os.mkfifo(store_of(project) / "x")
    with open_store(str(project)) as store:
        assert isinstance(store, Store)
        with pytest.raises(StoreRefused):
            store.open_file("x", os.O_RDONLY)
    (project / ".claude/telemetry/config.yaml").unlink()
    (project / ".claude/telemetry/config.yaml").symlink_to("/etc/passwd")
    play(project)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_home_folder_is_no_project(tmp_path: Path) -> None:
    """Claude Code keeps files of its own in ~/.claude/telemetry: nothing is made, changed or locked there."""
    (tmp_path / ".claude" / "telemetry").mkdir(parents=True, mode=0o755)
    (tmp_path / "link").symlink_to(tmp_path)
    for home in (tmp_path, tmp_path / "link"):
        code = (
            "import sys; sys.path.insert(0, sys.argv[1])\n"
            "from telemetry.journal.store import StoreRefused, open_store\n"
            "try: open_store(sys.argv[2])\n"
            "except StoreRefused as refused: print(refused.code)"
        )
        root = Path(__file__).resolve().parents[2]
        words = [sys.executable, "-c", code, str(root), str(tmp_path)]
        ran = subprocess.run(words, env={"HOME": str(home)}, capture_output=True, text=True, check=True)
        assert ran.stdout == "home_folder\n"
    assert list((tmp_path / ".claude" / "telemetry").iterdir()) == []
    assert (tmp_path / ".claude" / "telemetry").stat().st_mode & 0o777 == 0o755
