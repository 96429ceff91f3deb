"""Appending: one line, one checked write, and a torn tail that eats nobody."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.contract import layout
from telemetry.hook import record
from telemetry.journal.append import append, line_of
from telemetry.journal.read import read_block
from telemetry.journal.store import StoreRefused, open_store
from tests.journal.stores import (
    DEFINE,
    NOW,
    ROOT,
    environ,
    event,
    events_of,
    journal_of,
    notes_of,
    on_a_disk_of_its_own,
    run_python,
    store_of,
)


def test_a_line_is_framed_on_both_sides(tmp_path: Path) -> None:
    """So that a torn tail before it ends at its first byte."""
    with open_store(str(tmp_path)) as store:
        append(store, [event(1), event(2)])
    assert journal_of(tmp_path) == b"".join(
        b"\n" + json.dumps(event(n), separators=(",", ":")).encode() + b"\n" for n in (1, 2)
    )


def test_an_event_lies_in_the_file_of_its_month(tmp_path: Path) -> None:
    """Also when the clock goes backwards."""
    with open_store(str(tmp_path)) as store:
        append(store, [event(1, "2026-11-30T23:59:59.999Z"), event(2, "2026-12-01T00:00:00.000Z")])
        append(store, [event(3, "2026-11-30T23:59:59.998Z")])
    counts = {path.name: path.read_bytes().count(b'"kind"') for path in (store_of(tmp_path) / "events").iterdir()}
    assert counts == {"2026-11.jsonl": 2, "2026-12.jsonl": 1}


def test_what_is_no_event_is_never_written(tmp_path: Path) -> None:
    """Events before it are."""
    with open_store(str(tmp_path)) as store, pytest.raises(StoreRefused, match="bad_event"):
        append(store, [event(1), {**event(2), "prompt": "secret"}, event(3)])
    assert events_of(tmp_path) == [event(1)["id"]]


def test_the_largest_event_fits_in_a_line() -> None:
    """36 rows of the longest words: what the schema allows the journal takes."""
    row = {"file": "f" * 16, "agent": "spark-performance-analyzer", "type": ".graphql", "verified": None}
    table = {"kind": "files_built", "part": 8, "parts": 8, "total": 9999, "files": [row] * 36}
    assert len(line_of({**event(), **table, "turn": "f" * 16, "feature": "f" * 16})) <= layout.MAX_EVENT_BYTES


@settings(max_examples=100)
@given(st.lists(st.integers(0, 300), max_size=8), st.binary(max_size=30).map(lambda noise: noise.replace(b"\n", b"")))
def test_a_torn_line_never_eats_its_neighbour(cuts: list[int], noise: bytes) -> None:
    """Lines cut anywhere, noise in between: all whole lines are there, the rest is set aside."""
    data, whole, torn = b"", 0, 0
    for number, cut in enumerate(cuts):
        line = line_of(event(number))
        data += line + line[:cut] + noise
        whole += 1 + (line[:cut].strip() == line.strip() and not noise.strip())
        torn += bool((line[:cut] + noise).strip())
    sessions, events, set_aside = read_block(data + line_of(event(999)))
    assert events >= whole + 1 - (torn if noise else 0)
    assert {event(number)["id"] for number in [*range(len(cuts)), 999]} <= {
        seen[1] for seen in sessions.get("00000000000000aa", [])
    }
    assert set_aside <= torn


def test_foreign_lines_are_set_aside_and_counted() -> None:
    """A merge's marks, a person's note, another program's JSON: none of them fatal."""
    foreign = [b"<<<<<<< HEAD", b"# my note", b'{"a": 1}', b"[]", b"\xff\xfe\x00", b"\0" * 4096, b"null", b"{" * 9999]
    data = b"".join(line_of(event(number)) + line + b"\n" for number, line in enumerate(foreign))
    _, events, set_aside = read_block(data)
    assert (events, set_aside) == (len(foreign), len(foreign))


SHORT = """
import resource, sys
from telemetry.hook import record
from tests.journal.stores import DEFINE, STOP, environ, store_of
from pathlib import Path
project = Path(sys.argv[1])
record(DEFINE, environ(project))
size = (store_of(project) / "events/2026-11.jsonl").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, resource.RLIM_INFINITY))
record(STOP, environ(project))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
record({**STOP, "prompt_id": "p2"}, environ(project))
"""


def test_a_write_cut_short_is_noticed_and_hurts_nobody(tmp_path: Path) -> None:
    """The file may grow by 100 bytes only: a torn line, a code, and a whole line after it."""
    assert run_python(SHORT, tmp_path) == ""
    _, events, set_aside = read_block(journal_of(tmp_path))
    assert (events, set_aside) == (2, 1)
    assert notes_of(tmp_path) == ["short_write"]


FULL = """
import os, sys
from pathlib import Path
from telemetry.hook import record
from tests.journal.stores import DEFINE, STOP, environ, events_of, journal_of, notes_of, store_of
from telemetry.journal.read import read_block
project = Path(sys.argv[1])
if PREPARE:
    record(DEFINE, environ(project))
fill = os.open(project / "fill", os.O_WRONLY | os.O_CREAT)
try:
    while True:
        os.write(fill, b"x" * 512)
except OSError:
    pass
for number in range(50):
    record({**STOP, "prompt_id": f"q{number}"}, environ(project))
    record({**DEFINE, "prompt_id": f"r{number}"}, environ(project))
before = read_block(journal_of(project))[1]
empty = [path.name for path in store_of(project).rglob("*") if path.is_file() and not path.stat().st_size]
os.close(fill)
os.unlink(project / "fill")
record({**DEFINE, "prompt_id": "after"}, environ(project))
_, events, set_aside = read_block(journal_of(project))
assert events == before + 1, (events, before)
assert set_aside <= 1
assert (store_of(project) / "config.yaml").stat().st_size and (store_of(project) / "README.md").stat().st_size
assert (store_of(project) / ".gitignore").read_text() == "*\\n"
assert not [code for code in notes_of(project) if code.startswith("bug")], notes_of(project)
assert not list(store_of(project).glob("key.*"))
print("ok")
"""


