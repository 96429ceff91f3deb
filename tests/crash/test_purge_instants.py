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

SEED = int(os.environ.get("AGENTSPEC_TEST_SEED", "20261122"))  # read before the tests' own environment is emptied
LIVES_LONG = 15
KILLS = 3  # of each purge
SPAN = 0.1  # seconds; a whole purge takes about as long

pytestmark = MAY_FORK


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moody]:
    """One for all."""
    warm_up()
    with moody(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.mark.parametrize("number", range(LIVES_LONG))
def test_a_purge_that_was_killed_is_ended_by_the_next(number: int, tmp_path: Path, server: Moody) -> None:
    """With two reports sent, one waiting, and somebody who sends at the same time."""
    chance, ground = random.Random(SEED + number), Ground(tmp_path, server)
    server.feels("ok")
    LIVES["send"].before(ground)
    assert ground.does(ground.runs("--send-now")).code == 0
    ground.shipped("THREE")
    server.feels("any")
    for _ in range(KILLS):
        begun = [forked(ground.runs(*options), ground.folder / "said")
                 for options in (("--purge", "--yes"), ("--send-now",))]  # fmt: skip
        ends = killed_at({process: chance.uniform(0, SPAN) for process in begun})
        assert {end.code for end in ends.values()} <= {-9, 0, 1}
    server.feels("ok")
    assert ground.does(ground.runs("--purge", "--yes")).code == 0
    assert not ground.store.exists()
    received = ground.received()
    assert {kept.state for kept in received.reports.values()} == {"withdrawn"}
    assert received.violations == []
    state = open_state()
    assert state is not None
    with state:
        assert set(state.names()) == {"key", "places", "program"}
