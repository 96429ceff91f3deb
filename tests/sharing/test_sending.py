"""What is due leaves, what fails is tried again, what was turned down says why; and the gate is asked every time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.contract import layout
from telemetry.contract.layout import OUTBOX, REFUSED, SENDING, SENT
from telemetry.sharing.answer import Answer
from telemetry.sharing.patience import Retry, read_retry, write_retry
from telemetry.sharing.reports import Reports
from telemetry.sharing.sealed import Held
from telemetry.sharing.sending import BATCH_BYTES, BATCH_REPORTS, Leave, Manner, Post, Round, batches, send_due
from telemetry.sharing.wire import USUAL, Limits, Wire
from tests.people import PLENTY
from tests.sharing import behaviours
from tests.sharing.behaviours import Behaviour, omitting, redirect, rejecting, status
from tests.sharing.homes import LONG_AGO, NOW, Server, accepting, found, open_gate, reports_in, sealed, waiting
from tests.sharing.lines import id_of
from tests.sharing.receiver import Receiver, receiving

HASTY = Limits(connect=5, silence=0.3, whole=1)  # only for a server that never comes to an end
WAIT = timedelta(hours=24)
RESTING = Manner(WAIT)


@pytest.fixture
def reports(tmp_path: Path) -> Iterator[Reports]:
    """Those of an empty store, of a person whose week has room."""
    with reports_in(tmp_path, PLENTY) as opened:
        yield opened


def send(
    reports: Reports,
    post: Post,
    gate: Callable[[], Leave] = open_gate,
    at: datetime = NOW,
    manner: Manner = RESTING,
) -> Round:
    """One round, without luck."""
    return send_due(reports, gate, post, lambda: at, manner, chance=lambda: 0.5)


def send_to(receiver: Receiver, reports: Reports, at: datetime = NOW, limits: Limits = USUAL) -> Round:
    """One round over a socket."""
    wire = Wire(receiver.url, {}, limits)
    try:
        return send(reports, wire.reports, at=at)
    finally:
        wire.close()


# --- what every answer leads to

TAKEN = {SENT: [1, 2, 3]}
AGAIN = {SENDING: [1, 2, 3]}
NEVER = {REFUSED: [1, 2, 3]}
HERE = "/v1/reports"

ANSWERS: list[tuple[str, Behaviour, dict[str, list[int]], str | None]] = [
    ("ok", behaviours.ok, TAKEN, None),
    ("answers twice", behaviours.answer_twice, TAKEN, None),
    *((f"{code}", status(code), NEVER, None) for code in (400, 406, 409, 413, 415, 422, 431)),
    *((f"{code}", status(code), AGAIN, f"http_{code}") for code in (401, 403, 404, 405, 408, 410, 425, 429, 451)),
    *((f"{code}", status(code), AGAIN, f"http_{code}") for code in (500, 501, 502, 503, 504)),
    *((f"{code}", redirect(code), AGAIN, f"http_{code}") for code in (300, 301, 302, 303, 307, 308)),
    ("hangs", behaviours.hang, AGAIN, "timeout"),
    ("hangs after counting", behaviours.hang_after_taking, AGAIN, "timeout"),
    ("cut before reading", behaviours.cut_before_reading, AGAIN, "unreachable"),
    ("cut after reading", behaviours.cut_after_reading, AGAIN, "unreachable"),
    ("cut within the answer", behaviours.cut_within_the_answer, AGAIN, "unreachable"),
    ("drips", behaviours.drip(0.02), AGAIN, "timeout"),
    ("garbage", behaviours.garbage, AGAIN, "answer_unreadable"),
    ("empty", behaviours.empty, AGAIN, "answer_unreadable"),
    ("nothing of use", behaviours.nothing_of_use, AGAIN, "answer_unreadable"),
    ("bad gzip", behaviours.bad_gzip, AGAIN, "answer_unreadable"),
    ("a gzip bomb", behaviours.gzip_bomb, AGAIN, "answer_unreadable"),
    ("a flood", behaviours.flood, AGAIN, "answer_unreadable"),
    ("one rejected", rejecting(1), {SENT: [1, 3], REFUSED: [2]}, None),
    ("silent on one", omitting(1), {SENT: [1, 3], SENDING: [2]}, "answer_incomplete"),
    ("silent on all", omitting(0, 1, 2), AGAIN, "answer_incomplete"),
]


@pytest.mark.parametrize(("behaviour", "ends", "why"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_an_answer_decides_where_a_report_goes(
    reports: Reports, behaviour: Behaviour, ends: dict[str, list[int]], why: str | None
) -> None:
    """And nothing is lost: what the answer did not decide is received, once, when the server is well again."""
    waiting(reports, 1, 2, 3)
    with receiving(always=behaviour) as receiver:
        outcome = send_to(receiver, reports, limits=HASTY if why == "timeout" else USUAL)
        assert found(reports) == ends
        assert outcome.stopped == why
        assert (outcome.sent, outcome.refused) == (len(ends.get(SENT, [])), len(ends.get(REFUSED, [])))
        assert (read_retry(reports.store) is None) is (why is None)
        receiver.release()
        receiver.script(always=behaviours.ok)
        send_to(receiver, reports, NOW + timedelta(days=2))
        assert receiver.ledger.violations == []
        taken = {id_of(number) for number in (1, 2, 3)} - {id_of(number) for number in ends.get(REFUSED, [])}
        assert receiver.ledger.counted >= taken
    assert set(found(reports)) <= {SENT, REFUSED}


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(reports: Reports, code: int) -> None:
    """Neither to another host nor to another path of the same."""
    waiting(reports, 1)
    with receiving() as other, receiving(always=redirect(code, other.url + HERE)) as receiver:
        send_to(receiver, reports)
        receiver.script(always=redirect(code, "/v2/reports"))
        send_to(receiver, reports, NOW + timedelta(days=2))
        assert other.ledger.raw == []
        assert [raw.split(b" ")[1] for raw in receiver.ledger.raw] == [HERE.encode()] * 2


def test_the_outcome_stands_in_the_file(reports: Reports) -> None:
    """The server's receipt and when; or why it was refused."""
    waiting(reports, 1, 2)
    with receiving(rejecting(1)) as receiver:
        send_to(receiver, reports)
    [sent] = reports.held(SENT)
    [refused] = reports.held(REFUSED)
    assert sent.outcome["receipt"] and sent.outcome["at"] == "2026-11-22T10:00:00.000Z"
    assert refused.outcome["refused_by"] == "server" and refused.outcome["reason"]


