"""No test of the command reaches the home folder, the network, or the real clock's day."""

from __future__ import annotations

from pathlib import Path

import pytest

import telemetry

NOW = "2026-11-22T10:00:00.000Z"


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty home of its own, a clock that stands, and no settings of the person who runs the tests."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("AGENTSPEC_TELEMETRY_NOW", NOW)
    monkeypatch.setenv("PYTHONPATH", str(Path(telemetry.__file__).parents[1]))  # for processes in other folders
    for name in ("XDG_CACHE_HOME", "CLAUDE_CONFIG_DIR", "CLAUDE_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an empty, private store."""
    folder = tmp_path / "project"
    store = folder / ".claude" / "telemetry"
    (store / "events").mkdir(parents=True)
    store.chmod(0o700)
    (store / "events").chmod(0o700)
    return folder


@pytest.fixture
def store(project: Path) -> Path:
    """The store of that project."""
    return project / ".claude" / "telemetry"