@pytest.mark.parametrize("prepared", [True, False], ids=["journal_in_use", "first_use"])
def test_a_full_disk_disturbs_nobody_and_is_over_when_it_is_over(tmp_path: Path, prepared: bool) -> None:
    """No exception, no broken neighbour, no empty file left behind; afterwards events are written again."""
    mount = 'mount -t tmpfs -o size=128k,mode=755 none "$1"'
    assert on_a_disk_of_its_own(tmp_path, mount, FULL.replace("PREPARE", str(prepared))) == "ok\n"


READ_ONLY = """
import sys
from pathlib import Path
from telemetry.hook import record
from tests.journal.stores import DEFINE, END, STOP, environ
for payload in (DEFINE, STOP, END):
    record(payload, environ(Path(sys.argv[1])))
print("ok")
"""


@pytest.mark.parametrize("used", [True, False], ids=["with_a_store", "without_a_store"])
def test_a_read_only_project_disturbs_nobody(tmp_path: Path, used: bool) -> None:
    """Nothing is written, nothing is raised; also where modes would have to be repaired."""
    if used:
        record(DEFINE, environ(tmp_path))
        for path in (store_of(tmp_path), store_of(tmp_path) / "key", store_of(tmp_path) / "config.yaml"):
            path.chmod(0o755)
    before = journal_of(tmp_path)
    mount = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1"'
    assert on_a_disk_of_its_own(tmp_path, mount, READ_ONLY) == "ok\n"
    assert journal_of(tmp_path) == before
    assert store_of(tmp_path).exists() is used


MANY = """
import sys
from telemetry.journal.append import append
from telemetry.journal.store import open_store
from tests.journal.stores import event
first, gate = int(sys.argv[2]) * 500, sys.stdin.read(1)
for number in range(first, first + 500):
    with open_store(sys.argv[1]) as store:
        append(store, [event(number)])
"""


def test_64_processes_write_500_events_each_at_once(tmp_path: Path) -> None:
    """All 32,000 are there, once, and none is torn."""
    command = [sys.executable, "-S", "-c", MANY, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    writers = [subprocess.Popen([*command, str(n)], env=environment, stdin=subprocess.PIPE) for n in range(64)]
    for writer in writers:
        assert writer.stdin
        writer.stdin.close()  # all begin together
    assert [writer.wait(120) for writer in writers] == [0] * 64
    assert sorted(events_of(tmp_path)) == [event(number)["id"] for number in range(32_000)]


ACKNOWLEDGING = """
import os, sys
from telemetry.journal.append import append
from telemetry.journal.store import open_store
from tests.journal.stores import event
number = int(sys.argv[2])
while True:
    with open_store(sys.argv[1]) as store:
        append(store, [event(number)])
    os.write(1, b"%d\\n" % number)
    number += 1
"""
KILLS = 200


def test_a_kill_at_any_instant_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """kill -9, 200 times, while a neighbour writes on: no acknowledged line lost, no line of the neighbour broken.

    The writers fork from one that has imported everything, so that the kills hit writing and not starting.
    """
    chance = random.Random(5)
    neighbour = subprocess.Popen(
        [sys.executable, "-S", "-c", ACKNOWLEDGING, str(tmp_path), "1000000000"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    assert neighbour.stdout
    acknowledged = [neighbour.stdout.readline()]
    for kill in range(KILLS):
        acknowledged += _writer_killed(tmp_path, kill * 1_000_000, chance.random() * 0.01)
    neighbour.kill()
    acknowledged += neighbour.stdout.read().splitlines(keepends=True)
    neighbour.wait()
    neighbour.stdout.close()
    sessions, _, set_aside = read_block(journal_of(tmp_path))
    written = {seen[1] for seen in sessions["00000000000000aa"]}
    promised = {event(int(line))["id"] for line in acknowledged if line.endswith(b"\n")}
    assert len(promised) > KILLS
    assert promised - written == set()
    assert set_aside <= KILLS  # a kill can cut the one write of a line where two pages meet


def _writer_killed(project: Path, first: int, seconds: float) -> list[bytes]:
    """What a writer acknowledged before it was killed, that long after its first line."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(into, 1)
        number = first
        while True:
            with open_store(str(project)) as store:
                append(store, [event(number)])
            os.write(1, b"%d\n" % number)
            number += 1
    os.close(into)
    select.select([out], [], [], 10)
    select.select([], [], [], seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(out, "rb") as lines:
        return lines.read().splitlines(keepends=True)


def test_the_hook_writes_what_the_reader_reads(tmp_path: Path) -> None:
    """From a payload to an event, through the whole hook."""
    record(DEFINE, environ(tmp_path))
    sessions, events, set_aside = read_block(journal_of(tmp_path))
    assert (events, set_aside, notes_of(tmp_path)) == (1, 0, [])
    [[(at, *_, kind, fields)]] = sessions.values()
    assert (at, kind, fields["phase"]) == (NOW, "phase_started", "define")
