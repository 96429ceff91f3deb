"""The start of a session starts the daemon where somebody said yes, nowhere else, and holds nothing up."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from telemetry import starter
from telemetry.consent import state as consent
from telemetry.contract.refusals import VARIABLES
from tests.contract.events import ROOT
from tests.hooks.running import HOOKS, PATH, SECONDS, copy_of_the_plugin, run
from tests.hooks.sharing import DELAY, SHARE, note_program, say_yes
from tests.hooks.test_interpreter import programs, pythons
from tests.people import PATIENCE, Person, person

START = {"hook_event_name": "SessionStart", "session_id": "s1", "source": "startup"}


class Ground:
    """A person, a project of theirs with sharing on, and a stand-in for the daemon that leaves a mark."""

    def __init__(self, place: Path) -> None:
        self.person: Person = person(place)
        self.project = place / "project"
        self.store = say_yes(self.project)
        self.place, self.mark = place, place / "started"
        self.noted = note_program(self.person, place / "python", self.noting())

    def noting(self, more: str = "") -> str:
        """The stand-in's script: what it was given, whole or not at all."""
        draft = f"{self.mark}.$$"
        return f'{{ printf "%s\\n" "$@"; {more or ":"}; }} >"{draft}"; mv "{draft}" "{self.mark}"'

    def environ(self, **more: str) -> dict[str, str]:
        """A hook's environment."""
        own = {"CLAUDE_PLUGIN_ROOT": str(ROOT), "CLAUDE_PROJECT_DIR": str(self.project), "PATH": PATH}
        secrets = {"ANTHROPIC_API_KEY": "sk-secret", DELAY: "0"}
        return {**self.person.environ, **own, **secrets, **more}

    def starts(self, environ: dict[str, str] | None = None) -> None:
        """The hook, to its end; without a sound."""
        run(SHARE, START, self.environ() if environ is None else environ)

    def given(self) -> list[str]:
        """Wait for the stand-in, and take what it was given."""
        until = time.monotonic() + PATIENCE
        while not self.mark.exists():
            assert time.monotonic() < until, "the daemon never started"
            time.sleep(0.01)
        said = self.mark.read_text().splitlines()
        self.mark.unlink()
        return said

    def starts_nothing(self, environ: dict[str, str] | None = None) -> bool:
        """Whether the hook, and all that it leaves in the background, comes to its end without a start."""
        environ = self.environ() if environ is None else environ
        command = [sys.executable, "-I", "-c", TO_THE_VERY_END, SHARE]
        ran = subprocess.run(command, env=environ, capture_output=True, check=True, timeout=SECONDS)
        assert (ran.stdout, ran.stderr) == (b"", b"")
        return not self.mark.exists()


# Orphans become children of this process instead of init's (36 is PR_SET_CHILD_SUBREAPER), and it waits for all.
TO_THE_VERY_END = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(36, 1)
os.spawnv(os.P_NOWAIT, "/bin/sh", ["sh", "-c", sys.argv[1]])
try:
    while os.wait():
        pass
except ChildProcessError:
    pass
"""


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """Where sharing is on."""
    return Ground(tmp_path)


def test_a_session_starts_the_daemon_of_its_project(ground: Ground) -> None:
    """The noted interpreter, isolated, with the noted package first and the project named in full."""
    ground.starts()
    said = "\n".join(ground.given())
    assert said == "\n".join(["-I", "-c", starter.ENTRY, str(ROOT), "daemon", "--project", str(ground.project)])


def test_the_hook_listens_to_every_way_a_session_begins() -> None:
    """Compaction is none: it happens within one."""
    (group,) = (one for one in HOOKS["SessionStart"] if one["hooks"][0]["command"] == SHARE)
    sources = ("startup", "resume", "clear", "compact")
    assert [source for source in sources if re.search(group["matcher"], source)] == ["startup", "resume", "clear"]
    assert "async" not in group["hooks"][0]


@pytest.mark.parametrize("shell", [("/bin/sh",), ("bash", "--posix"), ("bash",), ("busybox", "sh")], ids=" ".join)
def test_any_shell_starts_it(ground: Ground, shell: tuple[str, ...]) -> None:
    """And none of them holds the session up, or says a word."""
    if not shutil.which(shell[0]):
        pytest.skip(f"{shell[0]} is not here")
    run(SHARE, START, ground.environ(), shell)
    assert "daemon" in ground.given()


@pytest.mark.parametrize("python", pythons(), ids=lambda path: Path(path).name)
def test_any_python_since_3_9_starts_it(ground: Ground, python: str) -> None:
    """The system's own may be old."""
    command = [python, "-I", "-S", str(ROOT / "hooks/start.py"), str(ROOT), str(ground.project)]
    ran = subprocess.run(command, env=ground.environ(), capture_output=True, check=True, timeout=SECONDS)
    assert (ran.stdout, ran.stderr) == (b"", b"")
    assert "daemon" in ground.given()


