"""What /openapi.json promises is what there is: routes, schemas, answers, problems."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from telemetry.community import parsing
from telemetry.community.api import application, routes_of
from telemetry.community.desk import Desk
from telemetry.community.limits import Limiter, Rate
from telemetry.community.openapi import OPERATIONS, description
from telemetry.community.ports import Full, Unavailable
from tests.community.conftest import Ask
from tests.community.memory import JSON, Answer, Memory, ask, batch
from tests.sharing.lines import line_of, lines_of, token_of
from tests.sharing.reports import CORPUS

DOCUMENT = description()


def refs(part: Any) -> Iterator[str]:
    """All references."""
    for name, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        if name == "$ref":
            yield value
        else:
            yield from refs(value)


def schema_at(pointer: str) -> Any:
    """What a reference means."""
    found: Any = DOCUMENT
    for step in pointer.removeprefix("#/").split("/"):
        found = found[step]
    return found


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """For a schema of the document, whose references it knows."""
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def holds(answer: Answer, method: str, path: str) -> None:
    """Assert that an answer was promised: status, type, body."""
    promised = DOCUMENT["paths"][path][method.lower()]["responses"][str(answer.status)]
    content = promised.get("content", {})
    if not content:
        assert answer.body == b""
        return
    kind = answer.headers["content-type"].partition(";")[0]
    assert kind in content, (path, kind)
    schema = content[kind]["schema"]
    if kind != "text/plain":
        assert list(validator(schema).iter_errors(answer.json)) == []
    if "headers" in promised:
        assert "retry-after" in answer.headers


def test_it_is_served(asks: Ask) -> None:
    """The same."""
    answer = asks("GET", "/openapi.json")
    assert answer.json == DOCUMENT
    assert answer.headers["content-type"] == JSON


def test_it_speaks_of_every_route_and_of_no_other(desk: Desk) -> None:
    """By method and path."""
    assert set(OPERATIONS) == {(route.method, route.path) for route in routes_of(desk)}
    ids = [operation.id for operation in OPERATIONS.values()]
    assert len(set(ids)) == len(ids)


def test_bodies_have_the_type_that_is_asked_for(desk: Desk) -> None:
    """And routes without a body say none."""
    for route in routes_of(desk):
        body = DOCUMENT["paths"][route.path][route.method.lower()].get("requestBody")
        assert (list(body["content"]) if body else None) == ([route.body.kind] if route.body else None)


def test_it_is_openapi_3_1() -> None:
    """What the specification requires of the parts that it has; no reference leads nowhere; every schema is one."""
    assert DOCUMENT["openapi"] == "3.1.0"
    assert {"title", "version"} <= set(DOCUMENT["info"])
    for reference in refs(DOCUMENT):
        schema_at(reference)
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for path, methods in DOCUMENT["paths"].items():
        assert path.startswith("/")
        for operation in methods.values():
            assert operation["responses"]
            assert all(re.fullmatch("[1-5][0-9]{2}", status) for status in operation["responses"])
            assert all(response["description"] for response in operation["responses"].values())
            parameters = operation.get("parameters", ())
            assert all(one["in"] == "header" or f"{{{one['name']}}}" in path for one in parameters)
            assert path.count("{") == sum(one["in"] == "path" for one in parameters)


def test_reports_in_it_are_reports() -> None:
    """The golden corpus, through the schema as it lies in this document."""
    report = validator({"$ref": "#/components/schemas/Report"})
    for path in CORPUS.glob("accept/*.json"):
        assert report.is_valid(json.loads(path.read_bytes())), path.name
    for path in CORPUS.glob("reject/schema.*_unknown_field.json"):
        assert not report.is_valid(json.loads(path.read_bytes())), path.name


@pytest.mark.parametrize("path", [path for method, path in OPERATIONS if method == "GET"])
def test_what_is_read_is_what_was_promised(asks: Ask, desk: Desk, path: str) -> None:
    """Where there is something, where there is not, and where it is known."""
    asked = path.format(period="2026-W45")
    asks = partial(asks, client="127.0.0.1")
    holds(asks("GET", asked), "GET", path)
    desk.releases.mkdir()
    for name in ("latest", "2026-W45"):
        (desk.releases / f"{name}.json").write_text("{}")
    answer = asks("GET", asked)
    assert answer.status == 200
    holds(answer, "GET", path)
    if "etag" in answer.headers:
        holds(asks("GET", asked, b"", {"if-none-match": answer.headers["etag"]}), "GET", path)


def test_who_is_refused_the_metrics_is_told_as_was_promised(asks: Ask) -> None:
    """404, as where nothing is."""
    answer = asks("GET", "/metrics", client="192.0.2.7")
    assert answer.status == 404
    holds(answer, "GET", "/metrics")


def test_too_many_reports_are_refused_as_was_promised(desk: Desk) -> None:
    """With the time to wait."""
    app = application(desk._replace(reports_limiter=Limiter(Rate(1, 1))))
    answer = asyncio.run(ask(app, "POST", "/v1/reports", *batch(lines_of(1, 2))))
    assert answer.status == 429
    holds(answer, "POST", "/v1/reports")


def test_what_is_not_ready_says_so_as_was_promised(asks: Ask, memory: Memory, desk: Desk) -> None:
    """Full, or out of reach, with the time to wait."""
    full = asyncio.run(ask(application(desk._replace(capacity=0)), "GET", "/readyz"))
    memory.refusing = [Unavailable()]
    for one in (full, asks("GET", "/readyz")):
        assert one.status == 503
        holds(one, "GET", "/readyz")


def test_what_is_answered_to_reports_is_what_was_promised(asks: Ask, memory: Memory) -> None:
    """Every kind of result, and every kind of problem."""
    rejected = b"".join(path.read_bytes() + b"\n" for path in CORPUS.glob("reject/schema.*_is_null.json"))
    good, headers = batch(lines_of(1, 1) + b"{\n" + b"x" * (parsing.MAX_LINE + 1) + b"\n" + rejected)
    asked: list[tuple[bytes, dict[str, str]]] = [
        (good, headers),
        (b"x", headers),
        (good, {**headers, "idempotency-key": "x"}),
        batch(b"x"),
        batch(b"\n" * 51),
        batch(bytes(parsing.MAX_BYTES + 1)),
        (good, {**headers, "content-encoding": "br"}),
        (good, {}),
    ]
    answers = [asks("POST", "/v1/reports", body, its) for body, its in asked]
    assert [one.status for one in answers] == [202, 400, 400, 400, 413, 413, 415, 415]
    memory.refusing = [Full()]
    for one in (*answers, asks("POST", "/v1/reports", *batch(line_of(7) + b"\n"))):
        holds(one, "POST", "/v1/reports")


def test_what_is_answered_to_withdrawals_is_what_was_promised(asks: Ask) -> None:
    """The same."""
    good = json.dumps({"tokens": [token_of(1)]}).encode()
    kind = {"content-type": JSON}
    asked = [(good, kind), (b"{", kind), (b"{}", kind), (good, {}), (bytes(parsing.MAX_ASKED + 1), kind)]
    answers = [asks("POST", "/v1/withdrawals", body, headers) for body, headers in asked]
    assert [one.status for one in answers] == [200, 400, 400, 415, 413]
    for one in answers:
        holds(one, "POST", "/v1/withdrawals")
