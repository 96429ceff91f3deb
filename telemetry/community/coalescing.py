"""What a connection writes in one turn of the loop goes out after it, in one piece.

An HTTP server writes an answer's head, then its body: two calls of the system, two packets, and a reader who is woken
for a head. And the answers of a group of requests go out one right after the other, not one between the work for two.
"""

from __future__ import annotations

import asyncio
from typing import Any


class CoalescingTransport(asyncio.Transport):
    """In front of a connection's transport, for whoever writes to it. What is closed is written; aborted, it is not."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport, self._parts = transport, list[bytes]()
        self._call_soon = asyncio.get_running_loop().call_soon

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """At the end of this turn, after all that was written before; now, where the connection is about to end."""
        if not self._parts and self._transport.is_closing():
            self._transport.write(data)  # goes out after what it still has to write, or nowhere
            return
        if not self._parts:
            self._call_soon(self.flush)
        self._parts.append(data if isinstance(data, bytes) else bytes(data))

    def flush(self) -> None:
        """Now. In one call, but not put together: of an answer that all get, no slow reader has a copy."""
        parts, self._parts = self._parts, []
        if parts and not self._transport.is_closing():  # else it was lost in this very turn
            self._transport.writelines(parts)

    def close(self) -> None:
        """Once all is written."""
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        """At once."""
        self._parts.clear()
        self._transport.abort()

    def is_closing(self) -> bool:
        """As the transport says."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """As the transport says."""
        return self._transport.get_extra_info(name, default)
