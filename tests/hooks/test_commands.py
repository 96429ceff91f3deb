"""Every command of hooks.json is silent and ends with 0, whatever is missing, odd or broken around it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest

from telemetry.features.history import load_features
from tests.capture.payloads import recorded
from tests.capture.test_replay import EXPECTED
from tests.hooks.running import (
    ANY,
    COMMANDS,
    DEFINE,
    HOOKS,
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
from tests.journal.stores import events_of, journal_of, notes_of, store_of

LATER = datetime(2026, 11, 23, tzinfo=timezone.utc)
ODD_NAMES = [
    "with blanks",
    "it's",
    'say "hi"',
    "back\\slash",
    "$HOME `id` $(id)",
    "new\nline",
    "tab\tand *star* [a-z]?",
    "naïve-日本-🦆",
    "-n",
    "semi;colon&&true",
    "~",
    "x" * 200,
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project's folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A copy of the plugin, to break."""
    return copy_of_the_plugin(tmp_path / "plugin")


def test_every_hook_is_guarded_in_the_same_way() -> None:
    """No exit but 0, no output, and no signal but KILL ends it."""
    assert len(COMMANDS) == sum(
        "hooks/run" in json.dumps(handler) for groups in HOOKS.values() for g in groups for handler in g["hooks"]
    )
    for _, command in COMMANDS:
        assert command.startswith("trap '' TERM; trap 'exit 0' EXIT; ")
        assert command.endswith(">/dev/null 2>&1 || :")


def test_every_hook_within_a_turn_is_asynchronous() -> None:
    """A person waits for a typed command, which must come first, and for ends, which would be lost."""
    waiting = {
        event
        for event, groups in HOOKS.items()
        for group in groups
        for handler in group["hooks"]
        if not handler.get("async")
    }
    assert waiting == {"SessionStart", "UserPromptExpansion", "Stop", "SessionEnd"}


@pytest.mark.parametrize("shell", [("/bin/sh",), ("bash", "--posix"), ("bash",), ("busybox", "sh")], ids=" ".join)
def test_a_recorded_feature_played_through_the_very_commands(project: Path, shell: tuple[str, ...]) -> None:
    """Each payload of a real feature through the commands of its event: one shipped feature, nothing set aside."""
    if not shutil.which(shell[0]):
        pytest.skip(f"{shell[0]} is not here")
    (project / ".claude/sdd").mkdir(parents=True)
    play(recorded("orders-pipeline.jsonl"), project, shell=shell)
    [feature] = load_features(store_of(project), LATER).features
    assert (feature.state, feature.record.complexity.file_count) == ("shipped", 4)
    assert notes_of(project) == []
    assert len(set(events_of(project))) == len(EXPECTED)


def test_plugin_and_settings_together_count_once(project: Path) -> None:
    """The fold sees one feature. The end of a session is seen once: the first hook closes its mark."""
    (project / ".claude/sdd").mkdir(parents=True)
    play(recorded("orders-pipeline.jsonl"), project, times=2)
    sessions = 5
    assert len(set(events_of(project))) == len(EXPECTED)
    assert len(events_of(project)) == 2 * len(EXPECTED) - sessions
    [feature] = load_features(store_of(project), LATER).features
    assert feature.agent_runs == {"pipeline-architect": 1, "dbt-specialist": 1, "test-generator": 1}
    assert feature.record.outcome.iterations == 0


def no_run(plugin: Path, env: dict[str, str]) -> None:
    """hooks/run is gone."""
    (plugin / "hooks/run").unlink()


def run_cut_short(plugin: Path, env: dict[str, str]) -> None:
    """hooks/run is in the middle of an update: a syntax error, on which dash exits with 2."""
    text = (plugin / "hooks/run").read_text()
    (plugin / "hooks/run").write_text(text[: text.index("esac")])


def run_unreadable(plugin: Path, env: dict[str, str]) -> None:
    """hooks/run is a folder."""
    (plugin / "hooks/run").unlink()
    (plugin / "hooks/run").mkdir()


def no_chooser(plugin: Path, env: dict[str, str]) -> None:
    """hooks/choose-python is gone."""
    (plugin / "hooks/choose-python").unlink()


def no_record(plugin: Path, env: dict[str, str]) -> None:
    """hooks/record.py is gone: Python exits with 2."""
    (plugin / "hooks/record.py").unlink()


def record_broken(plugin: Path, env: dict[str, str]) -> None:
    """hooks/record.py is no Python."""
    (plugin / "hooks/record.py").write_text("this is no (python")


def no_package(plugin: Path, env: dict[str, str]) -> None:
    """telemetry/ is gone."""
    shutil.rmtree(plugin / "telemetry")


def half_a_package(plugin: Path, env: dict[str, str]) -> None:
    """A module is missing."""
    (plugin / "telemetry/contract/layout.py").unlink()


def no_plugin(plugin: Path, env: dict[str, str]) -> None:
    """The plugin's folder is gone."""
    shutil.rmtree(plugin)


