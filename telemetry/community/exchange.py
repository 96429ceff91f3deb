"""What goes in and out of the HTTP API: plain records, and the one way to write JSON. Pure; knows no server.

The head of a request is looked at by name, and never kept, logged or shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import orjson

Headers = tuple[tuple[bytes, bytes], ...]  # names in small letters


class Request(NamedTuple):
    """One request. `headers`: by their names in small letters; of one that came twice, the last.

    `body`: read only where the route takes one. `period`: what stands for it in the path, where the route has one.
    """

    headers: Mapping[bytes, bytes]
    body: bytes = b""
    period: str = ""

    def header(self, name: bytes) -> str:
        """What a header says, without blanks around; nothing where it is missing."""
        return self.headers.get(name, b"").decode("latin-1").strip()


class Response(NamedTuple):
    """One answer. `headers`: beyond Content-Length."""

    status: int
    body: bytes
    headers: Headers = ()


def as_json(status: int, value: object, *headers: tuple[bytes, bytes], kind: bytes = b"application/json") -> Response:
    """An answer in JSON."""
    return Response(status, orjson.dumps(value), ((b"content-type", kind), *headers))
