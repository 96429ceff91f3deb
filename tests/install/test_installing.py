"""A project is set up, stays the person's own, and can be left as if nothing had been."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telemetry.install.installing import Plugin, install
from telemetry.install.recognising import registered_hooks
from telemetry.install.refusal import InstallRefused
from telemetry.install.uninstalling import uninstall
from tests.install.settings_texts import settings_texts

HOOK = {"type": "command", "command": 'sh "${CLAUDE_PLUGIN_ROOT}/hooks/run" || :'}
COMMAND = b"<!-- agentspec-telemetry -->\nfigures\n"
COMMANDS = {"insights": COMMAND, "telemetry": COMMAND + b"sharing\n"}
PLUGIN = Plugin("/opt/it's here", {"Stop": [{"hooks": [HOOK]}]}, COMMANDS, "/opt/python")

Tree = dict[str, tuple[int, bytes]]


def tree(project: Path) -> Tree:
    """Everything in a project, with modes and bytes."""
    return {
        str(path.relative_to(project)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in sorted(project.rglob("*"))
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project without a `.claude`."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture(params=["settings.local.json", "settings.json"])
def settings(request: pytest.FixtureRequest, project: Path) -> Iterator[Path]:
    """Both files an installation may go to."""
    (project / ".claude").mkdir()
    yield project / ".claude" / request.param


def is_shared(settings: Path) -> bool:
    """Whether a settings file is the one git shares."""
    return settings.name == "settings.json"


def test_an_empty_project_is_empty_again_afterwards(project: Path) -> None:
    """Files and folders that had to be made go."""
    install(project, PLUGIN, shared=False)
    assert registered_hooks((project / ".claude/settings.local.json").read_text())
    assert {file.stem: file.read_bytes() for file in (project / ".claude/commands").iterdir()} == COMMANDS
    uninstall(project, COMMANDS)
    assert tree(project) == {}


@given(text=settings_texts(), shared=st.booleans())
@example(text="{}\n", shared=False)
def test_a_project_with_settings_is_byte_for_byte_as_before(
    tmp_path_factory: pytest.TempPathFactory, text: str, shared: bool
) -> None:
    """With the mode of the file, whatever stands in it."""
    project = tmp_path_factory.mktemp("project")
    file = project / ".claude" / ("settings.json" if shared else "settings.local.json")
    file.parent.mkdir()
    file.write_bytes(text.encode())
    file.chmod(0o640)
    before = tree(project)
    install(project, PLUGIN, shared)
    assert registered_hooks(file.read_bytes().decode())
    assert file.stat().st_mode & 0o777 == 0o640
    uninstall(project, COMMANDS)
    assert tree(project) == before


def test_installing_twice_changes_nothing(settings: Path, project: Path) -> None:
    """And says so."""
    settings.write_text('{"model": "opus"}')
    install(project, PLUGIN, is_shared(settings))
    before = tree(project)
    assert install(project, PLUGIN, is_shared(settings))[0] == "Already installed."
    assert tree(project) == before


def test_installing_again_is_content_with_hooks_the_person_moved(settings: Path, project: Path) -> None:
    """Ours are where the person put them; nothing is gained by putting them last again."""
    install(project, PLUGIN, is_shared(settings))
    there = json.loads(settings.read_text())
    there["hooks"]["Stop"].append({"hooks": []})
    settings.write_text(json.dumps(there))
    assert install(project, PLUGIN, is_shared(settings))[0] == "Already installed."


def test_a_moved_plugin_is_registered_anew_and_still_leaves_no_trace(settings: Path, project: Path) -> None:
    """The entries with the old folder go, the new ones come, the way back stays the same."""
    settings.write_text('{"hooks": { "Stop": [ ] }}')
    before = tree(project)
    install(project, PLUGIN, is_shared(settings))
    install(
        project,
        Plugin("/new place", PLUGIN.hooks, {name: b"new " + text for name, text in COMMANDS.items()}, "/p"),
        is_shared(settings),
    )
    assert "it's here" not in settings.read_text()
    assert "/new place/hooks/run" in settings.read_text()
    assert (project / ".claude/commands/insights.md").read_bytes() == b"new " + COMMAND
    uninstall(project, dict.fromkeys(COMMANDS, b"newer still"))
    assert tree(project) == before


@pytest.mark.parametrize(("name", "other"), [("insights", "telemetry"), ("telemetry", "insights")])
def test_a_foreign_command_is_left_alone_and_not_answered_for(project: Path, name: str, other: str) -> None:
    """Neither written over, nor hooked, nor deleted; the person is told what to run instead. The other one is ours."""
    own = project / f".claude/commands/{name}.md"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    before = tree(project)
    said = install(project, PLUGIN, shared=False)
    assert any(f"`agentspec {name}" in line and "of its own" in line for line in said)
    assert own.read_text() == "mine"
    settings = (project / ".claude/settings.local.json").read_text()
    assert f"^({other})$" in settings
    uninstall(project, COMMANDS)
    assert tree(project) == before


def test_where_all_commands_are_foreign_nothing_listens_for_them(project: Path) -> None:
    """No process of ours starts for them."""
    (project / ".claude/commands").mkdir(parents=True)
    for name in COMMANDS:
        (project / f".claude/commands/{name}.md").write_text("mine")
    install(project, PLUGIN, shared=False)
    assert "UserPromptExpansion" not in (project / ".claude/settings.local.json").read_text()


@pytest.mark.parametrize("name", COMMANDS)
def test_an_edited_command_stays(project: Path, name: str) -> None:
    """It is the person's now; uninstall says so."""
    install(project, PLUGIN, shared=False)
    command = project / f".claude/commands/{name}.md"
    command.write_bytes(COMMAND + b"and more")
    assert any("has been edited" in line for line in uninstall(project, COMMANDS))
    assert set(tree(project)) == {".claude", ".claude/commands", f".claude/commands/{name}.md"}


