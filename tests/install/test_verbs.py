"""The verbs `install` and `uninstall`: what they refuse, and what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from telemetry.cli.main import main


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder that is nobody's."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("CLAUDE_CONFIG_DIR", raising=False)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("verb", ["install", "uninstall"])
def test_the_home_folder_is_no_project(home: Path, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Its `.claude` is Claude Code's own; nothing is written there."""
    assert main([verb, "--project", str(home)]) == 1
    assert "home folder" in capsys.readouterr().err
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("verb", ["install", "uninstall"])
def test_a_folder_that_is_not_there_is_refused(tmp_path: Path, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is made up."""
    assert main([verb, "--project", str(tmp_path / "nowhere")]) == 1
    assert "no folder" in capsys.readouterr().err


def test_both_ways_work_from_the_command_line(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the current folder; what was done is said."""
    monkeypatch.chdir(project)
    assert main(["install", "--shared"]) == 0
    assert ".claude/settings.json" in capsys.readouterr().out
    assert main(["install", "--shared"]) == 0
    assert "Already installed" in capsys.readouterr().out
    assert main(["uninstall"]) == 0
    assert list(project.iterdir()) == []


def test_trouble_with_the_disk_is_explained(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no bug of ours."""

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert main(["install", "--project", str(project)]) == 1
    assert "No space left" in capsys.readouterr().err
    assert not [file for file in project.rglob("*") if file.name.endswith(".tmp")]
