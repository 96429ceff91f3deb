"""What tests of consent start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.consent.ground import Ground


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """A project with a store; nobody has said anything yet."""
    return Ground(tmp_path)


@pytest.fixture
def yes(ground: Ground) -> Ground:
    """A project in which the person of this test said yes."""
    ground.says_yes()
    return ground
