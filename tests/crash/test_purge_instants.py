"""A purge that is killed at random instants, and typed again, leaves nothing here and nothing raw at the server."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry.consent.state import open_state
from tests.crash.children import MAY_FORK, forked, killed_at, warm_up
from tests.crash.ground import LIVES, Ground
from tests.crash.moody import Moody, moody
from tests.sharing.homes import with_room

SEED = int(os.environ.get("AGENTSPEC_TEST_SEED", "20261122"))  # read before the tests' own environment is emptied
PURGES = 60  # that are killed
GROUNDS = 3 * PURGES  # at most

pytestmark = MAY_FORK


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Moody]:
    """One for all."""
    warm_up()
    with moody(tmp_path) as running:
        yield running


class Purger:
    """Kills purges at instants within the time that they take on this machine, which it learns."""

    def __init__(self, seed: int) -> None:
        self._chance, self._span, self.hit = random.Random(seed), 0.3, 0

    def purges(self, ground: Ground) -> None:
        """Until one comes to its end; each second time somebody sends at the same time."""
        killed = True
        while killed and ground.store.exists():
            begun = [forked(ground.runs(*options), ground.folder / "said") for options in self._options()]
            ends = killed_at({process: self._chance.uniform(0, self._span) for process in begun})
            assert {end.code for end in ends.values()} <= {-9, 0, 1}
            killed = ends[begun[0]].killed
            self._span = min(2.0, self._span * (1.1 if killed else 0.75))  # three of four are killed
            self.hit += killed

    def _options(self) -> list[tuple[str, ...]]:
        purge, send = ("--purge", "--yes"), ("--send-now",)
        return self._chance.choice([[purge], [purge, send]])


def test_purges_that_were_killed_are_ended_by_the_next(
    tmp_path: Path, server: Moody, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixty, in one project after another: two reports are sent, one arrived without an answer, one waits."""
    with_room(monkeypatch)
    purger, grounds = Purger(SEED), 0
    while purger.hit < PURGES and grounds < GROUNDS:
        ground, grounds = _laid(tmp_path / str(grounds), server), grounds + 1
        server.feels("any")
        purger.purges(ground)
        server.feels("ok")
        assert ground.does(ground.runs("--purge", "--yes")).code == 0
        _check(ground)
    print(f"{purger.hit} purges killed in {grounds} projects")
    assert purger.hit >= PURGES


def _laid(folder: Path, server: Moody) -> Ground:
    """Another ground."""
    folder.mkdir()
    ground = Ground(folder, server)
    server.feels("ok")
    LIVES["send"].before(ground)
    assert ground.does(ground.runs("--send-now")).code == 0
    ground.shipped("THREE")
    server.feels("cut_after_reading")
    assert ground.does(ground.runs("--send-now")).code == 1
    ground.shipped("FOUR")
    return ground


def _check(ground: Ground) -> None:
    """Nothing is left, here and there; what every project of the person needs is."""
    assert not ground.store.exists()
    received = ground.received()
    assert len(received.reports) in (3, 4)
    assert {kept.state for kept in received.reports.values()} == {"withdrawn"}
    assert received.violations == []
    state = open_state()
    assert state is not None
    with state:
        assert set(state.names()) == {"key", "places", "program"}
