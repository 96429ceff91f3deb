"""What the API answers, request by request, without a socket."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from telemetry.community import api
from telemetry.community.api import application, routes_of
from telemetry.community.desk import Desk
from telemetry.community.exchange import Request, is_own
from telemetry.community.limits import Limiter, Rate
from telemetry.community.parsing import MAX_PACKED
from telemetry.community.ports import Full, Unavailable
from telemetry.community.worker import drain
from tests.community.conftest import Ask
from tests.community.memory import JSON, NDJSON, AggregatesInMemory, Answer, Memory, ask, batch, whole
from tests.sharing.lines import id_of, line_of, lines_of, token_of

Share = Callable[[bytes], Any]
CANARY = "alice@example.org"
OURS = "127.0.0.1"
STRANGE: tuple[tuple[str, dict[str, str]], ...] = (  # who is not this very machine: a peer, and what it says
    ("192.0.2.7", {}),
    (OURS, {"x-forwarded-for": "192.0.2.7"}),
    (OURS, {"x-forwarded-for": OURS}),
    (OURS, {"forwarded": "for=192.0.2.7"}),
    ("::1", {"via": "1.1 proxy"}),
)


def withdraw(asks: Ask, *numbers: int) -> dict[str, str]:
    """Take reports back; what became of each token."""
    body = json.dumps({"tokens": [token_of(number) for number in numbers]}).encode()
    answer = asks("POST", "/v1/withdrawals", body, {"content-type": JSON})
    assert answer.status == 200, answer.body
    assert [one["token"] for one in answer.json["results"]] == [token_of(number) for number in numbers]
    return {one["token"]: one["status"] for one in answer.json["results"]}


# --- reports


def test_a_report_is_taken_once(shares: Share, memory: Memory) -> None:
    """The second time it is a duplicate, with the same receipt; so it is within one batch."""
    first, again = shares(lines_of(1)), shares(lines_of(2, 1, 2))
    assert [one["status"] for one in first + again] == ["accepted", "accepted", "duplicate", "duplicate"]
    assert first[0]["receipt"] == again[1]["receipt"]
    assert [one["id"] for one in again] == [id_of(2), id_of(1), id_of(2)]
    assert memory.reports[id_of(1)].body == line_of(1)


def test_what_is_wrong_with_one_costs_the_others_nothing(shares: Share, memory: Memory, desk: Desk) -> None:
    """Each line has its own answer, in order; what was refused is counted by its reason."""
    future = json.dumps({**json.loads(line_of(4)), "version": 2}, sort_keys=True, separators=(",", ":")).encode()
    lines = [line_of(1), b"{", line_of(2), future, line_of(3, timestamp="yesterday"), b"", line_of(5) + b" "]
    found = shares(b"".join(line + b"\n" for line in lines))
    assert [one.get("reason", one["status"]) for one in found] == [
        "accepted", "unreadable", "accepted", "version_new", "wrong_value", "unreadable", "not_canonical",
    ]  # fmt: skip
    assert [one["id"] for one in found] == [id_of(1), None, id_of(2), id_of(4), id_of(3), None, id_of(5)]
    assert found[4]["pointer"] == "/report/session/timestamp"
    assert found[4]["description"].startswith("The hour in which the report was made")
    assert list(memory.reports) == [id_of(1), id_of(2)]
    assert desk.metrics.of("agentspec_rejected_total")["unreadable"] == 2
    assert desk.metrics.of("agentspec_reports_total") == {"accepted": 2, "duplicate": 0, "rejected": 5}


def test_a_batch_of_nothing_good_does_not_trouble_the_queue(shares: Share, memory: Memory) -> None:
    """There is nothing to keep."""
    assert shares(b"{}\n")[0]["status"] == "rejected"
    assert memory.puts == []


@pytest.mark.parametrize(("error", "name"), [(Full, "full"), (Unavailable, "unavailable")])
def test_a_queue_that_cannot_is_503_with_the_time_to_wait(
    error: type[Exception], name: str, asks: Ask, memory: Memory
) -> None:
    """And the same batch is taken afterwards."""
    body, headers = batch(lines_of(1))
    memory.refusing = [error()]
    put_off = asks("POST", "/v1/reports", body, headers)
    assert (put_off.status, put_off.headers["retry-after"]) == (503, "30")
    assert put_off.json["type"].endswith(f"/{name}")
    assert asks("POST", "/v1/reports", body, headers).json["results"][0]["status"] == "accepted"


def test_a_body_that_was_changed_on_the_way_is_refused(asks: Ask, memory: Memory) -> None:
    """By its Idempotency-Key; without one, whole lines are enough."""
    body, headers = batch(lines_of(1))
    other = asks("POST", "/v1/reports", gzip.compress(lines_of(2)), headers)
    assert (other.status, other.json["errors"][0]["header"]) == (400, "Idempotency-Key")
    assert asks("POST", "/v1/reports", body, {**headers, "idempotency-key": "\xe9"}).status == 400
    assert memory.puts == []
    del headers["idempotency-key"]
    assert asks("POST", "/v1/reports", body, headers).status == 202


def test_a_body_may_come_in_parts(asks: Ask) -> None:
    """As the network cuts it."""
    body, headers = batch(lines_of(1))
    parts = [body[at : at + 7] for at in range(0, len(body), 7)]
    assert asks("POST", "/v1/reports", parts, headers).status == 202


# --- what is refused before it is read


@pytest.mark.parametrize(
    ("length", "status"), [(str(MAX_PACKED + 1), 413), ("9" * 30, 413), ("x", 413), (str(MAX_PACKED), 202)]
)
def test_a_body_that_says_to_be_too_large_is_not_read(asks: Ask, length: str, status: int) -> None:
    """Content-Length is looked at first."""
    body, headers = batch(lines_of(1))
    parts = [body] if status == 202 else []  # reading would fail
    assert asks("POST", "/v1/reports", parts, {**headers, "content-length": length}).status == status


def test_a_body_that_does_not_say_so_is_read_up_to_the_limit(asks: Ask) -> None:
    """And no further."""
    _, headers = batch(lines_of(1))
    endless = [bytes(1 << 16)] * 5  # the sixth part would fail
    assert asks("POST", "/v1/reports", endless, headers).status == 413


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", {}, 404),
        ("GET", "/v1/reports/", {}, 404),
        ("POST", "/v2/reports", {"content-type": NDJSON}, 404),
        ("GET", "/v1/reports", {}, 405),
        ("DELETE", "/v1/schema", {}, 405),
        ("OPTIONS", "/v1/withdrawals", {}, 405),
        ("POST", "/v1/reports", {}, 415),
        ("POST", "/v1/reports", {"content-type": JSON}, 415),
        ("POST", "/v1/reports", {"content-type": NDJSON, "content-encoding": "br"}, 415),
        ("POST", "/v1/withdrawals", {"content-type": NDJSON}, 415),
    ],
)
def test_every_refusal_is_a_problem_document(
    asks: Ask, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """Method, path, type: RFC 9457, and nothing of what was asked in it."""
    answer = asks(method, path, b"", headers)
    assert answer.status == answer.json["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json) == {"type", "title", "status", "detail"}
    assert ("allow" in answer.headers) == (status == 405)


def test_a_head_is_answered_like_a_get(asks: Ask) -> None:
    """Whoever sends it drops the body."""
    assert asks("HEAD", "/v1/schema").headers == asks("GET", "/v1/schema").headers
    assert asks("HEAD", "/v1/reports").status == 405


def test_nothing_that_was_sent_is_in_any_answer(asks: Ask) -> None:
    """A word in every place where one can be: names, values, headers, paths."""
    sealed = json.loads(line_of(1))
    sealed["report"]["kb"]["domains_consulted"] = [CANARY]
    lines = [
        json.dumps({CANARY: 1}),
        json.dumps({"version": CANARY}),
        json.dumps({"report": {"session": {"id": CANARY}}}),
        json.dumps(sealed),
        CANARY,
    ]
    body, headers = batch("".join(f"{line}\n" for line in lines).encode())
    token = json.dumps({"tokens": [CANARY], CANARY: CANARY}).encode()
    answers = [
        asks("POST", "/v1/reports", body, {**headers, "x-forwarded-for": CANARY}),
        asks("POST", "/v1/reports", body, {**headers, "idempotency-key": CANARY}),
        asks("POST", "/v1/reports", body, {**headers, "content-type": CANARY}),
        asks("POST", "/v1/reports", body, {**headers, "content-encoding": CANARY}),
        asks("POST", "/v1/reports", body, {**headers, "content-length": CANARY}),
        asks("POST", "/v1/withdrawals", token, {"content-type": JSON}),
        asks("GET", f"/{CANARY}"),
        asks(CANARY, "/v1/schema"),
    ]
    assert [one.status for one in answers] == [202, 400, 415, 415, 413, 400, 404, 405]
    for one in answers:
        assert "alice" not in repr(one)


def test_a_bug_is_a_problem_that_tells_nothing(
    asks: Ask, memory: Memory, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """Its type is logged, its words are not: they may hold a report."""
    body, headers = batch(lines_of(1))
    memory.refusing = [RuntimeError(CANARY)]
    with caplog.at_level(logging.DEBUG):
        answer = asks("POST", "/v1/reports", body, headers)
    assert (answer.status, answer.json["title"]) == (500, "This is a bug of the server")
    assert "RuntimeError" in caplog.text
    assert CANARY not in caplog.text + repr(answer)
    assert desk.metrics.of("agentspec_problems_total")["bug"] == 1


# --- withdrawals


def test_who_shows_the_token_takes_the_report_back(
    asks: Ask, shares: Share, memory: Memory, sums: AggregatesInMemory
) -> None:
    """Out of the raw reports and out of the sums, which are then what they were."""
    shares(whole(1))
    drain(memory, sums)
    before = dict(+sums.sums)
    shares(whole(2, 3))
    drain(memory, sums)
    assert +sums.sums != before
    assert withdraw(asks, 3, 9, 2) == {token_of(3): "withdrawn", token_of(9): "unknown", token_of(2): "withdrawn"}
    assert dict(+sums.sums) == before
    assert memory.states == {id_of(1): "settled", id_of(2): "gone", id_of(3): "gone"}


def test_a_report_that_was_taken_back_stays_out(
    asks: Ask, shares: Share, memory: Memory, sums: AggregatesInMemory
) -> None:
    """Also if the worker had it in hand, and if it is sent again."""
    shares(whole(1))
    claimed = memory.claim(9)
    withdraw(asks, 1)
    memory.claim = lambda limit: [claimed.pop()] if claimed else []  # type: ignore[method-assign]
    drain(memory, sums)
    assert not +sums.sums
    assert shares(whole(1))[0]["status"] == "duplicate"


def test_what_is_only_a_sum_is_said_to_be(asks: Ask, shares: Share, memory: Memory) -> None:
    """After seven days there is nothing to delete."""
    shares(whole(1))
    memory.states[id_of(1)] = "expired"
    assert withdraw(asks, 1) == {token_of(1): "aggregated_only"}


def test_who_asks_twice_is_told_the_same(asks: Ask, shares: Share, memory: Memory, sums: AggregatesInMemory) -> None:
    """As the first answer may be lost; in one request and in another, and nothing is subtracted twice."""
    shares(whole(1, 2))
    drain(memory, sums)
    body = json.dumps({"tokens": [token_of(1)] * 2}).encode()
    for _ in range(2):
        answer = asks("POST", "/v1/withdrawals", body, {"content-type": JSON})
        assert [one["status"] for one in answer.json["results"]] == ["withdrawn"] * 2
    assert sums.sums[next(key for key in sums.sums if key[1:] == ("all", "all", "reports"))] == 1


def test_a_kill_between_the_sums_and_the_raw_report_is_mended_by_asking_again(
    asks: Ask, shares: Share, memory: Memory, sums: AggregatesInMemory
) -> None:
    """Subtracted once."""
    shares(whole(1))
    drain(memory, sums)
    memory.failing = ["remove"]
    body = json.dumps({"tokens": [token_of(1)]}).encode()
    failed = asks("POST", "/v1/withdrawals", body, {"content-type": JSON})
    assert (failed.status, failed.headers["retry-after"]) == (503, "30")
    assert withdraw(asks, 1) == {token_of(1): "withdrawn"}
    assert not any(sums.sums.values())


# --- what anybody may read


def test_the_newest_release_is_served_byte_for_byte(asks: Ask, desk: Desk) -> None:
    """With an ETag that changes with it."""
    assert asks("GET", "/v1/benchmarks").status == 404
    desk.releases.mkdir()
    newest = desk.releases / "latest.json"
    newest.write_bytes(b'{"week":1}')
    first = asks("GET", "/v1/benchmarks")
    assert (first.status, first.body) == (200, b'{"week":1}')
    known = {"if-none-match": f'"x", W/{first.headers["etag"]}'}
    again = asks("GET", "/v1/benchmarks", b"", known)
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    newer = Path(f"{newest}.new")
    newer.write_bytes(b'{"week":2}')
    newer.rename(newest)
    changed = asks("GET", "/v1/benchmarks", b"", known)
    assert (changed.status, changed.body) == (200, b'{"week":2}')
    assert changed.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize("period", ["2026-W45", "2026-10"])
def test_a_release_is_served_for_good(asks: Ask, desk: Desk, period: str) -> None:
    """Whoever has it need not ask again, and is told so; in development it may change."""
    assert asks("GET", f"/v1/benchmarks/{period}").json["type"].endswith("/no_such_release")
    desk.releases.mkdir()
    file, body = desk.releases / f"{period}.json", b'{"release":{"development":false}}'
    file.write_bytes(body)
    found = asks("GET", f"/v1/benchmarks/{period}")
    assert (found.status, found.body) == (200, body)
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    again = asks("GET", f"/v1/benchmarks/{period}", b"", {"if-none-match": found.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    file.write_bytes(b'{"release":{"development":true}}')
    assert asks("GET", f"/v1/benchmarks/{period}", client=OURS).headers["cache-control"] == "public, max-age=3600"


@pytest.mark.parametrize("exact", [b'{"release":{"development":true}}', b'{"week": {"development" :\n true}}'])
@pytest.mark.parametrize(
    ("file", "path", "missing"),
    [("latest", "/v1/benchmarks", "nothing_released"), ("2026-10", "/v1/benchmarks/2026-10", "no_such_release")],
)
def test_exact_figures_are_for_this_machine_alone(
    asks: Ask, desk: Desk, file: str, path: str, missing: str, exact: bytes
) -> None:
    """Nobody else learns that there are any: not from another machine, not through a proxy, not by an ETag."""
    desk.releases.mkdir()
    (desk.releases / f"{file}.json").write_bytes(exact)
    found = asks("GET", path, client=OURS)
    assert (found.status, found.body) == (200, exact)
    known = {"if-none-match": found.headers["etag"]}
    assert asks("GET", path, b"", known, client=OURS).status == 304
    for client, headers in (*STRANGE, ("192.0.2.7", known), (OURS, {"via": "1.1 x", **known})):
        answer = asks("GET", path, b"", headers, client=client)
        assert (answer.status, answer.json["type"].rpartition("/")[2]) == (404, missing), (client, headers)
        assert "etag" not in answer.headers


# --- who asks from this very machine


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_a_peer_on_loopback_is_this_machine(peer: str) -> None:
    """In whatever form its address comes, and whatever else it says."""
    assert is_own(Request({}, peer=peer))
    assert is_own(Request({b"host": b"example.org", b"x-real-ip": b"192.0.2.7"}, peer=peer))


@pytest.mark.parametrize("peer", ["", "192.0.2.7", "10.0.0.1", "::2", "0.0.0.0", "localhost", "127.0.0.1, 192.0.2.7"])
def test_any_other_peer_is_not(peer: str) -> None:
    """Nor is one whose address nobody knows; what it says of itself changes nothing."""
    assert not is_own(Request({}, peer=peer))
    assert not is_own(Request({b"host": b"127.0.0.1"}, peer=peer))


@pytest.mark.parametrize("name", [b"x-forwarded-for", b"forwarded", b"via"])
@pytest.mark.parametrize("value", [b"", b"127.0.0.1", b"192.0.2.7"])
def test_what_a_proxy_passes_on_is_not_this_machine_s(name: bytes, value: bytes) -> None:
    """Whatever it names: that the header is there is enough."""
    assert not is_own(Request({name: value}, peer="127.0.0.1"))


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_others_cannot_tell_the_metrics_from_nothing(asks: Ask, method: str) -> None:
    """The same answer as for a path that is not there, byte for byte, by every method."""
    assert asks("GET", "/metrics", client=OURS).status == 200
    for client, headers in STRANGE:
        assert asks(method, "/metrics", b"", headers, client=client) == asks(method, "/nowhere", b"", headers)


@pytest.mark.parametrize(
    "name", ["latest", "latest.json", "2026-W45.json", "2026-W54", "2026-13", "../2026-10", "2026-10/", "{period}", "",
             "2026-10\n", "2026-W45/2026-W45", "..", "x" * 5000],
)  # fmt: skip
def test_only_a_period_names_a_file(asks: Ask, desk: Desk, name: str) -> None:
    """Nothing else is looked for, in whatever folder."""
    desk.releases.mkdir()
    for file in ("latest.json", "2026-10.json", "2026-W45.json", "2026-13.json", "2026-W54.json"):
        (desk.releases / file).write_bytes(b"{}")
    answer = asks("GET", f"/v1/benchmarks/{name}")
    assert (answer.status, answer.json["type"].rpartition("/")[2]) == (404, "no_such_path")


def test_of_many_releases_a_few_are_held(asks: Ask, desk: Desk) -> None:
    """However many are asked for, each is served."""
    desk.releases.mkdir()
    for week in range(1, 54):
        (desk.releases / f"2026-W{week:02}.json").write_text(str(week))
    for _ in range(2):
        assert [int(asks("GET", f"/v1/benchmarks/2026-W{week:02}").body) for week in range(1, 54)] == list(range(1, 54))


def test_the_schema_is_the_one_that_reports_are_held_against(asks: Ask) -> None:
    """All of it."""
    answer = asks("GET", "/v1/schema")
    assert answer.json["$id"] == "https://agentspec.dev/telemetry/report-1.yaml"
    assert answer.headers["content-type"] == "application/schema+json"


def test_health_needs_no_store_and_readiness_does(asks: Ask, memory: Memory) -> None:
    """And metrics go without the number that cannot be read."""
    memory.failing = ["depth"]
    assert asks("GET", "/healthz").status == 200
    assert asks("GET", "/readyz").status == 503
    assert asks("GET", "/readyz").json == {"status": "ready"}
    assert "agentspec_queue_depth 0\n" in asks("GET", "/metrics", client=OURS).body.decode()
    memory.failing = ["depth"]
    without = asks("GET", "/metrics", client=OURS)
    assert without.status == 200
    assert "queue_depth" not in without.body.decode()


def test_a_full_queue_is_not_ready(desk: Desk, memory: Memory) -> None:
    """Whoever posted would be put off; once the worker has made room, it is."""
    app = application(desk._replace(capacity=2))
    assert asyncio.run(ask(app, "POST", "/v1/reports", *batch(whole(1, 2)))).status == 202
    full = asyncio.run(ask(app, "GET", "/readyz"))
    assert (full.status, full.headers["retry-after"], full.json["type"].rpartition("/")[2]) == (503, "30", "full")
    memory.settle([id_of(1)])
    assert asyncio.run(ask(app, "GET", "/readyz")).status == 200


def test_after_reports_that_could_not_be_written_it_is_not_ready(asks: Ask, memory: Memory) -> None:
    """Until some could."""
    memory.refusing = [Unavailable("locked")]
    assert asks("POST", "/v1/reports", *batch(lines_of(1))).status == 503
    answer = asks("GET", "/readyz")
    assert (answer.status, answer.json["type"].rpartition("/")[2]) == (503, "unavailable")
    assert asks("POST", "/v1/reports", *batch(lines_of(1))).status == 202
    assert asks("GET", "/readyz").status == 200


def test_nothing_readable_is_not_public(asks: Ask, shares: Share, desk: Desk) -> None:
    """Every route without credentials, after reports came: no id, no hash, no body of them."""
    shares(lines_of(1))
    secrets = (id_of(1), json.loads(line_of(1))["withdrawal"], "192.0.2")
    for route in routes_of(desk):
        if route.method == "GET":
            answer = asks("GET", route.path, client=OURS)
            assert not [one for one in secrets if one in repr(answer)], route.path
    assert {route.path for route in routes_of(desk) if route.method != "GET"} == {"/v1/reports", "/v1/withdrawals"}


# --- how often


def limited(desk: Desk, proxies: tuple[str, ...] = ()) -> api.Application:
    """The application, one request a minute for each address."""
    trusted = tuple(ip_network(one) for one in proxies)
    return application(desk._replace(limiter=Limiter(Rate(1, 1)), trusted_proxies=trusted, ticks=lambda: 0.0))


def statuses(app: api.Application, *asked: dict[str, Any]) -> list[int]:
    """The statuses of requests for the schema."""
    return [asyncio.run(ask(app, "GET", one.pop("path", "/v1/schema"), **one)).status for one in asked]


def test_who_asks_too_often_is_told_for_how_long_to_wait(desk: Desk) -> None:
    """429 with Retry-After; others are served; what watches over the server always is."""
    app = limited(desk)
    assert statuses(app, {}, {}, {"client": "192.0.2.8"}, {"path": "/healthz"}, {"path": "/readyz"}) == [
        200, 429, 200, 200, 200,
    ]  # fmt: skip
    assert asyncio.run(ask(app, "GET", "/openapi.json")).headers["retry-after"] == "60"


def test_a_household_of_ipv6_is_one(desk: Desk) -> None:
    """The first 64 bits."""
    asked = [{"client": one} for one in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")]
    assert statuses(limited(desk), *asked) == [200, 429, 200]


def test_only_a_trusted_proxy_may_name_another(desk: Desk) -> None:
    """The header of anybody else is not looked at."""
    forged = [{"headers": {"x-forwarded-for": f"198.51.100.{number}"}} for number in (1, 2)]
    assert statuses(limited(desk), *forged) == [200, 429]
    true = [{"headers": {"x-forwarded-for": f"{CANARY}, 198.51.100.{number}"}} for number in (1, 2, 2)]
    assert statuses(limited(desk, ("192.0.2.0/24",)), *true) == [200, 200, 429]


def sharing_at_most(desk: Desk, reports: int, proxies: tuple[str, ...] = ()) -> Callable[..., Answer]:
    """Sends lines to the application, that takes so many of an address at once, and one more each hour."""
    trusted = tuple(ip_network(one) for one in proxies)
    limiter = Limiter(Rate(1 / 60, reports))
    app = application(desk._replace(reports_limiter=limiter, trusted_proxies=trusted, ticks=lambda: 0.0))

    def send(lines: bytes, client: str = "192.0.2.7", **more: str) -> Answer:
        body, headers = batch(lines)
        return asyncio.run(ask(app, "POST", "/v1/reports", body, {**headers, **more}, client))

    return send


def test_an_address_may_send_so_many_reports(desk: Desk, memory: Memory) -> None:
    """However few requests they come in: 429 for the whole batch, of which nothing is kept; others are served."""
    send = sharing_at_most(desk, 5)
    assert send(lines_of(1, 2, 3)).status == 202
    refused = send(lines_of(4, 5, 6))
    assert (refused.status, refused.headers["retry-after"]) == (429, "3600")
    assert refused.json["type"].endswith("/too_many_reports")
    assert memory.puts == [[id_of(1), id_of(2), id_of(3)]]
    assert send(lines_of(4, 5)).status == 202
    assert send(lines_of(6)).status == 429
    assert send(lines_of(6), "192.0.2.8").status == 202
    assert desk.metrics.of("agentspec_problems_total")["too_many_reports"] == 2


def test_lines_that_are_no_reports_count_as_well(desk: Desk) -> None:
    """To look at them is work; a body that is no batch at all costs only its request."""
    send = sharing_at_most(desk, 3)
    assert [send(lines).status for lines in (b"no end", b"{}\n{}\n{}\n", b"{}\n")] == [400, 202, 429]


def test_reports_are_counted_for_whom_a_trusted_proxy_names(desk: Desk) -> None:
    """As requests are."""
    send, names = sharing_at_most(desk, 1, ("192.0.2.0/24",)), ("198.51.100.1", "198.51.100.2", "198.51.100.1")
    statuses = [send(lines_of(number), **{"x-forwarded-for": name}).status for number, name in enumerate(names)]
    assert statuses == [202, 202, 429]


def test_no_address_and_no_body_is_logged(
    asks: Ask, desk: Desk, shares: Share, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever happens: nothing happens to be said."""
    with caplog.at_level(logging.DEBUG):
        shares(lines_of(1) + b"rubbish\n")
        statuses(limited(desk), {}, {}, {"path": "/nowhere"})
    assert caplog.text == "" or "asyncio" in caplog.text
    assert "192.0.2" not in caplog.text
    assert "rubbish" not in caplog.text
