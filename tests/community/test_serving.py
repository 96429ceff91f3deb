"""The real server, as a process, and the real client: what they say to each other, and how the server ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

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


def test_told_to_end_it_finishes_and_counts_what_it_took(server: Running) -> None:
    """Nothing waits afterwards, and it ends well."""
    assert send(server, *range(50)) == ["accepted"] * 50
    assert server.ends() == 0
    found = sums_of(server.data)
    assert (found["all", "reports"], found["queue", "waiting"]) == (50, 0)
    assert server.log.read_text() == ""


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
        assert send(api, 1, 2) == ["accepted"] * 2
        put_off = api.ask("POST", "/v1/reports", *batch(whole(3)))
        assert (put_off.status, put_off.headers["retry-after"]) == (503, "7")
        assert send(api, 1) == ["duplicate"]


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


def test_one_connection_too_many_is_turned_away(tmp_path: Path) -> None:
    """With 503 and when to come again."""
    with serving(tmp_path, connections=2) as server:
        lines = [socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) for _ in range(3)]
        answer = _all_of(lines[2])
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 30" in answer
        for line in lines:
            line.close()


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
    assert said == b""


def _kept_by(server: Running) -> bytes:
    """Every byte of every file in the server's folder, and the names of the files."""
    files = [file for file in server.data.parent.rglob("*") if file.is_file()]
    return b"".join(str(file.relative_to(server.data.parent)).encode() + file.read_bytes() for file in files)


def _head(path: str, length: int, headers: dict[str, str], *more: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {length}", "Connection: close", *more]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


def _all_of(line: socket.socket) -> bytes:
    """Everything until the other end hangs up."""
    found = b""
    try:
        while part := line.recv(1 << 16):
            found += part
    except ConnectionResetError:  # it did not read all that was said
        pass
    return found
