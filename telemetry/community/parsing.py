"""From the bytes of a batch to reports, or to why not: bounded in everything, strict about every byte. Pure.

    unpacked     gzip, with an end to what may come out of it
    lines_of     one report a line, so many at most
    parsed       a line: strict JSON, the schema, and canonical bytes, so that nothing hides between the fields

A line that is wrong costs nobody else anything: it becomes a Rejected with a code, the batch goes on.
"""

from __future__ import annotations

import json
import re
import zlib
from typing import Any, NamedTuple

import msgspec

from telemetry.community.explaining import REASONS as FAULTS
from telemetry.community.explaining import fault_of
from telemetry.community.problems import Refused, Spot
from telemetry.community.records import Accepted
from telemetry.community.report_shape import Sealed, fits
from telemetry.contract.report_check import is_report

MAX_LINES = 50
MAX_BYTES = 256 * 1024  # of a batch, before gzip
MAX_PACKED = MAX_BYTES + 1024  # as it comes: gzip makes nothing much longer
MAX_LINE = 16 * 1024  # the longest report is a good third of it

TOO_LARGE, UNREADABLE, SCHEMA, NOT_CANONICAL = "too_large", "unreadable", "schema", "not_canonical"
REASONS = (TOO_LARGE, UNREADABLE, *FAULTS, SCHEMA, NOT_CANONICAL)

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_shaped = msgspec.json.Decoder(Sealed).decode
_written = msgspec.json.Encoder().encode
_encode = json.JSONEncoder(check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode


class Rejected(NamedTuple):
    """A line that is no report. `id`: its report's id, where it can be made out. The rest is as in explaining.Fault."""

    id: str | None
    reason: str
    pointer: str | None = None
    description: str | None = None


def unpacked(body: bytes, encoding: str) -> bytes:
    """The batch as it was before gzip. Never makes more than MAX_BYTES of it. Raises Refused."""
    if encoding in ("", "identity"):
        data = body
    elif encoding == "gzip":
        data = _gunzipped(body)
    else:
        raise Refused("other_encoding", (b"accept-encoding", b"gzip"))
    if len(data) > MAX_BYTES:
        raise Refused("too_large")
    return data


def _gunzipped(body: bytes) -> bytes:
    reader = zlib.decompressobj(wbits=31)  # gzip, and nothing else
    try:
        data = reader.decompress(body, MAX_BYTES + 1)
    except zlib.error:
        raise Refused("bad_gzip") from None
    if len(data) <= MAX_BYTES and (not reader.eof or reader.unused_data):
        raise Refused("bad_gzip")
    return data


def lines_of(data: bytes) -> list[bytes]:
    """The lines of a batch, without their ends. Raises Refused."""
    if data.count(b"\n") > MAX_LINES:
        raise Refused("too_many_lines")
    lines = data.split(b"\n")
    if lines.pop() or not lines:
        raise Refused("bad_lines")
    return lines


def parsed(line: bytes) -> Accepted | Rejected:
    """A report to keep, or why it is none."""
    if len(line) > MAX_LINE:
        return Rejected(None, TOO_LARGE)
    return _quickly(line) or _thoroughly(line)


def _quickly(line: bytes) -> Accepted | None:
    """A report that is as it should be; None where that takes a second look.

    Reading, checking and writing take a quarter of the time that json and the generated check need. What is read
    differently so, those have the last word on: what is accepted here was, written again, byte for byte the same, and
    of a valid report both write the same.
    """
    try:
        sealed = _shaped(line)
    except (msgspec.DecodeError, ValueError):  # up to 0.21, bytes that are no UTF-8 are a ValueError
        return None
    if not fits(sealed) or _written(sealed) != line:
        return None
    return Accepted(sealed.report.session.id, sealed.withdrawal, line)


def _thoroughly(line: bytes) -> Accepted | Rejected:
    try:
        value = json.loads(line.decode("ascii"))
    except (ValueError, RecursionError):
        return Rejected(None, UNREADABLE)
    if not is_report(value):
        return _rejected(value)
    report_id: str = value["report"]["session"]["id"]
    if _encode(value).encode("ascii") != line:  # blanks, escapes, a key twice, another order: room to hide something
        return Rejected(report_id, NOT_CANONICAL)
    return Accepted(report_id, value["withdrawal"], line)


def _rejected(value: object) -> Rejected:
    fault = fault_of(value)
    if fault is None:  # 5.0 for 5: the schema's language cannot tell them apart
        return Rejected(_id_of(value), SCHEMA)
    return Rejected(_id_of(value), *fault)


def _id_of(value: Any) -> str | None:
    """So that whoever sent it knows which one it was."""
    try:
        found = value["report"]["session"]["id"]
        return found if _ID.fullmatch(found) else None
    except (KeyError, TypeError, IndexError):
        return None


# --- the other body


MAX_TOKENS = 100
MAX_ASKED = 16 * 1024  # bytes: a hundred tokens, and then some
_TOKEN = re.compile("[0-9a-f]{64}")
TOKENS = "Up to 100 withdrawal tokens of 64 hexadecimal digits, each as its owner's machine kept it."


def tokens_of(body: bytes) -> list[str]:
    """The tokens of a withdrawal. Raises Refused."""
    asked = _strict(body)
    if not isinstance(asked, dict) or asked.keys() != {"tokens"} or not isinstance(asked["tokens"], list):
        raise _wrong("/tokens" if isinstance(asked, dict) else "")
    tokens = asked["tokens"]
    if len(tokens) > MAX_TOKENS:
        raise _wrong("/tokens")
    for number, token in enumerate(tokens):
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise _wrong(f"/tokens/{number}")
    return tokens


def _wrong(pointer: str) -> Refused:
    return Refused("bad_field", spots=(Spot("pointer", pointer, TOKENS),))


def _strict(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise Refused("bad_json") from None


def _refuse(word: str) -> Any:
    raise ValueError


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found