def test_where_there_is_no_setsid_python_stands_in_for_it(ground: Ground, tmp_path: Path) -> None:
    """On macOS."""
    plugin = copy_of_the_plugin(tmp_path / "plugin")
    text = (plugin / "hooks/start-apart").read_text()
    assert "command -v setsid" in text
    (plugin / "hooks/start-apart").write_text(text.replace("command -v setsid", "false"))
    ground.starts(ground.environ(CLAUDE_PLUGIN_ROOT=str(plugin)))
    assert "daemon" in ground.given()


def test_what_waits_is_apart_from_the_session_at_once(ground: Ground, tmp_path: Path) -> None:
    """Or the session would wait for it at its end."""
    plugin = copy_of_the_plugin(tmp_path / "plugin")
    text = (plugin / "hooks/start-apart").read_text()
    look = f"ps -o sid= -p $$ >'{tmp_path}/session'; echo $$ >>'{tmp_path}/session' ; : "
    (plugin / "hooks/start-apart").write_text(text.replace("|| sleep", "|| " + look))
    assert not ground.starts_nothing(ground.environ(CLAUDE_PLUGIN_ROOT=str(plugin), **{DELAY: "1"}))
    session, process = (tmp_path / "session").read_text().split()
    assert session == process


def test_the_real_python_finds_the_command_line(ground: Ground, tmp_path: Path) -> None:
    """What is started is `agentspec daemon --project DIR`, also with a json.py in the current folder."""
    package = tmp_path / "site/telemetry/cli"
    package.mkdir(parents=True)
    for folder in (package.parent, package):
        (folder / "__init__.py").touch()
    (package / "main.py").write_text(
        f"import os, sys\ndef run():\n    open({str(tmp_path / 'x')!r}, 'w').write('\\n'.join(sys.argv[1:]))\n"
        f"    os.rename({str(tmp_path / 'x')!r}, {str(ground.mark)!r})\n"
    )
    note_program(ground.person, tmp_path / "python", f"exec '{sys.executable}' \"$@\"", root=tmp_path / "site")
    ground.starts()
    assert ground.given() == ["daemon", "--project", str(ground.project)]


def test_the_daemon_holds_nothing_of_the_session(ground: Ground, tmp_path: Path) -> None:
    """Neither its folder, its files, its session, nor its ignored signals; and it is in nobody's way."""
    look = (
        "pwd; nice; umask; readlink /proc/$$/fd/0 /proc/$$/fd/2; ps -o sid= -o pgid= -p $$; grep SigIgn /proc/$$/status"
    )
    note_program(ground.person, tmp_path / "python", ground.noting(look))
    held, kept = os.pipe()
    os.set_inheritable(kept, True)
    subprocess.run(
        ["/bin/sh", "-c", SHARE], env=ground.environ(), input=json.dumps(START).encode(), pass_fds=[kept], check=True
    )
    os.close(kept)
    folder, nice, umask, stdin, stderr, ids, ignored = ground.given()[-7:]
    assert (folder, nice, umask, stdin, stderr) == ("/", "10", "0077", "/dev/null", "/dev/null")
    assert str(os.getsid(0)) not in ids.split()
    assert int(ignored.split()[1], 16) & 0b100_0000_0000_0110 == 0, "INT, QUIT or TERM is ignored"
    assert os.read(held, 1) == b"", "a file of the session's is still open"
    os.close(held)


