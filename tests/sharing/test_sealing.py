"""Every settled feature becomes one report, once, whatever happens on the way; nothing from before the yes does."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from telemetry.consent.choice import say_no
from telemetry.contract import layout
from telemetry.contract.faults import VARIABLE
from telemetry.contract.promises import REPORTS_A_WEEK
from telemetry.contract.vocabulary import PHASES
from telemetry.journal.retain import retain
from telemetry.journal.store import open_store
from telemetry.sharing.canonical import sha256
from telemetry.sharing.guard import refusal_of
from telemetry.sharing.ledger import BEFORE_YES, entries_of
from telemetry.sharing.reports import sharing_lock
from telemetry.sharing.sealed import Sealed
from telemetry.sharing.sealing import WEEK_FULL, hold_back_all
from tests.sharing.homes import consenting, household_in, now
from tests.sharing.projects import ship

ROOT = Path(__file__).parents[2]
DAY = timedelta(days=1)
SEAL = """
import os, sys
from datetime import datetime, timezone
from telemetry.consent.facts import Gatherer
from telemetry.journal.store import open_store
from telemetry.sharing.household import opened
project = sys.argv[1]
print("ready", flush=True)
sys.stdin.readline()
with open_store(project, create=False) as store:
    print(len(opened(Gatherer(project, {}), store).seal(datetime.now(timezone.utc))))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One in which somebody said yes 60 days ago."""
    return consenting(tmp_path)


def seal(project: Path, later: timedelta = timedelta(0)) -> list[Sealed]:
    """Seal what has settled."""
    with household_in(project) as household:
        return household.seal(now() + later)


def outbox(project: Path) -> list[Path]:
    """The files that wait."""
    return sorted(project.joinpath(*layout.STORE, layout.OUTBOX).glob("*.report"))


def test_a_shipped_feature_is_sealed_at_once(project: Path) -> None:
    """Whole: the guard would let it pass, and its token's hash is in it, not the token."""
    ship(project, "ORDERS")
    [sealed] = seal(project)
    assert refusal_of(sealed.data) is None
    report = json.loads(sealed.data)
    assert report["report"]["session"]["id"] == sealed.id
    assert report["withdrawal"] == sha256(sealed.token.encode())
    assert sealed.token.encode() not in sealed.data
    assert [path.name for path in outbox(project)] == [sealed.name]


def test_a_feature_is_sealed_once(project: Path) -> None:
    """However often it is asked for, and however it goes on."""
    ship(project, "ORDERS", ago=DAY)
    assert len(seal(project)) == 1
    assert seal(project) == []
    ship(project, "ORDERS", ("build", "ship"))
    assert seal(project) == []


def test_a_name_that_is_taken_up_anew_is_another_feature(project: Path) -> None:
    """After it was shipped: sealed once more, with another id."""
    ship(project, "ORDERS", ago=2 * DAY)
    first = seal(project)
    ship(project, "ORDERS", ago=DAY)
    second = seal(project)
    assert len(first) == len(second) == 1
    assert first[0].id != second[0].id
    assert seal(project) == []


def test_two_lives_of_a_name_are_sealed_together(project: Path) -> None:
    """Where nobody looked in between."""
    ship(project, "ORDERS", ago=2 * DAY)
    ship(project, "ORDERS", ago=DAY)
    assert len(seal(project)) == 2


def test_what_is_under_way_waits_until_it_is_given_up(project: Path) -> None:
    """Fourteen days untouched; then it is sealed, and going on does not seal it again."""
    ship(project, "ORDERS", ("define", "design"), ago=DAY)
    assert seal(project) == []
    assert len(seal(project, later=13 * DAY + timedelta(minutes=1))) == 1
    ship(project, "ORDERS", ("build", "ship"))
    assert seal(project) == []


def test_nothing_from_before_the_yes_is_sealed(tmp_path: Path) -> None:
    """Not even what was shipped after it."""
    project = consenting(tmp_path, since=5 * DAY)
    ship(project, "BEFORE", ago=6 * DAY)
    ship(project, "ACROSS", ("define", "design"), ago=6 * DAY)
    ship(project, "ACROSS", ("build", "ship"), ago=DAY)
    ship(project, "AFTER", ago=DAY)
    assert len(seal(project)) == 1
    assert seal(project, later=20 * DAY) == []


def test_retention_makes_nothing_from_before_the_yes_a_new_feature(tmp_path: Path) -> None:
    """What is left of it began after the yes, as far as the journal can tell; the ledger knows better."""
    project = consenting(tmp_path, since=39 * DAY, before=lambda project: _begun_long_ago(project, "ACROSS", "DONE"))
    ship(project, "ACROSS", ("build", "ship"))
    ship(project, "DONE", ("build", "ship"))
    assert _retains(project) == 1
    assert seal(project) == []
    assert outbox(project) == []


