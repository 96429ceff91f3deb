"""No test can reach the home folder, the network, or what the machine it runs on has set."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None)  # a busy machine is no failure
settings.load_profile("house")

_OURS = ("AGENTSPEC_", "CLAUDE", "XDG_", "ANTHROPIC_", "DO_NOT_TRACK", "DISABLE_TELEMETRY")
_LOOPBACK = ("127.", "::1", "localhost")


class ATestMayNotReachTheNetwork(Exception):
    """Only loopback is open to tests."""


@pytest.fixture(autouse=True)
def _home_is_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A home of its own for every test; nothing of the person's settings."""
    home = tmp_path_factory.mktemp("home")
    for name in os.environ:
        if name.startswith(_OURS) and name != "CLAUDE_CLI":  # where the tests find the real CLI
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    for name, folder in (
        ("CACHE", ".cache"),
        ("CONFIG", ".config"),
        ("STATE", ".local/state"),
        ("DATA", ".local/share"),
    ):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / folder))


@pytest.fixture(autouse=True)
def _network_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to anywhere but this machine is an error that says so."""
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))


def _guarded(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(_LOOPBACK):
            raise ATestMayNotReachTheNetwork(address)
        return connect(self, address)

    return guarded