def test_a_project_that_was_set_up_before_there_was_another_command_gets_it(project: Path) -> None:
    """By installing again; and it still leaves no trace."""
    install(project, Plugin(PLUGIN.root, PLUGIN.hooks, {"insights": COMMAND}, PLUGIN.python), shared=False)
    install(project, PLUGIN, shared=False)
    assert (project / ".claude/commands/telemetry.md").read_bytes() == COMMANDS["telemetry"]
    uninstall(project, COMMANDS)
    assert tree(project) == {}


def test_edits_made_in_between_survive(settings: Path, project: Path) -> None:
    """In the person's own formatting, to the byte."""
    settings.write_text('{\n   "a": 1\n}\n')
    install(project, PLUGIN, is_shared(settings))
    settings.write_text(settings.read_text().replace('"a": 1', '"a" :2, "z":[ ]'))
    uninstall(project, COMMANDS)
    assert settings.read_text() == '{\n   "a" :2, "z":[ ]\n}\n'


def test_a_settings_file_we_made_stays_when_the_person_uses_it(project: Path) -> None:
    """Only what is ours goes."""
    install(project, PLUGIN, shared=False)
    settings = project / ".claude/settings.local.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text()), "model": "opus"}))
    uninstall(project, COMMANDS)
    assert json.loads(settings.read_text()) == {"model": "opus"}


def test_uninstall_needs_no_ledger(project: Path) -> None:
    """The store may have been purged."""
    install(project, PLUGIN, shared=False)
    for file in (project / ".claude/telemetry").iterdir():
        file.unlink()
    (project / ".claude/telemetry").rmdir()
    uninstall(project, COMMANDS)
    assert set(tree(project)) == {".claude", ".claude/commands"}


def test_what_was_recorded_stays(project: Path) -> None:
    """Uninstalling is not purging; the person is told where the data is."""
    install(project, PLUGIN, shared=False)
    (project / ".claude/telemetry/events").mkdir()
    assert "delete that folder" in uninstall(project, COMMANDS)[-1]
    assert set(tree(project)) == {
        ".claude", ".claude/telemetry", ".claude/telemetry/.gitignore", ".claude/telemetry/events",
    }  # fmt: skip


def test_uninstalling_what_is_not_installed_changes_nothing(settings: Path, project: Path) -> None:
    """And says so."""
    settings.write_text('{"hooks": {"Stop": []}}')
    before = tree(project)
    assert uninstall(project, COMMANDS) == ["Nothing of ours is installed in this project."]
    assert tree(project) == before


