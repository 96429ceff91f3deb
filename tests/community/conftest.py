"""A desk over memory, and the application on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from telemetry.community.api import application
from telemetry.community.desk import Desk, open_desk
from telemetry.community.limits import Rate
from tests.community.memory import AggregatesInMemory, Answer, Memory, ask, batch

Ask = Callable[..., Answer]


@pytest.fixture
def memory() -> Memory:
    """The queue behind the desk."""
    return Memory()


@pytest.fixture
def sums() -> AggregatesInMemory:
    """The sums behind it."""
    return AggregatesInMemory()


@pytest.fixture
def desk(memory: Memory, sums: AggregatesInMemory, tmp_path: Path) -> Iterator[Desk]:
    """A desk without limits on how often."""
    opened = open_desk(memory, sums, tmp_path / "releases", rate=Rate(0, 1), reports_rate=Rate(0, 1))
    yield opened
    memory.held.set()
    opened.close()


@pytest.fixture
def asks(desk: Desk) -> Ask:
    """Asks the application on the desk, and waits for the answer."""
    app = application(desk)
    return lambda *args, **more: asyncio.run(ask(app, *args, **more))


@pytest.fixture
def shares(asks: Ask) -> Callable[[bytes], Any]:
    """Sends lines as the client does; the results."""

    def share(lines: bytes) -> Any:
        body, headers = batch(lines)
        answer = asks("POST", "/v1/reports", body, headers)
        assert answer.status == 202, answer.body
        return answer.json["results"]

    return share
