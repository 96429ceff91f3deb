"""Synthetic journals for benchmarks: plausible features, sessions and turns, seeded."""

from __future__ import annotations

import random
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from telemetry.contract.vocabulary import AGENTS, DOMAINS
from telemetry.journal.append import line_of

PHASES = ("define", "design", "build", "ship")
TYPES = (".py", ".sql", ".tf", ".yaml", ".md")


class Writer:
    """Writes a journal of about `events` events that ends at `end`, spread evenly over `days`."""

    def __init__(self, store: Path, seed: int) -> None:
        self.folder = store / "events"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.random = random.Random(seed)
        self.agents, self.domains = sorted(AGENTS), sorted(DOMAINS)
        self.lines: dict[str, list[bytes]] = {}
        self.count = 0

    def write(self, events: int, end: datetime, days: int) -> None:
        start = end - timedelta(days=days)
        features = max(events // 53, 1)
        for number in range(features):
            if self.count >= events:
                break
            self._feature(start + timedelta(days=days) * ((number + 0.5) / features))
        for month, lines in sorted(self.lines.items()):
            (self.folder / f"{month}.jsonl").write_bytes(b"".join(lines))

    def _feature(self, moment: datetime) -> None:
        feature, rng = self._hex(16), self.random
        files = [self._hex(16) for _ in range(rng.randint(2, 9))]
        agents = [rng.choice(self.agents) for _ in files]
        for phase in PHASES:
            session = self._hex(16)
            for event in self._phase(phase, files, agents):
                moment += timedelta(seconds=rng.uniform(2, 240))
                self._line(moment, session, feature, event)
            if rng.random() < 0.06:
                return

    def _phase(self, phase: str, files: list[str], agents: list[str]) -> list[dict[str, Any]]:
        rng = self.random
        events: list[dict[str, Any]] = [
            {"kind": "phase_started", "phase": phase, "origin": "typed", "judge": "off", "agentspec": "3.5.0"}
        ]
        for _ in range(rng.randint(1, 8)):
            domain = rng.choice(self.domains)
            pattern = f"{self.domains.index(domain) * 16 + rng.randrange(9):016x}" if rng.random() < 0.4 else None
            events.append({"kind": "knowledge_read", "domain": domain, "pattern": pattern})
        events += [{"kind": "turn_ended"}] * rng.randint(1, 6)
        if phase == "define":
            events += [
                {"kind": "document_saved", "document": "define", "status": "ready"},
                {"kind": "scope_defined", "domains": ["dbt", "airflow"], "infrastructure": "none", "clarity": 13},
            ]
        if phase == "design":
            rows = [
                {"file": file, "agent": agent, "type": rng.choice(TYPES), "test": False}
                for file, agent in zip(files, agents, strict=True)
            ]
            events += [
                {"kind": "document_saved", "document": "design", "status": "ready"},
                {"kind": "files_planned", "part": 1, "parts": 1, "total": len(rows), "files": rows},
            ]
        if phase == "build":
            events += [{"kind": "agent_ran", "agent": agent, "outcome": "completed"} for agent in agents]
            rows = [
                {"file": file, "agent": agent, "type": ".py", "verified": rng.random() < 0.9}
                for file, agent in zip(files, agents, strict=True)
            ]
            report = {"lines": rng.randint(40, 4000), "tasks_done": 4, "tasks_total": 4}
            events += [
                {"kind": "document_saved", "document": "build", "status": "complete"},
                {"kind": "build_reported", **report, "tests_passed": 9, "tests_total": 9},
                {"kind": "files_built", "part": 1, "parts": 1, "total": len(rows), "files": rows},
            ]
        if phase == "ship":
            events.append({"kind": "document_saved", "document": "ship", "status": "complete"})
        if phase != "ship" and rng.random() < 0.5:
            events.append({"kind": "judge_ruled", "phase": phase, "verdict": "pass", "score": 88, "seats": 1})
        return [*events, {"kind": "turn_ended"}, {"kind": "session_ended", "reason": "other"}]

    def _line(self, moment: datetime, session: str, feature: str, event: dict[str, Any]) -> None:
        at = moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z"
        named = event["kind"] not in ("turn_ended", "session_ended", "agent_ran", "knowledge_read")
        envelope = {
            "v": 1,
            "id": self._hex(32),
            "at": at,
            "session": session,
            "turn": self._hex(16),
            "feature": feature if named else None,
        }
        self.lines.setdefault(at[:7], []).append(line_of({**envelope, **event}))
        self.count += 1

    def _hex(self, digits: int) -> str:
        return f"{self.random.getrandbits(digits * 4):0{digits}x}"


if __name__ == "__main__":
    # Written by a process of its own: a child's peak memory counts what its parent held when it began.
    path, events, days, seed = sys.argv[1:]
    Writer(Path(path), int(seed)).write(int(events), datetime.now(timezone.utc), int(days))
