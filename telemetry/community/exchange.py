"""What goes in and out of the HTTP API: plain records, and the one way to write JSON. Pure; knows no server.

The head of a request is looked at by name, and never kept, logged or shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from telemetry.community.limits import address_of

Headers = tuple[tuple[bytes, bytes], ...]  # names in small letters
_encode = msgspec.json.Encoder().encode
_PASSED_ON = (b"x-forwarded-for", b"forwarded", b"via")  # what proxies add


class Request(NamedTuple):
    """One request. `headers`: by their names in small letters; of one that came twice, the last.

    `body`: read only where the route takes one. `period`: what stands for it in the path, where the route has one.
    `peer`: the address of the other end, nothing where it has none. `who`: the pseudonym it counts for.
    """

    headers: Mapping[bytes, bytes]
    body: bytes = b""
    period: str = ""
    peer: str = ""
    who: bytes = b""

    def header(self, name: bytes) -> str:
        """What a header says, without blanks around; nothing where it is missing."""
        return self.headers.get(name, b"").decode("latin-1").strip()


def is_own(request: Request) -> bool:
    """Whether this very machine asks for itself: a peer on loopback, whose request no proxy says to have passed on."""
    if any(name in request.headers for name in _PASSED_ON):
        return False
    peer = address_of(request.peer)
    return peer is not None and peer.is_loopback


class Response(NamedTuple):
    """One answer. `headers`: beyond Content-Length."""

    status: int
    body: bytes
    headers: Headers = ()


def as_json(status: int, value: object, *headers: tuple[bytes, bytes], kind: bytes = b"application/json") -> Response:
    """An answer in JSON."""
    return Response(status, _encode(value), ((b"content-type", kind), *headers))
