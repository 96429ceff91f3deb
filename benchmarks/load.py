"""Load on a server from a process of its own: so many connections, each asking again as soon as it has its answer.

    python -m benchmarks.load PORT KIND CONNECTIONS SECONDS COUNT

KIND is one of KINDS. Requests are made before the first is sent, so that the load costs the machine little while it
lasts. It ends after so many SECONDS, or COUNT requests, whichever comes first, and prints what came of it as JSON.
"""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from itertools import count, islice, repeat
from typing import Any, cast
from uuid import UUID

import uvloop

from telemetry.community.strangers import simulated

MOST_MADE = 60_000  # requests beforehand: of more, each is made when it is sent
TEMPLATES = 500  # different reports; each one sent is one of them with another id and another token
_READ = b"GET /v1/benchmarks HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n\r\n"


class _Load:
    """What all connections share."""

    def __init__(self, requests: Iterator[bytes], is_right: bytes, seconds: float) -> None:
        self.requests, self.is_right, self.seconds = requests, is_right, seconds
        self.until, self.open, self.wrong = 0.0, 0, 0
        self.took: list[float] = []
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def begin(self) -> None:
        """The clock runs from now on."""
        self.until = time.perf_counter() + self.seconds

    def next(self) -> bytes | None:
        """The next request, if there is to be one."""
        return next(self.requests, None) if time.perf_counter() < self.until else None

    def has_ended(self) -> None:
        """One connection has nothing more to do."""
        self.open -= 1
        if not self.open and not self.over.done():
            self.over.set_result(None)


class _Connection(asyncio.Protocol):
    """Sends, waits for the answer, sends. An answer ends where its Content-Length says."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._began, self._head, self._left = 0.0, b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._load.open += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.has_ended()

    def data_received(self, data: bytes) -> None:
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            self._left = end + 4 + _length_of(self._head, end) - len(self._head)
        if not self._left:
            self._load.took.append(time.perf_counter() - self._began)
            self._load.wrong += not self._head.startswith(self._load.is_right)
            self.ask()

    def ask(self) -> None:
        """The next, or the end."""
        request = self._load.next()
        if request is None:
            self._transport.close()
        else:
            self._head, self._began = b"", time.perf_counter()
            self._transport.write(request)


def _length_of(answer: bytes, end: int) -> int:
    begin = answer.index(b"content-length:", 0, end) + len(b"content-length:")
    return int(answer[begin : answer.index(b"\r\n", begin)])


def report_lines(seed: int) -> Iterator[bytes]:
    """Reports without end, no two with the same id."""
    chance = random.Random(seed)
    parts = [_around(line) for line in islice(simulated(1, TEMPLATES), TEMPLATES)]
    for number in count():
        head, middle, tail = parts[number % TEMPLATES]
        made = str(UUID(int=chance.getrandbits(128), version=4)).encode()
        yield b"".join((head, made, middle, chance.randbytes(32).hex().encode(), tail))


def _around(line: bytes) -> tuple[bytes, bytes, bytes]:
    """What stands around the id and the hash of the token."""
    sealed: dict[str, Any] = json.loads(line)
    head, _, rest = line.partition(sealed["report"]["session"]["id"].encode())
    middle, _, tail = rest.partition(sealed["withdrawal"].encode())
    return head, middle, tail


def _fresh(size: int) -> Iterator[bytes]:
    return posted(report_lines(random.SystemRandom().getrandbits(64)), size)


def posted(lines: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Batches as the client sends them."""
    while True:
        data = b"".join(line + b"\n" for line in islice(lines, size))
        body = gzip.compress(data, 6, mtime=0)
        yield (
            b"POST /v1/reports HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: agentspec-telemetry\r\n"
            b"Accept-Encoding: identity\r\nAccept: application/json\r\nConnection: keep-alive\r\n"
            b"Content-Type: application/x-ndjson\r\nContent-Encoding: gzip\r\n"
            b"Idempotency-Key: %s\r\nContent-Length: %d\r\n\r\n%s"
        ) % (sha256(data).hexdigest().encode(), len(body), body)


SIZES = {"single": 1, "tens": 10, "fifties": 50}  # reports in a request
KINDS: dict[str, Callable[[], Iterator[bytes]]] = {
    "reads": lambda: repeat(_READ),
    **{name: partial(_fresh, size) for name, size in SIZES.items()},
}


async def _run(port: int, kind: str, connections: int, seconds: float, most: int) -> dict[str, float]:
    made = islice(KINDS[kind](), most)
    requests = iter(list(made)) if most <= MOST_MADE and kind in SIZES else made
    load = _Load(requests, b"HTTP/1.1 20", seconds)
    loop = asyncio.get_running_loop()
    opened = [
        (await loop.create_connection(lambda: _Connection(load), "127.0.0.1", port))[1] for _ in range(connections)
    ]
    gc.collect()
    gc.disable()
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    began, used = time.perf_counter(), time.process_time()
    load.begin()
    for connection in opened:
        connection.ask()
    await load.over
    lasted, cost = time.perf_counter() - began, time.process_time() - used
    return {"seconds": lasted, "wrong": load.wrong, "cpu": cost, **_summed(load.took)}


def _summed(took: list[float]) -> dict[str, float]:
    took = sorted(took)
    return {
        "count": len(took),
        "p50": took[len(took) // 2],
        "p99": took[min(len(took) * 99 // 100, len(took) - 1)],
    }


def main(port: str, kind: str, connections: str, seconds: str, most: str) -> None:
    """Do it."""
    print(json.dumps(uvloop.run(_run(int(port), kind, int(connections), float(seconds), int(most)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
