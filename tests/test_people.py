"""The throw-away person is one: real processes find that home, and the real one stays as it was."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from tests import people
from tests.people import Person, person

HOME = "import os, pwd; print(pwd.getpwuid(os.geteuid()).pw_dir)"


@pytest.fixture
def ada(tmp_path: Path) -> Person:
    """Somebody."""
    return person(tmp_path / "ada")


def _says(somebody: Person, *command: str, **env: str) -> str:
    """What a command prints that somebody runs."""
    ran = subprocess.run(command, env={**somebody.environ, **env}, capture_output=True, check=True, text=True)
    return ran.stdout.strip()


def test_the_password_database_names_the_throw_away_home(ada: Person) -> None:
    """Also to an isolated Python, to one without site packages, and whatever HOME says."""
    for flags in ((), ("-I",), ("-I", "-S")):
        assert _says(ada, sys.executable, *flags, "-c", HOME, HOME="/elsewhere") == str(ada.home)


def test_children_of_children_find_it_too(ada: Person) -> None:
    """As a daemon that was started detached by a hook that was started by a shell."""
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', {HOME!r}], start_new_session=True)"
    assert _says(ada, "/bin/sh", "-c", '"$0" -c "$1"', sys.executable, nested) == str(ada.home)


def test_the_users_of_a_system_are_known(ada: Person) -> None:
    """Programs that ask for names find some: git, strace, ls."""
    names = "import pwd; print(pwd.getpwuid(0).pw_name, pwd.getpwnam('nobody').pw_uid)"
    assert _says(ada, sys.executable, "-c", names) == "root 65534"


def test_two_people_have_two_homes(tmp_path: Path) -> None:
    """In one test, side by side."""
    ada, bob = person(tmp_path / "ada"), person(tmp_path / "bob")
    assert [_says(who, sys.executable, "-c", HOME) for who in (ada, bob)] == [str(ada.home), str(bob.home)]
    assert ada.home != bob.home


def test_what_a_process_keeps_lies_in_the_throw_away_home(ada: Person) -> None:
    """And nothing of it in the real one."""
    before = people.real_state()
    keep = "import os, pwd, sys; os.makedirs(pwd.getpwuid(os.geteuid()).pw_dir + '/' + sys.argv[1])"
    _says(ada, sys.executable, "-I", "-c", keep, str(people.STATE))
    assert ada.state.is_dir()
    assert people.REAL_HOME not in ada.state.parents
    assert people.real_state() == before


def test_little_of_the_surroundings_reaches_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No CI, no proxy, no wish not to be tracked; the test says what there is."""
    for name in ("CI", "GITHUB_ACTIONS", "CLAUDE_PROJECT_DIR", "DO_NOT_TRACK", "HTTPS_PROXY", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, "1")
    assert sorted(person(tmp_path).environ) == [
        "HOME", "LANG", "LD_PRELOAD", "NSS_WRAPPER_GROUP", "NSS_WRAPPER_PASSWD", "PATH"
    ]  # fmt: skip


def test_agentspec_really_runs(ada: Person, tmp_path: Path) -> None:
    """This checkout's, with the words, the folder and the variables of the test."""
    project = tmp_path / "project"
    project.mkdir()
    assert ada.run("--version", project=project).stdout.startswith("agentspec ")
    assert ada.run("no-such-verb", project=project).returncode == 2
    with ada.starts("--version", project=project) as running:
        assert running.wait(timeout=people.PATIENCE) == 0


def test_a_project_brings_no_module_of_its_own(ada: Person, tmp_path: Path) -> None:
    """A folder named as our package, where agentspec is run, is not looked at."""
    (tmp_path / "telemetry").mkdir()
    (tmp_path / "telemetry" / "__init__.py").write_text("raise SystemExit(99)\n")
    assert ada.run("--version", project=tmp_path).returncode == 0


def test_a_terminal_is_one(ada: Person, tmp_path: Path) -> None:
    """What is asked is seen, what is typed is read, from /dev/tty too, and the end is known."""
    ask = "import sys; print('sure?', sys.stdin.isatty()); sys.exit({'no\\n': 3}[open('/dev/tty').readline()])"
    terminal = people.Terminal([sys.executable, "-c", ask], tmp_path, ada.environ)
    terminal.sees("sure? True")
    terminal.types("no")
    assert terminal.code() == 3
    assert terminal.screen == "sure? True\nno\n"
    terminal.hangs_up()


def test_agentspec_runs_in_a_terminal(ada: Person, tmp_path: Path) -> None:
    """The same command, seen by a person."""
    with ada.terminal("--version", project=tmp_path) as terminal:
        assert terminal.code() == 0
    assert terminal.screen.startswith("agentspec ")


def test_a_person_may_interrupt_and_may_close_the_window(ada: Person, tmp_path: Path) -> None:
    """^C and a hang-up reach the process as they do in life."""
    wait = "import signal; print('waits', flush=True); signal.pause()"
    for leave in (lambda terminal: terminal.presses("\x03"), people.Terminal.hangs_up):
        terminal = people.Terminal([sys.executable, "-c", wait], tmp_path, ada.environ)
        terminal.sees("waits")
        leave(terminal)
        assert terminal.code() != 0
        terminal.hangs_up()


def test_a_missing_library_names_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test is skipped, and none runs against the real home."""
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter(()))
    with pytest.raises(people.LibnssWrapperIsMissing, match="libnss-wrapper"):
        person(tmp_path)


def test_this_process_can_be_somebody(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that look with our own functions at what our commands did."""
    people.be(ada, monkeypatch)
    assert pwd.getpwuid(os.geteuid()).pw_dir == os.environ["HOME"] == str(ada.home)
