"""A queue in memory that can be told to hold still or to fail; and an asker."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from threading import Event
from typing import Any, NamedTuple

from telemetry.community.api import Application
from telemetry.community.records import Accepted, Answered
from tests.community.ports_in_memory import AggregatesInMemory, QueueInMemory
from tests.sharing.lines import line_of

NDJSON, JSON = "application/x-ndjson", "application/json"

__all__ = ["JSON", "NDJSON", "AggregatesInMemory", "Answer", "Memory", "QueueInMemory", "ask", "batch", "whole"]


class Memory(QueueInMemory):
    """`puts`: what was put together, in order. `held`: closed while puts are to wait. `refusing`: what a put raises."""

    def __init__(self) -> None:
        super().__init__()
        self.puts: list[list[str]] = []
        self.held, self.refusing = Event(), list[Exception]()
        self.entered = Event()
        self.held.set()

    def put(self, reports: Sequence[Accepted], now: datetime) -> list[Answered]:
        """Keep reports, once nothing holds it up."""
        self.entered.set()
        assert self.held.wait(60)
        if self.refusing:
            raise self.refusing.pop(0)
        self.puts.append([report.id for report in reports])
        return super().put(reports, now)


def whole(*numbers: int) -> bytes:
    """Lines of reports that contradict nothing: all phases, as long as they took."""
    return b"".join(_whole(number) + b"\n" for number in numbers)


def _whole(number: int) -> bytes:
    sealed = json.loads(line_of(number))
    sealed["report"]["feature"]["complexity"]["phases_used"] = ["define", "design", "build", "ship"]
    sealed["report"]["feature"]["timing"]["total_duration_seconds"] = 180
    return json.dumps(sealed, sort_keys=True, separators=(",", ":")).encode()


class Answer(NamedTuple):
    """What came back. Names of headers in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


def batch(lines: bytes) -> tuple[bytes, dict[str, str]]:
    """The body and the headers with which the client sends lines."""
    key = sha256(lines).hexdigest()
    headers = {"content-type": NDJSON, "content-encoding": "gzip", "idempotency-key": key}
    return gzip.compress(lines, mtime=0), headers


async def ask(
    app: Application,
    method: str,
    path: str,
    body: bytes | Sequence[bytes] = b"",
    headers: dict[str, str] | None = None,
    client: str = "192.0.2.7",
) -> Answer:
    """One request without a socket. `body`: at once, or in parts."""
    parts = [body] if isinstance(body, bytes) else list(body)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    pairs = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    await app({"type": "http", "method": method, "path": path, "headers": pairs, "client": (client, 1)}, receive, send)
    start, rest = sent
    told = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], told, rest["body"])
