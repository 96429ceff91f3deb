"""Whether git tracks a store: asked of real repositories, none of which may run anything or hide anything."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from telemetry.consent.tracked import Tracking
from tests.consent.ground import commit_all, git

STORE = Path(".claude/telemetry")


def tracked(project: Path, **environ: str) -> bool | None:
    """What a fresh look says."""
    return Tracking({"PATH": os.environ["PATH"], **environ}).of(str(project))


def project_in(folder: Path) -> Path:
    """A project with a store in it."""
    (folder / STORE).mkdir(parents=True)
    (folder / STORE / "config.yaml").write_text("sharing: on\n")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in no repository."""
    return project_in(tmp_path / "project")


def test_without_a_repository_nothing_is_tracked(project: Path) -> None:
    """And git is not even asked."""
    assert tracked(project, PATH="") is False


def test_a_store_that_is_ignored_is_not_tracked(project: Path) -> None:
    """As every store is, by its own .gitignore."""
    (project / STORE / ".gitignore").write_text("*\n")
    (project / ".claude" / "settings.json").write_text("{}")
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "x")
    assert tracked(project) is False


@pytest.mark.parametrize("name", ["config.yaml", "key", "outbox/a.report", "anything"])
def test_one_file_is_enough(project: Path, name: str) -> None:
    """Staged is enough, too."""
    (project / STORE / name).parent.mkdir(exist_ok=True)
    (project / STORE / name).touch()
    git(project, "init", "-q")
    git(project, "add", "-f", str(STORE / name))
    assert tracked(project) is True


@pytest.mark.parametrize("above", [".", "a", "a/b", ":!x", ":(exclude)x", "[a]", "*", "é\n\"x'"])
def test_a_repository_further_up_tracks_as_well(tmp_path: Path, above: str) -> None:
    """Whatever the folders on the way are called: git takes some names for patterns."""
    project = project_in(tmp_path / "repository" / above)
    commit_all(tmp_path / "repository")
    assert tracked(project) is True


def test_another_projects_store_in_the_same_repository_does_not_count(tmp_path: Path) -> None:
    """Each has its own."""
    project, other = project_in(tmp_path / "one"), tmp_path / "two"
    other.mkdir()
    commit_all(tmp_path)
    project_in(other)
    assert (tracked(project), tracked(other)) == (True, False)


def test_an_inner_repository_hides_nothing_of_an_outer_one(tmp_path: Path, project: Path) -> None:
    """`git init` in a project whose store came with the outer one."""
    commit_all(tmp_path)
    git(project, "init", "-q")
    assert tracked(project) is True


@pytest.mark.parametrize("inner", [".claude", ".claude/telemetry"])
def test_the_repository_may_lie_within_the_project(project: Path, inner: str) -> None:
    """A team's settings, cloned as .claude; or the store itself."""
    commit_all(project / inner)
    assert tracked(project) is True


@pytest.mark.parametrize("inner", [".claude", ".claude/telemetry"])
def test_a_submodule_on_the_way_counts(project: Path, tmp_path: Path, inner: str) -> None:
    """Its files may come with a pull."""
    outer = tmp_path / "outer"
    outer.mkdir()
    commit_all(project / inner)
    (outer / "a").touch()
    commit_all(outer)
    git(outer, "submodule", "--quiet", "add", str(project / inner), inner)
    assert tracked(outer) is True


def test_a_worktree_is_asked(project: Path, tmp_path: Path) -> None:
    """Its index lies elsewhere."""
    commit_all(project)
    git(project, "worktree", "add", "-q", str(tmp_path / "tree"))
    assert tracked(tmp_path / "tree") is True


def test_a_folder_outside_a_sparse_checkout_may_hold_one(project: Path) -> None:
    """Git would have to fetch to say; it does not, and that is no denial."""
    (project / "a").mkdir()
    (project / "a" / "x").touch()
    commit_all(project)
    git(project, "sparse-checkout", "set", "--cone", "--sparse-index", "a")
    assert not (project / STORE).exists()
    project_in(project)
    assert tracked(project) is not False


@pytest.mark.parametrize("text", ["", "gitdir: /nowhere", "gitdir: .", "\0", "x" * 10_000])
def test_a_git_file_that_leads_nowhere_is_no_denial(project: Path, text: str) -> None:
    """Of whatever kind."""
    (project / ".git").write_text(text)
    assert tracked(project) is None


def test_an_empty_git_folder_is_no_denial(project: Path) -> None:
    """Git itself looks further up, and finds nothing."""
    (project / ".git").mkdir()
    assert tracked(project) is None


