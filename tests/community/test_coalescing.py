"""What is written in one turn goes out in one piece, and nothing of it is lost or doubled."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import uvloop

from telemetry.community.coalescing import CoalescingTransport


class Recording(asyncio.Transport):
    """Remembers each call that would be one of the system, and the parts of each."""

    def __init__(self) -> None:
        super().__init__()
        self.calls, self.parts = list[bytes](), list[Any]()
        self.closing = False

    def write(self, data: Any) -> None:
        """A piece."""
        self.writelines([data])

    def writelines(self, list_of_data: Any) -> None:
        """A piece, of parts."""
        self.parts += list_of_data
        self.calls.append(b"".join(list_of_data))

    def close(self) -> None:
        """The end."""
        self.closing = True

    def abort(self) -> None:
        """The end, at once."""
        self.closing = True

    def is_closing(self) -> bool:
        """Whether it has ended."""
        return self.closing

    def pause_reading(self) -> None:
        """Nothing comes anyway."""

    def resume_reading(self) -> None:
        """The same."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """One thing is known."""
        return "here" if name == "place" else default


Turn = Callable[[CoalescingTransport, Recording], None]


def called(*turns: Turn) -> list[bytes]:
    """What reaches the transport when these are done, each in a turn of the loop."""

    async def play() -> list[bytes]:
        recording = Recording()
        writer = CoalescingTransport(recording)
        for turn in turns:
            turn(writer, recording)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return recording.calls

    return asyncio.run(play())


def writing(*parts: bytes | bytearray | memoryview) -> Turn:
    """To write some parts."""

    def write(writer: CoalescingTransport, _: Recording) -> None:
        for part in parts:
            writer.write(part)

    return write


def test_all_of_one_turn_is_one_piece_in_order() -> None:
    """A head and a body are one packet."""
    assert called(writing(b"head ", bytearray(b"body "), memoryview(b"END"))) == [b"head body END"]


def test_each_turn_is_a_piece() -> None:
    """What was written earlier goes out no second time, and waits for nothing later."""
    assert called(writing(b"one ", b"two"), writing(), writing(b"three")) == [b"one two", b"three"]


def test_what_was_written_before_a_close_goes_out_before_it() -> None:
    """An answer that ends its connection is an answer. Whether more goes out is for the transport to say."""

    def end(writer: CoalescingTransport, recording: Recording) -> None:
        writer.write(b"last words")
        writer.close()
        assert recording.closing and writer.is_closing()
        assert recording.calls == [b"last words"]
        writer.close()

    assert called(end, writing(b"more")) == [b"last words", b"more"]


def test_after_an_abort_nothing_goes_out() -> None:
    """Not even what waited."""

    def end(writer: CoalescingTransport, recording: Recording) -> None:
        writer.write(b"a word")
        writer.abort()
        assert recording.closing

    assert called(end) == []


def test_of_a_connection_that_is_lost_in_between_nothing_goes_out_with_a_hole_in_it() -> None:
    """What was written before is gone, so what comes after it in the same turn is, too."""

    def lose(writer: CoalescingTransport, recording: Recording) -> None:
        writer.write(b"one ")
        recording.closing = True
        writer.write(b"two")

    assert called(lose) == []


def test_an_answer_that_all_get_is_not_copied_for_each() -> None:
    """Slow readers would each cost its length."""
    answer, recordings = bytes(1000), list[Recording]()

    def send(writer: CoalescingTransport, recording: Recording) -> None:
        recordings.append(recording)
        writer.write(b"head ")
        writer.write(answer)

    assert called(send) == [b"head " + answer]
    assert recordings[0].parts[1] is answer


def test_what_waits_can_be_sent_now() -> None:
    """Once."""

    def flush(writer: CoalescingTransport, recording: Recording) -> None:
        writer.write(b"now")
        writer.flush()
        assert recording.calls == [b"now"]

    assert called(flush) == [b"now"]


def test_it_knows_its_connection() -> None:
    """As the transport does."""

    def ask(writer: CoalescingTransport, _: Recording) -> None:
        found = [writer.get_extra_info(name, "nothing") for name in ("place", "unheard of")]
        assert found == ["here", "nothing"]
        assert not writer.is_closing()

    assert called(ask) == []


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("sizes", [[1], [0, 5], [1 << 22, 1 << 20]])
def test_any_amount_arrives_whole_over_a_real_connection(run: Callable[..., int], sizes: Sequence[int]) -> None:
    """More than the system takes at once, too; also where it is closed right after."""

    async def play() -> int:
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
        writer = CoalescingTransport(transport)
        for size in sizes:
            writer.write(bytes(size))
        writer.close()
        arrived = 0
        while piece := await asyncio.wait_for(loop.sock_recv(theirs, 1 << 20), 10):
            arrived += len(piece)
        theirs.close()
        return arrived

    assert run(play()) == sum(sizes)
