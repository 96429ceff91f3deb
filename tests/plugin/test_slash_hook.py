"""The script behind the slash commands always prints one JSON object and exits 0, whatever this machine has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugin.conftest import give_python

PAYLOAD = (
    '{"command_source":"plugin","command_name":"x:insights","command_args":"--days 3",'
    '"prompt":"/x \\"command_source\\":\\"builtin\\""}'
)
SHELLS = ["sh", "bash"]


def answered(plugin: Path, *arguments: str, shell: str = "sh", payload: str = PAYLOAD, **environ: str) -> str:
    """What the script says: the reason of its answer, or nothing where it lets the prompt go on."""
    found = next(str(Path(place, shell)) for place in os.get_exec_path() if Path(place, shell).exists())
    ran = subprocess.run(
        [found, str(plugin / "scripts/slash-hook"), *arguments], input=payload,
        env={"PATH": "", **environ}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stderr == ""
    said = json.loads(ran.stdout)
    assert said == {} or said["decision"] == "block"
    return str(said.get("reason", ""))


def bare_python(folder: Path) -> str:
    """A Python without any package."""
    python = folder / "bare python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    python.chmod(0o755)
    return str(python)


@pytest.mark.parametrize("shell", SHELLS)
def test_without_any_python_it_says_what_to_run(bare_plugin: Path, shell: str) -> None:
    """With an empty PATH; and what it says can be pasted, whatever the folder's name is."""
    said = answered(bare_plugin, shell=shell, CLAUDE_PLUGIN_DATA="/data's")
    (line,) = [line for line in said.splitlines() if line.startswith("    sh ")]
    words = subprocess.run(["sh", "-c", f"printf '%s\\n' {line}"], capture_output=True, text=True, check=True).stdout
    assert words.splitlines() == ["sh", str(bare_plugin / "scripts/setup-venv"), "/data's/venv"]


def test_without_the_plugins_data_folder_it_says_so_too(bare_plugin: Path) -> None:
    """A checkout keeps its environment beside itself."""
    assert "setup-venv'\n" in answered(bare_plugin)


def test_control_characters_in_a_folders_name_do_not_break_the_answer(bare_plugin: Path) -> None:
    """The answer stays JSON."""
    moved = bare_plugin.rename(bare_plugin.parent / "tab\tnew\nline\x01")
    assert "setup-venv" in answered(moved)


def test_a_python_without_our_packages_is_passed_over(bare_plugin: Path, tmp_path: Path) -> None:
    """It is asked, keeps silent, and the next one is asked."""
    assert "setup-venv" in answered(bare_plugin, bare_python(tmp_path))


def test_the_interpreter_that_installed_is_asked_last(bare_plugin: Path, project: Path) -> None:
    """It is named by the hook that `agentspec install` registers."""
    assert "No figures yet" in answered(bare_plugin, sys.executable, CLAUDE_PROJECT_DIR=str(project))


def test_the_plugins_own_environment_is_asked_before_it(bare_plugin: Path, project: Path, tmp_path: Path) -> None:
    """It lies in the plugin's data folder, which outlives updates."""
    give_python(tmp_path / "data" / "venv")
    environ = {"CLAUDE_PLUGIN_DATA": str(tmp_path / "data"), "CLAUDE_PROJECT_DIR": str(project)}
    assert "No figures yet" in answered(bare_plugin, "/nowhere/python", **environ)


def test_a_folder_of_the_project_cannot_stand_in_for_ours(
    plugin: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project may have a package `telemetry`, or a `json.py`: it is not run."""
    for name in ("telemetry/__init__.py", "json.py", "yaml.py"):
        file = project / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("raise SystemExit('the project was imported')")
    monkeypatch.chdir(project)
    assert "No figures yet" in answered(plugin, CLAUDE_PROJECT_DIR=str(project))


@pytest.mark.parametrize("way", ["beside", "data", "recorded"])
@pytest.mark.parametrize("path", [":/tmp/foo", ".", "/tmp/foo:", ""])
def test_pythonpath_lets_no_module_of_the_project_in(
    way: str, path: str, bare_plugin: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty entry or `.` names the project, and sitecustomize.py would run before our first line."""
    for name in ("sitecustomize", "usercustomize", "json", "telemetry", "yaml", "site"):
        (project / f"{name}.py").write_text(f"open({str(tmp_path / 'PWNED')!r}, 'w')")
    if way != "recorded":
        give_python(bare_plugin / ".venv" if way == "beside" else tmp_path / "data" / "venv")
    monkeypatch.chdir(project)
    environ = {"CLAUDE_PLUGIN_DATA": str(tmp_path / "data"), "CLAUDE_PROJECT_DIR": str(project), "PYTHONPATH": path}
    said = answered(bare_plugin, *([sys.executable] if way == "recorded" else []), **environ)
    assert not (tmp_path / "PWNED").exists()
    assert "No figures yet" in said


def _is_bare(python: Path) -> bool:
    asked = [str(python), "-I", "-c", "import importlib.util as u; print(any(map(u.find_spec, ('yaml', 'tabulate'))))"]
    return python.exists() and subprocess.run(asked, capture_output=True, text=True, check=True).stdout == "False\n"


def test_packages_that_a_person_installed_for_themselves_are_found(
    bare_plugin: Path, project: Path, tmp_path: Path
) -> None:
    """Python leaves them out with -I; a relative place of them is not searched."""
    name = f"bin/python3.{sys.version_info.minor}"
    bare = next((place for base in (sys.base_prefix, "/usr") if _is_bare(place := Path(base, name))), None)
    if bare is None:
        pytest.skip("needs a Python outside an environment, without our packages")
    own = Path(subprocess.run(
        [str(bare), "-I", "-c", "import site; print(site.getusersitepackages())"],
        env={"PYTHONUSERBASE": str(tmp_path / "base")}, capture_output=True, text=True, check=True,
    ).stdout.strip())  # fmt: skip
    own.mkdir(parents=True)
    (own / "ours.pth").write_text(f"{Path(pytest.__file__).parents[1]}\n")
    environ = {"CLAUDE_PROJECT_DIR": str(project)}
    assert "No figures yet" in answered(bare_plugin, str(bare), PYTHONUSERBASE=str(tmp_path / "base"), **environ)
    assert "setup-venv" in answered(bare_plugin, str(bare), PYTHONUSERBASE="base", **environ)


@pytest.mark.parametrize("source", ["builtin", "bundled", "userSettings"])
@pytest.mark.parametrize("has_python", [True, False])
def test_somebody_elses_insights_goes_on(plugin: Path, source: str, has_python: bool) -> None:
    """With and without our packages."""
    if not has_python:
        (plugin / ".venv/bin/python").unlink()
    payload = json.dumps({"command_source": source, "command_name": "insights"}, separators=(",", ":"))
    assert answered(plugin, payload=payload) == ""


@pytest.mark.parametrize("payload", ["", "{", "\x00\x00", "x" * 100_000])
def test_a_broken_payload_is_answered(plugin: Path, payload: str) -> None:
    """Also by the real process."""
    assert "agentspec doctor" in answered(plugin, payload=payload)
