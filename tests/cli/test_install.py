"""`agentspec install`: where it registered is said, and whether that is likely to be the right place."""

from __future__ import annotations

from pathlib import Path

import pytest

from telemetry.cli.main import main


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder inside another one."""
    folder = tmp_path / "shop" / "packages" / "cart"
    folder.mkdir(parents=True)
    return folder


def test_the_full_folder_is_said(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also the second time; with nothing above it, there is nothing more to say."""
    for _ in range(2):
        assert main(["install", "--project", str(package)]) == 0
        said = capsys.readouterr().out
        assert f"Project: {package}\n" in said
        assert "A folder above" not in said


@pytest.mark.parametrize("name", [".git", ".claude"])
def test_a_project_around_it_is_said(name: str, package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the command that sets that one up; a repository of its own is where it should be."""
    (package.parents[1] / name).mkdir()
    assert main(["install", "--project", str(package)]) == 0
    said = capsys.readouterr().out
    assert f"has a {name}" in said
    assert f"agentspec install --project {package.parents[1]}`" in said
    (package / ".git").mkdir()
    assert main(["install", "--project", str(package)]) == 0
    assert "A folder above" not in capsys.readouterr().out


def test_the_home_folder_above_is_not_meant(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its .claude is Claude Code's own."""
    monkeypatch.setenv("HOME", str(package.parents[1]))
    (package.parents[1] / ".claude").mkdir()
    assert main(["install", "--project", str(package)]) == 0
    assert "A folder above" not in capsys.readouterr().out


def test_the_root_of_all_folders_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody means it."""
    assert main(["install", "--project", "/"]) == 1
    assert "/ is no project" in capsys.readouterr().err


def test_claude_codes_own_folder_is_refused(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where it is named by CLAUDE_CONFIG_DIR."""
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(package / ".claude"))
    assert main(["install", "--project", str(package)]) == 1
    assert list(package.iterdir()) == []
