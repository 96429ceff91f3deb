"""What an answer costs: on a typical store, and on stores that grow to a million events."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks import transcripts
from benchmarks.measure import Command, interleaved, table, timed, verdict

ROOT = Path(__file__).resolve().parent.parent
AGENTSPEC = Path(sys.executable).with_name("agentspec")
SIZES = (10_000, 100_000, 1_000_000)
DECODE = """
import json, sys
from pathlib import Path
for month in sorted(Path(sys.argv[1], ".claude/telemetry/events").iterdir()):
    for line in month.open("rb"):
        if line != b"\\n":
            json.loads(line)
"""


def report(scratch: Path) -> str:
    """The sections on answers."""
    return _typical(scratch) + "\n\n" + _growing(scratch)


def _store(project: Path, events: int, days: int) -> int:
    """Write a journal; bytes of it."""
    store = project / ".claude" / "telemetry"
    _write(store, events, days, seed=7)
    store.chmod(0o700)
    return sum(month.stat().st_size for month in (store / "events").iterdir())


def _write(store: Path, events: int, days: int, seed: int) -> None:
    words = [sys.executable, "-m", "benchmarks.journals", str(store), str(events), str(days), str(seed)]
    subprocess.run(words, cwd=ROOT, check=True)


def _insights(project: Path, *more: str) -> list[str]:
    return [str(AGENTSPEC), "insights", "--project", str(project), *more]


def _typical(scratch: Path) -> str:
    project = scratch / "typical"
    _store(project, 5_000, 365)
    timings = interleaved(
        {
            "`python3 -c pass`": Command([sys.executable, "-c", "pass"]),
            "`agentspec insights`": Command(_insights(project)),
            "`agentspec insights --all`": Command(_insights(project, "--all")),
            "`agentspec insights --json`": Command(_insights(project, "--json")),
        },
        rounds=41,
    )
    bare = timings["`python3 -c pass`"].median
    rows = [
        [name, f"{timing.median * 1000:.0f}", _against(name, timing.median / bare)] for name, timing in timings.items()
    ]
    return (
        "## An answer on a typical store\n\n5,000 events of a year, asked again; medians of 41 "
        "interleaved runs.\n\n" + table(["process", "ms", "ratio"], rows)
    )


def _against(name: str, ratio: float) -> str:
    """The target is for the question people ask, not for the whole history."""
    return verdict(ratio, 5) if name in ("`agentspec insights`", "`agentspec insights --json`") else f"{ratio:.2f}"


def _growing(scratch: Path) -> str:
    rows = []
    ccusage = transcripts.installed()
    for size in SIZES:
        project, fresh = scratch / f"grown-{size}", scratch / f"fresh-{size}"
        total = _store(project, size, 1460)
        shutil.copytree(project, fresh)
        config = scratch / f"claude-{size}"
        transcripts.write(config, total)
        cache = project / ".claude" / "telemetry" / "cache.jsonl"
        _answer_once(fresh)
        _add(fresh, 100)
        timings = interleaved(
            {
                "json": Command([sys.executable, "-c", DECODE, str(project)]),
                "cold": Command(_insights(project), before=lambda cache=cache: cache.unlink(missing_ok=True)),  # type: ignore[misc]
                "warm": Command(_insights(fresh)),
                "all": Command(_insights(fresh, "--all")),
            },
            rounds=3,
        )
        environ = {**os.environ, "CLAUDE_CONFIG_DIR": str(config), "HOME": str(scratch)}
        beside, _ = timed(Command([str(ccusage), "daily", "--offline", "--json"], environ=environ))
        json = timings["json"].median
        cold, warm, everything = (timings[name] for name in ("cold", "warm", "all"))
        is_target = size == SIZES[-1]
        rows.append(
            [
                f"{size:,}",
                f"{total / 1e6:.0f}",
                f"{json:.2f}",
                f"{cold.median:.2f}",
                verdict(cold.median / json, 0.6) if is_target else f"{cold.median / json:.2f}",
                f"{warm.median:.2f}",
                verdict(warm.median / json, 0.05) if is_target else f"{warm.median / json:.2f}",
                f"{everything.median:.2f}",
                f"{beside:.2f}",
                f"{max(cold.megabytes, warm.megabytes):.0f} / {everything.megabytes:.0f}",
            ]
        )
    header = [
        "events", "MB", "`json.loads` s", "cold s", "cold ratio", "warm s", "warm ratio", "`--all` warm s",
        "ccusage s", "peak MB (window / all)",
    ]  # fmt: skip
    return (
        "## An answer on a store that grows\n\nEvents of four years. `json.loads` decodes every line and does nothing "
        "with it. Cold: no cache. Warm: cached, and a\nhundred new events since. Beside it, ccusage (npm, "
        f"{transcripts.VERSION}) reports usage from Claude\ntranscripts as large (once). Medians of 3 "
        "interleaved runs; ratios to `json.loads` over the same lines.\n\n" + table(header, rows)
    )


def _answer_once(project: Path) -> None:
    for more in ((), ("--all",)):
        interleaved({"once": Command(_insights(project, *more))}, rounds=0)


def _add(project: Path, events: int) -> None:
    """Append new events, as hooks do."""
    extra = project.parent / f"{project.name}-extra"
    _write(extra, events, days=1, seed=8)
    for month in sorted((extra / "events").iterdir()):
        with (project / ".claude" / "telemetry" / "events" / month.name).open("ab") as file:
            file.write(month.read_bytes())
