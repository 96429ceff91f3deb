"""No project gets sharing on, whatever it brings: neither with who never said yes, nor with who said it elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from telemetry.consent.gate import REASONS
from tests.hostile.corpus import CORPUS, Clone, Trick
from tests.hostile.ground import (
    DAEMON,
    INSIGHTS,
    PREVIEW,
    SCREEN,
    SEND,
    STATUS,
    Believer,
    Ran,
    believer,
    commands,
    session_starts,
    stranger,
    things_in,
)
from tests.people import Person
from tests.sharing.receiver import Receiver, receiving


class World(NamedTuple):
    """The people, a server that would notice, and a folder for projects."""

    place: Path
    stranger: Person
    believer: Believer
    receiver: Receiver


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all projects: each must leave it as it was."""
    place = tmp_path_factory.mktemp("world").resolve()
    with receiving() as receiver:
        yield World(place, stranger(place), believer(place, receiver.url), receiver)


class Seen(NamedTuple):
    """What became of a project that somebody opened."""

    status: Ran
    screen: Ran
    send: Ran
    others: list[Ran]


@pytest.mark.parametrize(("trick", "reason"), CORPUS, ids=lambda one: getattr(one, "__name__", one))
def test_nothing_is_shared_and_the_reason_is_said(trick: Trick, reason: str, world: World, tmp_path: Path) -> None:
    """Every command, and the start of a session, in the project, by both people at the same time."""
    with ThreadPoolExecutor() as pool:
        people = (world.stranger, world.believer.person)
        opened = [_made(trick, tmp_path / str(number), world) for number, _ in enumerate(people)]
        outside = things_in(world.believer.project, world.believer.person.state)
        before = [things_in(clone.place) for clone, _ in opened]
        seen = list(pool.map(_tried, people, *zip(*opened, strict=True)))
    assert world.receiver.ledger.raw == []
    for one in seen:
        _is_refused(one, reason)
    assert [things_in(clone.place) for clone, _ in opened] == before, "something outside the project was written"
    assert things_in(world.believer.project, world.believer.person.state) == outside
    assert not world.stranger.state.exists()
    assert not any(clone.ran.exists() for clone, _ in opened), "a planted program ran"


def _made(trick: Trick, place: Path, world: World) -> tuple[Clone, Path]:
    """The project, and where in it the person stands."""
    clone = Clone(place / "project", place / "outside", world.believer.project, world.receiver.url, {})
    clone.project.mkdir(parents=True)
    clone.place.mkdir()
    (clone.place / "victim").write_text("precious")
    return clone, trick(clone) or clone.project


def _tried(somebody: Person, clone: Clone, where: Path) -> Seen:
    ran = commands(somebody, where, clone.environ, STATUS, SCREEN, SEND, PREVIEW, DAEMON, INSIGHTS)
    session_starts(somebody, where, clone.environ)
    return Seen(ran[0], ran[1], ran[2], ran[3:])


def _is_refused(seen: Seen, reason: str) -> None:
    assert seen.status.code == 0, seen.status
    status = json.loads(seen.status.out)
    assert (status["sharing"], status["reason"]["code"]) == ("off", reason)
    assert seen.screen.code == 0
    assert "off (nothing leaves this machine)" in seen.screen.out
    assert (seen.send.code, seen.send.out) == (1, "")
    assert all(one.code in (0, 1) for one in seen.others), seen.others
    for one in (seen.status, seen.screen, seen.send, *seen.others):
        assert "Traceback" not in one.said
        assert all(letter.isprintable() or letter == "\n" for letter in one.said), "the terminal is commanded"


def test_every_project_has_a_reason_of_the_gates() -> None:
    """And there are enough of them."""
    assert len(CORPUS) >= 35
    assert {reason for _, reason in CORPUS} <= set(REASONS)
    assert len({trick for trick, _ in CORPUS}) == len(CORPUS)
