"""The command line: verbs, help, versions, and what a slip of the hand gets."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from telemetry import __version__
from telemetry.cli.main import VERBS, main


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_examples(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And every example is a command line of that verb."""
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert f"agentspec {verb}" in printed.split("examples:")[1]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_the_one_shape(verb: str) -> None:
    """HELP, EXAMPLES, add_arguments, run."""
    module = import_module(f"telemetry.cli.{verb}")
    assert all(hasattr(module, name) for name in ("HELP", "EXAMPLES", "add_arguments", "run"))


def test_without_a_verb_it_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    """`agentspec` alone is a question, not a mistake."""
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert all(f"  {verb} " in printed for verb in VERBS)
    assert "examples:" in printed


def test_it_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The package's own."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"agentspec {__version__}\n"


@pytest.mark.parametrize(
    ("argv", "said"),
    [(["insigts"], "did you mean 'insights'?"), (["xyz"], "no verb 'xyz'"), (["--wibble"], "--wibble")],
)
def test_a_slip_of_the_hand_is_told(argv: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With exit code 2, and the nearest verb where there is one."""
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_insights_imports_only_what_it_needs(project: Path) -> None:
    """What takes long to import is not needed for the screen: it starts while a person waits."""
    code = (
        "import sys; from telemetry.cli.main import main; main(['insights']);"
        "heavy = {'jsonschema', 'yaml', 'subprocess', 'sqlite3', 'shutil', 'email', 'statistics', 'zipfile',"
        "'requests', 'telemetry.sharing', 'telemetry.consent'};"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=project, check=True)


def test_the_console_script_gives_the_exit_code(project: Path) -> None:
    """Though it ends without tidying up, all that was printed arrives."""
    code = "import sys; sys.argv = ['agentspec', *sys.argv[1:]]; from telemetry.cli.main import run; run()"
    fine = subprocess.run(
        [sys.executable, "-c", code, "status"], cwd=project, capture_output=True, text=True, check=True
    )
    assert "Sharing:" in fine.stdout
    failed = subprocess.run(
        [sys.executable, "-c", code, "insights", "--days", "0"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert failed.returncode == 1
    assert failed.stderr.startswith("agentspec: --days 0")