def test_one_report_that_is_not_wanted_takes_no_other_with_it(reports: Reports) -> None:
    """A whole batch that was turned down is halved until the one is found."""
    waiting(reports, *range(1, 51))

    def post(lines: bytes, now: datetime) -> Answer:
        ids = [json.loads(line)["report"]["session"]["id"] for line in lines.splitlines()]
        return Answer(400, "http_400") if id_of(17) in ids else accepting(*(int(one[24:], 16) for one in ids))

    assert send(reports, post)[:3] == (49, 1, None)
    assert found(reports)[REFUSED] == [17]


# --- odd results

ODD_RESULTS: list[tuple[str, list[dict[str, object]], dict[str, list[int]]]] = [
    ("none", [], {SENDING: [1, 2]}),
    ("a stranger's", [{"id": id_of(9), "status": "accepted"}], {SENDING: [1, 2]}),
    ("unknown words", [{"id": id_of(1), "status": "maybe"}, {"id": id_of(2), "status": None}], {SENDING: [1, 2]}),
    ("no strings", [{"id": 1, "status": "accepted"}, {"id": None}, {"id": [], "status": {}}], {SENDING: [1, 2]}),
    ("a list for a word", [{"id": id_of(1), "status": ["accepted"]}], {SENDING: [1, 2]}),
    ("no ids", [{"status": "accepted"}, {"status": "accepted"}], {SENDING: [1, 2]}),
    ("twice the same", [{"id": id_of(1), "status": "accepted"}] * 2, {SENT: [1], SENDING: [2]}),
    ("known already", [{"id": id_of(one), "status": "duplicate"} for one in (1, 2)], {SENT: [1, 2]}),
    ("a receipt that is none", [{"id": id_of(1), "status": "accepted", "receipt": {}}], {SENT: [1], SENDING: [2]}),
]


