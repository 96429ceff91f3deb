"""`make bench`: measure everything and write docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from pathlib import Path

from benchmarks import hook, insights, server, sessions, sharing

ROOT = Path(__file__).resolve().parent.parent
SECTIONS = {
    "hook": hook.report,
    "sessions": sessions.report,
    "start": sessions.report_on_sharing,
    "insights": insights.report,
    "sharing": sharing.report,
    "server": server.report,
    "server-memory": server.report_on_memory,  # some ten minutes
}


def main(names: list[str]) -> int:
    """Measure the named sections (all without names) and write or print them."""
    parts = []
    with tempfile.TemporaryDirectory(prefix="agentspec-bench-") as folder:
        for name, report in SECTIONS.items():
            if name in (names or SECTIONS):
                print(f"measuring: {name} …", file=sys.stderr, flush=True)
                scratch = Path(folder) / name
                scratch.mkdir()
                parts.append(report(scratch))
    text = "\n\n".join([_head(), *parts]) + "\n"
    if names:
        print(text)
    else:
        (ROOT / "docs" / "benchmarks.md").write_text(text, encoding="utf-8")
        print("wrote docs/benchmarks.md")
    return 0


def _head() -> str:
    return (
        "# Benchmarks\n\n"
        "Written by `make bench`; one section: `.venv/bin/python -m benchmarks hook`. Everything is measured side\n"
        "by side in one run, interleaved: the ratios hold where the milliseconds are only those of one machine.\n\n"
        f"Measured with Python {platform.python_version()} on {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores."
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
