"""A copy of the plugin, a project, and Claude Code alone with them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.plugin.loopback import ROOT, Api, Claude

PARTS = (".claude-plugin", "commands", "hooks", "schemas", "scripts", "telemetry", "NEVER_CAPTURE.yaml", "plugin.json")


def copy_of_the_plugin(place: Path) -> Path:
    """The plugin somewhere else, as a marketplace or a move leaves it: without a Python environment."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, place / part, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, place / part)
    return place


def give_python(environment: Path) -> None:
    """Make a folder look like a Python environment that has our packages."""
    python = environment / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """The plugin, with its packages."""
    place = copy_of_the_plugin(tmp_path / "the plugin")
    give_python(place / ".venv")
    return place


@pytest.fixture
def bare_plugin(tmp_path: Path) -> Path:
    """The plugin, without its packages, in a folder with a difficult name."""
    return copy_of_the_plugin(tmp_path / 'it\'s a "place" \\ $HOME')


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project's folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def api() -> Iterator[Api]:
    """A running stand-in for the Messages API."""
    with Api() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def claude(tmp_path: Path, project: Path, api: Api) -> Claude:
    """The real CLI in the project's folder, at a home of its own."""
    (tmp_path / "home").mkdir()
    return Claude(tmp_path / "home", project, api)


@pytest.fixture
def agentspec(tmp_path: Path, project: Path) -> Callable[..., str]:
    """The command `agentspec` of a copy of the plugin, run in the project's folder."""

    def run(plugin: Path, *arguments: str) -> str:
        start = "import sys; sys.path.insert(0, sys.argv.pop(1)); from telemetry.cli.main import run; run()"
        ran = subprocess.run(
            [sys.executable, "-c", start, plugin, *arguments], cwd=project, env={"HOME": str(tmp_path / "home")},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    return run
