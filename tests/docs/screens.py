"""The screens of docs/screens/, made by a person of the tests: one feature from the yes to the purge.

    python -m tests.docs.screens     writes them anew

What is random (ids, hashes, the server's address) is written as if it were not, so that the screens can be compared.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

from telemetry.hook import record
from tests.people import Person, person
from tests.sharing.receiver import receiving

ROOT = Path(__file__).resolve().parents[2]
SCREENS = ROOT / "docs" / "screens"
RECORDING = ROOT / "tests" / "data" / "payloads" / "orders-pipeline.jsonl"
ADDRESS = "https://reports.example.org"
YES, BUILT, READ, SENT, PURGED = (f"2026-11-{day} 10:00:00" for day in (19, 20, 20, 21, 22))


def screens(place: Path) -> dict[str, str]:
    """Every screen by its name."""
    owner, project = person(place), place / "orders"
    project.mkdir()
    with receiving() as receiver:
        found = dict(_screens(owner, project, receiver.url))
        return {name: _settled(text, receiver.url, str(project)) for name, text in found.items()}


def _screens(owner: Person, project: Path, url: str) -> Iterator[tuple[str, str]]:
    _play(project, "2026-11-18T09:00:00.000Z", ("brainstorm", "define", "design"))
    yield "dialog", _answers(owner, project, YES, "", "telemetry", "--enable", "--endpoint", ADDRESS)
    _says(owner, project, YES, "telemetry", "--enable", "--yes", "--endpoint", url)
    _play(project, "2026-11-20T09:00:00.000Z", ("brainstorm", "define", "design", "build", "ship"), "INVOICES")
    yield "preview", _says(owner, project, READ, "telemetry", "--preview")
    yield "status", _says(owner, project, READ, "telemetry", "--status")
    yield "send-now", _says(owner, project, SENT, "telemetry", "--send-now")
    yield "purge", _says(owner, project, PURGED, "telemetry", "--purge", "--yes")
    yield "status-after", _says(owner, project, PURGED, "telemetry", "--status")


def _says(owner: Person, project: Path, at: str, *words: str) -> str:
    done = owner.run(*words, project=project, **_clock(owner, at))
    assert done.returncode == 0, done.stderr
    return f"$ agentspec {' '.join(words)}\n{done.stdout}"


def _answers(owner: Person, project: Path, at: str, answer: str, *words: str) -> str:
    """What a terminal of 24 lines shows, the answer included."""
    with owner.terminal(*words, project=project, **_clock(owner, at)) as terminal:
        terminal.sees("[y/N]")
        terminal.types(answer)
        assert terminal.code() == 0
    return f"$ agentspec {' '.join(words)}\n{terminal.screen}"


def _clock(owner: Person, at: str) -> dict[str, str]:
    moved = owner.later(0).environ
    names = ("LD_PRELOAD", "FAKETIME_DONT_FAKE_MONOTONIC", "NO_FAKE_STAT")
    return {**{name: moved[name] for name in names}, "FAKETIME": f"@{at}", "TZ": "UTC"}


def _play(project: Path, begin: str, phases: tuple[str, ...], feature: str = "ORDERS_PIPELINE") -> None:
    """The recorded feature through the hook, a minute between payloads."""
    moment = datetime.fromisoformat(begin.replace("Z", "+00:00")).astimezone(timezone.utc)
    allowed = False
    for line in RECORDING.read_text(encoding="utf-8").splitlines():
        payload = json.loads(line.replace("ORDERS_PIPELINE", feature))
        if payload["hook_event_name"] == "SessionStart":
            payload["session_id"] += feature
        command = payload.get("command_name", "")
        if command:
            allowed = command.rpartition(":")[2] in phases
        if allowed:
            payload["session_id"] += feature
            moment += timedelta(minutes=1)
            at = moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
            record(payload, {"CLAUDE_PROJECT_DIR": str(project), "AGENTSPEC_TELEMETRY_NOW": at})


def _settled(text: str, url: str, project: str) -> str:
    text = text.replace(url, ADDRESS).replace(project, "~/orders").replace("\n  ", "\n  ")
    numbers: dict[str, str] = {}
    text = re.sub(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", lambda found: _id(found[0], numbers), text
    )
    return re.sub(r"\b(?!0{64})[0-9a-f]{64}\b", lambda found: _hash(found[0], numbers), text)


def _id(found: str, numbers: dict[str, str]) -> str:
    if found.startswith("00000000"):
        return found
    return numbers.setdefault(found, f"1b9d6bcd-bbfd-4b2d-9b5d-{len(numbers):012d}")


def _hash(found: str, numbers: dict[str, str]) -> str:
    return numbers.setdefault(found, f"{len(numbers):02d}" + "5e" * 31)


def main() -> None:
    """Write them."""
    SCREENS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in screens(Path(folder)).items():
            (SCREENS / f"{name}.txt").write_text(text, encoding="utf-8")
            print(f"docs/screens/{name}.txt")


if __name__ == "__main__":
    os.umask(0o022)
    main()
