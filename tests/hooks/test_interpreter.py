"""Which processes a hook starts, and in which Python it runs: as few as can be, in any since 3.9."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.capture.payloads import recorded
from tests.contract.events import ROOT
from tests.hooks.running import (
    ANY,
    DEFINE,
    JUDGE,
    OPEN,
    SDD,
    SECONDS,
    STOP,
    Payload,
    copy_of_the_plugin,
    environment,
    play,
    run,
)
from tests.hooks.sharing import say_yes
from tests.journal.stores import events_of, notes_of

REAL = os.path.realpath(sys.executable)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project's folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def programs(command: str, payload: Payload, env: dict[str, str], log: Path) -> list[str]:
    """The programs that a hook starts, by strace: every execve of every process in it."""
    strace = shutil.which("strace")
    assert strace, "strace is needed to count processes: apt-get install strace"
    subprocess.run(
        [strace, "-f", "-qq", "-e", "trace=execve", "-o", str(log), "/bin/sh", "-c", command],
        input=json.dumps(payload).encode(),
        env=env,
        check=True,
        timeout=SECONDS,
    )
    return re.findall(r'execve\("([^"]*)".* = 0', log.read_text())


def test_an_ordinary_turn_starts_nothing_but_its_shell(project: Path, tmp_path: Path) -> None:
    """No AgentSpec work in the project: the guard is a built-in of the shell, for turns and judges alike."""
    for command, payload in ((OPEN, STOP), (SDD, JUDGE)):
        assert programs(command, payload, environment(project), tmp_path / "log") == ["/bin/sh"]
    assert list(project.iterdir()) == []


def test_a_project_with_agentspec_but_no_session_of_it_starts_nothing_at_a_turn(project: Path, tmp_path: Path) -> None:
    """Documents alone are no work; a judge that is run there may be."""
    (project / ".claude/sdd/features").mkdir(parents=True)
    assert programs(OPEN, STOP, environment(project), tmp_path / "log") == ["/bin/sh"]
    run(ANY, DEFINE, environment(project))
    shutil.rmtree(project / ".claude/telemetry/open")
    assert programs(OPEN, STOP, environment(project), tmp_path / "log") == ["/bin/sh"]
    assert len(programs(SDD, JUDGE, environment(project), tmp_path / "log")) == 2


def test_agentspec_work_starts_one_python_and_nothing_else(project: Path, tmp_path: Path) -> None:
    """Once the interpreter is known."""
    run(ANY, DEFINE, environment(project))
    python = (Path(os.environ["HOME"]) / ".cache/agentspec-telemetry/python").read_text().strip()
    for command, payload in ((ANY, DEFINE), (OPEN, STOP), (SDD, JUDGE)):
        assert programs(command, payload, environment(project), tmp_path / "log") == ["/bin/sh", python]


class Shim:
    """A python3 on PATH that notes each start and hands over to another: what pyenv does.

    `uname` says Darwin and there is no xcode-select, so that the system's own python3 is passed over.
    """

    def __init__(self, folder: Path, project: Path) -> None:
        self.folder, self.log = folder, folder / "starts"
        folder.mkdir()
        self._script("uname", "echo Darwin")
        self.point_to("one")
        self.env = environment(project, PATH=f"{folder}:/usr/bin:/bin")
        self.cache = Path(os.environ["HOME"]) / ".cache/agentspec-telemetry/python"

    def point_to(self, name: str) -> Path:
        """Another interpreter, by that name, behind the shim."""
        python = self.folder / name / "python3"
        python.parent.mkdir()
        python.symlink_to(REAL)
        self._script("python3", f'echo start >>"{self.log}"\nexec "{python}" "$@"')
        return python

    def starts(self) -> int:
        """How often it was started."""
        return self.log.read_text().count("start") if self.log.exists() else 0

    def _script(self, name: str, text: str) -> None:
        (self.folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.folder / name).chmod(0o755)


@pytest.fixture
def shim(tmp_path: Path, project: Path) -> Shim:
    """A shim in a folder with a blank in its name."""
    return Shim(tmp_path / "my shims", project)


def test_a_shim_costs_once(shim: Shim, project: Path) -> None:
    """What it stands for is remembered, in a file with one line; ten hooks, one start of the shim."""
    for number in range(10):
        run(ANY, {**DEFINE, "prompt_id": f"p{number}"}, shim.env)
    assert shim.starts() == 1
    assert shim.cache.read_text() == f"{shim.folder}/one/python3\n"
    assert len(events_of(project)) == 10
    assert [path.name for path in shim.cache.parent.iterdir()] == ["python"]


def test_an_interpreter_that_is_gone_is_chosen_again(shim: Shim, project: Path) -> None:
    """An upgrade takes the old one away: no event is lost."""
    run(ANY, DEFINE, shim.env)
    (shim.folder / "one/python3").unlink()
    two = shim.point_to("two")
    for number in range(3):
        run(ANY, {**DEFINE, "prompt_id": f"q{number}"}, shim.env)
    assert shim.starts() == 2
    assert shim.cache.read_text() == f"{two}\n"
    assert len(events_of(project)) == 4


def test_an_interpreter_that_is_too_old_or_a_stub_is_passed_over(shim: Shim, project: Path) -> None:
    """The next candidate is taken."""
    (shim.folder / "python3").write_text("#!/bin/sh\necho Python was not found; exit 49\n")
    (shim.folder / "python3.12").write_text(f'#!/bin/sh\nexec "{REAL}" "$@"\n')
    (shim.folder / "python3.12").chmod(0o755)
    run(ANY, DEFINE, shim.env)
    assert len(events_of(project)) == 1


def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(shim: Shim, project: Path) -> None:
    """Its folder is a file: the interpreter is chosen each time."""
    shim.cache.parent.parent.mkdir()
    shim.cache.parent.write_text("a file")
    for number in range(2):
        run(ANY, {**DEFINE, "prompt_id": f"p{number}"}, shim.env)
    assert shim.starts() == 2
    assert len(events_of(project)) == 2


def test_the_cache_follows_xdg(shim: Shim, tmp_path: Path) -> None:
    """XDG_CACHE_HOME before ~/.cache."""
    run(ANY, DEFINE, {**shim.env, "XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert (tmp_path / "cache/agentspec-telemetry/python").exists()
    assert not shim.cache.exists()


def test_in_an_installed_wheel_the_package_lies_around_the_hooks(tmp_path: Path, project: Path) -> None:
    """telemetry/_shipped/hooks, and telemetry itself above."""
    plugin = copy_of_the_plugin(tmp_path / "site-packages")
    shipped = plugin / "telemetry/_shipped"
    shipped.mkdir()
    (plugin / "hooks").rename(shipped / "hooks")
    run(ANY, DEFINE, environment(project, shipped))
    assert len(events_of(project)) == 1


def pythons() -> list[str]:
    """Every Python that can be found to run the hook in, 3.9 first."""
    named = [os.environ.get("AGENTSPEC_TEST_PYTHON39"), *(shutil.which(f"python3.{minor}") for minor in range(9, 15))]
    asked = [
        subprocess.run([name, "-c", "import sys; print(sys.executable)"], capture_output=True, text=True, check=False)
        for name in named
        if name
    ]
    return list(dict.fromkeys([*(ran.stdout.strip() for ran in asked if ran.returncode == 0), REAL]))


@pytest.mark.parametrize("python", pythons(), ids=lambda path: Path(path).name)
def test_the_hook_runs_in_every_python_there_is(python: str, project: Path, tmp_path: Path) -> None:
    """A whole recorded feature, from a plugin without compiled modules."""
    cache = Path(os.environ["HOME"]) / ".cache/agentspec-telemetry"
    cache.mkdir(parents=True)
    (cache / "python").write_text(python + "\n")
    (project / ".claude/sdd").mkdir(parents=True)
    play(recorded("orders-pipeline.jsonl"), project)
    assert len(events_of(project)) == 32
    assert notes_of(project) == []


HOOK_FILES = [
    "hooks/record.py",
    "hooks/start.py",
    "telemetry/__init__.py",
    "telemetry/hook.py",
    "telemetry/starter.py",
    "telemetry/capture",
    *(f"telemetry/journal/{name}.py" for name in ("store", "append", "sessions", "notes", "retain", "furnish")),
    *(f"telemetry/contract/{name}.py" for name in ("layout", "settings", "refusals", "event_check", "vocabulary")),
]


def vermin(*paths: str) -> subprocess.CompletedProcess[str]:
    """Whether these run on Python 3.9: 0, or 1 and what does not."""
    command = [
        str(Path(sys.executable).with_name("vermin")),
        "--no-tips",
        "--violations",
        "-t=3.9-",
        "--no-parse-comments",
        *paths,
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_the_hook_runs_needs_no_newer_python_than_3_9(tmp_path: Path) -> None:
    """By vermin, over every module of the hook; and vermin does find what is newer."""
    checked = vermin(*HOOK_FILES)
    assert checked.returncode == 0, checked.stdout
    (tmp_path / "newer.py").write_text("match 1:\n    case _:\n        pass\n")
    assert vermin(str(tmp_path / "newer.py")).returncode == 1


def test_the_start_of_a_session_loads_nothing_but_its_own_few_modules(project: Path) -> None:
    """The same standard, for the hook that starts the daemon."""
    code = (
        "import sys; before = set(sys.modules); sys.path.insert(0, sys.argv[1]);"
        "from telemetry import starter; starter.is_worth_a_start(sys.argv[2], {}); starter.home_folder();"
        "print(*(name for name in sys.modules if name not in before))"
    )
    store = say_yes(project)
    (store / "daemon.lock").touch()
    ran = subprocess.run([REAL, "-I", "-S", "-c", code, ROOT, project], capture_output=True, text=True, check=True)
    ours = {f"telemetry.contract.{name}" for name in ("layout", "settings", "refusals")} | {"telemetry.journal.store"}
    rooms = {"telemetry", "telemetry.contract", "telemetry.journal", "telemetry.starter"}
    assert set(ran.stdout.split()) - ours - rooms <= {"__future__", "_stat", "pwd", "fcntl"}


def test_the_hook_loads_nothing_but_its_own_few_modules(project: Path) -> None:
    """Only standard library, and of that only what start-up has or costs nothing; none of the modules is unchecked."""
    code = (
        "import sys; before = set(sys.modules); sys.path.insert(0, sys.argv[1]);"
        "from telemetry.hook import decode, record; import json, os;"
        "[record(decode(part.encode()), {'CLAUDE_PROJECT_DIR': sys.argv[2]}) for part in sys.argv[3:]];"
        "print(*(name for name in sys.modules if name not in before and name.startswith('telemetry')))"
    )
    end = {**STOP, "hook_event_name": "SessionEnd"}
    broken = {**DEFINE, "session_id": "s2"}
    payloads = [json.dumps(payload) for payload in (DEFINE, STOP, JUDGE, end, broken)]
    ran = subprocess.run(
        [REAL, "-I", "-S", "-c", code, str(ROOT), str(project), *payloads], capture_output=True, text=True, check=True
    )
    checked = {name.removesuffix(".py").replace("/", ".") for name in HOOK_FILES}
    loaded = set(ran.stdout.split()) - {"telemetry", "telemetry.journal", "telemetry.contract"}
    assert {name for name in loaded if not any(name == one or name.startswith(one + ".") for one in checked)} == set()
