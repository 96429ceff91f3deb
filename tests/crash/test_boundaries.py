"""Killed at any boundary between two steps, everything goes on as if it had not been; and every boundary is tried."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry.contract import layout
from tests.crash.children import MAY_FORK, warm_up
from tests.crash.ground import LIVES, Ground
from tests.crash.moody import ROOT, Moody, moody
from tests.sharing.projects import ship

pytestmark = MAY_FORK


def _written(step: str) -> tuple[str, ...]:
    """The boundaries of a durable write."""
    return (f"{step}_opened", f"{step}_drafted", f"{step}_renamed", f"{step}_written")


_PLACE = (*_written("places"), "places_taken")
_SEALED = ("seal_begun", *_PLACE, *_written("sealed"), "seal_put", "seal_recorded")
_UNDER_WAY = (*_PLACE, "sending_noted", "sending_moved", "sending_noted", "sending_moved", "sending_synced")
_ASKED = ("send_begun", "send_answered")
_TAKEN = ("sent_noted", "sent_moved")
_DROPPED = ("drop_begun", "report_deleted")

# What each life of ground.py passes, in order.
PASSED: dict[str, tuple[str, ...]] = {
    "yes": (
        *_written("config"),  # the address
        "held_back",  # what was there before
        *_written("state_key"),
        "state_key_linked",
        *_written("config"),  # the switch
        "yes_switched",
        *_written("state"),  # what the hook is to start
        *_written("state"),  # the receipt
    ),
    "name a server": (
        *_written("config"), "server_named", *_written("state"), *_written("state"), *_SEALED, *_SEALED
    ),
    "no": (*_written("state"), "no_written", *_written("config"), "report_deleted", "report_deleted"),
    "seal": (*_SEALED, *_SEALED),
    "seal in a full week": ("seal_begun", "places_taken", "seal_left_out"),
    "seal beside what began before the yes": ("held_back", *_SEALED, *_SEALED),
    "mend": ("ledger_mended", *_SEALED),
    "drop": _DROPPED,
    "drop what was never noted": ("ledger_mended", *_DROPPED),
    "send": (*_UNDER_WAY, *_ASKED, *_TAKEN, *_TAKEN, "sent_synced"),
    "send to who fails": (*_UNDER_WAY, *_ASKED, *_written("retry")),
    "send again": ("places_taken", *_ASKED, *_TAKEN, *_TAKEN, "sent_synced", *_written("retry")),
    "send to who rejects": (
        *_UNDER_WAY, *_ASKED, *_TAKEN, "sent_synced", "refused_noted", "refused_moved", "refused_synced"
    ),
    "daemon": ("daemon_alone", *_SEALED, *_UNDER_WAY, *_ASKED, *_TAKEN, *_TAKEN, "sent_synced"),
}  # fmt: skip
# The receipt is there from its renaming on.
SAID_YES = ("state_renamed#2", "state_written#2")
# Their boundaries are passed, and tried, in tests of their own; so are the server's.
ELSEWHERE = ("erase.py", "export.py", "purge.py", "takeback.py")


def _cuts(life: str) -> list[str]:
    """The first and the last passage of each boundary, as faults."""
    passed = PASSED[life]
    counts = {step: passed.count(step) for step in passed}
    return [cut for step, count in counts.items() for cut in (step, f"{step}#{count}")[: min(count, 2)]]


CUTS = [(life, cut) for life in PASSED if life not in ("yes", "no", "name a server") for cut in _cuts(life)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moody]:
    """One for all: its ledger has to be right over all of them, too."""
    warm_up()
    with moody(tmp_path_factory.mktemp("server")) as running:
        yield running
        assert running.ledger().violations == []


@pytest.fixture
def ground(tmp_path: Path, server: Moody) -> Ground:
    """A new project."""
    server.feels("ok")
    return Ground(tmp_path, server)


def test_a_life_was_told_for_every_boundary_in_the_source() -> None:
    """None is added without being tried."""
    assert set(_boundaries_in_source()) == {step for passed in PASSED.values() for step in passed}


@pytest.mark.parametrize("life", LIVES)
def test_a_life_passes_the_boundaries_that_are_told_of_it(life: str, ground: Ground) -> None:
    """In this order; and with nobody killed all is well, too."""
    _within_an_hour()
    LIVES[life].before(ground)
    ground.server.feels(LIVES[life].mood)
    assert tuple(ground.passes(LIVES[life].does(ground))) == PASSED[life]
    if life != "no":
        assert ground.wrong() == []


@pytest.mark.parametrize(("life", "cut"), CUTS)
def test_a_kill_at_any_boundary_loses_and_doubles_nothing(life: str, cut: str, ground: Ground) -> None:
    """After it, one quiet run before a server that behaves leaves everything as it should be."""
    LIVES[life].before(ground)
    ground.server.feels(LIVES[life].mood)
    assert ground.killed_at(cut, LIVES[life].does(ground)).killed
    assert ground.wrong() == []


def test_a_note_that_a_full_disk_tore_takes_no_receipt_with_it(ground: Ground) -> None:
    """The next one begins on a line of its own."""
    LIVES["send"].before(ground)
    assert ground.killed_at("sending_synced", ground.runs("--send-now")).killed
    for report in (ground.store / layout.SENDING).iterdir():
        with report.open("ab") as file:
            file.write(b'{"receipt":"to')
    assert ground.wrong() == []


@pytest.mark.parametrize("cut", _cuts("yes"))
def test_a_yes_that_was_cut_off_is_none_and_can_be_said_again(cut: str, ground: Ground) -> None:
    """Until the receipt is there; nothing of what was left behind stands in the way."""
    LIVES["yes"].before(ground)
    assert ground.killed_at(cut, ground.enables()).killed
    assert _is_on(ground) is (cut in SAID_YES)
    assert ground.does(ground.enables()).code == 0
    assert _is_on(ground)
    ground.shipped("ONE")
    assert ground.wrong() == []


@pytest.mark.parametrize("cut", _cuts("name a server"))
def test_a_server_that_was_named_by_half_is_named_again_and_nothing_that_waits_is_lost(
    cut: str, ground: Ground
) -> None:
    """Until the receipt names it, the yes is one to no server, and nothing leaves."""
    LIVES["name a server"].before(ground)
    assert ground.killed_at(cut, ground.enables()).killed
    assert ground.received().raw == []
    assert ground.does(ground.enables()).code == 0
    assert ground.wrong() == []


@pytest.mark.parametrize("cut", SAID_YES)
def test_a_yes_that_counts_has_noted_what_was_there_before_it(cut: str, ground: Ground) -> None:
    """Whoever looks at it first, and whatever retention has taken by then."""
    LIVES["yes"].before(ground)
    assert ground.killed_at(cut, ground.enables()).killed
    (line,) = filter(None, (ground.store / layout.SEALED).read_text().splitlines())
    assert json.loads(line)["left_out"] == "before_yes"


@pytest.mark.parametrize("cut", _cuts("no"))
def test_a_no_that_was_cut_off_shares_nothing_once_it_is_said_again(cut: str, ground: Ground) -> None:
    """Nor before, once the receipt says no; and nothing of what waited leaves after a later yes."""
    LIVES["no"].before(ground)
    assert ground.killed_at(cut, ground.runs("--disable")).killed
    assert _is_on(ground) is (cut in ("state_opened", "state_drafted"))
    assert ground.does(ground.runs("--disable")).code == 0
    assert ground.does(ground.runs("--send-now")).code == 1
    assert list((ground.store / layout.OUTBOX).iterdir()) == []
    assert ground.does(ground.enables()).code == 0
    ship(ground.project, "LATER")
    assert ground.does(ground.runs("--send-now")).code == 0
    assert len(ground.received().counted) == 1


def _within_an_hour() -> None:
    """Where the hour is about to end, wait: in a new one, places would be noted anew."""
    left = 3600 - time.time() % 3600
    if left < 20:
        time.sleep(left)


def _is_on(ground: Ground) -> bool:
    """What `--status` says."""
    said = ground.folder / "said"
    said.unlink(missing_ok=True)
    assert ground.does(ground.runs("--status", "--json")).code == 0
    return bool(json.loads(said.read_text())["sharing"] == "on")


# --- the boundaries in the source


def _boundaries_in_source() -> Iterator[str]:
    """Of `reached("…")` the name; of a durable write and a move the names that are made of the step."""
    for path in sorted((ROOT / "telemetry").rglob("*.py")):
        if path.name not in ELSEWHERE and "community" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield from _boundaries_of(node)


def _boundaries_of(call: ast.Call) -> Iterator[str]:
    called = ast.unparse(call.func)
    texts = [
        one.value for one in (*call.args, *(word.value for word in call.keywords)) if isinstance(one, ast.Constant)
    ]
    if called == "reached" and texts:
        yield str(texts[0])
    elif called == "durable.write":
        yield from _written(str(texts[-1]))
    elif called.endswith(("reports.move", "self.move")):
        target = getattr(layout, ast.unparse(call.args[1]).removeprefix("layout."))
        has_outcome = len(call.args) > 2
        yield from (f"{target}_noted", f"{target}_moved", f"{target}_synced")[0 if has_outcome else 1 :]
