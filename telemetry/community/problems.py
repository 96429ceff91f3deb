"""What the API says when something is wrong: problem documents by RFC 9457. Pure.

Every word of them is written here or stands in a schema: nothing that was sent is ever repeated.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from telemetry.community.exchange import Response, as_json

KIND = b"application/problem+json"
TYPES = "tag:agentspec.dev,2026:problem/"  # a name, not an address: RFC 9457, 3.1.1


class Problem(NamedTuple):
    """A kind of problem: HTTP's status, and the same two sentences every time."""

    status: int
    title: str
    detail: str


PROBLEMS = {
    "bad_http": Problem(400, "This is no HTTP request", "Or its head is too long."),
    "bad_gzip": Problem(400, "The body is not gzip", "It must be one gzip member, whole, with nothing after it."),
    "bad_key": Problem(400, "The Idempotency-Key is another", "It is the SHA-256 of the body before gzip, in hex."),
    "bad_lines": Problem(400, "The body is not lines", "It is one report a line, at least one, each ended by \\n."),
    "bad_json": Problem(400, "The body is not strict JSON", "UTF-8, no key twice, no NaN, no depth, nothing after it."),
    "bad_field": Problem(400, "A field says what it may not", "`errors` says which, and what the schema says of it."),
    "no_such_path": Problem(404, "There is nothing here", "/openapi.json lists all there is."),
    "nothing_released": Problem(404, "Nothing is released yet", "Benchmarks appear when enough reports are closed."),
    "no_such_release": Problem(
        404, "There is no release of this period", "/v1/benchmarks has the newest week and month."
    ),
    "other_method": Problem(405, "This path has other methods", "`Allow` lists them."),
    "too_slow": Problem(408, "The body took too long", "Send the whole request at once."),
    "too_large": Problem(413, "The body is too large", "/openapi.json says how much is taken in one request."),
    "too_many_lines": Problem(413, "Too many reports at once", "/openapi.json says how many are taken in one request."),
    "other_type": Problem(415, "The body has another Content-Type", "/openapi.json says what this path takes."),
    "other_encoding": Problem(415, "The body has another Content-Encoding", "gzip, or none."),
    "too_often": Problem(429, "Too many requests", "Wait for as many seconds as `Retry-After` says."),
    "too_many_reports": Problem(
        429, "Too many reports from one address", "Send the same again after `Retry-After` seconds."
    ),
    "bug": Problem(500, "This is a bug of the server", "Nothing of the request was counted, or all of it was."),
    "full": Problem(503, "No more can be taken now", "Send the same again after `Retry-After` seconds."),
    "unavailable": Problem(
        503, "What is kept cannot be reached now", "Send the same again after `Retry-After` seconds."
    ),
}
NAMES = tuple(PROBLEMS)


class Spot(NamedTuple):
    """Where it is wrong: a JSON pointer into the body or the name of a header, and what is said about that place."""

    kind: Literal["pointer", "header"]
    name: str
    description: str


def problem(name: str, *headers: tuple[bytes, bytes], spots: tuple[Spot, ...] = ()) -> Response:
    """The answer for a kind of problem."""
    kind = PROBLEMS[name]
    document: dict[str, object] = {
        "type": TYPES + name,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.detail,
    }
    if spots:
        document["errors"] = [{spot.kind: spot.name, "detail": spot.description} for spot in spots]
    return as_json(kind.status, document, (b"cache-control", b"no-store"), *headers, kind=KIND)


def retry_after(seconds: float) -> tuple[bytes, bytes]:
    """The header, in whole seconds, at least one."""
    return b"retry-after", str(max(1, -int(-seconds // 1))).encode()


class Refused(Exception):
    """A request that is answered with a problem, whole: nothing of it was taken."""

    def __init__(self, name: str, *headers: tuple[bytes, bytes], spots: tuple[Spot, ...] = ()) -> None:
        super().__init__(name)
        self.name, self.headers, self.spots = name, headers, spots

    @property
    def response(self) -> Response:
        """Its answer."""
        return problem(self.name, *self.headers, spots=self.spots)
