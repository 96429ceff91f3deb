"""The community server as its operator runs it: how much it takes, how fast it is read, how much memory it needs.

Real processes on the loopback, asked by benchmarks/load.py. Beside the server stand the same server without storage,
the least that any server must do to read a report, and a bare hello (benchmarks/stand_ins.py), all in one run, in turn.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from benchmarks.load import report_lines
from benchmarks.measure import table, verdict
from telemetry.community.contributions import contribution_of
from telemetry.community.release.budget import opened
from telemetry.community.release.verb import RELEASES
from telemetry.community.sqlite.database import open_database
from telemetry.contract.weeks import week_of

ROUNDS, SECONDS, CONNECTIONS = 5, 1.5, 64
FASTEST = 20_000  # reports per second that the load is prepared for
READS = 4_000
FEW, MANY = 1_000, 1_000_000  # aggregated reports
STEPS = (10_000, 100_000, 1_000_000)  # reports through the whole server
BATCH = 50

_TO_VALIDATING, _TO_HELLO, _TO_FEW, _TO_FIRST = 0.65, 0.4, 1.1, 1.1
_LIMITLESS = {  # counted all the same
    **dict.fromkeys(("REQUESTS_PER_MINUTE", "REPORTS_PER_HOUR"), "1e9"),
    **dict.fromkeys(("BURST", "REPORTS_BURST", "CAPACITY"), "1000000000"),
}


class Asked(NamedTuple):
    """What a round of load came to: answers per second, seconds, CPU seconds of the server for each."""

    rate: float
    p50: float
    p99: float
    cpu: float


class Server(NamedTuple):
    """A process that listens."""

    process: subprocess.Popen[str]
    port: int

    @property
    def cpu(self) -> float:
        """Seconds so far, of all its threads, in the kernel, too."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def megabytes(self) -> float:
        """In memory now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024

    @property
    def waiting(self) -> int:
        """Reports that the worker has not come to."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
            return int(float(re.findall(rb"^agentspec_queue_depth (\S+)", answer.read(), re.M)[0]))


def report(folder: Path) -> str:
    """The section of docs/benchmarks.md."""
    return "\n".join(["## The server", "", *_taking(folder), "", *_reading(folder)])


def report_on_memory(folder: Path) -> str:
    """Another section: its memory over a million reports."""
    return "\n".join(["## The server over a million reports", "", *_memory(folder)])


# --- taking reports


def _taking(folder: Path) -> list[str]:
    stand_in, real = "benchmarks.stand_ins", "telemetry.community.main"
    words = {
        "hello": (stand_in, "hello"),
        "the least": (stand_in, "least"),
        "the least that is durable": (stand_in, "least-durable"),
        "validating, without storage": (stand_in, "validating"),
        "durable": (real, "api"),
    }
    with ExitStack() as stack:
        servers = {name: stack.enter_context(_serving(folder / name, *said)) for name, said in words.items()}
        found = _in_turn(servers, _posted)
    rates = {name: one.rate for name, one in found.items()}
    ratios = {name: rates["durable"] / rate for name, rate in rates.items()}
    limits = {"hello": _TO_HELLO, "validating, without storage": _TO_VALIDATING}
    return [
        f"Single reports over {CONNECTIONS} connections that are kept, each sent when the last one is answered, packed",
        f"as the client packs them; medians of {ROUNDS} rounds of {SECONDS:g} s in turn. They share the machine.",
        "`hello`: the same requests, five bytes back, no code of ours. `the least`: a report read, unpacked, decoded.",
        "`the least that is durable`: then put, unchecked, into one table with one index, in groups as ours.",
        "`durable`: `agentspec-community api`, which says 202 once the report is on the disk.",
        "",
        table(
            ("server", "requests/s", "CPU µs each", "p50 ms", "p99 ms", "durable to this"),
            [(name, *_row(one), _at_least(ratios[name], limits.get(name))) for name, one in found.items()],
        ),
    ]


def _posted(name: str, server: Server, counts: bool) -> Asked:
    """A round of single reports; a short one where it does not count."""
    seconds = SECONDS if counts else 0.5
    most = round(FASTEST * seconds * (2 if name == "hello" else 1))
    return _asked(server, "single", CONNECTIONS, seconds, most)


def _row(one: Asked) -> tuple[str, str, str, str]:
    return f"{one.rate:,.0f}", f"{one.cpu * 1e6:.0f}", f"{one.p50 * 1e3:.1f}", f"{one.p99 * 1e3:.1f}"


# --- reading benchmarks