@pytest.mark.parametrize(("results", "ends"), [row[1:] for row in ODD_RESULTS], ids=[row[0] for row in ODD_RESULTS])
def test_odd_results_decide_nothing(
    reports: Reports, results: list[dict[str, object]], ends: dict[str, list[int]]
) -> None:
    """A report is where the server clearly said; the others are sent again."""
    waiting(reports, 1, 2)
    send(reports, Server(Answer(202, "ok", results)))
    assert found(reports) == ends


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(id_of(1)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
RESULTS = st.lists(
    st.fixed_dictionaries(
        {}, optional={"id": JSON | st.just(id_of(1)), "status": JSON, "receipt": JSON, "reason": JSON}
    )
)


@given(RESULTS, st.sampled_from((200, 202, 204, 299)))
def test_any_results_can_come(
    tmp_path_factory: pytest.TempPathFactory, results: list[dict[str, object]], code: int
) -> None:
    """A report is always in exactly one place."""
    with reports_in(tmp_path_factory.mktemp("any")) as reports:
        waiting(reports, 1)
        send(reports, Server(Answer(code, "ok", results)))
        assert list(found(reports).values()) == [[1]]


def test_a_servers_words_are_shortened_and_plain(reports: Reports) -> None:
    """They are shown in a terminal later."""
    waiting(reports, 1)
    word = "\x1b[2J" + "é" * 10 + "x" * 1000
    send(reports, Server(Answer(202, "ok", [{"id": id_of(1), "status": "rejected", "reason": word}])))
    reason = reports.held(REFUSED)[0].outcome["reason"]
    assert len(reason) <= 200 and reason.isprintable() and reason.isascii()


# --- who may leave


def test_a_report_rests_for_its_time(reports: Reports) -> None:
    """Not a second less."""
    one = sealed(1, at=NOW)
    reports.put(one)
    server = Server(accepting(1))
    assert send(reports, server, at=NOW + WAIT - timedelta(seconds=1)).sent == 0
    assert server.batches == []
    assert send(reports, server, at=NOW + WAIT).sent == 1
    assert server.batches == [one.data + b"\n"]


def test_who_does_not_want_to_wait_sends_what_was_chosen(reports: Reports) -> None:
    """And only that; without a choice, all."""
    for number in (1, 2, 3):
        reports.put(sealed(number, at=NOW))
    server = Server(accepting(1, 2, 3))
    send(reports, server, manner=Manner(WAIT, at_once=True, chosen=frozenset((id_of(2),))))
    assert found(reports) == {OUTBOX: [1, 3], SENT: [2]}
    send(reports, server, manner=Manner(WAIT, at_once=True))
    assert found(reports) == {SENT: [1, 2, 3]}


def test_what_was_in_a_request_does_not_rest_again(reports: Reports) -> None:
    """A person sent it without the wait, and the server failed: the next try is the daemon's."""
    reports.put(sealed(1, at=NOW))
    reports.put(sealed(2, at=NOW))
    send(reports, Server(Answer(503, "http_503")), manner=Manner(WAIT, at_once=True, chosen=frozenset((id_of(1),))))
    assert found(reports) == {OUTBOX: [2], SENDING: [1]}
    send(reports, Server(accepting(1)), at=NOW + timedelta(minutes=1))
    assert found(reports) == {OUTBOX: [2], SENT: [1]}


@pytest.mark.parametrize("state", [OUTBOX, SENDING])
def test_what_began_before_the_present_yes_stays(reports: Reports, state: str) -> None:
    """Also what was under way under an earlier one; not even a person can send it."""
    waiting(reports, 1)
    reports.move(reports.held(OUTBOX), state)
    server = Server(accepting(1))
    for manner in (Manner(WAIT), Manner(WAIT, at_once=True)):
        send(reports, server, lambda: Leave(None, NOW - timedelta(days=1)), manner=manner)
    assert server.batches == []
    assert found(reports) == {state: [1]}


def test_the_gate_is_asked_before_every_request(reports: Reports) -> None:
    """A no between two batches is obeyed."""
    waiting(reports, *range(1, 121))
    answers = iter([None, None, None, "sharing_off"])
    server = Server(accepting(*range(1, 121)))
    outcome = send(reports, server, lambda: Leave(next(answers), NOW - LONG_AGO))
    assert outcome.stopped == "sharing_off"
    assert len(server.batches) == 2
    assert found(reports) == {OUTBOX: list(range(101, 121)), SENT: list(range(1, 101))}


def test_a_new_yes_between_two_requests_sends_nothing_of_the_old_one(reports: Reports) -> None:
    """To another address, perhaps: what was sealed until then was not meant for it."""
    waiting(reports, *range(1, 121))
    old, new = Leave(None, NOW - LONG_AGO, "https://a.example.org"), Leave(None, NOW, "https://b.example.org")
    answers = iter([old, old, new, new])
    server = Server(accepting(*range(1, 121)))
    assert send(reports, server, lambda: next(answers)) == Round(50, 0, None, None)
    assert len(server.batches) == 1
    assert found(reports) == {OUTBOX: list(range(51, 121)), SENT: list(range(1, 51))}


def test_another_server_does_not_wait_for_one_that_failed(reports: Reports) -> None:
    """However much patience that one asked for; which it still gets where it is asked again."""
    waiting(reports, 1, 2)
    one, other = (Leave(None, NOW - LONG_AGO, f"https://{name}.example.org") for name in "ab")
    failing = Server(Answer(503, "http_503", None, timedelta(hours=23)))
    assert send(reports, failing, lambda: one, manner=Manner(WAIT, True, frozenset((id_of(1),)))).stopped == "http_503"
    later = NOW + timedelta(hours=3)
    assert send(reports, Server(accepting(1, 2)), lambda: one, at=later).stopped == "http_503"
    assert send(reports, Server(accepting(1, 2)), lambda: other, at=later).sent == 2


def test_a_closed_gate_touches_nothing(reports: Reports) -> None:
    """Not the next try either: a no and a yes do not hurry a server that failed."""
    waiting(reports, 1)
    retry = Retry(5, "http_503", NOW - timedelta(seconds=1))
    write_retry(reports.store, retry)
    outcome = send(reports, Server(accepting(1)), lambda: Leave("sharing_off", NOW))
    assert outcome == Round(0, 0, "sharing_off", retry)
    assert found(reports) == {OUTBOX: [1]}
    assert read_retry(reports.store) == retry


def test_the_last_guard_lets_nothing_pass_that_is_no_report(reports: Reports) -> None:
    """However well it was sealed; the others leave."""
    waiting(reports, 1)
    reports.put(sealed(2, data=b'{"prompt":"secret"}'))
    server = Server(accepting(1, 2))
    assert send(reports, server)[:2] == (1, 1)
    assert found(reports) == {SENT: [1], REFUSED: [2]}
    assert reports.held(REFUSED)[0].outcome["refused_by"] == "guard"
    assert b"secret" not in b"".join(server.batches)


def test_a_file_that_is_not_as_it_was_sealed_is_refused(reports: Reports, tmp_path: Path) -> None:
    """Somebody changed or planted it."""
    waiting(reports, 1)
    file = tmp_path.joinpath("project", *layout.STORE, OUTBOX, sealed(1).name)
    file.write_bytes(file.read_bytes().replace(b'"5', b'"6').replace(b"2026-11-20", b"2026-11-19"))
    server = Server(accepting(1))
    send(reports, server)
    assert (found(reports), server.batches) == ({REFUSED: [1]}, [])


def test_a_copy_is_no_second_report(reports: Reports, tmp_path: Path) -> None:
    """Somebody copied a file from folder to folder."""
    waiting(reports, 1)
    store = tmp_path.joinpath("project", *layout.STORE)
    (store / SENDING).mkdir(mode=0o700)
    (store / SENDING / sealed(1).name).write_bytes((store / OUTBOX / sealed(1).name).read_bytes())
    server = Server(accepting(1))
    assert send(reports, server).sent == 1
    assert server.batches == [sealed(1).data + b"\n"]
    assert found(reports) == {SENT: [1]}


def test_a_report_that_is_deleted_while_others_leave_does_not_leave(reports: Reports, tmp_path: Path) -> None:
    """Up to the moment in which its own request begins."""
    waiting(reports, *range(1, 61))
    outbox = tmp_path.joinpath("project", *layout.STORE, OUTBOX)

    def post(lines: bytes, now: datetime) -> Answer:
        (outbox / sealed(60).name).unlink(missing_ok=True)
        assert id_of(60).encode() not in lines
        return accepting(*range(1, 61))

    assert send(reports, post).sent == 59
    assert found(reports) == {SENT: list(range(1, 60))}


# --- trying again


@pytest.mark.parametrize(("asked", "seconds"), [(120, 120), (10**8, 86_400), ("Sun, 22 Nov 2026 12:00:00 GMT", 7200)])
def test_a_server_can_ask_for_patience(reports: Reports, asked: int | str, seconds: int) -> None:
    """In seconds or by a date, and for a day at most; nothing is sent before."""
    waiting(reports, 1)
    with receiving(status(503, asked)) as receiver:
        assert send_to(receiver, reports).stopped == "http_503"
        assert send_to(receiver, reports, NOW + timedelta(seconds=seconds - 1)).sent == 0
        assert len(receiver.ledger.raw) == 1
        assert send_to(receiver, reports, NOW + timedelta(seconds=seconds)).sent == 1


@pytest.mark.parametrize("days", [-3650, -2, 2, 3650])
def test_a_clock_that_jumps_blocks_no_report(reports: Reports, days: int) -> None:
    """What was under way goes on, whatever the clock said when the last try failed."""
    waiting(reports, 1)
    gate = Leave(None, NOW - timedelta(days=9999))
    send(reports, Server(Answer(503, "http_503", None, timedelta(days=9))), lambda: gate)
    assert send(reports, Server(accepting(1)), lambda: gate, at=NOW + timedelta(days=days)).sent == 1


def test_failures_are_counted_until_all_went_well(reports: Reports) -> None:
    """Kept in the store: another process goes on counting."""
    waiting(reports, 1)
    failing = Server(Answer(0, "unreachable"))
    for number in range(1, 4):
        outcome = send(reports, failing, at=NOW + timedelta(days=number))
        assert outcome.retry and outcome.retry.failures == number
    assert send(reports, Server(accepting(1)), at=NOW + timedelta(days=9)).retry is None
    assert read_retry(reports.store) is None


def test_a_failure_ends_the_round(reports: Reports) -> None:
    """The second batch does not knock at a closed door."""
    waiting(reports, *range(1, 101))
    server = Server(Answer(0, "unreachable"))
    send(reports, server)
    assert len(server.batches) == 1


# --- batches


@given(st.lists(st.integers(1, 16_384), max_size=200))
def test_batches_keep_to_their_size_and_order(sizes: list[int]) -> None:
    """At most 50 reports and 256 KiB, newlines included; none left out, none empty."""
    due = [(Held(str(size), OUTBOX, None, {}), sealed(number, data=bytes(size))) for number, size in enumerate(sizes)]
    cut = list(batches(due))
    assert [one for batch in cut for one in batch] == due
    assert all(1 <= len(batch) <= BATCH_REPORTS for batch in cut)
    assert all(sum(len(report.data) + 1 for _, report in batch) <= BATCH_BYTES for batch in cut)
