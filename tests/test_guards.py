"""The guards of conftest.py guard."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.conftest import ATestMayNotReachTheNetwork


def test_no_test_reaches_the_network() -> None:
    """Only loopback; the address is one that nobody has (RFC 5737)."""
    with socket.socket() as end, pytest.raises(ATestMayNotReachTheNetwork):
        end.connect(("192.0.2.1", 80))


def test_loopback_stays_open() -> None:
    """Stand-ins of servers listen there."""
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())


def test_no_test_reaches_the_home_folder(tmp_path: Path) -> None:
    """`~` is below pytest's own folder."""
    assert Path.home().is_relative_to(tmp_path.parents[0].parent)
