"""The lists of what is to be taken back: durable, one request each, asked again with restraint."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from telemetry.consent.state import State, open_state
from telemetry.sharing.answer import Answer
from telemetry.sharing.sealed import Held, Sealed
from telemetry.sharing.takeback import (
    TakenBack,
    Withdrawal,
    note,
    pending_withdrawals,
    retry_withdrawals,
    take_back,
    withdrawals_of,
)

NOW = datetime(2026, 11, 22, 15, tzinfo=timezone.utc)
HERE, THERE = "https://reports.example.org", "https://other.example.org"


def report(number: int, endpoint: str = HERE) -> Withdrawal:
    """Something to take back."""
    return Withdrawal(f"id-{number:04}", hashlib.sha256(bytes(number)).hexdigest(), endpoint)


class Server:
    """Answers with one status for all tokens, and remembers what it was asked."""

    def __init__(self, status: object = "withdrawn", why: str = "ok") -> None:
        self.status, self.why = status, why
        self.asked: list[tuple[str, list[str]]] = []

    def __call__(self, endpoint: str, tokens: list[str], now: datetime) -> Answer:
        self.asked.append((endpoint, tokens))
        if self.why != "ok":
            return Answer(0, self.why)
        return Answer(200, "ok", [{"token": token, "status": self.status} for token in tokens])


@pytest.fixture
def state() -> Iterator[State]:
    """The state folder of somebody."""
    opened = open_state(create=True)
    assert opened is not None
    with opened:
        yield opened


def test_a_list_is_one_request_of_at_most_a_hundred_to_one_address(state: State) -> None:
    """Reports of two purges are never named together."""
    note(state, [report(number) for number in range(250)])
    note(state, [report(number, THERE) for number in range(250, 260)])
    note(state, [report(300, THERE)])
    server = Server()
    assert {one.status for one in take_back(state, NOW, server)} == {"withdrawn"}
    assert sorted((endpoint, len(tokens)) for endpoint, tokens in server.asked) == [
        (THERE, 1),
        (THERE, 10),
        (HERE, 50),
        (HERE, 100),
        (HERE, 100),
    ]
    assert pending_withdrawals() == []
    assert state.names() == []


def test_what_is_on_a_list_is_not_put_on_another(state: State) -> None:
    """A purge that is run again notes only what is new."""
    note(state, [report(1), report(2)])
    note(state, [report(1), report(2), report(3)])
    assert sorted(pending_withdrawals()) == [report(1), report(2), report(3)]


def test_a_list_can_be_read_by_nobody_else_and_is_no_larger_than_what_is_read(state: State) -> None:
    """A hundred reports to the longest address fit into what State reads."""
    note(state, [report(number, "https://" + "a" * 60 + ".org/" + "b" * 120) for number in range(100)])
    assert len(pending_withdrawals()) == 100


@pytest.mark.parametrize("status", ["withdrawn", "aggregated_only", "unknown"])
def test_each_of_three_answers_is_final(state: State, status: str) -> None:
    """It is told, and the list is gone."""
    note(state, [report(1)])
    assert take_back(state, NOW, Server(status)) == [TakenBack("id-0001", status, None)]
    assert pending_withdrawals() == []


@pytest.mark.parametrize(
    ("server", "why"),
    [
        (Server("certainly"), "answer_incomplete"),
        (Server(["withdrawn"]), "answer_incomplete"),
        (Server(why="timeout"), "timeout"),
        (Server(why="tls"), "tls"),
    ],
)
def test_anything_else_is_no_answer(state: State, server: Server, why: str) -> None:
    """The list stays as it was."""
    note(state, [report(1)])
    assert take_back(state, NOW, server) == [TakenBack("id-0001", "pending", why)]
    assert pending_withdrawals() == [report(1)]


def test_what_was_answered_is_not_asked_again(state: State) -> None:
    """A list becomes shorter."""

    def half(endpoint: str, tokens: list[str], now: datetime) -> Answer:
        return Answer(200, "ok", [{"token": token, "status": "unknown"} for token in tokens[:2]])

    note(state, [report(number) for number in range(3)])
    assert [one.status for one in take_back(state, NOW, half)] == ["unknown", "unknown", "pending"]
    assert len(pending_withdrawals()) == 1


def test_in_passing_a_list_is_tried_at_most_once_an_hour(state: State) -> None:
    """However the try ended; a person who types --purge waits for nothing."""
    note(state, [report(1)])
    server = Server(why="timeout")
    for minutes in (0, 1, 59, 60, 100, 121):
        retry_withdrawals(NOW + timedelta(minutes=minutes), {}, server)
    assert len(server.asked) == 3
    take_back(state, NOW + timedelta(minutes=122), server)
    assert len(server.asked) == 4


def test_a_try_from_the_future_holds_nobody_up(state: State) -> None:
    """It comes from a clock that was wrong."""
    note(state, [report(1)])
    take_back(state, NOW + timedelta(days=400), Server(why="timeout"))
    retry_withdrawals(NOW, {}, Server())
    assert pending_withdrawals() == []


@pytest.mark.parametrize(
    "name", ["DO_NOT_TRACK", "DISABLE_TELEMETRY", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "CI"]
)
def test_in_passing_nobody_is_asked_where_a_variable_forbids_it(state: State, name: str) -> None:
    """Nobody typed that."""
    note(state, [report(1)])
    retry_withdrawals(NOW, {name: "1"}, Server())
    assert pending_withdrawals() == [report(1)]


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"[]",
        b'{"endpoint":"http://example.org","tried":null,"reports":[]}',
        b'{"endpoint":3,"tried":null,"reports":[]}',
    ],
)
def test_a_list_that_cannot_be_read_is_left_alone(state: State, damaged: bytes) -> None:
    """And keeps nobody from the others."""
    state.write("0.withdrawal", damaged)
    note(state, [report(1)])
    retry_withdrawals(NOW, {}, Server())
    assert state.names() == ["0.withdrawal"]


def test_without_a_state_folder_there_is_nothing_to_take_back() -> None:
    """And no folder is made for looking."""
    retry_withdrawals(NOW, {}, Server())
    assert pending_withdrawals() == []
    assert open_state() is None


def test_a_report_is_taken_back_from_every_server_that_it_was_sent_to() -> None:
    """A file that is not ours names no address, and no token."""
    sealed = Sealed("a", "f", "t", "t", True, "t", "0" * 64, b"{}")
    assert withdrawals_of(Held("a", "sent", sealed, {}, (HERE, THERE))) == [
        Withdrawal("a", "0" * 64, HERE),
        Withdrawal("a", "0" * 64, THERE),
    ]
    assert withdrawals_of(Held("a", "sent", sealed, {}, ("ftp://x",))) == []
    assert withdrawals_of(Held("a", "sent", None, {}, (HERE,))) == []
