"""Commands timed as whole processes, interleaved, so that a noisy machine is noisy for all of them."""

from __future__ import annotations

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """A process to time: its words, its input, its environment, what to do before each run."""

    words: Sequence[str]
    data: bytes = b""
    environ: Mapping[str, str] | None = None
    cwd: Path | None = None
    before: Callable[[], None] | None = None


@dataclass
class Timing:
    """What the runs of one command took: seconds each, and the largest memory of any, in MB."""

    seconds: list[float] = field(default_factory=list)
    megabytes: float = 0.0

    @property
    def median(self) -> float:
        """The median of the runs, seconds."""
        return statistics.median(self.seconds)


def interleaved(commands: Mapping[str, Command], rounds: int) -> dict[str, Timing]:
    """Run each command once a round, in turn; a first round is not counted. Fails where one fails."""
    timings = {name: Timing() for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            seconds, megabytes = timed(command)
            if number:
                timings[name].seconds.append(seconds)
                timings[name].megabytes = max(timings[name].megabytes, megabytes)
    return timings


def timed(command: Command) -> tuple[float, float]:
    """One run: wall seconds, and the peak memory of the process (not of its children) in MB."""
    if command.before:
        command.before()
    begin = time.perf_counter()
    process = subprocess.Popen(
        command.words,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=dict(command.environ) if command.environ is not None else None,
        cwd=command.cwd,
    )
    errors: list[bytes] = []
    assert process.stdin and process.stderr
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()), daemon=True)  # type: ignore[union-attr]
    reader.start()
    try:
        process.stdin.write(command.data)
        process.stdin.close()
    except BrokenPipeError:
        pass
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    reader.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command.words)[:200]} ended with {process.returncode}: {errors[0][-2000:]!r}")
    return seconds, usage.ru_maxrss / 1024


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def verdict(ratio: float, limit: float) -> str:
    """`1.21 (≤ 1.35)`, or with a mark where the limit is missed."""
    return f"{ratio:.2f} (≤ {limit:g})" if ratio <= limit else f"**{ratio:.2f} (missed: ≤ {limit:g})**"
