"""The real server, as a process, and the real client: what they say to each other, and how the server ends."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import sqlite3
import struct
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from telemetry.community.serving import KEYLESS
from telemetry.community.sqlite.database import open_database
from tests.community.memory import JSON, batch, whole
from tests.community.servers import PATIENCE, ROOT, Running, command, environ_of, serving
from tests.people import Person, person
from tests.sharing.lines import id_of, token_of
from tests.sharing.projects import project_in, ship

CANARY = "canary-7f3a"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """One that serves, as a whole."""
    with serving(tmp_path) as running:
        yield running


def send(server: Running, *numbers: int) -> list[str]:
    """Share reports of these numbers; what became of each."""
    answer = server.ask("POST", "/v1/reports", *batch(whole(*numbers)))
    assert answer.status == 202, answer.body
    return [one["status"] for one in answer.json["results"]]


def sums_of(data: Path) -> dict[tuple[str, str], int]:
    """How many reports are in the sums of a server that has ended, and how many wait."""
    database = open_database(data / "community.db")
    try:
        cells = list(database.aggregates.cells(database.aggregates.weeks()))
        return {("all", one.measure): one.value for one in cells if one.slice == "all"} | {
            ("queue", "waiting"): database.queue.depth()
        }
    finally:
        database.close()


# --- the real client


def agentspec(somebody: Person, project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`agentspec telemetry …`."""
    done = somebody.run("telemetry", *words, project=project)
    assert done.returncode == 0, done.stderr + done.stdout
    return done


def test_the_real_client_shares_and_takes_back(server: Running, tmp_path: Path) -> None:
    """Two reports sent, counted, and, with a purge, out of the raw reports and the sums."""
    somebody, project = person(tmp_path), project_in(tmp_path)
    agentspec(somebody, project, "--enable", "--yes", "--endpoint", server.url)
    for name in ("ORDERS", "SHOES"):
        ship(project, name)
    sent = json.loads(agentspec(somebody, project, "--send-now", "--json").stdout)
    assert sent == {"sent": 2, "refused": 0, "full": 0, "stopped": None}
    assert server.metric('agentspec_reports_total{result="accepted"}') == 2
    done = agentspec(somebody, project, "--purge", "--yes")
    assert done.stdout.count("withdrawn: the server has deleted it") == 2
    assert server.metric('agentspec_withdrawals_total{status="withdrawn"}') == 2
    assert server.ends() == 0
    assert sums_of(server.data) == {("queue", "waiting"): 0}
    assert b'"withdrawal"' not in b"".join(file.read_bytes() for file in server.data.rglob("*") if file.is_file())


def test_the_real_client_that_lost_the_answer_sends_again_and_counts_once(server: Running, tmp_path: Path) -> None:
    """The same bytes: a duplicate is as good as accepted."""
    somebody, project = person(tmp_path), project_in(tmp_path)
    agentspec(somebody, project, "--enable", "--yes", "--endpoint", server.url)
    ship(project, "ORDERS")
    (waiting,) = json.loads(agentspec(somebody, project, "--preview", "--json").stdout)["waiting"]
    first = server.ask("POST", "/v1/reports", *batch(waiting["bytes"].encode() + b"\n"))
    assert [one["status"] for one in first.json["results"]] == ["accepted"]
    sent = json.loads(agentspec(somebody, project, "--send-now", "--json").stdout)
    assert sent == {"sent": 1, "refused": 0, "full": 0, "stopped": None}
    assert server.metric('agentspec_reports_total{result="duplicate"}') == 1
    assert server.metric('agentspec_reports_total{result="accepted"}') == 1


# --- the end


@pytest.mark.parametrize("has_key", [False, True])
def test_who_serves_without_a_key_is_told_what_that_costs(tmp_path: Path, has_key: bool) -> None:
    """Before the first report, and with the command to run; who has one is told nothing."""
    if has_key:
        subprocess.run(command("release", "--make-key"), env=environ_of(tmp_path / "community"), check=True)
    with serving(tmp_path) as running:
        assert running.process.stdout and running.ends() == 0
        said = running.process.stdout.read()
    assert said == ("" if has_key else f"{KEYLESS}\n")
    assert "agentspec-community release --make-key" in KEYLESS


def test_told_to_end_it_finishes_and_counts_what_it_took(server: Running) -> None:
    """Nothing waits afterwards, and it ends well."""
    assert send(server, *range(50)) == ["accepted"] * 50
    assert server.ends() == 0
    found = sums_of(server.data)
    assert (found["all", "reports"], found["queue", "waiting"]) == (50, 0)
    assert server.log.read_text() == ""


