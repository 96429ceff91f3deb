"""What one hook costs, against the bare start of the same Python."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from benchmarks.measure import Command, interleaved, table, verdict

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 101


def report(scratch: Path) -> str:
    """The section on the hook."""
    hooks = json.loads((ROOT / "hooks" / "hooks.json").read_text(encoding="utf-8"))["hooks"]
    home, project, ordinary = (scratch / name for name in ("home", "project", "ordinary"))
    for folder in (home, project, ordinary):
        folder.mkdir(parents=True)
    cache = home / ".cache" / "agentspec-telemetry" / "python"
    subprocess.run(["sh", ROOT / "hooks" / "choose-python", cache], check=True, capture_output=True)
    python = cache.read_text(encoding="utf-8").strip()
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CLAUDE_PLUGIN_ROOT": str(ROOT),
        "CLAUDE_PROJECT_DIR": str(project),
    }
    begin = _command(hooks["UserPromptExpansion"][0])
    end = _command(hooks["Stop"][0])
    typed = {"hook_event_name": "UserPromptExpansion", "command_name": "agentspec:workflow:define"}
    started = _payload({**typed, "command_args": "ORDERS"})
    stopped = _payload({"hook_event_name": "Stop", "stop_hook_active": False, "last_assistant_message": "Done."})
    commands = {
        "`python3 -I -S -c pass`": Command([python, "-I", "-S", "-c", "pass"], environ=environ),
        "a phase begins": Command(["/bin/sh", "-c", begin], started, environ),
        "a turn ends, phase going on": Command(["/bin/sh", "-c", end], stopped, environ),
        "a turn ends, ordinary project": Command(
            ["/bin/sh", "-c", end], stopped, {**environ, "CLAUDE_PROJECT_DIR": str(ordinary)}
        ),
        "`sh -c :`": Command(["/bin/sh", "-c", ":"], environ=environ),
    }
    timings = interleaved(commands, ROUNDS)
    bare = timings["`python3 -I -S -c pass`"].median
    rows = [
        [name, f"{timing.median * 1000:.1f}", verdict(timing.median / bare, 1.35) if "begins" in name or "going" in name
         else f"{timing.median / bare:.2f}"]
        for name, timing in timings.items()
    ]  # fmt: skip
    return (
        "## One hook\n\nWhole processes, from `sh -c COMMAND` of hooks.json to its end; medians of "
        f"{ROUNDS} interleaved runs;\nratios to the bare start of the interpreter the hook chose.\n\n"
        + table(["process", "ms", "ratio"], rows)
    )


def _command(group: dict[str, list[dict[str, str]]]) -> str:
    return group["hooks"][0]["command"]


def _payload(fields: dict[str, object]) -> bytes:
    ids = {"session_id": "3c232e5d-173e-4877-9be1-1ea6f51a37f0", "prompt_id": "3b1da95b-8d90-4be7-9917-953093f85a09"}
    return json.dumps({**ids, "transcript_path": "/x", "cwd": "/x", **fields}).encode()
