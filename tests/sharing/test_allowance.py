"""The person's week: ten places, counted before anything leaves, whatever is killed, broken or set back."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from telemetry.consent.state import open_state, state_path
from telemetry.contract import durable, promises
from telemetry.contract.promises import REPORTS_A_WEEK
from telemetry.journal.store import open_store
from telemetry.sharing import allowance as allowance_module
from telemetry.sharing import household, locks, reports, sending
from telemetry.sharing.allowance import HELD_HOURS, PLACES, Allowance, NotCounted
from telemetry.sharing.answer import Answer
from telemetry.sharing.reports import Reports
from telemetry.sharing.sending import Manner, send_due
from tests.sharing.homes import KEY, NOW, accepting, keep_key, open_gate, reports_in, sealed, waiting
from tests.sharing.lines import id_of

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
HERE, THERE = "https://reports.example.org", "https://reports.example.net"
TEN = [id_of(number) for number in range(1, 11)]


@pytest.fixture
def week() -> Allowance:
    """Of a person from whom nothing has left."""
    keep_key()
    return Allowance(KEY)


@pytest.fixture
def places(week: Allowance) -> Path:
    """Its file."""
    return Path(state_path()) / PLACES


def full(week: Allowance, at: datetime = NOW) -> None:
    """Ten leave."""
    assert week.to_leave(TEN, HERE, at) == {*TEN}


# --- the bound


def test_ten_leave_and_the_eleventh_waits_until_a_week_after_the_first(week: Allowance) -> None:
    """More than a week, as hours are noted, and a request may arrive late; less than a quarter of a day more."""
    full(week)
    assert week.to_leave([id_of(11)], HERE, NOW) == frozenset()
    assert week.to_leave([id_of(11)], HERE, NOW + WEEK + HOUR) == frozenset()
    free = week.outlook(HERE, NOW).next_left
    assert free == NOW + HELD_HOURS * HOUR
    assert week.to_leave([id_of(11)], HERE, free) == {id_of(11)}


def test_of_more_than_there_is_room_for_the_first_leave(week: Allowance) -> None:
    """In the order in which they were named."""
    many = [id_of(number) for number in range(1, 20)]
    assert week.to_leave(many, HERE, NOW) == {*TEN}


def test_a_report_that_is_sent_again_keeps_its_place_and_keeps_it_longer(week: Allowance) -> None:
    """The server may have counted it at the first try or at the last: its place is held for a week after either."""
    full(week)
    later = NOW + 5 * 24 * HOUR
    assert week.to_leave([id_of(11), id_of(3)], HERE, later) == {id_of(3)}
    others = [id_of(number) for number in range(11, 21)]
    assert len(week.to_leave(others, HERE, NOW + HELD_HOURS * HOUR)) == 9
    assert week.to_leave([id_of(20)], HERE, later + HELD_HOURS * HOUR - HOUR) == frozenset()


def test_a_request_in_which_the_machine_slept_holds_its_places_from_its_end(week: Allowance) -> None:
    """It may have arrived after days."""
    full(week)
    end = NOW + 3 * 24 * HOUR
    week.have_left(TEN, HERE, NOW, end)
    assert week.outlook(HERE, end).next_left == end + HELD_HOURS * HOUR


def test_one_whose_place_was_given_away_waits_like_any_other(week: Allowance) -> None:
    """A server that nobody reached for weeks: the report may have to stand in line again."""
    assert week.to_leave([id_of(99)], HERE, NOW)
    later = NOW + HELD_HOURS * HOUR
    full(week, later)
    assert week.to_leave([id_of(99)], HERE, later) == frozenset()


def test_what_is_sealed_and_what_leaves_are_counted_apart(week: Allowance) -> None:
    """Ten of each."""
    full(week)
    assert [week.to_seal(id_of(number), NOW) for number in range(20, 31)] == [True] * 10 + [False]
    assert week.to_seal(id_of(31), NOW + HELD_HOURS * HOUR)


def test_one_server_that_nobody_reaches_does_not_hold_up_another(week: Allowance) -> None:
    """Each makes its noise for ten; what is sealed is ten for all of them."""
    full(week)
    assert week.to_leave([id_of(1), id_of(11)], THERE, NOW) == {id_of(1), id_of(11)}
    assert week.outlook(THERE, NOW).left == 2


@pytest.mark.parametrize(
    "same", ["https://REPORTS.example.org:443", "https://reports.example.org./v2", f"{HERE}:8443/a"]
)
def test_one_server_has_one_week_however_its_address_is_written(week: Allowance, same: str) -> None:
    """Its host is what counts."""
    full(week)
    assert week.to_leave([id_of(11)], same, NOW) == frozenset()


def test_all_projects_of_a_person_share_one_week(week: Allowance) -> None:
    """Each has an allowance of its own in hand, and all look at the same places."""
    full(week)
    assert Allowance(KEY).to_leave([id_of(11)], HERE, NOW) == frozenset()


def test_the_number_stands_in_one_place_and_is_what_a_household_takes() -> None:
    """Ten, unless code says otherwise; the server's noise is made for the same."""
    from telemetry.community.release import bounds  # noqa: PLC0415 an install extra

    assert promises.REPORTS_A_WEEK == bounds.REPORTS_A_WEEK == 10
    assert household.opened.__defaults__ == (promises.REPORTS_A_WEEK,)
    assert Allowance(KEY).most == promises.REPORTS_A_WEEK


