"""The grid: aligned columns by tabulate, imported without what it does not need."""

from __future__ import annotations

import subprocess
import sys

from telemetry.insights.grid import grid


def test_columns_are_aligned_as_asked() -> None:
    """Right where it says r, left elsewhere; nothing hangs over at the end of a line."""
    assert grid([("a", "1", ""), ("bb", "10", "x")], "lr") == ["a    1", "bb  10  x"]


def test_numbers_stay_as_they_are_written() -> None:
    """8.0 is a score, not the number 8."""
    assert grid([("8.0",), ("1e5",)]) == ["8.0", "1e5"]


def test_no_rows_are_no_lines() -> None:
    """An empty table takes no room."""
    assert grid([]) == []


def test_drawing_does_not_import_what_reads_package_metadata() -> None:
    """It would take longer than all the rest of the command; and nothing of the stand-in stays behind."""
    code = (
        "import sys; from telemetry.insights.grid import grid; grid([('a',)]);"
        "assert 'email' not in sys.modules and 'importlib.metadata' not in sys.modules;"
        "import importlib.metadata; assert importlib.metadata.version('tabulate')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
