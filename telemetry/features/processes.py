"""Work shared among processes, where there is enough of it and where that is safe.

Only where a process can be forked: a spawned one would run the caller's main module again, which
is not ours to repeat, and where that cannot be found (`python -`) would wait for ever.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")
MANY = 16  # tasks, from here on the work is shared
MOST = 4  # processes


def mapped(work: Callable[[_Task], _Result], tasks: list[_Task]) -> Iterator[_Result]:
    """The result of each task, in their order."""
    done = 0
    if len(tasks) >= MANY and _may_fork():
        from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 costs more than most questions

        try:
            for result in _shared(work, tasks):
                yield result
                done += 1
        except (OSError, ImportError, NotImplementedError, AssertionError, BrokenProcessPool):
            pass  # no more processes, no semaphores, a daemon's child, one was killed …: the rest is done here
    yield from map(work, tasks[done:])


def _may_fork() -> bool:
    """Whether a copy of this process is safe: no threads that would be missing in it, no macOS frameworks."""
    import threading  # noqa: PLC0415 only for work that is shared

    return (os.cpu_count() or 1) > 1 and sys.platform not in ("darwin", "win32") and threading.active_count() == 1


def _shared(work: Callable[[_Task], _Result], tasks: list[_Task]) -> Iterator[_Result]:
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 costs more than most questions
    from multiprocessing import get_context  # noqa: PLC0415

    processes = min(os.cpu_count() or 1, MOST)
    with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
        yield from pool.map(work, tasks, chunksize=2)
