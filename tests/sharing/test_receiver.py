"""The receiver is strict, remembers every byte, and misbehaves exactly as it is told."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.sharing import behaviours
from tests.sharing.ledger import MAX_BYTES, from_log
from tests.sharing.lines import id_of, line_of, lines_of, token_of
from tests.sharing.receiver import Receiver, receiving, receiving_apart

Results = list[dict[str, Any]]
COMMON = {"Accept": "application/json", "User-Agent": "agentspec-telemetry", "Connection": "keep-alive"}


@contextmanager
def connected(port: int) -> Iterator[http.client.HTTPConnection]:
    """A connection to the receiver."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        yield connection
    finally:
        connection.close()


def _headers(lines: bytes, more: dict[str, str | None]) -> dict[str, str]:
    headers: dict[str, str | None] = {
        "Content-Type": "application/x-ndjson",
        "Content-Encoding": "gzip",
        "Idempotency-Key": hashlib.sha256(lines).hexdigest(),
        **COMMON,
        **more,
    }
    return {name: value for name, value in headers.items() if value is not None}


def ask(port: int, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, http.client.HTTPMessage, bytes]:
    """One request over its own connection: status, headers, body."""
    with connected(port) as connection:
        connection.putrequest("POST", path, skip_accept_encoding=True)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        with connection.getresponse() as response:
            return response.status, response.headers, response.read()


def send(
    receiver: Receiver, lines: bytes, body: bytes | None = None, headers: dict[str, str | None] | None = None
) -> tuple[int, Any]:
    """A batch as our client sends it, but for what the test says (None: no such header); status and the answer."""
    packed = gzip.compress(lines, mtime=0) if body is None else body
    status, _, answer = ask(receiver.port, "/v1/reports", packed, _headers(lines, headers or {}))
    return status, json.loads(answer)


def statuses(results: Results) -> list[str]:
    """What became of each."""
    return [result["status"] for result in results]


def withdraw(receiver: Receiver, *tokens: str) -> list[str]:
    """What becomes of the reports of these tokens."""
    body = json.dumps({"tokens": tokens}).encode()
    code, _, answer = ask(receiver.port, "/v1/withdrawals", body, {"Content-Type": "application/json", **COMMON})
    assert code == 200
    return statuses(json.loads(answer)["results"])


def test_a_batch_is_counted_once_and_every_byte_is_kept() -> None:
    """In order, by id, with one receipt however often it comes."""
    with receiving() as receiver:
        code, first = send(receiver, lines_of(1, 2))
        _, again = send(receiver, lines_of(2))
    assert code == 202
    assert [(one["id"], one["status"]) for one in first["results"]] == [(id_of(1), "accepted"), (id_of(2), "accepted")]
    assert again["results"] == [{**first["results"][1], "status": "duplicate"}]
    assert receiver.ledger.times == {id_of(1): 1, id_of(2): 2}
    assert receiver.ledger.raw[0].startswith(b"POST /v1/reports HTTP/1.1\r\n")
    assert receiver.ledger.raw[0].endswith(gzip.compress(lines_of(1, 2), mtime=0))
    assert receiver.ledger.violations == []


def test_many_requests_pass_over_one_connection() -> None:
    """As a client that keeps it."""
    with receiving() as receiver, connected(receiver.port) as connection:
        for number in (1, 2, 3):
            lines = lines_of(number)
            connection.putrequest("POST", "/v1/reports", skip_accept_encoding=True)
            body = gzip.compress(lines, mtime=0)
            for name, value in {**_headers(lines, {}), "Content-Length": str(len(body))}.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            assert connection.getresponse().read()
    assert len(receiver.ledger.counted) == 3


