"""The state folder: the person's alone, found through the password database, and refused rather than mended."""

from __future__ import annotations

import os
import pwd
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from telemetry.consent.state import KEY, StateRefused, keyed, open_state, state_path
from tests.consent.ground import STRANGER, as_root_only, state


def made() -> Path:
    """The folder, with a key."""
    opened = open_state(create=True)
    assert opened is not None
    with opened:
        opened.key(create=True)
    return Path(state_path())


def mode_of(path: Path) -> int:
    """The permissions."""
    return stat.S_IMODE(path.lstat().st_mode)


def home_is(monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    """Let the password database say so."""
    entry = pwd.struct_passwd(("x", "x", os.geteuid(), 0, "", home, "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: entry)


def test_nothing_is_made_by_looking() -> None:
    """Who never said anything has no folder."""
    assert open_state() is None
    assert not Path(state_path()).exists()


def test_no_variable_says_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not HOME, and none of XDG's."""
    before = state_path()
    for name in ("HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    assert state_path() == before == f"{pwd.getpwuid(os.geteuid()).pw_dir}/.local/state/agentspec-telemetry"


@pytest.mark.parametrize("home", ["", "/", "relative", "."])
def test_a_home_that_is_none_holds_nothing(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a relative path leads to depends on the project."""
    home_is(monkeypatch, home)
    with pytest.raises(StateRefused, match="no_home"):
        open_state(create=True)


def test_a_home_that_cannot_be_written_to_holds_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A service's user, whose home is a file or not there."""
    (tmp_path / "file").touch()
    home_is(monkeypatch, str(tmp_path / "file"))
    with pytest.raises(StateRefused, match="no_home"):
        open_state(create=True)


def test_it_is_closed_to_others_from_the_beginning() -> None:
    """Whatever the umask."""
    before = os.umask(0)
    try:
        folder = made()
    finally:
        os.umask(before)
    assert (mode_of(folder), mode_of(folder / KEY)) == (0o700, 0o600)


def test_the_key_is_made_once(tmp_path: Path) -> None:
    """Also by many at the same time; and no draft is left."""
    folder = made()
    before = (folder / KEY).read_bytes()
    made()
    assert (folder / KEY).read_bytes() == before
    (folder / KEY).unlink()
    found: list[bytes] = []

    def make() -> None:
        with state() as opened:
            found.append(opened.key(create=True))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found)), len(found[0])) == (8, 1, 32)
    assert list(folder.iterdir()) == [folder / KEY]


def test_a_file_is_written_whole_and_private() -> None:
    """Over an older one, too."""
    folder = made()
    with state() as opened:
        for data in (b"one", b"another"):
            opened.write("x", data)
            assert opened.read("x") == data
        assert mode_of(folder / "x") == 0o600
        assert opened.names() == [KEY, "x"]
        opened.remove("x")
        opened.remove("x")
        assert opened.read("x") is None


def linked(path: Path) -> None:
    """It lies elsewhere."""
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def open_to_the_group(path: Path) -> None:
    """To be read only."""
    path.chmod(mode_of(path) | 0o040)


def open_to_all(path: Path) -> None:
    """To be run, or entered, only."""
    path.chmod(mode_of(path) | 0o001)


def given_away(path: Path) -> None:
    """Somebody else's."""
    as_root_only()
    os.chown(path, STRANGER, STRANGER)


def with_two_more_names(path: Path) -> None:
    """Under which it can be written, too."""
    for name in ("x", "y"):
        os.link(path, path.with_name(name))


def a_pipe(path: Path) -> None:
    """Whoever reads it waits for ever."""
    path.unlink()
    os.mkfifo(path, 0o600)


def a_folder(path: Path) -> None:
    """Not a file at all."""
    path.unlink()
    path.mkdir(mode=0o700)


def a_short_key(path: Path) -> None:
    """Torn, or made up."""
    path.write_bytes(b"short")


def missing(path: Path) -> None:
    """Deleted: what was sealed with it is worth nothing."""
    path.unlink()


Change = Callable[[Path], None]
ANY: list[Change] = [linked, open_to_the_group, open_to_all, given_away]


@pytest.mark.parametrize("change", ANY, ids=lambda change: change.__name__)
def test_a_folder_that_others_may_have_touched_is_refused(change: Change) -> None:
    """And left as it is: to mend it would be to believe what is in it."""
    folder = made()
    change(folder)
    before = folder.lstat()
    for create in (False, True):
        with pytest.raises(StateRefused, match="state_untrusted"):
            open_state(create)
    assert folder.lstat() == before


@pytest.mark.parametrize(
    "change", [*ANY, with_two_more_names, a_pipe, a_folder, a_short_key, missing], ids=lambda change: change.__name__
)
def test_a_key_that_others_may_have_touched_is_none(change: Change) -> None:
    """Nothing that was sealed with it is believed."""
    change(made() / KEY)
    with state() as opened, pytest.raises(StateRefused, match="state_untrusted"):
        opened.key()


def test_a_file_in_the_folders_place_is_refused() -> None:
    """It is no folder."""
    Path(state_path()).parent.mkdir(parents=True)
    Path(state_path()).touch(0o600)
    with pytest.raises(StateRefused, match="state_untrusted"):
        open_state()


def test_keys_of_two_purposes_have_nothing_in_common() -> None:
    """A receipt's seal is no report's."""
    assert len({keyed(key, purpose, b"x") for key in (b"a", b"b") for purpose in ("receipt", "report")}) == 4
