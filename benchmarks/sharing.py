"""What sharing costs: how fast a daemon sends, and what it takes of the machine while it waits.

The server is the tests' strict receiver in a process of its own: it holds every report against the schema, and answers
from this machine, without a network in between, so that what is ours shows more than anywhere else.
"""

from __future__ import annotations

import gzip
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import pytest
import requests

from telemetry.consent.facts import Gatherer
from telemetry.contract import layout
from telemetry.features.history import load_features
from telemetry.journal.store import open_store
from telemetry.sharing.allowance import PLACES
from telemetry.sharing.canonical import sha256
from telemetry.sharing.household import Household, opened
from telemetry.sharing.sealing import sealed_of
from tests.people import PLENTY, Person, be, person
from tests.sharing.projects import project_in, ship
from tests.sharing.receiver import receiving_apart

REPORTS, BATCH, ROUNDS = 1000, 50, 5
REST_SECONDS = 10
HEADERS = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}


def report(folder: Path) -> str:
    """The section of docs/benchmarks.md."""
    place = folder / "person"
    place.mkdir()
    owner = person(place)
    with receiving_apart(folder / "log") as url, _as(owner):
        rows, ratio = _throughput(folder, owner, url)
        rest = _at_rest(folder, owner, url)
    return "\n".join(
        [
            "## Sharing",
            "",
            f"{REPORTS:,} reports in batches of {BATCH}, by the daemon (gate, guard, folders, request) and by plain",
            f"`requests.post`, {ROUNDS} rounds of each in turn. The server holds all of them against the schema.",
            "",
            "| | reports per second |",
            "|---|---|",
            *rows,
            "",
            f"Ratio: **{ratio:.2f}** (wanted: 0.90 or more).",
            "",
            *rest,
        ]
    )


def _throughput(folder: Path, owner: Person, url: str) -> tuple[list[str], float]:
    times: dict[str, list[float]] = {"requests.post": [], "daemon": []}
    for number in range(ROUNDS):
        household, others = _with_waiting(folder, owner, url, number)
        sends: list[tuple[str, Callable[[], None]]] = [
            ("requests.post", lambda others=others: _posts(url, others)),  # type: ignore[misc]
            ("daemon", lambda household=household: _sends(household)),  # type: ignore[misc]
        ]
        for name, send in sends if number % 2 else reversed(sends):
            began = time.perf_counter()
            send()
            times[name].append(time.perf_counter() - began)
    rates = {name: REPORTS / statistics.median(seconds) for name, seconds in times.items()}
    return [f"| {name} | {rate:,.0f} |" for name, rate in rates.items()], rates["daemon"] / rates["requests.post"]


def _with_waiting(folder: Path, owner: Person, url: str, number: int) -> tuple[Household, list[bytes]]:
    """A project in which as many reports wait, and as many others."""
    project = project_in(folder, f"project-{number}")
    owner.run("telemetry", "--enable", "--yes", "--endpoint", url, project=project)
    ship(project, "FEATURE")
    (owner.state / PLACES).unlink(missing_ok=True)  # each round is a week of its own
    gatherer, now = Gatherer(str(project), owner.environ), datetime.now(timezone.utc)
    household = opened(gatherer, open_store(str(project)), PLENTY)
    (feature,) = load_features(gatherer.store, now).features
    for _ in range(REPORTS):
        household.reports.put(sealed_of(feature, now))
    return household, [sealed_of(feature, now).data for _ in range(REPORTS)]


def _posts(url: str, lines: list[bytes]) -> None:
    for start in range(0, len(lines), BATCH):
        body = b"".join(line + b"\n" for line in lines[start : start + BATCH])
        headers = {**HEADERS, "Idempotency-Key": sha256(body)}
        requests.post(f"{url}/v1/reports", data=gzip.compress(body, 6), headers=headers, timeout=60).raise_for_status()


def _sends(household: Household) -> None:
    outcome = household.send(lambda: datetime.now(timezone.utc), at_once=True)
    assert outcome.sent == REPORTS, outcome


def _at_rest(folder: Path, owner: Person, url: str) -> list[str]:
    """A daemon that has sent something, then waits."""
    project = project_in(folder, "at-rest")
    (owner.state / PLACES).unlink(missing_ok=True)  # or the week is full of what the rounds have sent
    owner.run("telemetry", "--enable", "--yes", "--endpoint", url, project=project)
    ship(project, "FEATURE")
    owner.run("telemetry", "--preview", project=project)
    with owner.later(25).starts("daemon", project=project) as daemon:
        sent = project / ".claude" / "telemetry" / layout.SENT
        while not any(sent.glob("*")):
            time.sleep(0.1)
        time.sleep(2)
        before, begin = _ticks(daemon.pid), time.perf_counter()
        time.sleep(REST_SECONDS)
        used = (_ticks(daemon.pid) - before) / os.sysconf("SC_CLK_TCK") / (time.perf_counter() - begin)
        megabytes = _megabytes(daemon.pid)
        daemon.terminate()
    return [f"A daemon that has sent and waits: {megabytes:.0f} MB (wanted: 40 or less), {used:.1%} of a core."]


def _ticks(process: int) -> int:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _megabytes(process: int) -> float:
    line = next(one for one in Path(f"/proc/{process}/status").read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@contextmanager
def _as(owner: Person) -> Iterator[None]:
    """In this very process, the password database answers the owner's home."""
    with pytest.MonkeyPatch.context() as patch:
        be(owner, patch)
        yield