@pytest.mark.parametrize(
    ("header", "value", "violation"),
    [
        ("Cookie", "a=b", "a header nobody asked for: cookie"),
        ("Authorization", "Basic YTpi", "a header nobody asked for: authorization"),
        ("Accept", None, "a header is missing: accept"),
        ("User-Agent", "agentspec-telemetry/1.2", "a header says something else: user-agent"),
        ("Accept-Encoding", "gzip", "a header says something else: accept-encoding"),
    ],
)
def test_a_header_too_many_too_few_or_other_is_a_violation(header: str, value: str | None, violation: str) -> None:
    """Headers tell machines apart."""
    with receiving() as receiver:
        send(receiver, lines_of(1), headers={header: value})
    assert receiver.ledger.violations == [violation]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (lines_of(*range(51)), 413),
        (b" " * MAX_BYTES + b"\n", 413),
        (lines_of(1)[:-1], 400),
        (b"", 400),
    ],
    ids=["lines", "bytes", "newline", "nothing"],
)
def test_a_batch_of_another_form_is_refused(lines: bytes, code: int) -> None:
    """At most 50 lines, 256 KiB, each line ended."""
    with receiving() as receiver:
        assert send(receiver, lines)[0] == code
    assert receiver.ledger.counted == set()
    assert len(receiver.ledger.violations) == 1


def test_bytes_that_are_not_what_the_headers_say_are_refused() -> None:
    """Another key, no gzip, half of it, and a gzip that tells when it was made."""
    lines = lines_of(1)
    with receiving() as receiver:
        assert send(receiver, lines, headers={"Idempotency-Key": "0" * 64})[0] == 400
        assert send(receiver, lines, body=lines)[0] == 400
        assert send(receiver, lines, body=gzip.compress(lines, mtime=0)[:-1])[0] == 400
        assert len(receiver.ledger.violations) == 3
        assert send(receiver, lines, body=gzip.compress(lines, mtime=1))[0] == 202
    assert receiver.ledger.violations[3:] == ["the header of gzip tells a time or a name"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"{", {"id": None, "status": "rejected", "reason": "unreadable"}),
        (b'{"version":1,"version":1}', {"id": None, "status": "rejected", "reason": "unreadable"}),
        (
            line_of(1).replace(b'"version":1', b'"version":2'),
            {"id": None, "status": "rejected", "reason": "unreadable"},
        ),
        (line_of(1, hostname="x"), {"id": id_of(1), "status": "rejected", "reason": "schema"}),
        (line_of(1, agentspec_version="1.0.0\n"), {"id": id_of(1), "status": "rejected", "reason": "schema"}),
    ],
    ids=["no-json", "key-twice", "version", "field", "newline"],
)
def test_a_line_that_is_no_report_is_rejected_and_the_others_are_not(line: bytes, answer: dict[str, str]) -> None:
    """By the shape, by the schema, and by what JSON Schema overlooks."""
    with receiving() as receiver:
        code, said = send(receiver, line + b"\n" + lines_of(7))
    assert (code, said["results"][0], said["results"][1]["status"]) == (202, answer, "accepted")
    assert receiver.ledger.counted == {id_of(7)}
    assert len(receiver.ledger.violations) == 1


def test_a_report_that_comes_again_with_other_bytes_is_a_violation() -> None:
    """What was sealed is what leaves, every time."""
    with receiving() as receiver:
        send(receiver, lines_of(1))
        send(receiver, line_of(1, timestamp="2026-11-22T11:00:00Z") + b"\n")
    assert receiver.ledger.violations == ["a report came again with other bytes"]


def test_what_is_held_can_be_taken_back_and_what_is_a_number_cannot() -> None:
    """By the token alone, and as often as it is asked."""
    with receiving() as receiver:
        send(receiver, lines_of(1))
        receiver.aggregate()
        send(receiver, lines_of(2))
        tokens = [token_of(number) for number in (1, 2, 3)]
        assert withdraw(receiver, *tokens) == ["aggregated_only", "withdrawn", "unknown"]
        assert withdraw(receiver, *tokens) == ["aggregated_only", "withdrawn", "unknown"]
    assert receiver.ledger.held == {}
    assert receiver.ledger.violations == []


def test_it_follows_its_script_and_then_behaves() -> None:
    """Nothing is counted by an error; Retry-After is sent as it was written."""
    with receiving(behaviours.status(503, 7), behaviours.redirect(307)) as receiver:
        status, headers, _ = ask(receiver.port, "/v1/reports", b"", COMMON)
        assert (status, headers["Retry-After"]) == (503, "7")
        status, headers, _ = ask(receiver.port, "/v1/reports", b"", COMMON)
        assert (status, headers["Location"]) == (307, "/v1/reports")
        assert receiver.ledger.counted == set()
        assert send(receiver, lines_of(1))[0] == 202