def test_what_came_to_light_after_the_yes_is_not_made_new_by_retention(tmp_path: Path) -> None:
    """An event whose hook was slower than the person: whoever looks next notes it."""
    project = consenting(tmp_path, since=39 * DAY)
    _begun_long_ago(project, "ACROSS")
    ship(project, "ACROSS", ("build",))
    assert seal(project) == []
    assert _retains(project) == 1
    ship(project, "ACROSS", ("ship",))
    assert seal(project) == []


def test_a_name_that_was_under_way_at_the_yes_is_shared_in_its_next_life(tmp_path: Path) -> None:
    """Once it was shipped: whether retention took the beginning of the first, or all of it, or nothing."""
    project = consenting(tmp_path, since=39 * DAY, before=lambda project: _begun_long_ago(project, "ACROSS"))
    ship(project, "ACROSS", ("build", "ship"), ago=2 * DAY)
    assert seal(project) == []
    ship(project, "ACROSS", ago=DAY)
    assert _retains(project) == 1
    [sealed] = seal(project)
    assert not sealed.began < now() - 2 * DAY
    assert seal(project) == []


def test_what_was_there_at_the_yes_is_noted_once(tmp_path: Path) -> None:
    """However often it is looked at, and however many yeses follow; no week was full for it."""
    project = consenting(tmp_path, since=39 * DAY, before=lambda project: _begun_long_ago(project, "ACROSS", "OTHER"))
    ship(project, "ACROSS", ("build",))
    for _ in range(2):
        assert seal(project) == []
        with household_in(project) as household:
            hold_back_all(household.reports.store, str(project.joinpath(*layout.STORE)), now())
            assert household.left_out() == 0
            assert [entry.left_out for entry in entries_of(household.reports.store)] == [BEFORE_YES] * 2


def _begun_long_ago(project: Path, *names: str) -> None:
    """Features in a month of their own."""
    for name in names:
        ship(project, name, PHASES if name == "DONE" else ("define", "design"), ago=40 * DAY)


def _retains(project: Path) -> int:
    """What the end of a session does where config.yaml says `retention_days: 7`; how many months went."""
    with open_store(str(project)) as store:
        return retain(store, f"{now():%Y-%m-%d}", days=7, megabytes=64)


def test_nothing_is_sealed_after_a_no(project: Path) -> None:
    """The gate is asked before."""
    ship(project, "ORDERS")
    with open_store(str(project)) as store:
        say_no(store, str(project.joinpath(*layout.STORE)), now())
    assert seal(project) == []


def test_retention_that_takes_the_beginning_makes_no_new_feature(project: Path) -> None:
    """What is left of a sealed feature is not sealed; nor is what is left of a name's first life."""
    ship(project, "ORDERS", ago=50 * DAY)
    ship(project, "ORDERS", ("build",), ago=10 * DAY)
    assert len(seal(project)) == 1
    months = sorted(project.joinpath(*layout.STORE, layout.EVENTS).iterdir())
    assert len(months) > 1
    months[0].unlink()
    assert seal(project) == []


def test_a_life_after_a_first_that_retention_took_is_sealed(project: Path) -> None:
    """Its number is another then: numbers are not looked at."""
    ship(project, "ORDERS", ago=50 * DAY)
    assert len(seal(project)) == 1
    ship(project, "ORDERS", ago=DAY)
    sorted(project.joinpath(*layout.STORE, layout.EVENTS).iterdir())[0].unlink()
    assert len(seal(project)) == 1
    assert seal(project) == []


def test_a_report_that_was_deleted_by_hand_does_not_come_back(project: Path) -> None:
    """Nor one that was dropped before the ledger knew of it."""
    ship(project, "ORDERS")
    seal(project)
    outbox(project)[0].unlink()
    assert seal(project) == []
    ship(project, "INVOICES")
    seal(project)
    project.joinpath(*layout.STORE, layout.SEALED).unlink()
    with household_in(project) as household:
        with sharing_lock(household.reports.store):
            [held] = household.reports.held(layout.OUTBOX)
            household.drop(held)
        assert {entry.id for entry in entries_of(household.reports.store)} == {held.id}


# --- clocks


def test_an_event_from_the_future_waits_for_its_time(project: Path) -> None:
    """Some clock is wrong, now or then."""
    ship(project, "ORDERS", ago=-DAY)
    assert seal(project) == []
    assert len(seal(project, later=2 * DAY)) == 1


