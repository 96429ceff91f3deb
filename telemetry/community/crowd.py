"""How many connections one address has: none may take all places. By a keyed hash, as in limits.py, in memory only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from telemetry.community.limits import Network, Pseudonyms, is_in


class Crowd:
    """Counts who is here. Those of a trusted proxy are not counted: they are its visitors'."""

    def __init__(self, most: int, trusted: Sequence[Network]) -> None:
        self._most, self._trusted = most, trusted
        self._pseudonyms = Pseudonyms()
        self._here: Counter[bytes] = Counter()

    def enter(self, address: str) -> bytes:
        """One more; who it counts for, to be said to `leave`."""
        if self._trusted and is_in(address, self._trusted):
            return b""
        who = self._pseudonyms.of(address)
        self._here[who] += 1
        return who

    def is_one_too_many(self, who: bytes) -> bool:
        """Whether more are here than may be."""
        return self._here[who] > self._most

    def leave(self, who: bytes) -> None:
        """One less; who has none left is not remembered."""
        self._here[who] -= 1
        if self._here[who] <= 0:
            del self._here[who]
