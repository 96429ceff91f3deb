"""Calls of the ports that wait, made in threads of their own: requests go on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
AT_ONCE = 8


class Aside:
    """A few threads. `close` them: what was begun is finished."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="aside")

    async def run(self, call: Callable[[], T]) -> T:
        """What a call returns or raises."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    def close(self) -> None:
        """Finish what was begun."""
        self._pool.shutdown()
