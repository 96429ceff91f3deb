"""The environment for the figures appears whole or not at all, and says what it is doing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

STAND_IN = """\
#!/bin/sh
# A Python whose venv and pip need no network: an environment is a folder with this very script in it.
case "$*" in
  "-c import sys;"*) exit 0 ;;
  "-c import ensurepip, venv") exit {ensurepip} ;;
  "-c import jsonschema"*) [ -e "${{0%/bin/python}}/packages" ] ; exit ;;
  "-m venv "*)
    mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; echo "command = $3" >"$3/pyvenv.cfg"
    echo "#!$3/bin/python" >"$3/bin/agentspec"; exit 0 ;;
  "-m pip install "*) echo "pip $*"; [ {pip} = 0 ] && touch "${{0%/bin/python}}/packages"; exit {pip} ;;
esac
exec {python} "$@"
"""


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where the environment is to be."""
    return tmp_path / "plugin data" / "venv"


def set_up(plugin: Path, target: Path | None, ensurepip: int = 0, pip: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the script with a stand-in for Python."""
    python = plugin.parent / "python3"
    python.write_text(STAND_IN.format(ensurepip=ensurepip, pip=pip, python=sys.executable))
    python.chmod(0o755)
    return subprocess.run(
        ["sh", str(plugin / "scripts/setup-venv"), *([str(target)] if target else [])],
        env={"PATH": "/usr/bin:/bin", "PYTHON": str(python)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_it_shows_its_steps_and_what_it_made(bare_plugin: Path, target: Path) -> None:
    """The scripts in it name the place where it is, not the one where it was built."""
    ran = set_up(bare_plugin, target)
    assert ran.returncode == 0, ran.stderr
    assert [line[:5] for line in ran.stdout.splitlines() if line.startswith("[")] == ["[1/3]", "[2/3]", "[3/3]"]
    assert (target / "bin/agentspec").read_text() == f"#!{target}/bin/python\n"
    assert list(target.parent.iterdir()) == [target]


def test_a_checkout_keeps_it_beside_itself_and_follows_its_own_changes(bare_plugin: Path) -> None:
    """Without a folder given."""
    ran = set_up(bare_plugin, None)
    assert ran.returncode == 0, ran.stderr
    assert "--editable" in ran.stdout
    assert (bare_plugin / ".venv/packages").exists()


def test_running_it_again_changes_nothing(bare_plugin: Path, target: Path) -> None:
    """And says so."""
    set_up(bare_plugin, target)
    made = target.stat()
    ran = set_up(bare_plugin, target)
    assert ran.stdout.startswith("Already set up")
    assert target.stat() == made


def test_a_broken_environment_is_replaced(bare_plugin: Path, target: Path) -> None:
    """One that lost its Python, or never had the packages."""
    target.mkdir(parents=True)
    (target / "pyvenv.cfg").touch()
    assert set_up(bare_plugin, target).returncode == 0
    assert (target / "packages").exists()
    assert list(target.parent.iterdir()) == [target]


def test_a_folder_that_is_something_else_is_left_alone(bare_plugin: Path, target: Path) -> None:
    """A slip of the hand must not cost a folder."""
    target.mkdir(parents=True)
    (target / "thesis.txt").write_text("years of work")
    ran = set_up(bare_plugin, target)
    assert ran.returncode == 1
    assert "no Python environment" in ran.stderr
    assert (target / "thesis.txt").read_text() == "years of work"


def test_without_ensurepip_it_says_what_to_install(bare_plugin: Path, target: Path) -> None:
    """As on Debian without python3-venv."""
    ran = set_up(bare_plugin, target, ensurepip=1)
    assert ran.returncode == 1
    assert "python3-venv" in ran.stderr
    assert not target.exists()


def test_without_a_network_nothing_is_left_behind(bare_plugin: Path, target: Path) -> None:
    """What pip says is shown, and what may help."""
    ran = set_up(bare_plugin, target, pip=1)
    assert ran.returncode == 1
    assert "PIP_INDEX_URL" in ran.stderr
    assert list(target.parent.iterdir()) == []


def test_without_a_python_it_says_which_is_needed(bare_plugin: Path, target: Path, tmp_path: Path) -> None:
    """With a PATH that has none."""
    ran = subprocess.run(
        ["/bin/sh", str(bare_plugin / "scripts/setup-venv"), str(target)],
        env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "Python 3.10" in ran.stderr
