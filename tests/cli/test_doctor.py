"""`agentspec doctor`: every check says ok where all is well, and what to do where it is not."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from telemetry.cli import checks
from telemetry.cli.checks import Finding
from telemetry.cli.codes import explained
from telemetry.cli.doctor import examined, lines_of
from telemetry.cli.ground import Ground, ask, ground_of
from telemetry.cli.main import main
from tests.cli.journals import defined
from tests.sharing.projects import project_in, ship

PLUGIN = "agentspec-telemetry@here"


@pytest.fixture
def ground(project: Path, store: Path, tmp_path: Path) -> Ground:
    """Ground on which all is well."""
    (store / "key").write_bytes(b"k" * 32)
    (store / "config.yaml").write_text("recording: on\n")
    for name in ("key", "config.yaml"):
        (store / name).chmod(0o600)
    defined(store)
    python = tmp_path / "python3"
    python.write_text("")
    python.chmod(0o755)
    environ = {"HOME": str(tmp_path / "home"), "PATH": ""}
    cache = tmp_path / "home" / ".cache" / "agentspec-telemetry"
    cache.mkdir(parents=True)
    (cache / "python").write_text(f"{python}\n")
    plugins = tmp_path / "home" / ".claude" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "installed_plugins.json").write_text(json.dumps({"plugins": {PLUGIN: [], "agentspec@there": []}}))
    now = datetime(2026, 11, 22, 10, tzinfo=timezone.utc)
    return Ground(project, store, environ, now, os.geteuid(), lambda command: "", lambda *_: 0, lambda folder: True)


def found(ground: Ground, name: str) -> Finding:
    """The one finding of a check that is not ok, or the one that is."""
    findings = [finding for finding in examined(ground) if finding.check == name]
    return next((finding for finding in findings if finding.level != "ok"), findings[0])


def test_where_all_is_well_everything_is_ok(ground: Ground) -> None:
    """One line per check, and nothing to do."""
    findings = examined(ground)
    assert [finding for finding in findings if finding.level != "ok"] == []
    assert len(findings) == len(checks.CHECKS)
    assert not any(finding.advice for finding in findings)


def test_what_is_not_ok_says_what_to_do(ground: Ground) -> None:
    """In a line below."""
    assert lines_of(Finding("disk", "fail", "full", "Free some space.")) == [
        "fail  disk        full",
        "                  > Free some space.",
    ]


def test_a_missing_store_is_no_failure(ground: Ground, tmp_path: Path) -> None:
    """It appears with the first phase; the other checks find nothing amiss."""
    (tmp_path / "empty").mkdir()
    bare = ground._replace(project=tmp_path / "empty", store=tmp_path / "empty" / ".claude" / "telemetry")
    assert found(bare, "store").level == "warn"
    assert [finding for finding in examined(bare) if finding.level == "fail"] == []


@pytest.mark.parametrize("name", [".claude", ".claude/telemetry", ".claude/telemetry/debug.log"])
def test_a_symbolic_link_is_named(name: str, ground: Ground, tmp_path: Path) -> None:
    """On the way to the store, or in it."""
    path = ground.project / name
    if path.exists():
        path.rename(tmp_path / "moved")
    path.symlink_to(tmp_path / "moved")
    assert found(ground, "links").level == "fail"
    assert name in found(ground, "links").text


def test_somebody_elses_store_is_named(ground: Ground) -> None:
    """The hook does not write to it."""
    assert found(ground._replace(uid=os.geteuid() + 1), "owner").level == "fail"


def test_a_store_that_others_can_read_is_told(ground: Ground) -> None:
    """The next event mends it."""
    (ground.store / "key").chmod(0o644)
    assert found(ground, "private").level == "warn"
    assert "key" in found(ground, "private").text


def test_a_second_name_of_a_file_is_told(ground: Ground, tmp_path: Path) -> None:
    """A hard link leads outside as well as a symbolic one."""
    os.link(ground.store / "config.yaml", tmp_path / "outside")
    assert found(ground, "files").level == "fail"


def test_a_pipe_in_the_store_is_told(ground: Ground) -> None:
    """And the doctor does not wait at it."""
    os.mkfifo(ground.store / "debug.log", 0o600)
    assert found(ground, "files").level == "fail"


def test_a_store_that_cannot_be_written_is_told(ground: Ground) -> None:
    """Rights or a read-only file system."""
    assert found(ground._replace(is_writable=lambda folder: False), "writable").level == "fail"


@pytest.mark.parametrize(
    ("blocks", "files", "level"), [(10**9, 9, "ok"), (100, 9, "warn"), (0, 9, "fail"), (10**9, 0, "fail")]
)
def test_a_full_disk_is_told(
    blocks: int, files: int, level: str, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Full of bytes or of files."""
    disk = SimpleNamespace(f_bavail=blocks, f_frsize=4096, f_favail=files, f_files=9)
    monkeypatch.setattr(os, "statvfs", lambda place: disk)
    assert checks.has_room(ground).level == level


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("", "ok"),
        ("recording: true\n", "ok"),
        ("recording: off\n", "warn"),
        ("recording: [\n", "fail"),
        ("- recording\n", "fail"),
        ("{recording: on}\n", "fail"),
    ],
)
def test_a_config_that_is_not_as_it_should_be_is_told(text: str, level: str, ground: Ground) -> None:
    """Also one that people and the hook read differently."""
    (ground.store / "config.yaml").write_text(text)
    assert found(ground, "config").level == level