def no_root(plugin: Path, env: dict[str, str]) -> None:
    """CLAUDE_PLUGIN_ROOT is not set."""
    del env["CLAUDE_PLUGIN_ROOT"]


def empty_path(plugin: Path, env: dict[str, str]) -> None:
    """Not a single program is found, and no interpreter is remembered."""
    env["PATH"] = ""


def path_of_nothing(plugin: Path, env: dict[str, str]) -> None:
    """PATH leads nowhere."""
    env["PATH"] = "/nowhere"


def python_not_usable(plugin: Path, env: dict[str, str]) -> None:
    """The remembered interpreter ends with 49, as the stub of Windows does."""
    stub = plugin / "python3"
    stub.write_text("#!/bin/sh\necho Python was not found\nexit 49\n")
    stub.chmod(0o755)
    remember(env, str(stub))


def remembers_a_folder(plugin: Path, env: dict[str, str]) -> None:
    """A folder is executable, too."""
    remember(env, "/usr")


def remembers_nonsense(plugin: Path, env: dict[str, str]) -> None:
    """Not a path, and bytes that are no text."""
    cache = Path(env["HOME"]) / ".cache/agentspec-telemetry"
    cache.mkdir(parents=True)
    (cache / "python").write_bytes(b"-c 'rm' $(id)\xff\0\n")


def remembers_a_pipe(plugin: Path, env: dict[str, str]) -> None:
    """Nobody writes into it: whoever reads it waits for ever."""
    cache = Path(env["HOME"]) / ".cache/agentspec-telemetry"
    cache.mkdir(parents=True)
    os.mkfifo(cache / "python")


def home_unset(plugin: Path, env: dict[str, str]) -> None:
    """HOME is not set."""
    del env["HOME"]


def home_missing(plugin: Path, env: dict[str, str]) -> None:
    """HOME is not there, and cannot be made."""
    env["HOME"] = "/proc/nowhere"


def home_a_file(plugin: Path, env: dict[str, str]) -> None:
    """HOME is a file."""
    env["HOME"] = str(plugin / "hooks/run")


def project_unset(plugin: Path, env: dict[str, str]) -> None:
    """CLAUDE_PROJECT_DIR is not set, and the payload names no folder."""
    del env["CLAUDE_PROJECT_DIR"]


def project_missing(plugin: Path, env: dict[str, str]) -> None:
    """The project's folder is gone."""
    env["CLAUDE_PROJECT_DIR"] += "/gone"


def remember(env: dict[str, str], python: str) -> None:
    """Put an interpreter into the cache."""
    cache = Path(env["HOME"]) / ".cache/agentspec-telemetry"
    cache.mkdir(parents=True)
    (cache / "python").write_text(python + "\n")


CALAMITIES: list[Callable[[Path, dict[str, str]], None]] = [
    no_run, run_cut_short, run_unreadable, no_chooser, no_record, record_broken, no_package, half_a_package, no_plugin,
    no_root, empty_path, path_of_nothing, python_not_usable, remembers_a_folder, remembers_nonsense, remembers_a_pipe,
    home_unset, home_missing, home_a_file, project_unset, project_missing,
]  # fmt: skip
STILL_RECORDS = {remembers_a_folder, remembers_nonsense, remembers_a_pipe, home_unset, home_missing, home_a_file}


@pytest.mark.parametrize("calamity", CALAMITIES, ids=lambda calamity: calamity.__name__)
@pytest.mark.parametrize("command", [ANY, OPEN, SDD], ids=["any", "open", "sdd"])
def test_whatever_is_missing_the_session_notices_nothing(
    calamity: Callable[[Path, dict[str, str]], None], command: str, plugin: Path, project: Path
) -> None:
    """Exit 0 and silence; and where another interpreter can be found, the event is there all the same."""
    env = environment(project, plugin)
    (project / ".claude/telemetry/open").mkdir(parents=True)
    (project / ".claude/telemetry/open/someone").touch()
    calamity(plugin, env)
    with working_in(project):
        run(command, DEFINE, env)
    assert bool(journal_of(project)) is (calamity in STILL_RECORDS)


