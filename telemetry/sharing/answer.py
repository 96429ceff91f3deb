"""What came of a request, for those who decide what it means. Apart from wire.py: importing that opens a socket.

(urllib3 tries at import whether this machine can do IPv6.)
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """`status`: HTTP's, or 0 where none came. `results`: the answer's list, None where it cannot be read.

    `why` says what happened in one word, for status and for the next try.
    """

    status: int
    why: str
    results: list[dict[str, Any]] | None = None
    asked: timedelta | None = None


class Download(NamedTuple):
    """What came of asking for the benchmarks.

    `why`: `ok` where there is a body, `not_modified`, `nothing_released`, or in one word what went wrong.
    """

    status: int
    why: str
    body: bytes = b""