def test_a_config_that_cannot_be_read_is_told(ground: Ground, tmp_path: Path) -> None:
    """The hook then records nothing."""
    (ground.store / "config.yaml").unlink()
    (ground.store / "config.yaml").symlink_to(tmp_path / "elsewhere")
    assert found(ground, "config").level == "fail"


@pytest.mark.parametrize(("key", "level"), [(None, "ok"), (b"", "fail"), (b"k" * 31, "fail"), (b"k" * 33, "fail")])
def test_a_key_of_the_wrong_size_is_told(key: bytes | None, level: str, ground: Ground) -> None:
    """None at all is made when it is needed."""
    (ground.store / "key").unlink()
    if key is not None:
        (ground.store / "key").write_bytes(key)
    assert found(ground, "key").level == level


@pytest.mark.parametrize(("count", "said"), [(1, "1 line cannot"), (1500, "1,500 lines cannot")])
def test_lines_set_aside_are_told(count: int, said: str, ground: Ground) -> None:
    """They are left out, and hide no neighbours."""
    assert said in found(ground._replace(set_aside=lambda *_: count), "journal").text


def test_events_from_the_future_are_told(ground: Ground) -> None:
    """The clock went backwards, or was wrong."""
    defined(ground.store, "2026-12-24T10:00:00.000Z")
    assert found(ground, "clock").level == "warn"


def test_the_hooks_notes_are_explained(ground: Ground) -> None:
    """Each code once, with how often and when last."""
    days_and_codes = [(20, "disk_full"), (21, "disk_full"), (21, "bug_KeyError")]
    notes = [f"2026-11-{day}T10:00:00.000Z {code}\n" for day, code in days_and_codes]
    (ground.store / "debug.log").write_text("".join(notes) + "torn\nx $(rubbish)\n")
    texts = [finding.text for finding in examined(ground) if finding.check == "notes"]
    assert len(texts) == 2
    assert texts[0].startswith("bug_KeyError (1x")
    assert texts[1].startswith("disk_full (2x, last 2026-11-21")


@pytest.mark.parametrize(
    "code",
    [
        "disk_full",
        "symlink",
        "foreign_file",
        "foreign_store",
        "bad_key",
        "short_write",
        "bad_event",
        "large_event",
        "erofs",
        "eacces",
        "bug_KeyError",
        "enosuchthing",
    ],
)
def test_every_code_has_a_meaning_and_advice(code: str) -> None:
    """Also one that nobody thought of."""
    assert all(explained(code))


