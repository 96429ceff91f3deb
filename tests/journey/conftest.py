"""A machine for every journey, looked over when the journey is at its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journey import leaving
from tests.journey.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A computer of its own for the real CLI."""
    ready = Machine(tmp_path)
    yield ready
    ready.check()
    leaving.check(ready, tmp_path / "leaving")
