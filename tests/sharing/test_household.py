"""One project's sharing as a whole: what was shown is what leaves, and when."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from telemetry.cli.sharing import preview
from telemetry.cli.sharing.setting import Setting
from telemetry.consent.choice import say_no, say_yes
from telemetry.consent.facts import Gatherer
from telemetry.contract import layout
from telemetry.contract.records import FeatureRecord, TrackedFeature
from telemetry.journal.store import open_store
from telemetry.sharing import household as household_module
from telemetry.sharing.canonical import sha256
from telemetry.sharing.household import Household
from telemetry.sharing.patience import Retry, server_of, write_retry
from telemetry.sharing.sealed import encode
from telemetry.sharing.sealing import sealed_of
from tests.people import PLENTY
from tests.sharing.behaviours import status
from tests.sharing.homes import consenting, found, household_in, now, sealed
from tests.sharing.projects import ship
from tests.sharing.receiver import Receiver, receiving
from tests.sharing.reports import records

HOUR = timedelta(hours=1)
DAY = 24 * HOUR


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server."""
    with receiving() as open_one:
        yield open_one


@pytest.fixture
def project(tmp_path: Path, receiver: Receiver) -> Path:
    """One whose person said yes to that server."""
    return consenting(tmp_path, receiver.url)


@pytest.fixture
def household(project: Path) -> Iterator[Household]:
    """Its sharing, in a week with room."""
    with household_in(project, PLENTY) as opened:
        yield opened


def failed(household: Household, moment: datetime) -> Retry:
    """The household's server is to be tried again in an hour."""
    return Retry(1, "x", moment + HOUR, server=server_of(household.gatherer.config().endpoint))


def shown(project: Path) -> list[dict[str, str]]:
    """What --preview shows of the reports that wait."""
    found = preview.as_json(Setting(str(project), Gatherer(str(project), {}), {}, is_person=False))["waiting"]
    return [{"id": one["id"], "bytes": one["bytes"], "sha256": one["sha256"]} for one in found]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(record=records())
def test_what_was_shown_is_what_leaves(
    record: FeatureRecord, project: Path, household: Household, receiver: Receiver
) -> None:
    """Any feature: the bytes of --preview are the bytes on the socket, and their hash is theirs."""
    feature = TrackedFeature("ref/0", now(), now(), "shipped", frozenset(), frozenset(), {}, record)
    one = sealed_of(feature, now())
    household.reports.put(one)
    [report] = shown(project)
    assert household.send(now, at_once=True).sent == 1
    raw = receiver.ledger.raw[-1]
    assert gzip.decompress(raw.partition(b"\r\n\r\n")[2]) == report["bytes"].encode() + b"\n"
    assert report == {"id": one.id, "bytes": one.data.decode(), "sha256": sha256(report["bytes"].encode())}
    assert receiver.ledger.violations == []


def test_a_feature_leaves_after_its_rest(project: Path, household: Household, receiver: Receiver) -> None:
    """From the journal to the server, in the order of the day."""
    ship(project, "ORDERS")
    [one] = household.seal(now())
    assert household.send(now).sent == 0
    assert household.next_due(now()) == one.sealed + DAY
    tomorrow = now() + DAY
    assert household.send(lambda: tomorrow).sent == 1
    assert household.next_due(tomorrow) is None
    assert receiver.ledger.counted == {one.id}


def test_two_senders_send_once(project: Path, receiver: Receiver, household: Household) -> None:
    """The daemon and a person at the same moment; here one after the other."""
    ship(project, "ORDERS")
    household.seal(now())
    with household_in(project) as second:
        assert household.send(now, at_once=True).sent == 1
        assert second.send(now, at_once=True).sent == 0
    assert set(receiver.ledger.times.values()) == {1}


def test_nothing_leaves_without_an_address(tmp_path: Path) -> None:
    """Reports are made, and wait; nothing is due."""
    project = consenting(tmp_path)
    ship(project, "ORDERS")
    with household_in(project) as household:
        assert len(household.seal(now())) == 1
        assert household.send(now, at_once=True).stopped == "no_endpoint"
        assert household.next_due(now() + 2 * DAY) is None
        assert found_states(household) == {layout.OUTBOX: 1}


