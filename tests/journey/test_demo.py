"""`make demo-claude` plays to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.plugin.loopback import ROOT, cli

SCRIPT = str(ROOT / "scripts/demo_claude.py")


def test_the_demo_shows_what_was_recorded_and_that_nothing_of_the_person_was() -> None:
    """The insights need no model; the transcripts hold what the store does not."""
    environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "CLAUDE_CLI": cli()}
    ran = subprocess.run([sys.executable, SCRIPT], env=environ, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    for shown in ("    ship saved: complete", ", 0 answers of the model needed", '"kind":"turn_ended"'):
        assert shown in ran.stdout
    transcripts, store = ran.stdout.splitlines()[-2:]
    assert not transcripts.endswith(": 0.")
    assert store.endswith(": 0.")


def test_without_the_cli_the_demo_says_how_to_get_it(tmp_path: Path) -> None:
    """In one line, without a traceback."""
    environ = {"PATH": os.environ["PATH"], "CLAUDE_CLI": str(tmp_path / "nowhere")}
    ran = subprocess.run([sys.executable, SCRIPT], env=environ, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert len(ran.stderr.splitlines()) == 1
    assert "make" in ran.stderr