def test_a_store_that_git_tracks_is_told(ground: Ground) -> None:
    """With the command that takes it out, asked of the real git."""
    git = ["git", "-C", str(ground.project), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    asking = ground._replace(ask=ask)
    assert found(asking, "git").level == "ok"
    subprocess.run([*git, "add", "-f", ".claude"], check=True)
    assert found(asking, "git").level == "fail"


def test_a_git_that_is_not_there_is_no_trouble(ground: Ground) -> None:
    """Nor is a folder that is no repository."""
    assert ask(["/nowhere/git"]) is None
    assert found(ground._replace(ask=lambda command: None), "git").level == "ok"


def test_a_git_that_fails_is_told(ground: Ground) -> None:
    """What could not be asked is not well."""
    (ground.project / ".git").mkdir()
    assert found(ground._replace(ask=lambda command: None), "git").level == "warn"


def test_a_git_without_sparse_indexes_is_asked_the_old_way(ground: Ground) -> None:
    """Before 2.36 it knows no --sparse."""
    (ground.project / ".git").mkdir()
    old = ground._replace(ask=lambda command: None if "--sparse" in command else ".claude/telemetry/key\0")
    assert found(old, "git").level == "fail"


@pytest.mark.parametrize("has_sparse", [True, False])
def test_a_hostile_repository_starts_no_program(ground: Ground, has_sparse: bool) -> None:
    """Neither to fetch the folder that a partial clone with a sparse index lacks, nor in any other way."""
    project = ground.project
    git = ["git", "-C", str(project), "-c", "user.name=x", "-c", "user.email=x@example.org"]

    def run(*arguments: str) -> str:
        return subprocess.run([*git, *arguments], check=True, capture_output=True, text=True).stdout.strip()

    run("init", "-q")
    (project / "kept").mkdir()
    (project / "kept" / "file").touch()
    run("add", "-f", ".claude", "kept")
    run("commit", "-qm", "all")
    lacking = run("rev-parse", "HEAD:.claude")
    run("sparse-checkout", "set", "--cone", "--sparse-index", "kept")
    (project / ".git" / "objects" / lacking[:2] / lacking[2:]).unlink()
    hostile = {
        "core.repositoryformatversion": "1",
        "extensions.partialClone": "o",
        "remote.o.promisor": "true",
        "remote.o.url": "ssh://h/x",
        "core.sshCommand": f"touch {project}/PWNED; false",
        "core.fsmonitor": f"touch {project}/PWNED; false",
        "pager.ls-files": f"touch {project}/PWNED; false",
    }
    for name, value in hostile.items():
        run("config", name, value)
    asking = ground._replace(ask=lambda command: ask(command) if has_sparse or "--sparse" not in command else None)
    seen = checks.git_leaves_it_alone(asking)
    assert seen.level == "warn"
    assert not (project / "PWNED").exists()
    assert "git ls-files" not in seen.advice  # whoever typed it would start the program


def settled(folder: Path, **settings: Any) -> None:
    """Write Claude Code's settings into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.json").write_text(json.dumps(settings))


def without_plugins(ground: Ground) -> None:
    """Take the list of installed plugins away."""
    assert ground.claude
    (ground.claude / "plugins" / "installed_plugins.json").write_text("{}")


def test_a_disabled_plugin_is_told(ground: Ground) -> None:
    """With the command that enables it."""
    settled(ground.project / ".claude", enabledPlugins={PLUGIN: False})
    assert found(ground, "hooks") == Finding(
        "hooks", "fail", "the plugin is installed but disabled", f"claude plugin enable {PLUGIN}"
    )


def test_hooks_in_settings_are_enough(ground: Ground) -> None:
    """As `agentspec install` writes them; with the plugin, both are named."""
    hook = {"type": "command", "command": "sh run # agentspec-telemetry"}
    settled(ground.project / ".claude", hooks={"Stop": [{"hooks": [hook]}]})
    assert found(ground, "hooks").text == "registered by the plugin and settings"
    without_plugins(ground)
    assert found(ground, "hooks").text == "registered by settings"


def test_without_hooks_nothing_is_recorded(ground: Ground) -> None:
    """And the way to get them; broken settings are not ours to judge."""
    without_plugins(ground)
    (ground.project / ".claude" / "settings.json").write_text("{ no json")
    assert "agentspec install" in found(ground, "hooks").advice


def test_agentspec_is_found_as_plugin_or_as_commands(ground: Ground) -> None:
    """The plugin, or its legacy copy in the project."""
    assert found(ground, "agentspec").level == "ok"
    without_plugins(ground)
    assert found(ground, "agentspec").level == "warn"
    workflow = ground.project / ".claude" / "commands" / "workflow"
    workflow.mkdir(parents=True)
    (workflow / "define.md").touch()
    assert found(ground, "agentspec").level == "ok"


def test_an_interpreter_that_is_gone_is_told(ground: Ground) -> None:
    """The hooks choose another one."""
    assert ground.cache
    (ground.cache / "python").write_text("/nowhere/python3\n")
    assert found(ground, "python").level == "warn"
    (ground.cache / "python").unlink()
    assert found(ground, "python").level == "ok"


def test_another_agentspec_before_this_one_is_told(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are named."""
    for name in ("own", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "agentspec").touch(mode=0o755)
    monkeypatch.setattr("sys.executable", str(tmp_path / "own" / "python3"))
    path = f"{tmp_path / 'other'}{os.pathsep}{tmp_path / 'own'}"
    assert found(ground._replace(environ={**ground.environ, "PATH": path}), "command").level == "warn"
    path = f"{tmp_path / 'own'}{os.pathsep}{tmp_path / 'other'}"
    assert found(ground._replace(environ={**ground.environ, "PATH": path}), "command").level == "ok"


def test_a_check_that_may_not_look_says_so(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the other checks go on."""

    def refused(ground: Ground) -> Finding:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("telemetry.cli.doctor.CHECKS", (refused, *checks.CHECKS))
    assert found(ground, "look").text == "refused: Permission denied"
    assert found(ground, "disk").level == "ok"


def test_the_exit_code_says_whether_anything_failed(
    ground: Ground, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """0 where nothing did; --json has the same findings."""
    monkeypatch.chdir(ground.project)
    assert main(["doctor", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {finding["level"] for finding in answer["findings"]} == {"ok"}
    (ground.store / "key").write_bytes(b"short")
    assert main(["doctor"]) == 1
    assert "fail  key" in capsys.readouterr().out


def test_the_doctor_changes_nothing(ground: Ground) -> None:
    """Neither a file nor a mode."""

    def state() -> list[tuple[str, int, float]]:
        paths = sorted(ground.project.rglob("*"))
        return [(str(path), path.lstat().st_mode, path.lstat().st_mtime) for path in paths]

    (ground.store / "key").chmod(0o644)
    before = state()
    examined(ground)
    assert state() == before


def test_where_claude_code_keeps_its_own_nothing_is_advised_about_it(ground: Ground, tmp_path: Path) -> None:
    """Neither in the home folder nor where CLAUDE_CONFIG_DIR says: no chmod there."""
    ground.store.chmod(0o755)
    own = {"CLAUDE_CONFIG_DIR": str(ground.project / ".claude")}
    for environ in ({"HOME": str(ground.project)}, {"HOME": str(tmp_path / "home"), **own}):
        findings = examined(ground._replace(environ={**ground.environ, **environ}))
        assert findings[0][:2] == ("project", "fail")
        assert not [finding for finding in findings if "chmod" in finding.advice]


def test_a_store_with_a_difficult_name_is_quoted_in_advice(ground: Ground) -> None:
    """What is told to be typed does what it says."""
    moved = ground.project.rename(ground.project.parent / "a b;c")
    (moved / ".claude" / "telemetry").chmod(0o755)
    advice = found(ground._replace(project=moved, store=moved / ".claude" / "telemetry"), "private").advice
    assert f"chmod -R go= '{moved}/.claude/telemetry'" in advice


def test_names_cannot_command_the_terminal(ground: Ground) -> None:
    """Control characters, line ends, and letters that turn the direction are shown as escapes."""
    (ground.store / "a\x1b]0;x\x07\nok    all\u202e\udcff").symlink_to("/nowhere")
    (told, _) = lines_of(found(ground, "links"))
    assert "a\\x1b]0;x\\x07\\nok    all\\u202e\\udcff is a symbolic link" in told
    assert told.isprintable()


@pytest.mark.parametrize("name", ["settings.json", "settings.local.json"])
def test_settings_linked_to_themselves_are_no_bug(name: str, ground: Ground) -> None:
    """They say nothing."""
    (ground.project / ".claude" / name).symlink_to(name)
    assert found(ground, "hooks").level == "ok"


def test_of_many_codes_the_most_frequent_are_shown(ground: Ground) -> None:
    """A debug.log that somebody filled does not fill the screen."""
    codes = [f"made_up_{number}" for number in range(99)] + ["disk_full"] * 2 + ["x" * 10_000]
    (ground.store / "debug.log").write_text("".join(f"2026-11-20T10:00:00.000Z {code}\n" for code in codes))
    texts = [finding.text for finding in examined(ground) if finding.check == "notes"]
    assert len(texts) == 21
    assert texts[0].startswith("disk_full (2x")
    assert texts[-1] == "and 80 more"


def test_a_broken_config_shares_nothing_and_says_so(ground: Ground) -> None:
    """In the schema's words, and without the value."""
    (ground.store / "config.yaml").write_text("sharing: s3cret\n")
    seen = found(ground, "config")
    assert seen.level == "fail"
    assert "sharing is not valid (Whether finished, anonymous reports" in seen.text
    assert "recording: on, and nothing is shared" in seen.advice
    assert "s3cret" not in seen.text + seen.advice


@pytest.mark.parametrize("switch", ["on", "off"])
def test_what_config_yaml_says_about_sharing_is_told(switch: str, ground: Ground) -> None:
    """Whether it holds is for others to say."""
    (ground.store / "config.yaml").write_text(f"sharing: {switch}\n")
    assert found(ground, "config") == Finding("config", "ok", f"recording is on; config.yaml says sharing: {switch}")


@pytest.mark.parametrize("text", ["retention_days: 2026-99-99\n", "[" * 50_000, "#" * 70_000])
def test_a_config_that_parsers_stumble_over_is_told(text: str, ground: Ground) -> None:
    """It is no bug of ours; one that is too long is not read."""
    (ground.store / "config.yaml").write_text(text)
    assert found(ground, "config").level == "fail"


def test_a_wish_to_share_that_does_not_hold_is_explained(tmp_path: Path) -> None:
    """config.yaml says on, and nobody said yes."""
    project = project_in(tmp_path)
    ship(project, "ORDERS")
    config = project / ".claude/telemetry/config.yaml"
    ground = ground_of(project, {}, datetime.now(timezone.utc))
    assert checks.sharing_is_as_meant(ground).level == "ok"
    config.write_text(config.read_text().replace("sharing: off", "sharing: on"))
    finding = checks.sharing_is_as_meant(ground)
    assert (finding.level, "nobody has said yes" in finding.text) == ("warn", True)