def test_who_asks_and_says_no_more_is_answered_whole(server: Running) -> None:
    """As `curl` in a pipe, or a health check of a few lines, may do it."""
    for path in ("/openapi.json", "/healthz", "/v1/schema") * 3:
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as line:
            line.sendall(_get(path))
            line.shutdown(socket.SHUT_WR)
            head, _, body = _all_of(line).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert b"content-length: %d" % len(body) in head


def test_a_request_under_way_is_answered_when_it_is_told_to_end(server: Running) -> None:
    """Whoever has begun to speak is heard out."""
    body, headers = batch(whole(1))
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as line:
        line.sendall(_head("/v1/reports", len(body), headers, "Expect: 100-continue"))
        assert line.recv(100).startswith(b"HTTP/1.1 100")  # it reads: the request has begun
        server.process.send_signal(signal.SIGTERM)
        line.sendall(body)
        answer = _all_of(line)
    assert answer.startswith(b"HTTP/1.1 202")
    assert b'"accepted"' in answer
    assert server.process.wait(PATIENCE) == 0
    assert sums_of(server.data)["all", "reports"] == 1


def test_killed_it_has_everything_it_answered_for(server: Running, tmp_path: Path) -> None:
    """A 202 is durable; the next start counts it, once."""
    assert send(server, 1, 2, 3) == ["accepted"] * 3
    server.process.kill()
    server.process.wait(PATIENCE)
    with serving(tmp_path) as again:
        assert send(again, 2, 4) == ["duplicate", "accepted"]
        assert again.ends() == 0
    assert sums_of(server.data)["all", "reports"] == 4


def test_apart_api_and_worker_do_the_same(tmp_path: Path) -> None:
    """Two processes on one folder."""
    with serving(tmp_path, "api") as api:
        assert send(api, 1, 2) == ["accepted"] * 2
        assert api.metric("agentspec_queue_depth") == 2
        worker = subprocess.Popen(
            command("worker"), cwd=ROOT, env=environ_of(api.data), stdout=subprocess.PIPE, text=True
        )
        assert worker.stdout is not None
        assert worker.stdout.readline() == "working\n"
        assert send(api, 2, 3) == ["duplicate", "accepted"]
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=PATIENCE)
        assert worker.returncode == 0
        assert api.ends() == 0
    found = sums_of(api.data)
    assert (found["all", "reports"], found["queue", "waiting"]) == (3, 0)


# --- under pressure


def test_a_full_queue_puts_senders_off(tmp_path: Path) -> None:
    """503 and how long to wait; what fits is taken."""
    with serving(tmp_path, "api", capacity=2, retry_seconds=7) as api:
        assert api.ask("GET", "/readyz").status == 200
        assert send(api, 1, 2) == ["accepted"] * 2
        assert api.ask("GET", "/readyz").status == 503
        put_off = api.ask("POST", "/v1/reports", *batch(whole(3)))
        assert (put_off.status, put_off.headers["retry-after"]) == (503, "7")
        assert send(api, 1) == ["duplicate"]