# --- what is kept


def test_what_is_kept_tells_of_no_report_and_no_project(week: Allowance, places: Path) -> None:
    """Hours, and names that only the key can tell; for the person alone; no longer than it counts."""
    full(week)
    text = places.read_text()
    assert places.stat().st_mode & 0o777 == 0o600
    assert not any(one in text or one.replace("-", "") in text for one in TEN)
    kept = json.loads(text)
    assert set(kept) == {"version", "places", "mac"}
    hour = int(NOW.timestamp() // 3600)
    [(server, rows)] = kept["places"].items()
    assert len(server) == 16 and "example" not in text
    assert all(len(name) == 16 and at == hour and seen is None for name, at, seen in rows)
    assert week.to_seal(id_of(50), NOW + 2 * WEEK)
    assert {kind: len(rows) for kind, rows in json.loads(places.read_text())["places"].items()} == {"sealed": 1}


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: "{}",
        lambda text: "[" * 100_000,
        lambda text: json.dumps({**json.loads(text), "places": {}}),
        lambda text: json.dumps({**json.loads(text), "mac": "é"}),
        lambda text: json.dumps({**json.loads(text), "mac": None}),
    ],
)
def test_what_was_altered_counts_as_full_for_a_week(
    week: Allowance, places: Path, damage: Callable[[str], str]
) -> None:
    """From when it was found on; then all is well again."""
    assert week.to_leave([id_of(1)], HERE, NOW)
    places.write_text(damage(places.read_text()))
    assert week.outlook(HERE, NOW).left == REPORTS_A_WEEK
    assert week.to_leave([id_of(1), id_of(2)], HERE, NOW + HOUR) == frozenset()
    assert week.to_leave([id_of(2)], HERE, NOW + WEEK) == frozenset()
    assert week.to_leave([id_of(2)], HERE, NOW + HOUR + HELD_HOURS * HOUR)


def test_another_key_finds_the_week_full(week: Allowance) -> None:
    """After a purge of everything that left lists behind, and a new yes."""
    full(week)
    assert Allowance(bytes(32)).to_leave([id_of(11)], HERE, NOW) == frozenset()


# --- where nothing can be counted, nothing leaves


def _no_folder(places: Path) -> None:
    for file in places.parent.iterdir():
        file.unlink()
    places.parent.rmdir()


def _no_key(places: Path) -> None:
    (places.parent / "key").unlink()


def _link(places: Path) -> None:
    places.symlink_to("/dev/null")


def _open_to_others(places: Path) -> None:
    places.write_text("{}")
    places.chmod(0o644)


def _open_folder(places: Path) -> None:
    places.parent.chmod(0o755)


@pytest.mark.parametrize("wrong", [_no_folder, _no_key, _link, Path.mkdir, _open_to_others, _open_folder])
def test_without_a_safe_place_to_count_nothing_leaves(
    week: Allowance, places: Path, wrong: Callable[[Path], None]
) -> None:
    """And it is said."""
    wrong(places)
    for take in (lambda: week.to_leave([id_of(1)], HERE, NOW), lambda: week.to_seal(id_of(1), NOW)):
        with pytest.raises(NotCounted, match="so nothing does"):
            take()


