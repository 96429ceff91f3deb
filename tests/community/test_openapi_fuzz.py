"""The real server against its own description, with requests that schemathesis makes up: good ones and broken ones.

The plain API of schemathesis, in plain tests: its plugin for pytest stays off (pyproject.toml), as it would be loaded
by every run of every test. The requests are the same in every run (`derandomize`), and no more than EXAMPLES of a kind.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckContext, not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi import checks as promised
from schemathesis.transport import SerializationContext

from telemetry.community.openapi import ANYWHERE, OPERATIONS
from telemetry.community.problems import KIND, PROBLEMS, TYPES
from tests.community.memory import NDJSON, whole
from tests.community.servers import Running, serving
from tests.sharing.lines import line_of
from tests.sharing.reports import CORPUS

EXAMPLES = 30
BROKEN_HTTP = ("bad_http",)  # what the parser refuses before there is a path
ASKED = [
    pytest.param(method, path, mode, id=f"{method} {path} {mode.value}")
    for method, path in OPERATIONS
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if mode is GenerationMode.POSITIVE or method == "POST" or "{" in path  # nothing of the others can be wrong
]

Seen = Counter[tuple[str, str]]  # how often something was answered: the path, and the status or the problem


@schemathesis.serializer(NDJSON)
def _lines(_: SerializationContext, value: Any) -> bytes:
    """Text and bytes as they are, anything else as JSON: there is no wrong body to send, only wrong lines."""
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One that serves, with a release to read, and no limit on how often."""
    folder = tmp_path_factory.mktemp("fuzz")
    with serving(folder, requests_per_minute=0, reports_per_hour=0) as running:
        releases = running.data / "releases"
        releases.mkdir()
        for name in ("latest", "2026-W45", "2026-10"):
            (releases / f"{name}.json").write_bytes(b'{"release":{"development":false}}')
        yield running


@pytest.fixture(scope="module")
def schema(server: Running) -> schemathesis.BaseSchema:
    """The description, as the server serves it."""
    return schemathesis.openapi.from_url(f"{server.url}/openapi.json")


def problem_was_promised(_: CheckContext, response: Response, case: Case[Any]) -> None:
    """Whatever is refused is a problem document of a type that this path has, with its status."""
    if response.status_code < 400 or case.method == "HEAD":
        return
    assert response.headers["content-type"] == [KIND.decode()]
    document = response.json()
    name = document["type"].removeprefix(TYPES)
    assert document["status"] == response.status_code == PROBLEMS[name].status
    assert name in (*OPERATIONS[case.method, case.operation.path].problems, *ANYWHERE, *BROKEN_HTTP)


CHECKS = [
    not_a_server_error,
    promised.status_code_conformance,
    promised.content_type_conformance,
    promised.response_headers_conformance,
    promised.response_schema_conformance,
    problem_was_promised,
]


def asked(case: Case[Any], seen: Seen) -> None:
    """Send it, hold the answer against the description, and note what it was."""
    response = case.call()
    case.validate_response(response, checks=CHECKS)
    name = str(response.status_code)
    if response.status_code >= 400:
        name = response.json()["type"].removeprefix(TYPES)
    seen[case.operation.path, name] += 1


quietly = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),  # how long it takes to make up a request says nothing of the server
)


@pytest.mark.parametrize(("method", "path", "mode"), ASKED)
def test_every_answer_is_one_that_was_promised(
    schema: schemathesis.BaseSchema, method: str, path: str, mode: GenerationMode
) -> None:
    """By status, type, headers and body; never a 5xx; every refusal is a problem that this path has."""
    seen: Seen = Counter()
    operation = schema[path][method]

    @quietly
    @given(case=operation.as_strategy(generation_mode=mode))
    def holds(case: Case[Any]) -> None:
        asked(case, seen)

    holds()
    assert seen.total() > 0


def _reports() -> st.SearchStrategy[bytes]:
    """Lines of reports: good ones, such as the golden corpus refuses, cut ones, and noise."""
    good = st.integers(0, 99).map(lambda number: whole(number).rstrip(b"\n"))
    other = st.sampled_from([path.read_bytes() for path in sorted(CORPUS.glob("*/*.json"))])
    cut = st.tuples(good, st.integers(0, 2000)).map(lambda pair: pair[0][: pair[1]])
    line = st.one_of(good, good, other, cut, st.binary(max_size=40), st.just(line_of(7) + b" "))
    lines = st.lists(line, max_size=50).map(lambda lines: b"".join(line + b"\n" for line in lines))
    return st.one_of(lines, lines, lines, st.integers(51, 60).map(lambda many: b"{}\n" * many))


def test_whatever_lines_are_sent_the_answer_is_one_that_was_promised(schema: schemathesis.BaseSchema) -> None:
    """With and without gzip, with and without a key, the right one or another: every problem that lines can have."""
    seen: Seen = Counter()
    operation = schema["/v1/reports"]["POST"]
    packed = st.sampled_from(["gzip", "gzip", "identity", "lies"])
    keys = st.sampled_from(["right", "right", "none", "wrong"])

    @settings(quietly, max_examples=5 * EXAMPLES)
    @given(lines=_reports(), packing=packed, key=keys)
    def holds(lines: bytes, packing: str, key: str) -> None:
        headers = {"Content-Encoding": "gzip" if packing in ("gzip", "lies") else "identity"}
        if key != "none":
            headers["Idempotency-Key"] = hashlib.sha256(lines if key == "right" else b"").hexdigest()
        body = gzip.compress(lines, 1, mtime=0) if packing == "gzip" else lines
        asked(operation.Case(method="POST", headers=headers, body=body, media_type=NDJSON), seen)

    holds()
    assert {name for _, name in seen} >= {"202", "bad_gzip", "bad_key", "bad_lines", "too_many_lines"}
