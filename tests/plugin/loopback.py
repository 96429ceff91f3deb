"""A stand-in for the Messages API on loopback that counts what it is asked, and the real CLI alone with it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120
_NAMED_CLI = os.environ.get("CLAUDE_CLI")  # read before a test is kept from the machine's settings


class Api(ThreadingHTTPServer):
    """Answers every message with "Done."; `asked` holds the paths of all requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Api

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._send(b"", "text/plain")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.asked.append(self.path)
        self._send(b"".join(_event(kind, rest) for kind, rest in _DONE), "text/event-stream")

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _event(kind: str, rest: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **rest})}\n\n".encode()


_USAGE = {"input_tokens": 1, "output_tokens": 1}
_MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": _USAGE}
_DONE: list[tuple[str, dict[str, Any]]] = [
    ("message_start", {"message": _MESSAGE}),
    ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
    ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "Done."}}),
    ("content_block_stop", {"index": 0}),
    ("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": _USAGE}),
    ("message_stop", {}),
]


def cli() -> str:
    """The real CLI: $CLAUDE_CLI, or the one `make cli` installs. There is no skipping without it."""
    found = Path(_NAMED_CLI or ROOT / ".tools/node_modules/.bin/claude")
    assert found.exists(), "The Claude Code CLI is missing: run `make cli`, or set CLAUDE_CLI."
    return str(found)


def alone(home: Path, url: str) -> dict[str, str]:
    """The CLI's whole environment: its own home, a dummy key, and no address but the API on loopback."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "IS_SANDBOX": "1",
        "ANTHROPIC_API_KEY": "dummy-key-for-loopback",
        "ANTHROPIC_BASE_URL": url,
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }


@dataclass
class Claude:
    """The real CLI with a fresh home, a dummy key, and no address but loopback."""

    home: Path
    project: Path
    api: Api

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it in the project's folder."""
        return subprocess.run(
            [cli(), *arguments], cwd=self.project, env=alone(self.home, self.api.url), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip

    def typed(self, prompt: str, *arguments: str) -> str:
        """What the person sees after typing a prompt."""
        ran = self(*arguments, "-p", prompt, "--dangerously-skip-permissions")
        assert ran.returncode == 0, ran.stderr
        return ran.stdout