def _reading(folder: Path) -> list[str]:
    for count in (FEW, MANY):
        _release(folder / f"read-{count}", count)
    shutil.copytree(folder / f"read-{FEW}", folder / "read-same")
    shutil.rmtree(folder / "read-same/releases")
    shutil.copytree(folder / f"read-{MANY}/releases", folder / "read-same/releases")
    said = {f"read-{FEW}": f"{FEW:,}", "read-same": f"{FEW:,}, the same bytes", f"read-{MANY}": f"{MANY:,}"}
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(_serving(folder / name, "telemetry.community.main", "api")) for name in said
        }
        found = _in_turn(servers, lambda _, server, counts: _asked(server, "reads", 1, 60, READS))
    sizes = {name: (folder / name / "releases/latest.json").stat().st_size for name in said}
    ratio = found[f"read-{MANY}"].p50 / found["read-same"].p50
    return [
        f"`GET /v1/benchmarks` over one connection, {READS:,} times in each of {ROUNDS} rounds in turn, of a release",
        f"made of so many reports: of more, it shows more. The sums of {MANY:,} are those of {FEW:,}, each a thousand",
        "times, written straight into the file, with as many ids; `agentspec-community release` made both, with noise.",
        f"`the same bytes`: a server with {FEW:,} reports and the other's release, to tell reports from bytes.",
        "",
        table(
            ("aggregated reports", "bytes of the release", "p50 µs", "p99 µs"),
            [
                (words, f"{sizes[name]:,}", f"{found[name].p50 * 1e6:.0f}", f"{found[name].p99 * 1e6:.0f}")
                for name, words in said.items()
            ],
        ),
        "",
        f"Ratio of the medians, of the same bytes: {verdict(ratio, _TO_FEW)}.",
    ]


def _release(data: Path, count: int) -> None:
    """A folder with the sums of so many reports, and their release."""
    _fill(data, count)
    for words in (("release", "--make-key"), ("release",)):
        _run(data, "telemetry.community.main", *words)


def _fill(data: Path, count: int) -> None:
    """Sums of so many reports in the newest week that is closed, with which releases begin; and their ids."""
    week = week_of(datetime.now(timezone.utc) - timedelta(weeks=2))
    sums: Counter[tuple[str, ...]] = Counter()
    for line in islice(report_lines(1), FEW):
        for part, cell, measure, amount in contribution_of(json.loads(line)["report"], str(uuid4()), week).increments:
            sums[(week, part, cell, measure)] += amount * (count // FEW)
    ids = f"WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
    database = open_database(data / "community.db")
    try:
        database.writer.run(
            lambda connection: (
                connection.executemany("INSERT INTO sum VALUES (?, ?, ?, ?, ?)", [(*k, v) for k, v in sums.items()]),
                connection.execute(f"{ids} INSERT INTO counted (id) SELECT randomblob(16) FROM n"),
            )
        )
    finally:
        database.close()
    with opened(data / RELEASES, development=False) as releases:
        releases.begin(week)


# --- memory


def _memory(folder: Path) -> list[str]:
    data = folder / "memory"
    sizes = list[float]()
    with _serving(data, "telemetry.community.main", "serve") as server:
        sent = 0
        for step in STEPS:
            _asked(server, "fifties", 8, 3600, (step - sent) // BATCH)
            sent = step
            while server.waiting:
                time.sleep(0.2)
            sizes.append(server.megabytes)
    return [
        f"Memory of `agentspec-community serve` after so many reports, in batches of {BATCH}, all of them added up:",
        "",
        table(("reports", "MB"), [(f"{step:,}", f"{size:.0f}") for step, size in zip(STEPS, sizes, strict=True)]),
        "",
        f"Last to first: {verdict(sizes[-1] / sizes[0], _TO_FIRST)}.",
    ]


# --- processes


def _words(module: str, *words: str) -> list[str]:
    return [sys.executable, "-m", module, *words]


def _environ(data: Path) -> dict[str, str]:
    ours = {"DATA": str(data), "PORT": "0", **_LIMITLESS}
    return {**os.environ, **{f"AGENTSPEC_COMMUNITY_{name}": value for name, value in ours.items()}}


def _run(data: Path, *words: str) -> None:
    subprocess.run(_words(*words), env=_environ(data), check=True, stdout=subprocess.DEVNULL)


@contextmanager
def _serving(data: Path, *words: str) -> Iterator[Server]:
    data.mkdir(exist_ok=True)
    process = subprocess.Popen(_words(*words), env=_environ(data), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield Server(process, int(process.stdout.readline().rsplit(":", 1)[1]))
    finally:
        process.terminate()
        process.communicate()


def _asked(server: Server, kind: str, connections: int, seconds: float, most: int) -> Asked:
    words = _words("benchmarks.load", str(server.port), kind, str(connections), str(seconds), str(most))
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
        assert load.stdin and load.stdout
        assert load.stdout.readline() == "ready\n"
        before = server.cpu
        load.stdin.write("go\n")
        load.stdin.flush()
        found = json.loads(load.stdout.readline())
    if found["wrong"]:
        raise SystemExit(f"{found['wrong']} of {found['count']} answers were not what they should be ({kind})")
    count = found["count"]
    return Asked(count / found["seconds"], found["p50"], found["p99"], (server.cpu - before) / count)


def _in_turn(servers: Mapping[str, Server], ask: Callable[[str, Server, bool], Asked]) -> dict[str, Asked]:
    """Medians of rounds in which all are asked in turn. `ask` is told whether a round counts: the first does not."""
    asked: dict[str, list[Asked]] = {name: [] for name in servers}
    for number in range(ROUNDS + 1):
        for name, server in servers.items():
            one = ask(name, server, number > 0)
            asked[name] += [one] if number else []
    return {name: _median(ones) for name, ones in asked.items()}


def _median(ones: Sequence[Asked]) -> Asked:
    return Asked(*map(statistics.median, zip(*ones, strict=True)))


def _at_least(ratio: float, limit: float | None) -> str:
    if limit is None:
        return f"{ratio:.2f}"
    return f"{ratio:.2f} (≥ {limit:g})" if ratio >= limit else f"**{ratio:.2f} (missed: ≥ {limit:g})**"
