"""The CLI in a terminal, where a person types: for what `-p` has no words for."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from tests.journey.api import Api
from tests.journey.machine import PATIENCE, Machine

_ESCAPES = re.compile(rb"\x1b(\[[0-9;?<>=]*[a-zA-Z]|\][^\x07]*\x07|[()][A-Z0-9]|[=>78])|\s")
_READY = b"bypasspermissionson"
REST = 0.5


class Terminal:
    """A running session: keys in, screen out."""

    def __init__(
        self, machine: Machine, api: Api, arguments: Sequence[str] = (), environ: Mapping[str, str] | None = None
    ) -> None:
        _skip_the_welcome(machine)
        self._keys, ours = pty.openpty()
        fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *machine.command(), *arguments], cwd=machine.project,
            env={**machine.environ(api, environ), "TERM": "xterm-256color"},
            stdin=ours, stdout=ours, stderr=ours,
        )  # fmt: skip
        os.close(ours)
        self._screen, self._drawn = b"", time.monotonic()
        self._closed = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wait_for_the_prompt(self) -> None:
        """Return when it can be typed into."""
        until = time.monotonic() + PATIENCE
        while _READY not in _ESCAPES.sub(b"", self._screen):
            assert time.monotonic() < until, self._screen
            time.sleep(0.02)

    def types(self, text: str) -> None:
        """Type a line into an idle session and send it."""
        self._wait_for_rest()
        self._press(text)
        self._wait_for_rest()
        self._press("\r")

    def presses_escape(self) -> None:
        """Interrupt what is going on."""
        self._press("\x1b")

    def close(self) -> None:
        """The window is closed: the session is hung up on."""
        if not self._closed.is_set():
            self._closed.set()
            self._reader.join()
            os.close(self._keys)

    def _press(self, keys: str) -> None:
        os.write(self._keys, keys.encode())

    def _wait_for_rest(self) -> None:
        """Return when nothing has been drawn for a while: a working session draws all the time."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < self._drawn + REST:
            assert time.monotonic() < until, self._screen[-2000:].decode("utf-8", "replace")
            time.sleep(0.02)

    def _read(self) -> None:
        while not self._closed.is_set():
            if select.select([self._keys], [], [], 0.05)[0]:
                try:
                    self._screen += os.read(self._keys, 1 << 16)
                except OSError:
                    return  # the session is over
                self._drawn = time.monotonic()


@contextmanager
def terminal(
    machine: Machine, api: Api, *arguments: str, environ: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """A session in a terminal; killed if the block leaves it running."""
    opened = Terminal(machine, api, arguments, environ)
    try:
        opened.wait_for_the_prompt()
        yield opened
    finally:
        opened.process.kill()
        opened.process.wait()
        opened.close()


def _skip_the_welcome(machine: Machine) -> None:
    """What Claude Code asks a person at the first start has been answered."""
    answered = {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "bypassPermissionsModeAccepted": True,
        "customApiKeyResponses": {"approved": ["dummy-key-for-loopback"[-20:]], "rejected": []},
        "projects": {str(machine.project): {"hasTrustDialogAccepted": True, "allowedTools": []}},
    }
    file = machine.home / ".claude.json"
    if not file.exists():
        file.write_text(json.dumps(answered))