def test_a_locked_database_is_not_ready(tmp_path: Path) -> None:
    """Nobody else may write, so nothing can be taken; afterwards, the first reports that are say that it is."""
    with serving(tmp_path, "api") as api, closing(sqlite3.connect(api.data / "community.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        assert api.ask("POST", "/v1/reports", *batch(whole(1))).status == 503
        assert api.ask("GET", "/readyz").status == 503
        other.execute("ROLLBACK")
        assert send(api, 1) == ["accepted"]
        assert api.ask("GET", "/readyz").status == 200


def test_many_at_once_are_each_counted_once(server: Running) -> None:
    """Eight senders, the same reports from each."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(server, *range(20)), range(8)))
    assert sum(answer.count("accepted") for answer in answers) == 20
    assert server.ends() == 0
    assert sums_of(server.data)["all", "reports"] == 20


def test_who_asks_too_often_waits(tmp_path: Path) -> None:
    """Over a real socket."""
    with serving(tmp_path, requests_per_minute=1, burst=2) as server:
        statuses = [server.ask("GET", "/v1/schema").status for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert server.ask("GET", "/healthz").status == 200


def test_who_shares_too_much_waits(tmp_path: Path) -> None:
    """Over a real socket: the limit is on reports, in however few requests; the whole batch can come later."""
    with serving(tmp_path, reports_per_hour=3600, reports_burst=50) as server:
        assert send(server, *range(45)) == ["accepted"] * 45
        refused = server.ask("POST", "/v1/reports", *batch(whole(*range(45, 95))))
        assert refused.status == 429
        assert 30 < int(refused.headers["retry-after"]) <= 45
        assert server.ask("GET", "/v1/schema").status == 200
        assert server.metric('agentspec_reports_total{result="accepted"}') == 45


# --- those who do not speak properly


def test_who_does_not_finish_is_hung_up_on(tmp_path: Path) -> None:
    """A head, a body, nothing at all: each has its time."""
    body, headers = batch(whole(1))
    whole_request = _head("/v1/reports", len(body), headers) + body
    with serving(tmp_path, head_seconds=0.2, body_seconds=0.2) as server:
        for part, answer in ((0, b""), (20, b""), (-1, b"HTTP/1.1 408")):
            with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as line:
                line.sendall(whole_request[:part])
                found = _all_of(line)
                assert found[:12] == answer
        assert send(server, 1) == ["accepted"]


@pytest.mark.parametrize(
    "said",
    [
        b"rubbish\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"CONNECT a:1 HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
        b"POST /v1/reports HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /v1/reports HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000,
    ],
    ids=lambda said: repr(said[:12]),
)
def test_what_is_no_request_is_a_problem_and_a_closed_door(server: Running, said: bytes) -> None:
    """400, and the next one is served."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as line:
        line.sendall(said)
        answer = _all_of(line)
    assert answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 404"), answer
    assert b"application/problem+json" in answer
    assert server.ask("GET", "/healthz").status == 200
    assert server.log.read_text() == ""


@pytest.mark.parametrize("settings", [{"connections": 2}, {"connections_per_address": 2}], ids=["all", "address"])
def test_one_connection_too_many_is_turned_away(tmp_path: Path, settings: dict[str, Any]) -> None:
    """With 503 and when to come again; who was turned away, or has hung up, takes no place."""
    with serving(tmp_path, **settings) as server, ExitStack() as open_ones:
        lines = [open_ones.enter_context(_line(server)) for _ in range(3)]
        answer = _all_of(lines[2])
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 30" in answer
        for line in lines[:2]:
            line.sendall(_get("/healthz", "Connection: close"))
            assert _all_of(line).startswith(b"HTTP/1.1 200")
        assert server.ask("GET", "/healthz").status == 200


def test_a_trusted_proxy_may_have_as_many_connections_as_there_are(tmp_path: Path) -> None:
    """They are those of its visitors."""
    with (
        serving(tmp_path, connections_per_address=2, trusted_proxies="127.0.0.0/8") as server,
        ExitStack() as open_ones,
    ):
        lines = [open_ones.enter_context(_line(server)) for _ in range(5)]
        for line in lines:
            line.sendall(_get("/healthz", "Connection: close"))
            assert _all_of(line).startswith(b"HTTP/1.1 200")


# --- those who mean no good


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n3\r\nab\n\r\n"
MUCH = 64 << 20  # more than lies on the way of a connection, in bytes


@pytest.mark.parametrize(
    "head",
    [
        b"POST /v1/reports HTTP/1.1\r\nContent-Type: application/x-ndjson\r\n" + CHUNKED,
        b"GET /healthz HTTP/1.1\r\n" + CHUNKED,
    ],
    ids=["post", "get"],
)
@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [(b"0\r\n", b"a: b\r\n"), (b"0\r\na: ", b"b"), (b"1;", b"x")],
    ids=["trailers", "one_trailer", "chunk_extension"],
)
def test_what_comes_beside_a_body_has_an_end(tmp_path: Path, head: bytes, begins: bytes, goes_on: bytes) -> None:
    """Fields after a body, or one that never ends: the server hangs up, and does not take them into memory."""
    with serving(tmp_path, body_seconds=3600) as server, _line(server) as line:
        line.sendall(head + begins)
        assert _says_until_hung_up_on(line, goes_on * (60_000 // len(goes_on))) < MUCH
        assert server.ask("GET", "/healthz").status == 200
        assert server.log.read_text() == ""


def test_a_field_after_a_body_is_not_taken(server: Running) -> None:
    """Not one: nothing here asks for any."""
    with _line(server) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\n" + CHUNKED + b"0\r\na: b\r\n\r\n")
        answer = _all_of(line)
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "said",
    [
        b"GET /healthz HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n" + b"X: x\r\n" * 12_000 + b"\r\n",
        b"GET /healthz?" + b"x" * 60_000 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=["field", "fields", "path"],
)
def test_a_head_is_no_longer_than_it_may_be_however_it_arrives(server: Running, said: bytes) -> None:
    """In one read, too."""
    with _line(server) as line:
        line.sendall(said)
        assert _all_of(line).startswith(b"HTTP/1.1 400")


def test_many_requests_at_once_are_each_answered_in_order(server: Running) -> None:
    """More of them than one head may have bytes; and the last is answered when it is whole."""
    asked = _get("/healthz") * 500
    with _line(server) as line:
        line.sendall(asked + b"GET /readyz HT")
        line.sendall(b"TP/1.1\r\nConnection: close\r\n\r\n")
        assert _all_of(line).count(b"HTTP/1.1 200") == 501


def test_who_asks_for_more_and_more_and_takes_no_answer_is_hung_up_on(tmp_path: Path) -> None:
    """A request that waits for others is memory: so many may, and no more."""
    with serving(tmp_path, drain_seconds=3600) as server, _line(server) as line:
        assert _says_until_hung_up_on(line, _get("/healthz") * 2000) < MUCH


@pytest.mark.parametrize("said", ["Content-Length: 100000000000", "Transfer-Encoding: chunked"])
def test_a_body_where_none_is_taken_ends_the_connection_with_the_answer(server: Running, said: str) -> None:
    """It would never be read."""
    with _line(server) as line:
        line.sendall(_get("/healthz", said))
        answer = _all_of(line)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in answer


def test_an_empty_body_ends_nothing(server: Running) -> None:
    """Some clients say of every request how long its body is."""
    with _line(server) as line:
        line.sendall(_get("/healthz", "Content-Length: 0") + _get("/healthz", "Connection: close"))
        assert _all_of(line).count(b"HTTP/1.1 200") == 2


def test_a_byte_that_begins_nothing_stops_no_clock(tmp_path: Path) -> None:
    """After an answer, blank lines are allowed, and are no request."""
    with serving(tmp_path, head_seconds=0.2) as server, _line(server) as line:
        line.sendall(_get("/healthz"))
        assert line.recv(1 << 16).startswith(b"HTTP/1.1 200")
        line.sendall(b"\r\n")
        _all_of(line)


@pytest.mark.parametrize("more", [(), ("Connection: close",)], ids=["many_answers", "one_answer"])
@pytest.mark.parametrize("is_half_closed", [False, True], ids=["open", "half_closed"])
def test_who_takes_no_answer_is_hung_up_on(tmp_path: Path, more: tuple[str, ...], is_half_closed: bool) -> None:
    """What does not drain holds a place: none of the other clocks runs meanwhile."""
    settings: dict[str, Any] = {"head_seconds": 3600, "drain_seconds": 0.2, "requests_per_minute": 0, "connections": 1}
    with serving(tmp_path, **settings) as server, _line(server, receives=1) as line:
        line.sendall(_get("/openapi.json") * 400 + _get("/openapi.json", *more))
        if is_half_closed:
            line.shutdown(socket.SHUT_WR)
        while not _is_let_in(server):
            pass


def test_who_hangs_up_on_answers_is_no_bug(tmp_path: Path) -> None:
    """Whoever had asked for several things, and left with a reset: there is nothing to tell of."""
    with serving(tmp_path, requests_per_minute=0) as server:
        for _ in range(20):
            with _line(server, receives=1) as line:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                line.sendall(_get("/openapi.json") * 200)
                line.recv(1)
        assert server.ask("GET", "/healthz").status == 200
        assert server.ends() == 0
        assert server.log.read_text() == ""


# --- what keeps it from beginning


@pytest.mark.parametrize(
    ("host", "reason"),
    [("192.0.2.1", os.strerror(errno.EADDRNOTAVAIL)), ("nowhere.invalid", "")],
)
def test_an_address_that_is_not_of_this_machine_is_told_as_such(tmp_path: Path, host: str, reason: str) -> None:
    """In the system's words, with the setting that names it."""
    first, second = _fails(environ_of(tmp_path, host=host)).stderr.splitlines()
    assert "cannot be listened on: " in first
    assert first.endswith(reason)
    assert "AGENTSPEC_COMMUNITY_HOST" in second


def test_a_port_that_is_taken_is_told_as_such(tmp_path: Path, server: Running) -> None:
    """With the setting that names it."""
    done = _fails(environ_of(tmp_path / "other", port=server.port))
    assert done.stderr.splitlines()[0].endswith(os.strerror(errno.EADDRINUSE))
    assert "AGENTSPEC_COMMUNITY_PORT" in done.stderr


def test_without_its_loop_it_says_so_before_anything_else(tmp_path: Path) -> None:
    """Not that it listens."""
    (tmp_path / "uvloop.py").write_text("raise ModuleNotFoundError('gone', name='uvloop')\n")
    done = _fails({**environ_of(tmp_path / "data"), "PYTHONPATH": str(tmp_path)})
    assert done.stdout == ""
    assert done.stderr.splitlines()[0] == "agentspec-community: the package uvloop is not installed"
    assert not (tmp_path / "data").exists()


def _fails(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What `serve` says where it cannot."""
    done = subprocess.run(command("serve"), cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return done


# --- what it keeps of who asked


ADDRESSES = {  # every header in which an address, a name or a secret comes, each with a mark of its own
    "X-Forwarded-For": "203.0.113.77",
    "X-Real-IP": "203.0.113.78",
    "Forwarded": "for=203.0.113.79;host=canary-forwarded",
    "Via": "1.1 canary-via",
    "Cookie": "session=canary-cookie",
    "Authorization": "Bearer canary-authorization",
    "Proxy-Authorization": "Basic canary-proxy",
    "User-Agent": "canary-agent/1.0",
    "Referer": "https://canary-referer.example/",
    "Origin": "https://canary-origin.example",
    "From": "canary-from@example.org",
    "X-Request-Id": "canary-request",
    "Traceparent": "00-canary-trace-01",
}


UNPROXIED = {name: ADDRESSES[name] for name in ADDRESSES if name not in ("X-Forwarded-For", "Forwarded", "Via")}


@pytest.mark.parametrize("trusted", ["", "127.0.0.0/8"], ids=["no_proxy", "behind_a_proxy"])
def test_nothing_of_a_request_but_its_report_is_in_any_file(tmp_path: Path, trusted: str) -> None:
    """Headers, path, query, tokens, rejected lines, broken requests: not in the database, not in its WAL, not in any
    other file, not in what is logged or printed, not in the metrics; also where the address in a header is believed.
    """
    with serving(tmp_path, trusted_proxies=trusted, requests_per_minute=60, burst=8) as server:
        body, headers = batch(whole(1) + b'{"%s":1}\n' % CANARY.encode())
        assert server.ask("POST", f"/v1/reports?{CANARY}", body, headers | ADDRESSES).status == 202
        assert server.ask("GET", f"/{CANARY}", headers=ADDRESSES).status == 404
        tokens = json.dumps({"tokens": [token_of(1)]}).encode()
        before = _kept_by(server)
        assert server.ask("POST", "/v1/withdrawals", tokens, {"Content-Type": JSON, **ADDRESSES}).status == 200
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as line:
            line.sendall(f"{CANARY}\r\n\r\n".encode())
            _all_of(line)
        assert server.ask("GET", "/metrics", headers=ADDRESSES).status == 404
        shown = server.ask("GET", "/metrics", headers=UNPROXIED).body
        assert b"agentspec_reports_total" in shown
        while server.ask("GET", "/v1/schema", headers=ADDRESSES).status != 429:
            pass
        kept = before + _kept_by(server)
        assert server.ends() == 0
        assert server.process.stdout is not None
        said = server.process.stdout.read().encode() + server.log.read_bytes()
        kept += _kept_by(server)
    assert id_of(1).encode() not in shown + said
    for secret in ("canary", "203.0.113", "127.0.0.1", token_of(1), *ADDRESSES.values()):
        assert secret.encode() not in kept + shown + said, secret
    assert said == f"{KEYLESS}\n".encode()


def _kept_by(server: Running) -> bytes:
    """Every byte of every file in the server's folder, and the names of the files."""
    files = [file for file in server.data.parent.rglob("*") if file.is_file()]
    return b"".join(str(file.relative_to(server.data.parent)).encode() + file.read_bytes() for file in files)


def _head(path: str, length: int, headers: dict[str, str], *more: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {length}", "Connection: close", *more]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


def _get(path: str, *more: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", *more, "", ""]).encode()


def _line(server: Running, receives: int = 0) -> socket.socket:
    """A connection. `receives`: bytes that it takes while nobody reads, at least; 0: the system's."""
    line = socket.socket()
    if receives:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    line.settimeout(PATIENCE)
    line.connect(("127.0.0.1", server.port))
    return line


def _is_let_in(server: Running) -> bool:
    try:
        return server.ask("GET", "/healthz").status == 200
    except ConnectionError:  # turned away before it had spoken
        return False


def _says_until_hung_up_on(line: socket.socket, words: bytes) -> int:
    """How many bytes could be said; no more than MUCH."""
    said = 0
    try:
        for part in repeat(words, MUCH // len(words)):
            line.sendall(part)
            said += len(part)
    except ConnectionError:
        return said
    return MUCH


def _all_of(line: socket.socket) -> bytes:
    """Everything until the other end hangs up."""
    found = b""
    try:
        while part := line.recv(1 << 16):
            found += part
    except ConnectionResetError:  # it did not read all that was said
        pass
    return found
