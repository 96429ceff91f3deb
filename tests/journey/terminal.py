"""The CLI in a terminal, where a person types: for what `-p` has no words for."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.journey.api import Api
from tests.journey.machine import PATIENCE, Machine

_ESCAPES = re.compile(rb"\x1b(\[[0-9;?<>=]*[a-zA-Z]|\][^\x07]*\x07|[()][A-Z0-9]|[=>78])|\s")
_READY = "bypasspermissionson"


class Terminal:
    """A running session: keys in, screen out."""

    def __init__(self, machine: Machine, api: Api, arguments: Sequence[str] = ()) -> None:
        _skip_the_welcome(machine)
        self._keys, ours = pty.openpty()
        fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *machine.command(), *arguments], cwd=machine.project,
            env={**machine.environ(api), "TERM": "xterm-256color"},
            stdin=ours, stdout=ours, stderr=ours,
        )  # fmt: skip
        os.close(ours)
        self._screen = b""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self._wait_for(_READY)

    def types(self, text: str) -> None:
        """Type a line and send it."""
        self._press(text)
        self._wait_for(text)
        time.sleep(0.3)  # the menu of commands follows the last key
        self._screen = b""
        self._press("\r")

    def presses_escape(self) -> None:
        """Interrupt what is going on."""
        self._press("\x1b")

    def sees(self, text: str) -> None:
        """Wait until this is on the screen since the last line was sent."""
        self._wait_for(text)

    def close(self) -> None:
        """The window is closed: the session is hung up on."""
        os.close(self._keys)
        self.process.wait(PATIENCE)
        self._reader.join()

    def _press(self, keys: str) -> None:
        os.write(self._keys, keys.encode())

    def _wait_for(self, text: str) -> None:
        """Compared without blanks: the screen is drawn by moving the cursor."""
        wanted, until = text.replace(" ", "").encode(), time.monotonic() + PATIENCE
        while wanted not in _ESCAPES.sub(b"", self._screen):
            assert time.monotonic() < until, _ESCAPES.sub(b"", self._screen)[-2000:].decode("utf-8", "replace")
            time.sleep(0.02)

    def _read(self) -> None:
        try:
            while part := os.read(self._keys, 1 << 16):
                self._screen += part
        except OSError:
            pass  # the session is over


@contextmanager
def terminal(machine: Machine, api: Api, *arguments: str) -> Iterator[Terminal]:
    """A session in a terminal; killed if the block leaves it running."""
    opened = Terminal(machine, api, arguments)
    try:
        yield opened
    finally:
        opened.process.kill()
        opened.process.wait()


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
