"""What anybody may read: the report's schema, releases, the description of the API. With ETags.

A release without noise is for this very machine alone: others are told that there is none.

Files are served as they lie there, byte for byte: a release is signed. That of a period never changes, so who has it
need not ask again (in development mode it may change, and says so).
"""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from telemetry.community.exchange import Request, Response, as_json, is_own
from telemetry.community.explaining import report_schema
from telemetry.community.problems import Refused

NEWEST = "latest.json"
FRESH_FOR = 3600  # seconds
LASTING = b"public, max-age=31536000, immutable"
MOST_HELD = 16  # files in memory, 100 KB each
_EXACT = re.compile(rb'"development"\s*:\s*true')  # of whatever part; no text in JSON can hold these quotes

_Version = tuple[int, int, int]


class Document(NamedTuple):
    """Bytes to publish, and their ETag. `keep`: for how long, and by whom (Cache-Control).

    `is_exact`: holds figures without noise.
    """

    body: bytes
    kind: bytes
    tag: bytes
    keep: bytes
    is_exact: bool = False


class Shelf:
    """The releases in a folder: each read when it has changed, told apart by the file itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, tuple[_Version, Document]] = {}

    def newest(self) -> Document | None:
        """The newest releases; None where there are none."""
        return self._read(NEWEST)

    def of(self, period: str) -> Document | None:
        """The release of a period, which has the form of one; None where there is none."""
        found = self._read(f"{period}.json")
        return found._replace(keep=LASTING) if found and b'"development":false' in found.body else found

    def _read(self, name: str) -> Document | None:
        file = self._folder / name
        try:
            stat = file.stat()
            version = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if name not in self._held or self._held[name][0] != version:
                if len(self._held) >= MOST_HELD:
                    self._held.clear()
                self._held[name] = (version, _release(file.read_bytes()))
        except FileNotFoundError:
            return None
        return self._held[name][1]


def _release(body: bytes) -> Document:
    return document(body)._replace(is_exact=_EXACT.search(body) is not None)


def document(body: bytes, kind: bytes = b"application/json") -> Document:
    """Something to publish."""
    tag = b'"%s"' % sha256(body).hexdigest()[:32].encode()
    return Document(body, kind, tag, b"public, max-age=%d" % FRESH_FOR)


@cache
def schema_document() -> Document:
    """schemas/report.yaml, as JSON."""
    return document(as_json(200, report_schema()).body, b"application/schema+json")


def answer(found: Document | None, request: Request, missing: str = "nothing_released") -> Response:
    """The document, or that the asker has it already. Raises Refused (`missing`) where there is none for the asker."""
    if found is None or (found.is_exact and not is_own(request)):
        raise Refused(missing)
    headers = ((b"etag", found.tag), (b"cache-control", found.keep))
    if _is_known(found.tag, request.header(b"if-none-match")):
        return Response(304, b"", headers)
    return Response(200, found.body, ((b"content-type", found.kind), *headers))


def _is_known(tag: bytes, asked: str) -> bool:
    """Whether If-None-Match names it; weakly, as RFC 9110 has it."""
    names = [name.strip().removeprefix("W/") for name in asked.split(",")]
    return "*" in names or tag.decode() in names
