"""Whatever is killed at whatever instant: every report that may leave is counted once, and nothing else is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.crash.moody import MOODS, ROOT
from tests.crash.world import PURGES, REQUESTS
from tests.people import Person, person

CRASHES = int(os.environ.get("AGENTSPEC_TEST_CRASHES", "300"))  # read before the tests' own environment is emptied
SEED = int(os.environ.get("AGENTSPEC_TEST_SEED", "20261122"))
WORLDS = 2  # at once, one for each core
EACH_MOOD = 1 / 60  # so many requests meet it at least, for each that is killed
LONGEST = 300 + 2 * CRASHES


def test_all_that_may_leave_is_counted_once_whatever_is_killed_when(tmp_path: Path) -> None:
    """With servers that fail, hang, cut and repeat themselves; AGENTSPEC_TEST_SEED plays the same choices again."""
    seeds = [SEED + number for number in range(WORLDS)]
    played = [_world(tmp_path / str(seed), seed) for seed in seeds]
    outcomes = [_outcome(process) for process in played]
    print(*(f"seed {seed}: {outcome}" for seed, outcome in zip(seeds, outcomes, strict=True)), sep="\n")
    assert [outcome["wrong"] for outcome in outcomes] == [[]] * WORLDS
    assert _sum(outcomes, "killed") >= CRASHES
    assert _sum(outcomes, "purges killed") >= CRASHES * PURGES
    assert _sum(outcomes, "requests") >= CRASHES * REQUESTS
    met = sum((Counter(outcome["moods"]) for outcome in outcomes), Counter[str]())
    assert {mood: met[mood] for mood in MOODS if met[mood] < CRASHES * EACH_MOOD} == {}


def _sum(outcomes: list[dict[str, Any]], what: str) -> int:
    return sum(outcome[what] for outcome in outcomes)


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