@pytest.mark.parametrize(
    "content",
    [b"", b"{,}", b"// mine\n{}", b'{"a": NaN}', b"[]", b'{"hooks": []}', b'{"hooks": {"Stop": {}}}', b"\xff\xfe{}",
     b'{"a": 1} x', b"[" * 100_000],
    ids=["empty", "broken", "comment", "not_a_number", "list", "hooks_list", "event_object", "utf16", "tail", "deep"],
)  # fmt: skip
def test_settings_that_cannot_be_edited_are_refused_with_a_hint(settings: Path, project: Path, content: bytes) -> None:
    """Nothing in the project has changed then."""
    settings.write_bytes(content)
    before = tree(project)
    with pytest.raises(InstallRefused) as refused:
        install(project, PLUGIN, is_shared(settings))
    assert settings.name in refused.value.message
    assert refused.value.hint
    assert tree(project) == before


def test_settings_broken_since_are_refused_by_uninstall_too(project: Path) -> None:
    """Half an uninstallation would be worse than none."""
    install(project, PLUGIN, shared=False)
    (project / ".claude/settings.local.json").write_text("{")
    before = tree(project)
    with pytest.raises(InstallRefused):
        uninstall(project, COMMANDS)
    assert tree(project) == before


@pytest.mark.parametrize("name", [".claude", ".claude/settings.local.json", ".claude/commands", ".claude/telemetry"])
def test_links_that_lead_out_of_the_project_are_not_followed(project: Path, tmp_path: Path, name: str) -> None:
    """Nothing is written where they lead."""
    outside = tmp_path / "outside"
    outside.mkdir()
    link = project / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside / "settings.json" if name.endswith("json") else outside)
    with pytest.raises(InstallRefused, match="leads out of the project"):
        install(project, PLUGIN, shared=False)
    assert tree(outside) == {}


def test_a_link_inside_the_project_is_written_through(project: Path) -> None:
    """It stays a link, and its target is as before afterwards."""
    (project / ".claude").mkdir()
    (project / "config.json").write_text("{}")
    (project / ".claude/settings.json").symlink_to("../config.json")
    install(project, PLUGIN, shared=True)
    assert (project / ".claude/settings.json").is_symlink()
    assert registered_hooks((project / "config.json").read_text())
    uninstall(project, COMMANDS)
    assert (project / "config.json").read_text() == "{}"


def test_the_ledger_holds_no_content_and_no_path(project: Path) -> None:
    """Only what had been there, lengths, and a salted digest; and the store is private and ignored by git."""
    (project / ".claude").mkdir()
    (project / ".claude/settings.local.json").write_text('{"canary": "/home/canary"}')
    install(project, PLUGIN, shared=False)
    store = project / ".claude/telemetry"
    ledger = json.loads((store / "installed.json").read_text())
    assert "canary" not in json.dumps(ledger)
    assert "it's" not in json.dumps(ledger)
    assert set(ledger) == {"v", "created", "commands", "made"}
    assert store.stat().st_mode & 0o777 == 0o700
    assert (store / "installed.json").stat().st_mode & 0o777 == 0o600
    assert (store / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("ledger", [b"", b"{", b"[]", b"\xff", b'{"v": 2, "made": 3}', b'{"v": 9}'])
def test_a_broken_ledger_is_no_ledger(project: Path, ledger: bytes) -> None:
    """Entries are known by their mark."""
    install(project, PLUGIN, shared=False)
    (project / ".claude/telemetry/installed.json").write_bytes(ledger)
    uninstall(project, COMMANDS)
    assert not (project / ".claude/settings.local.json").exists()
    assert not (project / ".claude/telemetry/installed.json").exists()


@pytest.mark.parametrize("step", range(7))
def test_an_installation_killed_midway_can_be_finished_or_undone(
    project: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """At whichever change to the disk it is killed. Killed before the ledger, an empty store may stay."""

    class Killed(Exception):
        pass

    changes = 0
    plain_replace = Path.replace

    def replace(self: Path, target: Path) -> Path:
        nonlocal changes
        changes += 1
        if changes == step:
            raise Killed
        return plain_replace(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    try:
        install(project, PLUGIN, shared=False)
    except Killed:
        monkeypatch.undo()
        again = Path(str(project) + "-again")
        project.rename(again)
        install(again, PLUGIN, shared=False)
        project = again
    uninstall(project, COMMANDS)
    assert {path.name for path in project.rglob("*") if path.is_file()} <= {".gitignore"}
