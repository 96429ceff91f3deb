#!/usr/bin/env python3
"""One feature from idea to archive in the real Claude Code, offline: what is typed, what is recorded, the insights.

No key, no network, nothing of yours touched: the CLI runs in a throw-away project with a throw-away
home. A stand-in for AgentSpec brings the commands, and a script on loopback plays the model. Whatever
in it would be a person's own is called Canary7Qx, so that it is easy to see that none of it is kept.

    make demo-claude
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.canaries import traces_in  # noqa: E402 the repository is not installed
from tests.journey.life import furnish, whole_life  # noqa: E402
from tests.journey.machine import CANARIES, Machine  # noqa: E402
from tests.plugin.loopback import cli  # noqa: E402

INSIGHTS = "/agentspec-telemetry:insights"


def main() -> int:
    """Play it."""
    try:
        cli()
    except AssertionError as missing:
        print(missing, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="agentspec-demo-") as folder:
        play(Machine(Path(folder)))
    return 0


def play(machine: Machine) -> None:
    """The feature's five sessions, then the question how it went."""
    furnish(machine)
    print("Claude Code, with AgentSpec's stand-in and the telemetry plugin. You type:\n")
    told = 0
    for scene in whole_life(machine):
        print(f"> {scene.prompt}")
        played = machine.plays(scene.prompt, *scene.replies)
        recorded = machine.told()
        print(f"  {played.seconds:.1f} s, {played.asked} answers of the scripted model; recorded:")
        print(*(f"    {line}" for line in recorded[told:]), "", sep="\n")
        told = len(recorded)
    asking(machine)
    show(machine)


def asking(machine: Machine) -> None:
    """The plugin's slash command answers in Claude Code itself."""
    print(f"> {INSIGHTS}")
    played = machine.plays(INSIGHTS)
    print(f"  {played.seconds:.1f} s, {played.asked} answers of the model needed\n")
    print(played.answer, "\n")


def show(machine: Machine) -> None:
    """What lies on the disk."""
    lines = [line for file in machine.store.glob("events/*") for line in file.read_text().splitlines() if line]
    print(f"On disk: {len(lines)} events, {sum(map(len, lines)):,} bytes. The last but one, as it lies there:\n")
    print(f"  {lines[-2]}\n")
    spoken = {trace.rpartition(": ")[0] for trace in traces_in(machine.home / ".claude/projects", CANARIES)}
    kept = traces_in(machine.store, CANARIES)
    print(f"Files of Claude Code's own transcripts with Canary7Qx in them: {len(spoken)}.")
    print(f"Files of the store with it, in the clear, hashed or encoded: {len(kept)}.")


if __name__ == "__main__":
    raise SystemExit(main())
