"""What is seen on the wire: the same of everybody, nothing that was not sealed, and an end to every exchange."""

from __future__ import annotations

import gzip
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.sharing import wire as wire_module
from telemetry.sharing.canonical import canonical, sha256
from telemetry.sharing.wire import MAX_ANSWER_BYTES, Limits, Wire
from tests.sharing import behaviours
from tests.sharing.behaviours import Behaviour, saying, status
from tests.sharing.exchange import Exchange, Reply
from tests.sharing.homes import NOW
from tests.sharing.lines import lines_of, token_of
from tests.sharing.receiver import receiving
from tests.sharing.reports import sealed_reports

HASTY = Limits(connect=5, silence=0.5, whole=1)
PATIENT = Limits(connect=5, silence=30, whole=30)
ANSWER = b'HTTP/1.1 202 Accepted\r\nContent-Length: 14\r\n\r\n{"results":[]}'


def heads(raw: list[bytes]) -> list[list[str]]:
    """The first line and the headers of requests, as they came."""
    return [request.partition(b"\r\n\r\n")[0].decode().split("\r\n") for request in raw]


# --- what is sent


@given(st.lists(sealed_reports(), min_size=1, max_size=3))
def test_what_is_sent_is_what_was_sealed(reports: list[object]) -> None:
    """Byte for byte, once it is unpacked; its hash is the Idempotency-Key."""
    lines = b"".join(canonical(report) + b"\n" for report in reports)
    with receiving() as receiver:
        wire = Wire(receiver.url, {})
        wire.reports(lines, NOW)
        wire.close()
        head, _, body = receiver.ledger.raw[0].partition(b"\r\n\r\n")
    assert gzip.decompress(body) == lines
    assert f"Idempotency-Key: {sha256(lines)}".encode() in head


def test_every_request_looks_alike(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No cookie that was set, no password that lies about, nothing of the machine; also after failures."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password secret\ndefault login ada password secret\n")
    (Path.home() / ".netrc").write_text(netrc.read_text())
    monkeypatch.setenv("NETRC", str(netrc))
    cookie = saying(b'{"results":[]}', ("Set-Cookie", "id=1; Path=/"), ("Set-Cookie", "tracked=yes"))
    with receiving(cookie, status(401), status(503), cookie) as receiver:
        wire = Wire(receiver.url + "/community/", {})
        for _ in range(5):
            wire.reports(lines_of(1), NOW)
        wire.withdrawals([token_of(1)], NOW)
        wire.close()
        *reports, withdrawal = heads(receiver.ledger.raw)
    host = f"Host: 127.0.0.1:{receiver.port}"
    same = ["User-Agent: agentspec-telemetry", "Accept: application/json", "Accept-Encoding: identity"]
    assert len(reports) == 5
    for head in reports:
        assert head[0] == "POST /community/v1/reports HTTP/1.1"
        assert sorted(
            line for line in head[1:] if not line.startswith(("Content-Length", "Idempotency-Key"))
        ) == sorted([host, *same, "Content-Type: application/x-ndjson", "Content-Encoding: gzip"])
    assert withdrawal[0] == "POST /community/v1/withdrawals HTTP/1.1"
    assert sorted(line for line in withdrawal[1:] if not line.startswith("Content-Length")) == sorted(
        [host, *same, "Content-Type: application/json"]
    )


