"""Tell a story, get its events: a builder for scenarios of the fold.

    story = Story("login")
    story.phase("define").after(10).saved("define", "ready").turn_ended()
    feature = story.feature()

Time moves only by `after`; every phase begins a turn of its own, `turn` begins one in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from hashlib import blake2b
from typing import Any

from telemetry.contract.event_check import is_event
from telemetry.contract.records import FeatureRecord, TrackedFeature
from telemetry.features.fold import fold

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=timezone.utc)


def ref(word: str) -> str:
    """What stands for a word in events."""
    return blake2b(word.encode(), digest_size=8).hexdigest()


def instant(moment: datetime) -> str:
    """A moment as events write it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def planned(file: str, agent: str, file_type: str = ".py", *, test: bool = False) -> dict[str, Any]:
    """A row of DESIGN's file manifest."""
    return {"file": ref(file), "agent": agent, "type": file_type, "test": test}


def built(file: str, agent: str, *, verified: bool | None = True, file_type: str = ".py") -> dict[str, Any]:
    """A row of BUILD_REPORT's files table."""
    return {"file": ref(file), "agent": agent, "type": file_type, "verified": verified}


class Story:
    """Events in the order they are told. `named`: the feature that named facts are about, until told otherwise."""

    def __init__(self, named: str | None = "login", session: str = "first", start: datetime = MONDAY) -> None:
        self.named = named
        self.now = start
        self.events: list[dict[str, Any]] = []
        self._session = session
        self._turn: str | None = None
        self._turns = 0

    # --- where and when

    def after(self, minutes: float = 0, *, seconds: float = 0, days: float = 0) -> Story:
        """Time goes by."""
        self.now += timedelta(days=days, minutes=minutes, seconds=seconds)
        return self

    def session(self, name: str) -> Story:
        """What follows happens in this session."""
        self._session = name
        return self

    def about(self, feature: str | None) -> Story:
        """What follows is about this feature."""
        self.named = feature
        return self

    def turn(self, name: str | None = None) -> Story:
        """A new turn begins, or one goes on that was named before."""
        self._turns += 1
        self._turn = name or f"turn {self._turns}"
        return self

    # --- what happens

    def add(self, kind: str, *, named: bool = False, **fields: Any) -> Story:
        """An event of any kind."""
        number = str(len(self.events))
        event = {
            "v": 1,
            "id": blake2b(f"{number} {self._session} {kind}".encode(), digest_size=16).hexdigest(),
            "at": instant(self.now),
            "session": ref(self._session),
            "turn": ref(self._turn) if self._turn else None,
            "feature": ref(self.named) if named and self.named else None,
            "kind": kind,
            **fields,
        }
        assert is_event(event), event
        self.events.append(event)
        return self

    def phase(
        self,
        phase: str,
        *,
        origin: str = "typed",
        judge: str = "off",
        version: str = "0.0.0",
        same_turn: bool = False,
    ) -> Story:
        """A phase's command, in a new turn; whatever follows one that was typed comes at least a blink later."""
        if not same_turn:
            self.turn()
        self.add("phase_started", named=True, phase=phase, origin=origin, judge=judge, agentspec=version)
        return self if origin == "program" else self.after(seconds=0.001)

    def saved(self, document: str, status: str = "ready") -> Story:
        """A document of the feature is written."""
        return self.add("document_saved", named=True, document=document, status=status)

    def scope(self, *domains: str, infrastructure: str = "none") -> Story:
        """DEFINE's tables."""
        return self.add("scope_defined", named=True, domains=list(domains), infrastructure=infrastructure, clarity=13)

    def plan(self, *rows: dict[str, Any], total: int | None = None, part: int = 1, parts: int = 1) -> Story:
        """DESIGN's file manifest, or a part of it."""
        total = len(rows) if total is None else total
        return self.add("files_planned", named=True, part=part, parts=parts, total=total, files=list(rows))

    def built(self, *rows: dict[str, Any]) -> Story:
        """BUILD_REPORT's files table."""
        return self.add("files_built", named=True, part=1, parts=1, total=len(rows), files=list(rows))

    def report(self, lines: int | None = None, tests: tuple[int, int] | None = None) -> Story:
        """BUILD_REPORT's summary."""
        passed, total = tests or (None, None)
        return self.add(
            "build_reported",
            named=True,
            lines=lines,
            tasks_done=None,
            tasks_total=None,
            tests_passed=passed,
            tests_total=total,
        )

    def judge(self, verdict: str, score: int | None = None, *, phase: str | None = None, seats: int = 1) -> Story:
        """A judge answers."""
        return self.add("judge_ruled", named=True, phase=phase, verdict=verdict, score=score, seats=seats)

    def agent(self, name: str, outcome: str = "completed") -> Story:
        """A subagent ends."""
        return self.add("agent_ran", agent=name, outcome=outcome)

    def reads(self, domain: str, pattern: str | None = None) -> Story:
        """A page of a knowledge base is read."""
        return self.add("knowledge_read", domain=domain, pattern=ref(pattern) if pattern else None)

    def turn_ended(self) -> Story:
        """The model finishes its turn."""
        return self.add("turn_ended")

    def turn_failed(self) -> Story:
        """The model's API gives up."""
        return self.add("turn_failed", error="server_error")

    def closed(self) -> Story:
        """The session is closed: Claude Code gives that a turn of its own."""
        return self.turn().add("session_ended", reason="prompt_input_exit")

    def program(self, phase: str, minutes: float, *, success: bool = True, files: int = 0) -> Story:
        """A program records a phase that it ran."""
        self.phase(phase, origin="program").after(minutes)
        return self.add("phase_ended", named=True, phase=phase, success=success, agents=1, files=files)

    # --- often told

    def defines(self) -> Story:
        """/define, done in ten minutes."""
        return self.phase("define").after(10).saved("define", "ready").turn_ended()

    def designs(self, *rows: dict[str, Any]) -> Story:
        """/design, done in twenty minutes; the manifest is in the same document."""
        self.phase("design").after(20).saved("design", "ready")
        return (self.plan(*rows) if rows else self).turn_ended()

    def builds(self, *rows: dict[str, Any]) -> Story:
        """/build, done in forty minutes."""
        self.phase("build").after(40).saved("build", "complete")
        return (self.built(*rows) if rows else self).turn_ended()

    def ships(self) -> Story:
        """/ship, done in five minutes."""
        return self.phase("ship").after(5).saved("ship", "complete").turn_ended()

    # --- what becomes of it

    def features(self, later: timedelta = timedelta(hours=1)) -> list[TrackedFeature]:
        """All features, an hour after the last event unless told otherwise."""
        return fold(self.events, self.now + later)

    def feature(self, later: timedelta = timedelta(hours=1)) -> TrackedFeature:
        """The only feature there is."""
        (found,) = self.features(later)
        return found

    def record(self, later: timedelta = timedelta(hours=1)) -> FeatureRecord:
        """The record of the only feature."""
        return self.feature(later).record


def of(features: Sequence[TrackedFeature], name: str) -> TrackedFeature:
    """The feature of a name; the name was never shipped and taken up again."""
    (found,) = [feature for feature in features if feature.ref.startswith(ref(name))]
    return found