@pytest.mark.parametrize(
    ("behaviour", "counts"),
    [
        (behaviours.cut_before_reading, False),
        (behaviours.cut_after_reading, True),
        (behaviours.cut_within_the_answer, True),
    ],
    ids=["before", "after", "within"],
)
def test_a_cut_leaves_the_client_in_the_dark(behaviour: behaviours.Behaviour, counts: bool) -> None:
    """It counts, or not; no whole answer comes."""
    with receiving(behaviour) as receiver:
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            send(receiver, lines_of(1))
        assert receiver.ledger.counted == ({id_of(1)} if counts else set())
        assert len(receiver.ledger.raw) == 1
        assert statuses(send(receiver, lines_of(1))[1]["results"]) == ["duplicate" if counts else "accepted"]


def test_who_hangs_is_released_or_hung_up_on() -> None:
    """No test waits for a time-out, not even at its end."""
    with receiving(always=behaviours.hang) as receiver, socket.create_connection(("127.0.0.1", receiver.port)) as end:
        request = b"POST /v1/reports HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
        end.sendall(request)
        receiver.wait_until(lambda: receiver.hanging == 1)
        receiver.release()
        assert end.recv(1) == b""
        with socket.create_connection(("127.0.0.1", receiver.port)) as other:
            other.sendall(request)
            receiver.wait_until(lambda: receiver.hanging == 2)
            receiver.close()
            assert other.recv(1) == b""


def test_answers_come_twice_in_drops_and_without_end() -> None:
    """What a raw socket sees of them."""
    body = gzip.compress(lines_of(1), mtime=0)
    head = "".join(f"{name}: {value}\r\n" for name, value in _headers(lines_of(1), {"Connection": "close"}).items())
    request = f"POST /v1/reports HTTP/1.1\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body

    def seen(receiver: Receiver, limit: int = 1 << 30) -> bytes:
        with socket.create_connection(("127.0.0.1", receiver.port)) as end, end.makefile("rb") as stream:
            end.sendall(request)
            return stream.read(limit)

    with receiving(behaviours.answer_twice, behaviours.drip(0.0001), behaviours.flood) as receiver:
        assert seen(receiver).count(b"HTTP/1.1 202") == 2
        assert seen(receiver).count(b'"duplicate"') == 1
        assert len(seen(receiver, 1 << 20)) == 1 << 20


def test_it_may_reject_some_and_be_silent_on_others() -> None:
    """What is rejected does not count; what is passed over does."""
    with receiving(behaviours.rejecting(1), behaviours.omitting(0)) as receiver:
        assert statuses(send(receiver, lines_of(1, 2))[1]["results"]) == ["accepted", "rejected"]
        assert [one["id"] for one in send(receiver, lines_of(3, 4))[1]["results"]] == [id_of(4)]
    assert receiver.ledger.counted == {id_of(1), id_of(3), id_of(4)}


def test_what_a_killed_client_had_sent_is_kept() -> None:
    """Also half a request may hold what it should not; it is no violation."""
    with receiving() as receiver:
        for part in (b"POST /v1/rep", b"POST /v1/reports HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf"):
            with socket.create_connection(("127.0.0.1", receiver.port)) as end:
                end.sendall(part)
            receiver.wait_until(lambda part=part: part in receiver.ledger.raw)  # type: ignore[misc]
    assert receiver.ledger.violations == []


def test_it_runs_as_its_own_process_and_writes_down_the_same(tmp_path: Path) -> None:
    """For crash tests and benchmarks."""
    log = tmp_path / "log"
    body = gzip.compress(lines_of(1), mtime=0)
    with receiving_apart(log) as url:
        port = int(url.rpartition(":")[2])
        ask(port, "/v1/reports", body, _headers(lines_of(1), {"Cookie": "a"}))
    ledger = from_log(log)
    assert ledger.times == {id_of(1): 1}
    assert ledger.raw[0].endswith(body)
    assert ledger.violations == ["a header nobody asked for: cookie"]


def test_in_a_hurry_it_only_counts(tmp_path: Path) -> None:
    """It is not to be what a benchmark measures."""
    log = tmp_path / "log"
    with receiving_apart(log, "--fast") as url:
        port = int(url.rpartition(":")[2])
        status, _, answer = ask(port, "/v1/reports", gzip.compress(lines_of(1)), {"Cookie": "a"})
    assert (status, statuses(json.loads(answer)["results"]), log.exists()) == (202, ["accepted"], False)