def test_the_daemon_gets_next_to_nothing_of_the_environment(ground: Ground, tmp_path: Path) -> None:
    """The way to the network, what forbids it, a fixed PATH, and the home of the password database."""
    note_program(ground.person, tmp_path / "python", ground.noting("env"))
    network = {"https_proxy": "http://p:1", "NO_PROXY": "x", "CI": "0"}
    ground.starts(
        ground.environ(
            **network,
            REQUESTS_CA_BUNDLE="/the-projects",
            AGENTSPEC_TELEMETRY_NOW="2036-01-01T00:00:00.000Z",
            SSL_CERT_FILE="/x",
        )
    )
    given = dict(line.split("=", 1) for line in ground.given() if "=" in line and " " not in line.split("=")[0])
    given = {name: value for name, value in given.items() if name not in ("PWD", "_", "OLDPWD", "SHLVL", "place")}
    assert given == {**network, "PATH": starter.PATH, "HOME": str(ground.person.home)}


def test_the_session_does_not_wait_for_the_daemon(ground: Ground, tmp_path: Path) -> None:
    """A daemon that runs on and on holds neither the hook nor whoever reads its output."""
    go = tmp_path / "go"
    note_program(ground.person, tmp_path / "python", f'while [ ! -e "{go}" ]; do sleep 0.05; done\n' + ground.noting())
    ground.starts()
    go.touch()
    assert "daemon" in ground.given()


def test_a_start_would_be_seen(ground: Ground) -> None:
    """What the tests below rely on: where nothing is in the way, there is one."""
    for _ in range(10):
        assert not ground.starts_nothing()
        ground.mark.unlink()


def off_in_config(ground: Ground, environ: dict[str, str]) -> None:
    """Sharing is off."""
    (ground.store / "config.yaml").write_text("recording: on\nsharing: off\n")


def no_word_in_config(ground: Ground, environ: dict[str, str]) -> None:
    """Nothing is said about sharing."""
    (ground.store / "config.yaml").write_text("recording: on\n")


def no_config(ground: Ground, environ: dict[str, str]) -> None:
    """There is no switch."""
    (ground.store / "config.yaml").unlink()


def a_linked_config(ground: Ground, environ: dict[str, str]) -> None:
    """The switch lies elsewhere."""
    (ground.store / "config.yaml").rename(ground.place / "config.yaml")
    (ground.store / "config.yaml").symlink_to(ground.place / "config.yaml")


def a_linked_store(ground: Ground, environ: dict[str, str]) -> None:
    """The store lies elsewhere."""
    ground.store.rename(ground.place / "store")
    ground.store.symlink_to(ground.place / "store")


def no_outbox(ground: Ground, environ: dict[str, str]) -> None:
    """Nobody ever said yes here."""
    (ground.store / "outbox").rmdir()


def no_project(ground: Ground, environ: dict[str, str]) -> None:
    """The project has gone."""
    environ["CLAUDE_PROJECT_DIR"] += "/gone"


def no_state(ground: Ground, environ: dict[str, str]) -> None:
    """This person never said yes to anything."""
    ground.noted.unlink()
    ground.person.state.rmdir()


def state_open_to_the_group(ground: Ground, environ: dict[str, str]) -> None:
    """Others could have written what is in it."""
    ground.person.state.chmod(0o770)


def program_open_to_the_group(ground: Ground, environ: dict[str, str]) -> None:
    """Others could have written it."""
    ground.noted.chmod(0o620)


def a_linked_state(ground: Ground, environ: dict[str, str]) -> None:
    """The state folder lies elsewhere."""
    ground.person.state.rename(ground.place / "state")
    ground.person.state.symlink_to(ground.place / "state")


def a_linked_program(ground: Ground, environ: dict[str, str]) -> None:
    """The note lies elsewhere."""
    ground.noted.rename(ground.place / "program")
    ground.noted.symlink_to(ground.place / "program")