def test_a_report_that_was_sealed_in_the_future_rests_from_now_on(project: Path) -> None:
    """A clock that was ten years ahead blocks nothing for ten years, and shortens no wait."""
    ship(project, "ORDERS")
    [sealed] = seal(project, later=3650 * DAY)
    before = now()
    assert seal(project) == []
    with household_in(project) as household:
        [held] = household.reports.held(layout.OUTBOX)
        due = household.next_due(now())
    assert held.sealed == sealed._replace(sealed_at=held.sealed.sealed_at if held.sealed else "")
    assert held.sealed and before - timedelta(seconds=1) <= held.sealed.sealed <= now()
    assert due is None or due - before < 2 * DAY


# --- kills and races


@pytest.mark.parametrize(
    "step", ["seal_begun", "sealed_drafted", "sealed_renamed", "sealed_written", "seal_put", "seal_recorded"]
)
@pytest.mark.parametrize("passage", [1, 2])
def test_a_kill_at_any_step_seals_nothing_twice_and_loses_nothing(
    project: Path, step: str, passage: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one goes on where it was left."""
    for name in ("ORDERS", "INVOICES", "PAYMENTS"):
        ship(project, name)
    monkeypatch.setenv(VARIABLE, f"{step}#{passage}")
    killed = subprocess.run(
        [sys.executable, "-c", SEAL, str(project)], cwd=ROOT, input=b"\n", check=False, capture_output=True
    )
    assert killed.returncode == -9
    monkeypatch.delenv(VARIABLE)
    seal(project)
    assert len(outbox(project)) == 3
    with household_in(project) as household:
        features = {held.sealed.feature for held in household.reports.held(layout.OUTBOX) if held.sealed}
        assert len(features) == len(entries_of(household.reports.store)) == 3


def test_eight_sealers_at_once_seal_each_feature_once(project: Path) -> None:
    """Real processes, let go at the same moment."""
    for number in range(REPORTS_A_WEEK):
        ship(project, f"FEATURE_{number}")
    sealers = [
        subprocess.Popen(
            [sys.executable, "-c", SEAL, str(project)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(8)
    ]
    for sealer in sealers:
        assert sealer.stdout and sealer.stdout.readline() == b"ready\n"
    done = 0
    for sealer in sealers:
        assert sealer.stdin
        sealer.stdin.write(b"\n")
        sealer.stdin.flush()
    for sealer in sealers:
        out, _ = sealer.communicate()
        assert sealer.returncode == 0
        done += int(out)
    assert done == len(outbox(project)) == REPORTS_A_WEEK


# --- in a full week


def test_what_finds_the_week_full_is_left_out_for_good(project: Path) -> None:
    """Noted, so that it does not wait for a place: whoever finishes more than ten a week would be ever later."""
    for number in range(REPORTS_A_WEEK + 3):
        ship(project, f"FEATURE_{number}")
    assert len(seal(project)) == len(outbox(project)) == REPORTS_A_WEEK
    with open_store(str(project)) as store:
        entries = entries_of(store)
    assert [entry.left_out for entry in entries] == [None] * REPORTS_A_WEEK + [WEEK_FULL] * 3
    assert len({entry.id for entry in entries}) == len(entries)
    assert seal(project, later=8 * DAY) == []
    ship(project, "FEATURE_12", ("build", "ship"))
    assert seal(project, later=8 * DAY) == []


def test_of_what_settles_together_chance_says_what_is_left_out(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not age, not the name: nothing that has to do with what is reported."""
    asked = []

    def sample(numbers: range, count: int) -> list[int]:
        asked.append((len(numbers), count))
        return list(numbers)[-count:]

    monkeypatch.setattr(random, "sample", sample)
    for number in range(REPORTS_A_WEEK + 3):
        ship(project, f"FEATURE_{number}", ago=timedelta(minutes=30 - number))
    done = seal(project)
    assert asked == [(REPORTS_A_WEEK + 3, REPORTS_A_WEEK)]
    assert len(done) == REPORTS_A_WEEK
    with open_store(str(project)) as store:
        left_out = [entry.last for entry in entries_of(store) if entry.left_out]
    assert max(left_out) < min(one.last for one in done)


def test_lives_of_one_name_are_left_out_as_they_are_sealed(project: Path) -> None:
    """Each by itself."""
    for number in range(REPORTS_A_WEEK + 1):
        ship(project, "ORDERS", ago=timedelta(hours=30 - number))
    assert len(seal(project)) == REPORTS_A_WEEK
    with open_store(str(project)) as store:
        assert len(entries_of(store)) == REPORTS_A_WEEK + 1
