"""Work shared among processes: the same results in the same order, also where no process can be had."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry.features import processes
from telemetry.features.history import load_features
from telemetry.features.processes import mapped
from tests.features.stores import NOW, append, long_journal, plainly, store_in

TASKS = list(range(50))


def square_and_pid(number: int) -> tuple[int, int]:
    """Some work, and who did it."""
    return number * number, os.getpid()


def squares(results: Iterator[tuple[int, int]]) -> tuple[list[int], set[int]]:
    """The results, and who worked."""
    found = list(results)
    return [square for square, _ in found], {pid for _, pid in found}


SQUARES = [number * number for number in TASKS]


@pytest.fixture
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the tests run."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.mark.usefixtures("two_processors")
@pytest.mark.skipif(sys.platform == "darwin", reason="processes are not forked on macOS")
def test_much_work_is_shared_and_comes_back_in_order() -> None:
    """By other processes than this one."""
    found, workers = squares(mapped(square_and_pid, TASKS))
    assert found == SQUARES
    assert os.getpid() not in workers


@pytest.mark.usefixtures("two_processors")
def test_little_work_is_done_here() -> None:
    """Starting a process costs more."""
    found, workers = squares(mapped(square_and_pid, TASKS[: processes.MANY - 1]))
    assert found == SQUARES[: processes.MANY - 1]
    assert workers == {os.getpid()}


@pytest.mark.parametrize("platform", ["darwin", "win32"])
@pytest.mark.usefixtures("two_processors")
def test_where_a_process_cannot_be_forked_safely_the_work_is_done_here(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    """macOS frameworks do not survive it, Windows has none."""
    monkeypatch.setattr(sys, "platform", platform)
    assert squares(mapped(square_and_pid, TASKS)) == (SQUARES, {os.getpid()})


@pytest.mark.usefixtures("two_processors")
def test_beside_other_threads_the_work_is_done_here() -> None:
    """A lock that one of them holds would stay locked in the copy."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert squares(mapped(square_and_pid, TASKS)) == (SQUARES, {os.getpid()})
    finally:
        done.set()
        thread.join()


@pytest.mark.usefixtures("two_processors")
@pytest.mark.parametrize("trouble", [OSError, ImportError, NotImplementedError, AssertionError])
def test_where_no_process_can_be_started_the_work_is_done_here(
    monkeypatch: pytest.MonkeyPatch, trouble: type[Exception]
) -> None:
    """No more processes, no semaphores, a daemon's child."""

    def refuse(*_: object) -> Iterator[object]:
        raise trouble

    monkeypatch.setattr(processes, "_shared", refuse)
    assert squares(mapped(square_and_pid, TASKS)) == (SQUARES, {os.getpid()})


def die_elsewhere(number: int) -> int:
    """Work that kills any process but the first."""
    if os.environ.get("PYTEST_MAIN") != str(os.getpid()) and number == 30:
        os._exit(9)
    return number * number


@pytest.mark.usefixtures("two_processors")
def test_work_of_a_process_that_was_killed_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system was out of memory; nobody waits for ever, nothing is there twice."""
    monkeypatch.setenv("PYTEST_MAIN", str(os.getpid()))
    assert list(mapped(die_elsewhere, TASKS)) == SQUARES


def fail(number: int) -> int:
    """Work that cannot be done."""
    raise FileNotFoundError(number)


@pytest.mark.usefixtures("two_processors")
def test_an_error_of_the_work_itself_is_not_swallowed() -> None:
    """A month vanished: who asked has to look again."""
    with pytest.raises(FileNotFoundError):
        list(mapped(fail, TASKS))


@pytest.mark.usefixtures("two_processors")
def test_a_journal_read_by_several_processes_gives_the_plain_features(tmp_path: Path) -> None:
    """Indexed and folded by them; then remembered."""
    store = store_in(tmp_path)
    append(store, long_journal(40))
    for _ in range(2):
        assert load_features(store, NOW, None, 700) == plainly(store)


PROGRAM = """\
import multiprocessing, os, sys
sys.path.insert(0, {root!r})
os.cpu_count = lambda: 2
from datetime import datetime, timezone
from pathlib import Path
from telemetry.features.history import load_features

def count(answers=None):
    loaded = load_features(Path({store!r}), datetime(2026, 11, 20, tzinfo=timezone.utc), None, 700)
    print(len(loaded.features), flush=True)

{run}
"""


@pytest.mark.parametrize(
    "run",
    [
        "count()",
        "multiprocessing.set_start_method('spawn'); count()",
        "p = multiprocessing.get_context('fork').Process(target=count, daemon=True); p.start(); p.join()",
    ],
    ids=["plain", "spawn", "daemon"],
)
def test_it_works_from_any_main_program(tmp_path: Path, run: str) -> None:
    """From standard input, where a spawned process would not find its main module; in a daemonic process."""
    store = store_in(tmp_path)
    append(store, long_journal(40))
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-I", "-"],
        input=PROGRAM.format(root=root, store=str(store), run=run),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("40\n", "")