def test_on_a_full_disk_nothing_leaves(week: Allowance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one request is made, and the report stays where it is."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with reports_in(tmp_path) as opened:
        waiting(opened, 1)
        monkeypatch.setattr(durable, "write", refuse)
        with pytest.raises(NotCounted, match="No space"):
            send_due(opened, open_gate, _never, lambda: NOW, Manner(HOUR))
        assert opened.names("outbox") == [sealed(1).name]


def _never(lines: bytes, now: datetime) -> Answer:
    raise AssertionError("a request")


def test_who_finds_the_places_locked_waits_and_then_sends_nothing(
    week: Allowance, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another of the person's projects hangs."""
    monkeypatch.setattr(allowance_module, "PATIENCE_SECONDS", 0.05)
    with locks.lockable(os.open(places.parent / "key", os.O_RDWR)) as fd:
        assert locks.try_lock(fd)
        with pytest.raises(NotCounted, match="busy"):
            week.to_leave([id_of(1)], HERE, NOW)
    assert week.to_leave([id_of(1)], HERE, NOW)


# --- clocks


@pytest.mark.parametrize("back", [HOUR, 3 * 24 * HOUR, 30 * 24 * HOUR, 3000 * 24 * HOUR])
def test_a_clock_that_is_set_back_grants_nothing(week: Allowance, back: timedelta) -> None:
    """Neither then, nor when it is set right again."""
    full(week)
    assert week.to_leave([id_of(11)], HERE, NOW + HOUR - back) == frozenset()
    assert week.to_leave([id_of(11)], HERE, NOW + 2 * HOUR) == frozenset()
    assert week.to_leave([id_of(11)], HERE, NOW + WEEK) == frozenset()


def test_a_clock_that_was_years_ahead_costs_a_week(week: Allowance) -> None:
    """Not years."""
    full(week, NOW + 3650 * 24 * HOUR)
    assert week.to_leave([id_of(11)], HERE, NOW) == frozenset()
    assert week.outlook(HERE, NOW).next_left == NOW + HELD_HOURS * HOUR
    assert week.to_leave([id_of(11)], HERE, NOW + WEEK) == frozenset()
    assert week.to_leave([id_of(11)], HERE, NOW + HELD_HOURS * HOUR)


# --- whatever is done in whatever order


class Killed(BaseException):
    """The process is gone at this instant."""


class Life:
    """Two projects of one person, a server, the true time, and a clock that may be behind it."""

    def __init__(self, folder: Path) -> None:
        keep_key()
        Path(state_path(), PLACES).unlink(missing_ok=True)
        self.true, self.behind = NOW, timedelta(0)
        self.folder, self.count = folder, 0
        self.requests: list[tuple[datetime, str]] = []
        self.sealings: list[datetime] = []
        self.mood = "ok"
        self.left = 0  # boundaries until the kill; 0: none

    def clock(self) -> datetime:
        """What the machine takes for the time."""
        return self.true - self.behind

    def reached(self, _: str) -> None:
        """Die where it was told to."""
        self.left -= 1
        if self.left == 0:
            raise Killed

    def waits(self, minutes: int) -> None:
        """Time goes by."""
        self.true += timedelta(minutes=minutes)

    def set_back(self, hours: int) -> None:
        """The clock is moved."""
        self.behind += hours * HOUR

    def seals(self, project: int, made: int, left: int = 0) -> None:
        """Features find a place or none; all are put into the outbox, as if they had come over weeks offline."""
        self.left = left
        with self.opened(project) as opened, contextlib.suppress(Killed):
            for _ in range(made):
                self.count += 1
                opened.put(sealed(self.count))
                if opened.allowance.to_seal(id_of(self.count), self.clock()):
                    self.sealings.append(self.true)
        self.left = 0

    def sends(self, project: int, mood: str, left: int = 0) -> None:
        """A daemon, or a command, in one of the projects; killed at a boundary, or not."""
        self.mood, self.left = mood, left
        with self.opened(project) as opened, contextlib.suppress(Killed):
            send_due(opened, open_gate, self.post, self.clock, Manner(HOUR, at_once=True))
        self.left = 0

    def post(self, lines: bytes, now: datetime) -> Answer:
        """The server, which may take long, and may not be heard."""
        ids = [json.loads(line)["report"]["session"]["id"] for line in lines.splitlines()]
        self.requests += [(self.true, one) for one in ids]
        self.true += timedelta(minutes=1)
        answers = {"ok": accepting(*(int(one[24:], 16) for one in ids)), "refuses": Answer(400, "http_400")}
        return answers.get(self.mood, Answer(0, "unreachable"))

    @contextlib.contextmanager
    def opened(self, project: int) -> Iterator[Reports]:
        """The reports of a project."""
        folder = self.folder / f"project-{project}"
        folder.mkdir(exist_ok=True)
        with open_store(str(folder)) as store:
            yield Reports(store, KEY)

    def most_in_a_week(self) -> int:
        """The most different reports in requests of any seven days."""
        weeks = ({one for at, one in self.requests if then - WEEK <= at <= then} for then, _ in self.requests)
        return max(map(len, weeks), default=0)

    def most_sealed_in_a_week(self) -> int:
        """The most reports sealed in any seven days."""
        return max((sum(then - WEEK <= at <= then for at in self.sealings) for then in self.sealings), default=0)


DAY_MINUTES = 24 * 60
PROJECT = st.integers(0, 1)
KILL = st.sampled_from((0, 0, 0, 0, 0, 3, 5, 6, 8, 12, 20, 40))
WAITS = st.sampled_from((1, 50, DAY_MINUTES, 4 * DAY_MINUTES, 7 * DAY_MINUTES - 90, 7 * DAY_MINUTES + 70))
WAITING = st.tuples(st.just("waits"), WAITS | st.integers(1, 6 * DAY_MINUTES))
SEALING = st.tuples(st.just("seals"), PROJECT, st.integers(4, 12), KILL)
SENDING = st.tuples(st.just("sends"), PROJECT, st.sampled_from(("ok", "silent", "refuses")), KILL)
SETTING_BACK = st.tuples(st.just("set_back"), st.integers(1, 400))
STEPS = st.lists(
    st.one_of(WAITING, WAITING, WAITING, SEALING, SENDING, SENDING, SENDING, SETTING_BACK), min_size=6, max_size=25
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
@example(  # ten that are sent again after five days, and ten others when the first try was a week ago
    steps=[
        ("seals", 0, 10, 0), ("sends", 0, "silent", 0), ("waits", 5 * DAY_MINUTES), ("sends", 0, "silent", 0),
        ("waits", 2 * DAY_MINUTES + 190), ("seals", 1, 10, 0), ("sends", 1, "ok", 0),
    ]
)  # fmt: skip
def test_no_seven_days_ever_see_more_than_ten(
    steps: list[tuple[Any, ...]], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Projects in turn, kills at any boundary, servers that say nothing, clocks that are set back."""
    life = Life(tmp_path_factory.mktemp("life"))
    with monkeypatch.context() as patched:
        for module in (allowance_module, durable, reports, sending):
            patched.setattr(module, "reached", life.reached)
        for name, *words in steps:
            getattr(life, name)(*words)
    assert life.most_in_a_week() <= REPORTS_A_WEEK
    assert life.most_sealed_in_a_week() <= REPORTS_A_WEEK


def test_the_property_is_not_idle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for one more it is found out."""
    monkeypatch.setattr(Allowance.__init__, "__defaults__", (REPORTS_A_WEEK + 1,))
    life = Life(tmp_path)
    life.seals(0, 6)
    life.seals(1, 6)
    life.sends(0, "ok")
    life.sends(1, "ok")
    assert life.most_in_a_week() == life.most_sealed_in_a_week() == REPORTS_A_WEEK + 1


def test_a_kill_after_the_places_were_taken_wastes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that is sent after all has its place already."""
    life = Life(tmp_path)
    life.seals(0, 12)
    with monkeypatch.context() as patched:
        for module in (allowance_module, durable, reports, sending):
            patched.setattr(module, "reached", life.reached)
        for left in range(1, 20):
            life.sends(0, "silent", left)
    life.sends(0, "ok")
    assert len({one for _, one in life.requests}) == REPORTS_A_WEEK


def test_a_draft_of_a_killed_writer_counts_for_nothing(week: Allowance, places: Path) -> None:
    """And is swept with the folder."""
    (places.parent / ".draft-0123456789abcdef").write_text("{torn")
    assert week.to_leave([id_of(1)], HERE, NOW)
    state = open_state()
    assert state is not None
    with state:
        durable.sweep(state.fd)
        assert state.names() == ["key", PLACES]
