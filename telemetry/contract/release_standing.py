"""How the community's benchmarks stand on this machine: what was believed, of when, and why not something newer.

Made by who fetches them (telemetry/sharing/benchmarks.py), said by who shows them (telemetry/insights/community).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Standing:
    """What to say beside a comparison.

    `week`, `month`: the periods of the releases, as `2026-W45` and `2026-10`; None where there is none.
    `age_days`: whole days since the newest of them ended. `is_old`: longer ago than releases come.
    `fetched`: when the server last said that this is its newest. `from_cache`: whether that was another time.
    `why`: words for why there is no newer answer, None where the server gave one just now, or lately enough.
    `development`: exact figures without noise, for a demo on this machine. `key`: the public key that signed them,
    in hex. `first_seen`: whether it was first believed less than 24 hours ago, told by nobody but the server.
    """

    week: str | None
    month: str | None
    age_days: int
    is_old: bool
    fetched: datetime
    from_cache: bool
    why: str | None
    development: bool
    key: str
    first_seen: bool
