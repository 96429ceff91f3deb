"""The real server as a process, for tests: `agentspec-community serve` on a free port, in a throw-away folder."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.community.memory import Answer
from tests.people import clock_ahead

PATIENCE = 60.0
ROOT = Path(__file__).resolve().parents[2]


class Running(NamedTuple):
    """A server that answers. `log`: what it writes on standard error."""

    url: str
    data: Path
    process: subprocess.Popen[str]
    log: Path

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rsplit(":", 1)[1])

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """One request over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body or None, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def metric(self, name: str) -> float:
        """The value of one line of /metrics."""
        lines = self.ask("GET", "/metrics").body.decode().splitlines()
        return next(float(line.split(" ")[1]) for line in lines if line.startswith(f"{name} "))

    def counts(self, name: str, value: float) -> None:
        """Return once a line of /metrics has a value; it must not take long."""
        until = time.monotonic() + PATIENCE
        while (found := self.metric(name)) != value:
            assert time.monotonic() < until, f"{name} is {found}"

    def ends(self) -> int:
        """Tell it to end, as systems do, and wait for it."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def command(*words: str) -> list[str]:
    """`agentspec-community …` of this checkout."""
    return [sys.executable, "-m", "telemetry.community.main", *words]


def environ_of(data: Path, **settings: object) -> dict[str, str]:
    """An environment for a server of a folder."""
    ours = {f"AGENTSPEC_COMMUNITY_{name.upper()}": str(value) for name, value in settings.items()}
    return {**os.environ, "AGENTSPEC_COMMUNITY_DATA": str(data), "AGENTSPEC_COMMUNITY_PORT": "0", **ours}


@contextmanager
def serving(folder: Path, verb: str = "serve", ahead: float = 0, **settings: object) -> Iterator[Running]:
    """A server, killed at the end if the block has not ended it. `ahead`: by how many hours its clock is."""
    data, log = folder / "community", folder / f"{verb}.log"
    environ = environ_of(data, **settings)
    if ahead:
        environ |= clock_ahead(environ, ahead)
    with log.open("w") as errors:
        process = subprocess.Popen(
            command(verb), cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        assert process.stdout is not None
        said = process.stdout.readline().split()
        assert said, log.read_text()
        assert not urlsplit(said[-1]).path
        yield Running(said[-1], data, process, log)
    finally:
        process.kill()
        process.communicate()
