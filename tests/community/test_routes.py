"""A scan of the real server without credentials: every path, every method, and whatever operators' work may be called.

Nothing that is readable is not public; nothing that operators do can be done over HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from telemetry.community.main import VERBS
from telemetry.community.openapi import OPERATIONS
from telemetry.community.sqlite.database import open_database
from tests.architecture.imports import graph, is_in, reached_from
from tests.community.memory import JSON, Answer, batch, whole
from tests.community.servers import Running, serving
from tests.sharing.lines import id_of, lines_of, token_of

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "MOVE", "FETCH")
FILES = ("community.db", "community.db-wal", "releases.db", "signing.key", "releases", "releases/latest.json")
PERIOD = "2026-W45"
PUBLIC = {(method, path.format(period=PERIOD)) for method, path in OPERATIONS}
READABLE = {path for method, path in PUBLIC if method == "GET"}


class Scanned(NamedTuple):
    """A server with a counted, a waiting and a quarantined report, and a release; and what none may read of it."""

    server: Running
    secrets: tuple[bytes, ...]


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scanned]:
    """Without limits on how often."""
    with serving(tmp_path_factory.mktemp("scan"), requests_per_minute=0, reports_per_hour=0) as server:
        for lines in (whole(1), lines_of(2)):  # the second contradicts itself
            assert server.ask("POST", "/v1/reports", *batch(lines)).status == 202
        (server.data / "releases").mkdir()
        for name in ("latest", PERIOD):
            (server.data / "releases" / f"{name}.json").write_bytes(b"{}")
        (server.data / "signing.key").write_bytes(b"the private key, 32 bytes of it.")
        yield Scanned(server, (*(part for number in (1, 2) for part in _parts(number)), b"the private key"))


def _parts(number: int) -> tuple[bytes, ...]:
    withdrawal = json.loads(lines_of(number))["withdrawal"]
    return id_of(number).encode(), withdrawal.encode(), token_of(number).encode()


def _asked(server: Running, method: str, path: str) -> Answer:
    """With a body that each path would take, for those that take one."""
    tokens = json.dumps({"tokens": ["0" * 64]}).encode()
    body, headers = batch(b"{}\n") if path == "/v1/reports" else (tokens, {"content-type": JSON})
    return server.ask(method, path, *((body, headers) if method in ("POST", "PUT", "PATCH") else ()))


@pytest.mark.parametrize("path", sorted({path for _, path in PUBLIC}))
def test_every_path_answers_what_is_public_and_nothing_else(scanned: Scanned, path: str) -> None:
    """By every method: what the description lists, HEAD for GET, and 405 (or no HTTP at all) for the rest."""
    for method in METHODS:
        answer = _asked(scanned.server, method, path)
        is_public = (method, path) in PUBLIC or (method == "HEAD" and path in READABLE)
        assert answer.status < 300 if is_public else answer.status in (400, 405), (method, answer.status)
        assert not [one for one in scanned.secrets if one in repr(answer).encode()], method


@pytest.mark.parametrize("verb", VERBS)
def test_what_operators_do_cannot_be_done_over_http(scanned: Scanned, verb: str) -> None:
    """Under whatever path it might have: it works on the machine itself."""
    for path in (f"/{verb}", f"/v1/{verb}", f"/v1/{verb}/all", f"/admin/{verb}", f"/v1/reports/{verb}"):
        for method in ("GET", "POST", "DELETE"):
            assert _asked(scanned.server, method, path).status == 404, (method, path)


def test_the_api_cannot_reach_what_operators_do() -> None:
    """Not by any import: neither their verbs, nor the key, nor what draws and signs."""
    reached = reached_from("telemetry.community.api", graph())
    rooms = (
        "verbs",
        "main",
        "simulate",
        "signals",
        *(f"release.{name}" for name in ("verb", "making", "signing", "noise", "budget")),
    )
    assert [name for name in reached if any(is_in(name, f"telemetry.community.{room}") for room in rooms)] == []
    assert "telemetry.community.receiving" in reached


def test_no_single_report_and_no_file_has_a_path(scanned: Scanned) -> None:
    """By its id, by its token, by the name of what lies in the data folder, by a way out of it."""
    names = (id_of(1), id_of(2), token_of(1), *FILES, "..%2fcommunity.db", "../community.db", "%2e%2e/signing.key")
    for folder in ("", "v1/", "v1/reports/", "v1/withdrawals/", "v1/benchmarks/", "v1/quarantine/"):
        for name in names:
            answer = scanned.server.ask("GET", f"/{folder}{name}")
            assert answer.status == 404, (folder, name)
            assert not [one for one in scanned.secrets if one in answer.body]


def test_credentials_change_nothing(scanned: Scanned) -> None:
    """There are none: whoever shows some is answered like everybody."""
    shown = {"Authorization": "Bearer 0", "Cookie": "session=0", "X-Api-Key": "0"}
    for path in ("/v1/quarantine", "/v1/reports", "/v1/schema"):
        assert scanned.server.ask("GET", path, headers=shown).status == scanned.server.ask("GET", path).status


PASSED_ON = (
    {"X-Forwarded-For": "127.0.0.1"},
    {"Forwarded": "for=127.0.0.1"},
    {"via": "1.1 x"},
    {"X-FORWARDED-FOR": ""},
)


@pytest.mark.parametrize("headers", PASSED_ON, ids=lambda headers: next(iter(headers)))
def test_the_counters_do_not_go_through_a_proxy(scanned: Scanned, headers: dict[str, str]) -> None:
    """Exact, they would undo the noise of releases: what is passed on finds nothing there."""
    assert scanned.server.metric('agentspec_reports_total{result="accepted"}') >= 2
    for method in ("GET", "HEAD", "POST"):
        found, nothing = (scanned.server.ask(method, path, headers=headers) for path in ("/metrics", "/nowhere"))
        assert (found.status, found.body) == (404, nothing.body)
        assert found.headers.keys() == nothing.headers.keys()


@pytest.mark.parametrize("headers", PASSED_ON, ids=lambda headers: next(iter(headers)))
def test_exact_figures_do_not_go_through_a_proxy(scanned: Scanned, headers: dict[str, str]) -> None:
    """A development release, on a server that a proxy was put before."""
    file = scanned.server.data / "releases" / "2026-10.json"
    file.write_bytes(b'{"release":{"development":true}}')
    assert scanned.server.ask("GET", "/v1/benchmarks/2026-10").body == file.read_bytes()
    assert scanned.server.ask("GET", "/v1/benchmarks/2026-10", headers=headers).status == 404


def test_a_scan_has_changed_nothing(tmp_path: Path) -> None:
    """After every method on every path the report is there, and can be taken back by its token alone."""
    with serving(tmp_path, requests_per_minute=0, reports_per_hour=0) as server:
        server.ask("POST", "/v1/reports", *batch(whole(1)))
        for path in sorted({path for _, path in PUBLIC}):
            for method in METHODS:
                _asked(server, method, path)
        assert server.ends() == 0
        database = open_database(server.data / "community.db")
        found = {cell.measure: cell.value for cell in database.aggregates.cells(database.aggregates.weeks())}
        database.close()
        assert found["reports"] >= 1
    with serving(tmp_path) as server:
        tokens = json.dumps({"tokens": [token_of(1)]}).encode()
        answer = server.ask("POST", "/v1/withdrawals", tokens, {"Content-Type": JSON})
        assert [one["status"] for one in answer.json["results"]] == ["withdrawn"]
