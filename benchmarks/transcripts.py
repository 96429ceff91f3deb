"""Synthetic Claude Code transcripts, for the tool that people know: ccusage (npm), which reads such files."""

from __future__ import annotations

import json
import random
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CCUSAGE = ROOT / ".tools" / "node_modules" / ".bin" / "ccusage"
VERSION = "18.0.11"  # the last one that is JavaScript; the native 20.0 does not see transcripts written like these
SESSIONS = 200


def installed() -> Path:
    """The command ccusage, installed from npm where it is missing."""
    if not CCUSAGE.exists():
        install = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", ".tools", f"ccusage@{VERSION}"]
        subprocess.run(install, cwd=ROOT, check=True)
    return CCUSAGE


def write(config: Path, size: int) -> None:
    """Transcripts of about `size` bytes in all, of four years, as lines of an assistant's answers."""
    folder = config / "projects" / "-home-dev-shop"
    folder.mkdir(parents=True)
    rng = random.Random(7)
    moment = datetime.now(timezone.utc) - timedelta(days=1460)
    for session in range(SESSIONS):
        with (folder / f"{session:08x}-0000-4000-8000-000000000000.jsonl").open("w", encoding="utf-8") as file:
            written = 0
            while written < size // SESSIONS:
                moment += timedelta(seconds=rng.uniform(20, 200))
                written += file.write(_line(session, moment, rng) + "\n")


def _line(session: int, moment: datetime, rng: random.Random) -> str:
    usage = {"input_tokens": rng.randrange(9000), "output_tokens": rng.randrange(900)}
    usage |= {"cache_creation_input_tokens": 5, "cache_read_input_tokens": rng.randrange(90_000)}
    message = {
        "id": f"msg_{rng.getrandbits(80):020x}",
        "role": "assistant",
        "model": "claude-sonnet-4-20250514",
        "content": [{"type": "text", "text": "x" * rng.randrange(600)}],
        "usage": usage,
    }
    return json.dumps(
        {
            "type": "assistant",
            "sessionId": f"{session:08x}-0000-4000-8000-000000000000",
            "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "requestId": f"req_{rng.getrandbits(80):020x}",
            "cwd": "/home/dev/shop",
            "version": "2.1.330",
            "message": message,
        }
    )
