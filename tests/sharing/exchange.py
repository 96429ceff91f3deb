"""One request and its answer on a raw socket, byte for byte: what a well-behaved HTTP library would hide or forbid."""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection
from http import HTTPStatus
from threading import Event
from typing import BinaryIO, NamedTuple, Protocol

Headers = tuple[tuple[str, str], ...]
MAX_BODY = 8 << 20  # nobody of ours sends that much


class Request(NamedTuple):
    """What came. Names of headers are in small letters; `raw` is every byte of it."""

    method: str
    path: str
    headers: Headers
    body: bytes
    raw: bytes

    def header(self, name: str) -> str:
        """The first header of that name, or nothing."""
        return next((value for known, value in self.headers if known == name), "")


class Reply(NamedTuple):
    """What is answered."""

    status: int
    body: bytes = b""
    headers: Headers = (("Content-Type", "application/json"),)

    def head(self) -> bytes:
        """The bytes before the body."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in (("Content-Length", str(len(self.body))), *self.headers)]
        return "\r\n".join([*lines, "", ""]).encode()


class Desk(Protocol):
    """Who notes requests and judges them: the receiver."""

    def note(self, raw: bytes) -> None:
        """Keep the bytes of a request, whole or not."""

    def judge(self, request: Request, rejecting: Collection[int]) -> Reply:
        """Count what is in it; the honest answer."""

    def released(self) -> Event:
        """What ends all waiting that has begun."""

    def hangs(self) -> Event:
        """The same, for who waits and will not answer: it counts."""


class Gone(Exception):
    """The other end has closed or broken the connection."""


class NoHttp(Gone):
    """What the other end says is no request."""


class Exchange:
    """One request, to be read and answered by a behaviour."""

    def __init__(self, desk: Desk, connection: socket.socket, stream: BinaryIO, head: bytes) -> None:
        self._desk, self._connection, self._stream, self._head = desk, connection, stream, head
        self._method, self.path, self._headers = _parsed(head)
        self._length = _length(self._headers)
        self.open = self._length is not None and ("connection", "close") not in self._headers

    def read(self) -> Request:
        """Read the body, and keep every byte; nothing is counted yet."""
        body = self._stream.read(self._length or 0)
        self._desk.note(self._head + body)
        if len(body) < (self._length or 0):
            raise Gone
        return Request(self._method, self.path, self._headers, body, self._head + body)

    def take(self, rejecting: Collection[int] = ()) -> Reply:
        """Read, and count what is in it. `rejecting`: the numbers of lines that are not wanted."""
        return self._desk.judge(self.read(), rejecting)

    def answer(self, reply: Reply) -> None:
        """Send an answer."""
        self.write(reply.head() + reply.body)

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._connection.sendall(data)

    def hang(self) -> None:
        """Do nothing until released, then cut."""
        self._desk.hangs().wait()
        self.cut()

    def pauses(self, seconds: float) -> Callable[[], object]:
        """What waits for so long each time, and not at all once released."""
        released = self._desk.released()
        return lambda: released.wait(seconds)

    def cut(self, unread: bool = False) -> None:
        """Close the connection, without another byte. `unread`: the body was not read."""
        if unread:
            self._desk.note(self._head)
        self.open = False


def head_of(stream: BinaryIO) -> bytes:
    """The next request up to its empty line; less where the connection ends before."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline(1 << 16)
        head += line
        if not line or len(head) > 1 << 18:
            break
    return head


def _parsed(head: bytes) -> tuple[str, str, Headers]:
    """Method, path, headers. A proxy is asked for a whole address: its path is what counts."""
    if not head.endswith(b"\r\n\r\n"):
        raise Gone
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    if len(first.split(" ")) != 3 or not all(":" in line for line in lines):
        raise NoHttp
    method, target, _ = first.split(" ")
    path = "/" + target.split("/", 3)[-1] if "://" in target else target
    pairs = (line.partition(":") for line in lines)
    return method, path, tuple((name.lower(), value.strip()) for name, _, value in pairs)


def _length(headers: Headers) -> int | None:
    stated = dict(headers).get("content-length", "")
    return int(stated) if stated.isdecimal() and int(stated) <= MAX_BODY else None