@pytest.mark.parametrize("setting", ["core.worktree=/nowhere", "core.bare=true", "core.repositoryformatversion=99"])
def test_a_repository_that_looks_away_is_no_denial(project: Path, setting: str) -> None:
    """Its own settings may say that the files lie elsewhere."""
    commit_all(project)
    git(project, "config", *setting.split("="))
    assert tracked(project) is not False


@pytest.mark.parametrize("damage", [b"", b"DIRC", b"\xff" * 100])
def test_a_damaged_index_is_no_denial(project: Path, damage: bytes) -> None:
    """Nor is an empty one."""
    commit_all(project)
    (project / ".git" / "index").write_bytes(damage)
    assert tracked(project) is None


def test_no_variable_shows_git_another_repository(project: Path, tmp_path: Path) -> None:
    """Not one of git's own."""
    commit_all(project)
    git(tmp_path, "init", "-q", "other")
    other = str(tmp_path / "other" / ".git")
    environ = {"GIT_DIR": other, "GIT_INDEX_FILE": f"{other}/index", "GIT_WORK_TREE": "/"}
    environ |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.worktree", "GIT_CONFIG_VALUE_0": "/"}
    assert tracked(project, **environ) is True


def test_a_repository_starts_no_program(project: Path, tmp_path: Path) -> None:
    """However its settings name one."""
    program, ran = tmp_path / "program", tmp_path / "ran"
    program.write_text(f'#!/bin/sh\ntouch "{ran}"\n')
    program.chmod(0o755)
    commit_all(project)
    for name in ("core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "core.askPass", "alias.ls-files",
                 "filter.x.clean", "filter.x.process", "diff.external", "pager.ls-files"):  # fmt: skip
        git(project, "config", name, f"!{program}" if name.startswith("alias") else str(program))
    git(project, "config", "core.hooksPath", str(tmp_path))
    for hook in ("post-index-change", "fsmonitor-watchman", "post-checkout"):
        (project / ".git" / "hooks").mkdir(exist_ok=True)
        (project / ".git" / "hooks" / hook).write_text(program.read_text())
        (project / ".git" / "hooks" / hook).chmod(0o755)
    assert tracked(project) is True
    assert not ran.exists()


@pytest.mark.parametrize("path", [".", "", "bin", "./node_modules/.bin"])
def test_a_git_of_the_projects_is_not_asked(
    project: Path, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person's PATH may name folders that depend on where they are."""
    ran = tmp_path / "ran"
    (project / path).mkdir(parents=True, exist_ok=True)
    (project / path / "git").write_text(f'#!/bin/sh\ntouch "{ran}"\n')
    (project / path / "git").chmod(0o755)
    commit_all(project)
    monkeypatch.chdir(project)
    assert tracked(project, PATH=f"{path}:{os.environ['PATH']}") is True
    assert not ran.exists()


@pytest.mark.parametrize("script", ["exit 1", "echo x >&2", "kill -9 $$"])
def test_a_git_that_fails_is_no_denial(project: Path, script: str, tmp_path: Path) -> None:
    """Or that complains."""
    commit_all(project)
    (tmp_path / "git").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "git").chmod(0o755)
    assert tracked(project, PATH=str(tmp_path)) is None


def test_without_git_a_repository_is_no_denial(project: Path) -> None:
    """It is there, and cannot be asked."""
    commit_all(project)
    assert tracked(project, PATH="/nowhere") is None


def test_git_is_asked_once_per_index(project: Path, tmp_path: Path) -> None:
    """The gate asks before every request; an unchanged index has nothing new to say."""
    real, asked = tmp_path / "real", tmp_path / "asked"
    real.write_text(f'#!/bin/sh\necho >>"{asked}"\nPATH="{os.environ["PATH"]}" exec git "$@"\n')
    real.chmod(0o755)
    (tmp_path / "bin").mkdir()
    real.rename(tmp_path / "bin" / "git")
    (project / STORE / ".gitignore").write_text("*\n")
    (project / "a").touch()
    git(project, "init", "-q")
    git(project, "add", "a")
    tracking = Tracking({"PATH": str(tmp_path / "bin")})
    assert [tracking.of(str(project)) for _ in range(3)] == [False, False, False]
    assert asked.read_text().count("\n") == 1
    git(project, "add", "-f", str(STORE / "config.yaml"))
    assert [tracking.of(str(project)) for _ in range(2)] == [True, True]
    assert asked.read_text().count("\n") == 2
