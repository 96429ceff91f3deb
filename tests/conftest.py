"""No test can reach the home folder, the network, or what the machine it runs on has set."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests import people

settings.register_profile("house", deadline=None)  # a busy machine is no failure
settings.load_profile("house")

_OURS = ("AGENTSPEC_", "CLAUDE", "XDG_", "ANTHROPIC_", "DO_NOT_TRACK", "DISABLE_TELEMETRY", "CI", "GITHUB_")
_LOOPBACK = ("127.", "::1", "localhost")


class ATestMayNotReachTheNetwork(Exception):
    """Only loopback is open to tests."""


class ATestReachedTheRealHome(Exception):
    """A process that a test started had no throw-away person's environment (tests/people.py)."""


@pytest.fixture(autouse=True)
def _home_is_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A home of its own for every test, by HOME and by the password database; nothing of the person's settings."""
    somebody = people.person(tmp_path_factory.mktemp("somebody"))
    home = somebody.home
    for name in os.environ:
        if name == "CLAUDE_CLI":  # where the tests find the real CLI
            continue
        if name.startswith(_OURS) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    people.be(somebody, monkeypatch)
    for name, folder in (
        ("CACHE", ".cache"),
        ("CONFIG", ".config"),
        ("STATE", ".local/state"),
        ("DATA", ".local/share"),
    ):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / folder))
    before = people.real_state()
    yield
    check_the_real_home(before)


def check_the_real_home(before: frozenset[Path]) -> None:
    """The last net, below the throw-away homes: the person who runs the tests has consented to nothing by it."""
    if changed := people.real_state() ^ before:
        raise ATestReachedTheRealHome(*sorted(changed))


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