def a_program_with_two_names(ground: Ground, environ: dict[str, str]) -> None:
    """The note may be written under its other name."""
    os.link(ground.noted, ground.place / "program")


def a_pipe_for_a_program(ground: Ground, environ: dict[str, str]) -> None:
    """Whoever reads it waits for ever."""
    ground.noted.unlink()
    os.mkfifo(ground.noted, 0o600)


def a_relative_program(ground: Ground, environ: dict[str, str]) -> None:
    """It would be looked for in the project."""
    ground.noted.write_text(f"python\n{ROOT}\n")


def a_program_with_more_lines(ground: Ground, environ: dict[str, str]) -> None:
    """Not what a yes writes."""
    ground.noted.write_text(ground.noted.read_text() + "/certificates\n/more\n")


def a_program_that_is_gone(ground: Ground, environ: dict[str, str]) -> None:
    """The environment it lay in was deleted."""
    (ground.place / "python").unlink()


def a_strangers_state(ground: Ground, environ: dict[str, str]) -> None:
    """The folder is somebody else's."""
    as_root_only()
    os.chown(ground.person.state, 12345, 12345)


def a_strangers_program(ground: Ground, environ: dict[str, str]) -> None:
    """The note is somebody else's."""
    as_root_only()
    os.chown(ground.noted, 12345, 12345)


def no_home(ground: Ground, environ: dict[str, str]) -> None:
    """The password database does not know the person."""
    environ["NSS_WRAPPER_PASSWD"] = "/dev/null"


def as_root_only() -> None:
    """Only root can give files away."""
    if os.geteuid():
        pytest.skip("only root can give a file to somebody else")


REASONS: list[Callable[[Ground, dict[str, str]], None]] = [
    off_in_config, no_word_in_config, no_config, a_linked_config, a_linked_store, no_outbox, no_project, no_state,
    state_open_to_the_group, program_open_to_the_group, a_linked_state, a_linked_program, a_program_with_two_names,
    a_pipe_for_a_program, a_relative_program, a_program_with_more_lines, a_program_that_is_gone, a_strangers_state,
    a_strangers_program, no_home,
]  # fmt: skip


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.__name__)
def test_without_a_trustworthy_yes_nothing_starts(
    reason: Callable[[Ground, dict[str, str]], None], ground: Ground
) -> None:
    """And the session notices nothing."""
    environ = ground.environ()
    reason(ground, environ)
    assert ground.starts_nothing(environ)


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("value", ["1", "true"])
def test_a_variable_that_forbids_sharing_is_obeyed(ground: Ground, variable: str, value: str) -> None:
    """As the gate does, before every send; this saves the start."""
    assert ground.starts_nothing(ground.environ(**{variable: value}))


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_variable_that_says_no_to_forbidding_forbids_nothing(ground: Ground, variable: str) -> None:
    """Empty, 0, false."""
    for value in ("", "0", "false"):
        ground.starts(ground.environ(**{variable: value}))
        assert "daemon" in ground.given()