def test_a_packed_body_tells_no_time_no_name_and_no_system() -> None:
    """The header of gzip has a place for each."""
    with receiving() as receiver:
        Wire(receiver.url, {}).reports(lines_of(1), NOW)
        body = receiver.ledger.raw[0].partition(b"\r\n\r\n")[2]
    assert body[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


def test_a_second_answer_is_not_taken_for_that_of_the_next() -> None:
    """The connection is given up."""
    with receiving(behaviours.answer_twice) as receiver:
        wire = Wire(receiver.url, {})
        answers = [wire.reports(lines_of(number), NOW) for number in (1, 2)]
        wire.close()
    said = [[one["id"] for one in answer.results or []] for answer in answers]
    assert len(said[0]) == len(said[1]) == 1 and said[0] != said[1]


# --- ends


def told(behaviour: Behaviour, limits: Limits = PATIENT) -> tuple[int, str]:
    """What is made of an answer."""
    with receiving(always=behaviour) as receiver:
        wire = Wire(receiver.url, {}, limits)
        answer = wire.reports(lines_of(1), NOW)
        wire.close()
    return answer.status, answer.why


def endless_headers(exchange: Exchange) -> None:
    """A header, a pause, a header: no read ever waits for long."""
    exchange.take()
    pause = exchange.pauses(0.05)
    exchange.write(b"HTTP/1.1 202 Accepted\r\n")
    for number in range(90):
        exchange.write(f"X-{number}: {number}\r\n".encode())
        pause()


def many_headers(exchange: Exchange) -> None:
    """More than anybody needs."""
    exchange.take()
    exchange.write(b"HTTP/1.1 202 Accepted\r\n" + b"X: y\r\n" * 5000 + b"\r\n")


def long_header(exchange: Exchange) -> None:
    """One without an end."""
    exchange.take()
    exchange.write(b"HTTP/1.1 202 Accepted\r\nX: " + b"y" * (1 << 20))


def no_http(exchange: Exchange) -> None:
    """Something else that speaks."""
    exchange.take()
    exchange.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    exchange.cut()


def chunked(body: bytes) -> Behaviour:
    """An answer in pieces."""

    def behave(exchange: Exchange) -> None:
        exchange.take()
        exchange.write(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n" + body)

    return behave


@pytest.mark.parametrize(
    ("behaviour", "limits", "ends"),
    [
        (behaviours.hang, HASTY, (0, "timeout")),
        (behaviours.drip(0.05), HASTY, (0, "timeout")),
        (endless_headers, HASTY, (0, "timeout")),
        (many_headers, PATIENT, (0, "unreachable")),
        (long_header, PATIENT, (0, "unreachable")),
        (no_http, PATIENT, (0, "unreachable")),
        (chunked(b'e\r\n{"results":[]}\r\n0\r\n\r\n'), PATIENT, (202, "ok")),
        (chunked(b"zz\r\n"), PATIENT, (0, "unreachable")),
        (saying(b'{"results":[1]}'), PATIENT, (202, "answer_unreadable")),
        (saying(b"[" * 100_000), PATIENT, (202, "answer_unreadable")),
        (saying(b'{"results":' + b"9" * 100_000 + b"}"), PATIENT, (202, "answer_unreadable")),
        (saying(b'{"results":[]}', code=200), PATIENT, (200, "ok")),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_no_answer_holds_up_or_breaks_anything(behaviour: Behaviour, limits: Limits, ends: tuple[int, str]) -> None:
    """Whoever it is that answers."""
    assert told(behaviour, limits) == ends


@pytest.mark.parametrize("first", [b"202 Accepted", b"302 Found\r\nLocation: /v2", b"500 Oops"])
def test_no_more_is_read_than_an_answer_may_have(first: bytes) -> None:
    """A hundred megabytes are cut off after the first; of a redirect, or of a failure, nothing is read at all."""
    sent: list[int] = []

    def flood(exchange: Exchange) -> None:
        exchange.take()
        exchange.write(b"HTTP/1.1 " + first + b"\r\nContent-Length: 104857600\r\n\r\n")
        for _ in range(1600):
            exchange.write(bytes(1 << 16))
            sent.append(1 << 16)

    assert told(flood)[1] in ("answer_unreadable", "http_302", "http_500")
    assert sum(sent) < 50 << 20  # what fits into the buffers of two sockets


def test_nobody_there_is_an_answer_too() -> None:
    """A port where nobody listens, a name that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    assert Wire(f"http://127.0.0.1:{port}", {}).reports(b"\n", NOW) == (0, "unreachable", None, None)


def test_a_bug_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is heard of, and not taken for a slow server."""

    def broken(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(wire_module, "_answer", broken)
    with receiving() as receiver, pytest.raises(KeyError, match="a bug"):
        Wire(receiver.url, {}).reports(lines_of(1), NOW)


# --- what anybody may read


def fetched(behaviour: Behaviour, limits: Limits = PATIENT, known: str | None = None) -> tuple[int, str, bytes]:
    """What is made of an answer with benchmarks, and what was asked."""
    with receiving(always=behaviour) as receiver:
        wire = Wire(receiver.url, {}, limits)
        came = wire.benchmarks(known)
        wire.close()
        receiver.wait_until(lambda: len(receiver.ledger.raw) == 1)  # on a busy machine the client gives up before
        assert receiver.ledger.raw[0].startswith(b"GET /v1/benchmarks HTTP/1.1\r\n")
    return came


def saying_to_a_reader(body: bytes, *headers: tuple[str, str], code: int = 200) -> Behaviour:
    """An answer to a request without a body."""

    def behave(exchange: Exchange) -> None:
        exchange.read()
        exchange.answer(Reply(code, body, headers))

    return behave


def test_asking_for_benchmarks_says_nothing_but_which_are_known() -> None:
    """Every byte of the request; also after an answer that wants to be remembered."""
    marked = saying_to_a_reader(b"{}", ("ETag", '"you-are-17"'), ("Set-Cookie", "id=17"), ("Location", "/17"))
    with receiving(always=marked) as receiver:
        for known in (None, None, '"0a"'):
            with closing(Wire(receiver.url + "/community", {})) as wire:  # one for each, as `over_the_wire` does
                assert wire.benchmarks(known) == (200, "ok", b"{}")
        first, *others = receiver.ledger.raw
    lines = [
        b"GET /community/v1/benchmarks HTTP/1.1",
        b"Host: 127.0.0.1:%d" % receiver.port,
        b"User-Agent: agentspec-telemetry",
        b"Accept: application/json",
        b"Accept-Encoding: identity",
    ]
    assert sorted(first.split(b"\r\n")) == sorted([*lines, b"", b""])
    assert others[0] == first
    assert sorted(others[1].split(b"\r\n")) == sorted([*lines, b'If-None-Match: "0a"', b"", b""])


def test_the_wait_for_benchmarks_has_an_end() -> None:
    """However the time is spent."""
    reading = Limits(connect=5, silence=0.5, whole=1)

    def drips(exchange: Exchange) -> None:
        exchange.read()
        pause = exchange.pauses(0.05)
        exchange.write(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n")
        for _ in range(90):
            exchange.write(b" ")
            pause()

    assert fetched(behaviours.hang, reading) == fetched(drips, reading) == (0, "timeout", b"")


def no_http_to_a_reader(exchange: Exchange) -> None:
    """Something else that speaks."""
    exchange.read()
    exchange.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    exchange.cut()


def cut_for_a_reader(exchange: Exchange) -> None:
    """Half of an answer."""
    exchange.read()
    exchange.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
    exchange.cut()


NOTHING = b'{"type":"tag:agentspec.dev,2026:problem/nothing_released"}'


@pytest.mark.parametrize(
    ("behaviour", "ends"),
    [
        (saying_to_a_reader(b"", code=304), (304, "not_modified", b"")),
        (saying_to_a_reader(NOTHING, code=404), (404, "nothing_released", b"")),
        (saying_to_a_reader(b"[]", code=404), (404, "http_404", b"")),
        (saying_to_a_reader(b"<html>", code=404), (404, "http_404", b"")),
        (saying_to_a_reader(NOTHING, code=403), (403, "http_403", b"")),
        (saying_to_a_reader(b"{}", code=202), (202, "http_202", b"")),
        (saying_to_a_reader(b"", code=503), (503, "http_503", b"")),
        (saying_to_a_reader(b"", ("Location", "/v1/benchmarks"), code=302), (302, "http_302", b"")),
        (saying_to_a_reader(bytes(MAX_ANSWER_BYTES)), (200, "ok", bytes(MAX_ANSWER_BYTES))),
        (saying_to_a_reader(bytes(MAX_ANSWER_BYTES + 1)), (200, "too_large", b"")),
        (saying_to_a_reader(bytes(MAX_ANSWER_BYTES + 1), code=404), (404, "too_large", b"")),
        (saying_to_a_reader(b"x", ("Content-Encoding", "gzip")), (200, "ok", b"x")),
        (no_http_to_a_reader, (0, "unreachable", b"")),
        (cut_for_a_reader, (0, "unreachable", b"")),
    ],
)
def test_no_answer_with_benchmarks_holds_up_or_breaks_anything(
    behaviour: Behaviour, ends: tuple[int, str, bytes]
) -> None:
    """No redirect is followed, nothing is unpacked, and no more is read than benchmarks may have."""
    assert fetched(behaviour) == ends


# --- TLS

Certificate = Callable[..., Path]


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    """Makes a certificate, with its key in the same file, for a name; nobody signed it but itself."""

    def make(name: str, days: int = 2) -> Path:
        file = tmp_path / f"{name}.{days}.pem".replace(":", "-")
        command = (
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=test"
            f" -addext subjectAltName={name} -keyout {file}.key -out {file} -days {days}"
        )
        subprocess.run(command.split(), check=True, capture_output=True)
        return file

    return make


def _whole_request(connection: ssl.SSLSocket) -> bytes:
    """Up to the end of its body: who closes with something unread resets the connection."""
    came = b""
    while part := connection.recv(1 << 16):
        came += part
        head, _, body = came.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: ([0-9]+)", head)
        if length and len(body) >= int(length[1]):
            break
    return came


@contextmanager
def over_tls(file: Path) -> Iterator[tuple[str, list[bytes]]]:
    """A server with a certificate, and what it was told; a client that does not like it tells it nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, f"{file}.key")
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            connection, _ = door.accept()
            connection.settimeout(10)
            try:
                with context.wrap_socket(connection, server_side=True) as secure:
                    heard.append(_whole_request(secure))
                    secure.sendall(ANSWER)
            except OSError:
                connection.close()

        server = threading.Thread(target=serve)
        server.start()
        yield f"https://127.0.0.1:{door.getsockname()[1]}", heard
        server.join()


def test_a_server_that_cannot_prove_itself_gets_nothing(certificate: Certificate) -> None:
    """Not one byte of a report."""
    with over_tls(certificate("IP:127.0.0.1")) as (url, heard):
        assert Wire(url, {}).reports(lines_of(1), NOW).why == "tls"
    assert heard == []


def test_a_person_can_trust_a_server_of_their_own(certificate: Certificate) -> None:
    """By REQUESTS_CA_BUNDLE."""
    file = certificate("IP:127.0.0.1")
    with over_tls(file) as (url, heard):
        assert Wire(url, {"REQUESTS_CA_BUNDLE": str(file)}).reports(lines_of(1), NOW).why == "ok"
    assert heard[0].startswith(b"POST /v1/reports")


@pytest.mark.parametrize("name", ["IP:127.0.0.2", "DNS:localhost"])
def test_a_trusted_server_must_be_the_one_that_was_asked_for(certificate: Certificate, name: str) -> None:
    """A certificate for another name is none."""
    file = certificate(name)
    with over_tls(file) as (url, heard):
        assert Wire(url, {"REQUESTS_CA_BUNDLE": str(file)}).reports(lines_of(1), NOW).why == "tls"
    assert heard == []


# --- proxies


@contextmanager
def proxy() -> Iterator[tuple[str, list[bytes]]]:
    """One that refuses everything, and what it was asked for."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.05)
        is_over = threading.Event()

        def serve() -> None:
            while not is_over.is_set():
                try:
                    connection, _ = door.accept()
                except TimeoutError:
                    continue
                with connection:
                    asked.append(connection.recv(1 << 16))
                    connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

        server = threading.Thread(target=serve)
        server.start()
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}", asked
        finally:
            is_over.set()
            server.join()


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_is_asked_for_a_way_through(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It hears the server's name, and nothing else of the report."""
    with proxy() as (url, asked):
        monkeypatch.setenv(variable, url)
        assert Wire("https://reports.example.org", {}).reports(lines_of(1), NOW).why == "proxy"
    [request] = asked
    first, *headers = request.decode().rstrip("\r\n").split("\r\n")
    assert first.startswith("CONNECT reports.example.org:443 ")
    assert {line.partition(":")[0].lower() for line in headers} <= {"host", "user-agent"}


def test_no_proxy_hears_of_this_very_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the variables say."""
    with proxy() as (url, asked), receiving() as receiver:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, url)
        assert Wire(receiver.url, {}).reports(lines_of(1), NOW).why == "ok"
    assert asked == []


def test_no_proxy_is_asked_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_PROXY names the server: then its name is looked up here."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with proxy() as (url, asked):
        monkeypatch.setenv("HTTPS_PROXY", url)
        monkeypatch.setenv("NO_PROXY", "example.org")
        assert Wire("https://reports.example.org", {}).reports(lines_of(1), NOW).why == "unreachable"
    assert asked == []
