"""A Messages API on loopback that plays a script, so that the real CLI runs a whole session without a model.

Replies are handed to the main agent in their order; a request that comes after the last gets "Done.".
A subagent is known by its prompt, which `agent` marks; compaction by the tag it asks for; everything
else that asks is no agent.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

Block = dict[str, Any]

TOOL_IDS = "toolu_Canary7QxTool"
_SUBAGENT = "<<subagent {}>>"
_numbers = count(1)


@dataclass(frozen=True)
class Reply:
    """One answer: blocks, or an error of HTTP; after `seconds`, or never while it `hangs`."""

    blocks: tuple[Block, ...] = ()
    error: int = 0
    seconds: float = 0
    hangs: bool = False


def says(text: str = "Done.", seconds: float = 0) -> Reply:
    """The model ends its turn."""
    return Reply(({"type": "text", "text": text},), seconds=seconds)


def uses(*tools: Block, seconds: float = 0) -> Reply:
    """The model calls tools, all at once."""
    return Reply(tools, seconds=seconds)


def fails(status: int) -> Reply:
    """The API answers with an error."""
    return Reply(error=status)


def hangs(*tools: Block) -> Reply:
    """The API does not answer before it is released; then it calls these tools, or ends the turn."""
    return Reply(tools or says().blocks, hangs=True)


def write(path: object, content: str) -> Block:
    """The tool Write."""
    return _tool("Write", file_path=str(path), content=content)


def edit(path: object, old: str, new: str) -> Block:
    """The tool Edit. The file must have been read or written in the same session."""
    return _tool("Edit", file_path=str(path), old_string=old, new_string=new)


def read(path: object) -> Block:
    """The tool Read."""
    return _tool("Read", file_path=str(path))


def bash(command: str) -> Block:
    """The tool Bash."""
    return _tool("Bash", command=command, description="Canary7QxDescription")


def skill(name: str, arguments: str = "") -> Block:
    """The tool Skill."""
    return _tool("Skill", skill=name, args=arguments)


def agent(kind: str, mark: str = "", background: bool = False) -> Block:
    """The tool Agent; `mark` names the script that the subagent gets."""
    prompt = _SUBAGENT.format(mark) + " Canary7QxTask"
    return _tool("Agent", description="task", prompt=prompt, subagent_type=kind, run_in_background=background)


def _tool(name: str, **asked: object) -> Block:
    return {"type": "tool_use", "id": f"{TOOL_IDS}{next(_numbers)}", "name": name, "input": asked}


class Api(ThreadingHTTPServer):
    """The running API. `asked` counts the main agent's requests, `others` those of everything else."""

    daemon_threads = True

    def __init__(
        self,
        replies: Sequence[Reply],
        subagents: Mapping[str, Sequence[Reply]] | None = None,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked = self.others = 0
        self.hanging, self.released = threading.Event(), threading.Event()
        self.before = before
        self._lock = threading.Lock()
        self._main = iter(replies)
        self._subagents = {_SUBAGENT.format(mark): iter(script) for mark, script in (subagents or {}).items()}

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def reply_to(self, request: dict[str, Any]) -> Reply:
        """The next reply of whoever asks."""
        first = json.dumps(request.get("messages", [])[:1])
        with self._lock:
            for mark, script in self._subagents.items():
                if mark in first:
                    self.others += 1
                    return next(script, says())
            offered = {tool.get("name") for tool in request.get("tools") or []}
            if "<summary>" in json.dumps(request.get("messages", [])[-1:]):
                self.others += 1
                return says("<analysis>Canary7Qx</analysis><summary>Canary7QxSummary</summary>")
            if _SUBAGENT.partition("{")[0] in first or not offered & {"Agent", "Task"}:
                self.others += 1
                return says()
            self.asked += 1
            return next(self._main, says())

    def handle_error(self, request: object, client_address: object) -> None:
        """A session that was killed drops its connection: nothing to say about that."""


@contextmanager
def serving(api: Api) -> Iterator[Api]:
    """The API, answering until the block is left."""
    thread = threading.Thread(target=api.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield api
    finally:
        api.released.set()
        api.shutdown()
        thread.join()
        api.server_close()


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Api

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._send(200, "text/plain", b"")

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        if "count_tokens" in self.path:
            return self._send_json(200, {"input_tokens": 10})
        reply = self.server.reply_to(request)
        self.server.before()
        time.sleep(reply.seconds)
        if reply.hangs:
            self.server.hanging.set()
            self.server.released.wait()
        if reply.error:
            error = {"type": "api_error", "message": "Canary7QxError"}
            return self._send_json(reply.error, {"type": "error", "error": error})
        stop = "tool_use" if any(block["type"] == "tool_use" for block in reply.blocks) else "end_turn"
        if not request.get("stream"):
            return self._send_json(200, {**_message(), "content": list(reply.blocks), "stop_reason": stop})
        return self._send(200, "text/event-stream", b"".join(_stream(reply.blocks, stop)))

    def _send_json(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(body).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


_USAGE = {"input_tokens": 1, "output_tokens": 1}


def _message() -> dict[str, Any]:
    own = {"id": f"msg_{next(_numbers)}", "type": "message", "role": "assistant", "model": "m", "content": []}
    return {**own, "stop_reason": None, "stop_sequence": None, "usage": _USAGE}


def _stream(blocks: Sequence[Block], stop: str) -> Iterator[bytes]:
    """The server-sent events of one message."""
    yield _event("message_start", message=_message())
    for index, block in enumerate(blocks):
        if block["type"] == "text":
            start, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            start = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        yield _event("content_block_start", index=index, content_block=start)
        yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    yield _event("message_delta", delta={"stop_reason": stop, "stop_sequence": None}, usage=_USAGE)
    yield _event("message_stop")


def _event(kind: str, **rest: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **rest})}\n\n".encode()
