"""The guards of conftest.py guard."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests import people
from tests.conftest import ATestMayNotReachTheNetwork, ATestReachedTheRealHome, check_the_real_home


def test_no_test_reaches_the_network() -> None:
    """Only loopback; the address is one that nobody has (RFC 5737)."""
    with socket.socket() as end, pytest.raises(ATestMayNotReachTheNetwork):
        end.connect(("192.0.2.1", 80))


def test_loopback_stays_open() -> None:
    """Stand-ins of servers listen there."""
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())


def test_no_test_reaches_the_home_folder(tmp_path: Path) -> None:
    """`~` is below pytest's own folder."""
    assert Path.home().is_relative_to(tmp_path.parents[0].parent)


def test_the_password_database_names_no_real_home(tmp_path: Path) -> None:
    """Whoever is asked for, and whatever else HOME says."""
    below = tmp_path.parents[0].parent
    assert all(Path(pwd.getpwuid(uid).pw_dir).is_relative_to(below) for uid in (os.geteuid(), 0, 4711))


def test_no_test_looks_people_up_in_another_way() -> None:
    """Those answers would be real homes."""
    for ask in (lambda: pwd.getpwnam("root"), pwd.getpwall, lambda: os.path.expanduser("~root")):  # noqa: PTH111
        with pytest.raises(people.ATestMayNotLookUpPeople):
            ask()


def test_a_subprocess_that_inherits_the_environment_finds_the_same_home() -> None:
    """Or that of it which counts: a real process asks the C library, not this one's `pwd`."""
    home = "import os, pwd; print(pwd.getpwuid(os.geteuid()).pw_dir)"
    for environ in (None, people.found_here()):
        ran = subprocess.run(
            [sys.executable, "-I", "-c", home], env=environ, capture_output=True, check=True, text=True
        )
        assert ran.stdout.strip() == pwd.getpwuid(os.geteuid()).pw_dir


def test_what_reaches_the_real_home_all_the_same_is_noticed(tmp_path: Path) -> None:
    """By name of the file: a process without the throw-away environment, say."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "REAL_HOME", tmp_path)
        before = people.real_state()
        check_the_real_home(before)
        (tmp_path / people.STATE / "receipts").mkdir(parents=True)
        with pytest.raises(ATestReachedTheRealHome, match="receipts"):
            check_the_real_home(before)