def test_a_daemon_that_runs_is_not_started_again(ground: Ground) -> None:
    """It holds its lock; a lock file that nobody holds is no daemon."""
    with (ground.store / "daemon.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert ground.starts_nothing()
    ground.starts()
    assert "daemon" in ground.given()


def test_no_variable_of_a_project_names_another_program(ground: Ground, tmp_path: Path) -> None:
    """Homes, caches, paths and Python's own variables, with programs and modules planted wherever they lead."""
    planted, evil = ground.project / "planted", tmp_path / "EVIL"
    for name in ("python3", "sh", "uname", "env", "python"):
        (planted / name).parent.mkdir(exist_ok=True)
        (planted / name).write_text(f'#!/bin/sh\ntouch "{evil}"\n')
        (planted / name).chmod(0o755)
    for name in ("sitecustomize", "posix", "telemetry", "json"):
        (planted / f"{name}.py").write_text(f"open({str(evil)!r}, 'w')")
    for place in (".local/state/agentspec-telemetry/program", "agentspec-telemetry/program"):
        (planted / place).parent.mkdir(parents=True)
        (planted / place).parent.chmod(0o700)
        (planted / place).write_text(f"{planted}/python\n{planted}\n")
        (planted / place).chmod(0o600)
    for place in (".cache/agentspec-telemetry/python", "agentspec-telemetry/python"):
        (planted / place).parent.mkdir(parents=True, exist_ok=True)
        (planted / place).write_text(f"{planted}/python3\n")
    names = ["HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "PYTHONPATH", "PYTHONHOME"]
    hostile = {**dict.fromkeys(names, str(planted)), "PATH": f"{planted}:{PATH}", "PYTHONSTARTUP": f"{planted}/json.py"}
    ground.starts(ground.environ(**hostile, ENV=f"{planted}/sh", BASH_ENV=f"{planted}/sh"))
    assert "daemon" in ground.given()
    assert not evil.exists()


def test_a_program_in_the_projects_own_store_is_not_looked_at(ground: Ground) -> None:
    """Only the person's state folder names one."""
    (ground.store / "program").write_text(ground.noted.read_text())
    (ground.store / "program").chmod(0o600)
    ground.noted.unlink()
    assert ground.starts_nothing()


def test_an_ordinary_session_starts_nothing_but_its_shell(ground: Ground, tmp_path: Path) -> None:
    """Where nobody ever said yes, whatever else there is."""
    (ground.store / "outbox").rmdir()
    assert programs(SHARE, START, ground.environ(), tmp_path / "log") == ["/bin/sh"]


@pytest.mark.parametrize(
    "missing", ["hooks/run", "hooks/start-apart", "hooks/start.py", "hooks/choose-python", "telemetry/starter.py"]
)
def test_a_plugin_that_is_not_whole_starts_nothing(ground: Ground, tmp_path: Path, missing: str) -> None:
    """In the middle of an update."""
    plugin = copy_of_the_plugin(tmp_path / "plugin")
    (plugin / missing).unlink()
    assert ground.starts_nothing(ground.environ(CLAUDE_PLUGIN_ROOT=str(plugin)))


def test_in_an_installed_wheel_the_starter_lies_around_the_hooks(ground: Ground, tmp_path: Path) -> None:
    """telemetry/_shipped/hooks, and telemetry itself above."""
    plugin = copy_of_the_plugin(tmp_path / "site packages")
    (plugin / "telemetry/_shipped").mkdir()
    (plugin / "hooks").rename(plugin / "telemetry/_shipped/hooks")
    ground.starts(ground.environ(CLAUDE_PLUGIN_ROOT=str(plugin / "telemetry/_shipped")))
    assert "daemon" in ground.given()


@pytest.mark.parametrize("name", ["with blanks", "it's", "new\nline", "naïve-日本-🦆", "$(id)", "-n"])
def test_a_project_may_have_any_name(ground: Ground, tmp_path: Path, name: str) -> None:
    """It arrives as one word."""
    ground.project = ground.project.rename(tmp_path / name)
    ground.starts(ground.environ())
    assert "\n".join(ground.given()).endswith(str(ground.project))


@pytest.mark.parametrize(
    ("asked", "seconds"), [("", "5"), ("3", "3"), ("60", "60"), ("61", "5"), ("-1", "5"), ("x", "5"), ("9" * 20, "5")]
)
def test_the_wait_is_some_seconds_and_never_long(ground: Ground, tmp_path: Path, asked: str, seconds: str) -> None:
    """Whatever the environment says; the program that waits is told how long."""
    plugin = copy_of_the_plugin(tmp_path / "plugin")
    text = (plugin / "hooks/start-apart").read_text()
    assert "|| sleep" in text
    (plugin / "hooks/start-apart").write_text(text.replace("|| sleep", f"|| echo >'{tmp_path}/waited'"))
    assert not ground.starts_nothing(ground.environ(CLAUDE_PLUGIN_ROOT=str(plugin), **{DELAY: asked}))
    assert (tmp_path / "waited").read_text().strip() == seconds


def test_the_starter_and_the_gate_mean_the_same_folder() -> None:
    """One place in the person's home."""
    assert "/" + "/".join(consent.PLACE) == starter.STATE