def test_a_no_and_a_new_yes_let_nothing_old_leave(project: Path, household: Household, receiver: Receiver) -> None:
    """What waited is deleted; what was in a request is kept for taking back, with the address; neither is ever due."""
    ship(project, "ORDERS")
    ship(project, "INVOICES")
    [first, _] = household.seal(now())
    receiver.script(status(503))
    household.send(now, at_once=True, chosen=frozenset((first.id,)))
    with open_store(str(project)) as store:
        path = str(project.joinpath(*layout.STORE))
        say_no(store, path, now())
        assert household.forget_waiting() == 1
        say_yes(store, path, receiver.url, 24, now())
    assert found_states(household) == {layout.REFUSED: 1}
    (kept,) = household.reports.held(layout.REFUSED)
    assert (kept.went_to, kept.outcome["refused_by"]) == ((receiver.url,), "you")
    assert household.seal(now()) == []
    assert household.next_due(now() + 9 * DAY) is None
    assert household.send(lambda: now() + 9 * DAY, at_once=True).sent == 0
    assert len(receiver.ledger.raw) == 1


# --- when something is due


def test_what_failed_is_due_when_it_may_be_tried_again(household: Household) -> None:
    """Not before its rest, not before the next try, whichever is later."""
    moment = now()
    one = sealed(1, at=moment - 2 * HOUR)
    household.reports.put(one)
    assert household.next_due(moment) == one.sealed + DAY
    write_retry(household.reports.store, failed(household, moment))
    assert household.next_due(moment) == one.sealed + DAY
    assert household.next_due(moment + 23 * HOUR) == one.sealed + DAY
    household.reports.under_way(household.reports.held(layout.OUTBOX), "https://reports.example.org", moment)
    due = household.next_due(moment)
    assert due and abs(due - (moment + HOUR)) < timedelta(milliseconds=1)


def test_a_planted_file_does_not_make_a_failing_server_busy(project: Path, household: Household) -> None:
    """It is refused with the next try; until then there is nothing to do."""
    (project.joinpath(*layout.STORE, layout.OUTBOX)).mkdir(exist_ok=True, mode=0o700)
    project.joinpath(*layout.STORE, layout.OUTBOX, "planted.report").write_text("{}\n")
    moment = now()
    assert household.next_due(moment) == moment
    write_retry(household.reports.store, failed(household, moment))
    due = household.next_due(moment)
    assert due is not None
    assert due > moment
    assert household.send(lambda: moment + 2 * HOUR).refused == 1
    assert household.next_due(moment + 2 * HOUR) is None


def test_the_network_is_loaded_when_something_leaves_and_not_before(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon with nothing to send stays small."""
    monkeypatch.setitem(__import__("sys").modules, "telemetry.sharing.wire", None)
    household.reports.put(sealed(1, at=now()))
    assert household.send(now).sent == 0
    with pytest.raises(ImportError):
        household.send(now, at_once=True)


def test_a_longer_rest_holds_for_what_waits_already(project: Path, household: Household) -> None:
    """config.yaml is read anew each time."""
    moment = now()
    household.reports.put(sealed(1, at=moment))
    config = project.joinpath(*layout.STORE, layout.CONFIG)
    config.write_text(f"sharing: on\nmaturity_hours: 48\nendpoint: {household.gatherer.config().endpoint}\n")
    assert household.next_due(moment) == sealed(1, at=moment).sealed + 2 * DAY


def test_a_wait_cannot_be_shortened_by_writing_into_a_report(project: Path, household: Household) -> None:
    """When it was sealed is sealed, too."""
    moment = now()
    one = sealed(1, at=moment)
    household.reports.put(one)
    file = project.joinpath(*layout.STORE, layout.OUTBOX, one.name)
    file.write_bytes(encode(one._replace(sealed_at="2020-01-01T00:00:00.000Z"), b"another key" * 3))
    assert household.send(now)[:2] == (0, 1)
    assert found(household.reports) == {layout.REFUSED: [1]}


def found_states(household: Household) -> dict[str, int]:
    """How many reports there are in each state."""
    counted = {state: len(household.reports.names(state)) for state in layout.STATES}
    return {state: count for state, count in counted.items() if count}


def test_an_instant_of_the_yes_is_kept_to_the_millisecond(project: Path, household: Household) -> None:
    """A feature that begins in the same instant is from after it."""
    moment = now()
    consented = household.leave(moment).consented
    assert isinstance(consented, datetime) and consented.microsecond % 1000 == 0
    assert household_module.Household is Household and consented < moment
