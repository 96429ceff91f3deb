"""What anybody may read: the report's schema, the newest release, the description of the API. With ETags.

Files are served as they lie there, byte for byte: a release is signed.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from telemetry.community.exchange import Request, Response, as_json
from telemetry.community.explaining import report_schema
from telemetry.community.problems import Refused

NEWEST = "latest.json"
FRESH_FOR = 3600  # seconds

_Version = tuple[int, int, int]


class Document(NamedTuple):
    """Bytes to publish, and their ETag."""

    body: bytes
    kind: bytes
    tag: bytes


class Shelf:
    """The newest release in a folder: read when it has changed, told apart by the file itself."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / NEWEST
        self._held: tuple[_Version, Document] | None = None

    def newest(self) -> Document | None:
        """The release; None where there is none."""
        try:
            stat = self._file.stat()
            version = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if self._held is None or self._held[0] != version:
                self._held = (version, document(self._file.read_bytes()))
        except FileNotFoundError:
            return None
        return self._held[1]


def document(body: bytes, kind: bytes = b"application/json") -> Document:
    """Something to publish."""
    return Document(body, kind, b'"%s"' % sha256(body).hexdigest()[:32].encode())


@cache
def schema_document() -> Document:
    """schemas/report.yaml, as JSON."""
    return document(as_json(200, report_schema()).body, b"application/schema+json")


def answer(found: Document | None, request: Request) -> Response:
    """The document, or that the asker has it already. Raises Refused where there is none."""
    if found is None:
        raise Refused("nothing_released")
    headers = ((b"etag", found.tag), (b"cache-control", b"public, max-age=%d" % FRESH_FOR))
    if _is_known(found.tag, request.header(b"if-none-match")):
        return Response(304, b"", headers)
    return Response(200, found.body, ((b"content-type", found.kind), *headers))


def _is_known(tag: bytes, asked: str) -> bool:
    """Whether If-None-Match names it; weakly, as RFC 9110 has it."""
    names = [name.strip().removeprefix("W/") for name in asked.split(",")]
    return "*" in names or tag.decode() in names
