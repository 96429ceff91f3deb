"""Whatever is killed at whatever instant: every report that may leave is counted once, and nothing else is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.crash.moody import ROOT
from tests.people import Person, person

CRASHES = int(os.environ.get("AGENTSPEC_TEST_CRASHES", "300"))  # read before the tests' own environment is emptied
SEED = int(os.environ.get("AGENTSPEC_TEST_SEED", "20261122"))
WORLDS = 2  # at once, one for each core
LONGEST = 60 + 2 * CRASHES


def test_all_that_may_leave_is_counted_once_whatever_is_killed_when(tmp_path: Path) -> None:
    """With servers that fail, hang, cut and repeat themselves; AGENTSPEC_TEST_SEED plays the same choices again."""
    seeds = [SEED + number for number in range(WORLDS)]
    played = [_world(tmp_path / str(seed), seed) for seed in seeds]
    outcomes = [_outcome(process) for process in played]
    print(*(f"seed {seed}: {outcome}" for seed, outcome in zip(seeds, outcomes, strict=True)), sep="\n")
    assert [outcome["wrong"] for outcome in outcomes] == [[]] * WORLDS
    assert sum(outcome["killed"] for outcome in outcomes) >= CRASHES


def _world(folder: Path, seed: int) -> subprocess.Popen[str]:
    somebody: Person = person(folder)
    count = str(-(-CRASHES // WORLDS))
    command = [sys.executable, "-m", "tests.crash.world", "--folder", str(folder), "--seed", str(seed)]
    return subprocess.Popen(
        [*command, "--crashes", count], cwd=ROOT, env=somebody.environ, stdout=subprocess.PIPE, text=True
    )


def _outcome(process: subprocess.Popen[str]) -> dict[str, Any]:
    said, _ = process.communicate(timeout=LONGEST)
    assert process.returncode == 0, said
    found: dict[str, Any] = json.loads(said)
    return found
