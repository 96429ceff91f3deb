"""Each adapter of the list, for every sentence of the suites."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.community.ports.adapters import ADAPTERS, Adapter
from tests.community.ports.opened import Opened


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.name)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    """An adapter, open."""
    adapter: Adapter = request.param
    found = adapter.opened(tmp_path)
    yield found
    found.close()
