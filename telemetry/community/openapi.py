"""What the API promises, as OpenAPI 3.1: built from the schemas and the limits that are in force. Pure.

tests/community/test_openapi.py holds it against the routes, and the answers of a running server against it.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from telemetry.community import parsing, publishing
from telemetry.community.exchange import as_json
from telemetry.community.explaining import report_schema
from telemetry.community.problems import KIND, NAMES, PROBLEMS, TYPES
from telemetry.community.publishing import Document
from telemetry.community.receiving import KEY
from telemetry.community.release.periods import PATTERN as PERIOD

Json = dict[str, Any]

VERSION = "1.0.0"  # of the API: its first number stands in every path
HEX64 = {"type": "string", "pattern": "^[0-9a-f]{64}$", "maxLength": 64}
ANYWHERE = ("too_often", "bug")  # problems of every path that is limited
NEEDS_STORE = ("unavailable",)
LINES = ("bad_gzip", "bad_key", "bad_lines", "too_many_lines")
HAS_BODY = ("other_type", "too_large", "too_slow")


class Operation(NamedTuple):
    """One thing that can be asked. `answers`: by status, a sentence and the content; `problems`: names of them."""

    id: str
    summary: str
    answers: dict[int, tuple[str, Json]]
    problems: tuple[str, ...] = ()
    body: Json | None = None
    headers: tuple[Json, ...] = ()


def _content(kind: str, schema: Json) -> Json:
    return {kind: {"schema": schema}}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _header(name: str, description: str, schema: Json) -> Json:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


_PERIOD = {
    "name": "period",
    "in": "path",
    "required": True,
    "description": "As 2026-W45 or 2026-10.",
    "schema": {"type": "string", "pattern": PERIOD, "maxLength": 8},
}
_CACHED = _header("If-None-Match", "An ETag that is known already.", {"type": "string"})
_JSON = "application/json"
_STATUS = {"type": "object", "required": ["status"], "properties": {"status": {"enum": ["ok", "ready"]}}}

REPORTS = (
    f"One sealed report a line (`Report`), each line ended by a newline: 1 to {parsing.MAX_LINES} lines, each at most"
    f" {parsing.MAX_LINE} bytes of canonical JSON, together at most {parsing.MAX_BYTES} bytes before gzip."
)

OPERATIONS: dict[tuple[str, str], Operation] = {
    ("POST", "/v1/reports"): Operation(
        "sendReports",
        "Share reports. Each counts once, by its id, however often it comes; 202 means that all accepted are durable.",
        {202: ("What became of each report, in order.", _content(_JSON, _ref("Received")))},
        (*LINES, "other_encoding", "too_many_reports", "full", *HAS_BODY, *NEEDS_STORE),
        {
            "required": True,
            "description": REPORTS,
            "content": _content("application/x-ndjson", {"type": "string", "description": REPORTS}),
        },
        (
            _header("Content-Encoding", "How the lines are packed.", {"enum": ["gzip", "identity"]}),
            _header("Idempotency-Key", KEY, HEX64),
        ),
    ),
    ("POST", "/v1/withdrawals"): Operation(
        "withdrawReports",
        "Take reports back. What is still raw is deleted, and subtracted from the sums; the sums of others stay.",
        {200: ("What became of each token's report, in order.", _content(_JSON, _ref("Withdrawn")))},
        ("bad_json", "bad_field", *HAS_BODY, *NEEDS_STORE),
        {"required": True, "content": _content(_JSON, _ref("Withdrawal"))},
    ),
    ("GET", "/v1/benchmarks"): Operation(
        "readBenchmarks",
        "The newest signed release, whole: who compares does so at home, and asks nothing that tells of them."
        " One without noise is for the server's own machine alone.",
        {200: ("The release.", _content(_JSON, {"type": "object"})), 304: ("It is known already.", {})},
        ("nothing_released",),
        headers=(_CACHED,),
    ),
    ("GET", "/v1/benchmarks/{period}"): Operation(
        "readRelease",
        "The signed release of a week or a month. It never changes. One without noise is for the server's own machine"
        " alone.",
        {200: ("The release.", _content(_JSON, {"type": "object"})), 304: ("It is known already.", {})},
        ("no_such_path", "no_such_release"),
        headers=(_PERIOD, _CACHED),
    ),
    ("GET", "/v1/schema"): Operation(
        "readSchema",
        "All that a report can say.",
        {
            200: ("The JSON Schema.", _content("application/schema+json", {"type": "object"})),
            304: ("It is known already.", {}),
        },
        headers=(_CACHED,),
    ),
    ("GET", "/openapi.json"): Operation(
        "readDescription",
        "This document.",
        {200: ("The description.", _content(_JSON, {"type": "object"})), 304: ("It is known already.", {})},
        headers=(_CACHED,),
    ),
    ("GET", "/healthz"): Operation("isAlive", "Whether it runs.", {200: ("It does.", _content(_JSON, _STATUS))}),
    ("GET", "/readyz"): Operation(
        "isReady",
        "Whether it can take reports: what it keeps can be reached, has room, and could be written to the last time.",
        {200: ("It can.", _content(_JSON, _STATUS))},
        ("full", *NEEDS_STORE),
    ),
    ("GET", "/metrics"): Operation(
        "readMetrics",
        "Counters, for Prometheus; none says who asked. They are exact, so only the server's own machine may read them:"
        " who asks from another, or through a proxy, finds nothing here.",
        {200: ("The counters.", _content("text/plain", {"type": "string"}))},
        ("no_such_path",),
    ),
}

_RESULT_ID = {"description": "The id that stands in the report.", "type": "string", "format": "uuid"}
SCHEMAS: Json = {
    "Received": {
        "type": "object",
        "additionalProperties": False,
        "required": ["results"],
        "properties": {"results": {"type": "array", "maxItems": parsing.MAX_LINES, "items": _ref("Result")}},
    },
    "Result": {
        "oneOf": [
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["id", "status", "receipt"],
                "properties": {
                    "id": _RESULT_ID,
                    "status": {"enum": ["accepted", "duplicate"]},
                    "receipt": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
                },
            },
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["id", "status", "reason"],
                "properties": {
                    "id": {**_RESULT_ID, "type": ["string", "null"]},
                    "status": {"const": "rejected"},
                    "reason": {"description": "Why, as a code.", "enum": list(parsing.REASONS)},
                    "pointer": {"description": "Which field, as a JSON pointer.", "type": "string"},
                    "description": {
                        "description": "What the report's schema says about it; of another version, which one this"
                        " server speaks.",
                        "type": "string",
                    },
                },
            },
        ]
    },
    "Withdrawal": {
        "type": "object",
        "additionalProperties": False,
        "required": ["tokens"],
        "properties": {
            "tokens": {
                "description": parsing.TOKENS,
                "type": "array",
                "maxItems": parsing.MAX_TOKENS,
                "items": HEX64,
            }
        },
    },
    "Withdrawn": {
        "type": "object",
        "additionalProperties": False,
        "required": ["results"],
        "properties": {
            "results": {
                "type": "array",
                "maxItems": parsing.MAX_TOKENS,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["token", "status"],
                    "properties": {
                        "token": HEX64,
                        "status": {"enum": ["withdrawn", "aggregated_only", "unknown"]},
                    },
                },
            }
        },
    },
    "Problem": {
        "description": "A problem document (RFC 9457). It never repeats what was sent.",
        "type": "object",
        "additionalProperties": False,
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"enum": [TYPES + name for name in NAMES]},
            "title": {"type": "string"},
            "status": {"enum": sorted({kind.status for kind in PROBLEMS.values()})},
            "detail": {"type": "string"},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["detail"],
                    "properties": {
                        "pointer": {"type": "string"},
                        "header": {"type": "string"},
                        "detail": {"type": "string"},
                    },
                },
            },
        },
    },
}


@cache
def document() -> Document:
    """The description as it is served."""
    return publishing.document(as_json(200, description()).body)


def description() -> Json:
    """The description."""
    paths: Json = {}
    for (method, path), operation in OPERATIONS.items():
        paths.setdefault(path, {})[method.lower()] = _described(path, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "AgentSpec community server",
            "version": VERSION,
            "description": "Takes anonymous reports, adds them up, forgets them, publishes what many have in common.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [],
        "paths": paths,
        "components": {"schemas": {**SCHEMAS, "Report": _report()}},
    }


def _described(path: str, operation: Operation) -> Json:
    names = operation.problems if path in ("/healthz", "/readyz") else (*operation.problems, *ANYWHERE)
    responses: Json = {
        str(status): {"description": text, **({"content": content} if content else {})}
        for status, (text, content) in operation.answers.items()
    }
    for status in sorted({PROBLEMS[name].status for name in names}):
        its = [name for name in names if PROBLEMS[name].status == status]
        responses[str(status)] = _problem(its, status)
    found: Json = {"operationId": operation.id, "summary": operation.summary, "responses": responses}
    if operation.headers:
        found["parameters"] = list(operation.headers)
    if operation.body:
        found["requestBody"] = operation.body
    return found


def _problem(names: list[str], status: int) -> Json:
    found: Json = {
        "description": " ".join(f"{PROBLEMS[name].title}." for name in names),
        "content": _content(KIND.decode(), _ref("Problem")),
    }
    if status in (429, 503):
        found["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return found


def _report() -> Json:
    """The report's schema, its own references turned to where it lies in this document."""
    plain = {name: part for name, part in report_schema().items() if name not in ("$schema", "$id")}
    moved: Json = _moved(plain)
    return moved


def _moved(part: Any) -> Any:
    if isinstance(part, list):
        return [_moved(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        name: f"#/components/schemas/Report/{value[2:]}" if name == "$ref" else _moved(value)
        for name, value in part.items()
    }