class working_in:
    """A hook's working folder is the session's."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.before = folder, Path.cwd()

    def __enter__(self) -> None:
        os.chdir(self.folder)

    def __exit__(self, *_: object) -> None:
        os.chdir(self.before)


def test_without_a_home_nothing_is_cached_at_the_root(project: Path) -> None:
    """`$HOME/.cache` without HOME would be /.cache."""
    env = environment(project)
    del env["HOME"]
    before = Path("/.cache").exists()
    run(ANY, DEFINE, env)
    assert Path("/.cache").exists() is before
    assert events_of(project)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_project_may_have_any_name(tmp_path: Path, name: str) -> None:
    """Its folder is only ever opened; the guards of the shell see its sessions."""
    folder = tmp_path / name
    (folder / ".claude/sdd").mkdir(parents=True)
    for command, payload in ((SDD, JUDGE), (ANY, DEFINE), (OPEN, STOP)):
        run(command, payload, environment(folder))
    assert len(events_of(folder)) == 3


@pytest.mark.parametrize("name", ODD_NAMES)
def test_the_plugin_may_lie_anywhere(tmp_path: Path, project: Path, name: str) -> None:
    """Also with a slash at the end, as in-place plugins have it."""
    plugin = copy_of_the_plugin(tmp_path / name)
    run(ANY, DEFINE, {**environment(project, plugin), "CLAUDE_PLUGIN_ROOT": f"{plugin}/"})
    assert len(events_of(project)) == 1


ODD_PAYLOADS = {
    "nothing": b"",
    "blank": b" \n\t",
    "one_byte": b"{",
    "no_object": b"[1, 2]",
    "null": b"null",
    "text": b'"Stop"',
    "torn": json.dumps(DEFINE).encode()[:-5],
    "binary": bytes(range(256)) * 64,
    "nul": b"\0" * 10_000,
    "utf_16": json.dumps(DEFINE).encode("utf-16"),
    "latin_1": json.dumps({**DEFINE, "prompt": "é"}, ensure_ascii=False).encode("latin-1"),
    "nested": b'{"a":' * 200_000,
    "nested_whole": b"[" * 200_000 + b"]" * 200_000,
    "nested_inside": json.dumps(DEFINE).encode()[:-1] + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "huge_number": b'{"hook_event_name": ' + b"9" * 100_000 + b"}",
    "not_a_number": b'{"hook_event_name": NaN, "x": -Infinity}',
    "lone_surrogate": b'{"hook_event_name":"UserPromptExpansion","command_name":"define","command_args":"\\ud800"}',
    "names_twice": b'{"hook_event_name":"Stop","hook_event_name":"SessionEnd"}',
    "lists_for_words": b'{"hook_event_name":["Stop"],"tool_name":{},"session_id":[]}',
    "no_ids": b'{"hook_event_name":"Stop"}',
}


@pytest.mark.parametrize("name", ODD_PAYLOADS)
@pytest.mark.parametrize("command", [ANY, OPEN], ids=["any", "open"])
def test_a_payload_may_be_anything(project: Path, command: str, name: str) -> None:
    """Exit 0 and silence; what is written is valid."""
    (project / ".claude/telemetry/open").mkdir(parents=True)
    (project / ".claude/telemetry/open/someone").touch()
    run(command, ODD_PAYLOADS[name], environment(project))
    events_of(project)
    assert not [code for code in notes_of(project) if code.startswith("bug")]


def test_twenty_megabytes_are_read(project: Path) -> None:
    """A document with everything the CLI sends beside it; more than 64 MB would not be."""
    text = "| **Status** | Ready for Build |\n" + "x" * 10_000_000
    path = str(project / ".claude/sdd/features/DESIGN_ORDERS.md")
    payload: Payload = {
        "hook_event_name": "PostToolUse",
        "session_id": "s1",
        "tool_name": "Write",
        "tool_use_id": "t1",
        "tool_input": {"file_path": path, "content": text},
        "tool_response": {"type": "create", "filePath": path, "content": text},
    }
    run(ANY, payload, environment(project))
    assert b'"status":"ready"' in journal_of(project)


@pytest.mark.parametrize("closing", ["<&-", ">&- 2>&-", "<&- >&- 2>&-", "</dev/full", ">/dev/full 2>/dev/full"])
def test_a_closed_descriptor_is_no_error(project: Path, closing: str) -> None:
    """Standard input, output or error, or all of them."""
    ran = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closing}', "sh", "/bin/sh", "-c", ANY],
        env=environment(project),
        input=json.dumps(DEFINE).encode(),
        capture_output=True,
        check=False,
        timeout=SECONDS,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")
    journal = journal_of(project)
    assert bool(journal) is closing.startswith(">")
    assert all(path.parent.name in ("events", "open", "telemetry") for path in store_of(project).rglob("*"))


def test_a_hook_does_not_die_of_the_term_that_the_cli_sends_at_exit(project: Path) -> None:
    """Asynchronous hooks get it as soon as -p is done; the payload may come after it."""
    hook = subprocess.Popen(
        ["/bin/sh", "-c", ANY], env=environment(project), stdin=subprocess.PIPE, start_new_session=True
    )
    assert hook.stdin
    while b"python" not in b"".join(_commands_below(hook.pid)):
        assert hook.poll() is None
    os.killpg(hook.pid, 15)
    hook.stdin.write(json.dumps(DEFINE).encode())
    hook.stdin.close()
    assert hook.wait(SECONDS) == 0
    assert len(events_of(project)) == 1


def _commands_below(pid: int) -> list[bytes]:
    """The command lines of a process's children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [Path(f"/proc/{child}/cmdline").read_bytes() for child in children if Path(f"/proc/{child}").exists()]
