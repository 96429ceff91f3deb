"""Many waits of the same length, ended by one timer: a timer for each would cost more than all else about a request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable


class Patience:
    """Ends what takes longer than so many seconds. For one event loop, from which all calls come."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waiting: dict[Hashable, tuple[float, Callable[[], None]]] = {}  # the oldest first
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None  # asking for it anew takes a call of the system

    def begin(self, who: Hashable, give_up: Callable[[], None]) -> None:
        """From now on, until `end`. `give_up`: called where that takes too long. Once at a time for each."""
        loop = self._loop = self._loop or asyncio.get_running_loop()
        self._waiting[who] = (loop.time() + self._seconds, give_up)
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look, loop)

    def end(self, who: Hashable) -> None:
        """In time; or it was never begun, or given up."""
        self._waiting.pop(who, None)

    def is_waiting_for(self, who: Hashable) -> bool:
        """Whether it was begun, and has not ended."""
        return who in self._waiting

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        late = [who for who, (until, _) in self._waiting.items() if until <= now]
        for who in late:
            self._waiting.pop(who)[1]()
        if self._waiting:
            oldest = next(iter(self._waiting.values()))[0]
            self._timer = loop.call_at(oldest, self._look, loop)
