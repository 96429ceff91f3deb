"""First half of the fold: the events of one session → the runs of phases in it.

Pure, and total: any valid events, in any order of arrival, with any of them twice, give the same
runs. A run is one phase command and what followed it in its session; facts about a feature outside
any run of it make a run without a phase. `assemble` puts the runs of a feature together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telemetry.features.clock import milliseconds, minute_of

Fields = dict[str, Any]
# (at, id, turn, feature, kind, the kind's own fields): an event without what its session implies.
Seen = tuple[str, str, "str | None", "str | None", str, Fields]

IDLE_GAP_MS = 30 * 60_000  # longer silence between two turns is not work
TURN_LIMIT_MS = 4 * 3600_000  # longer silence within one turn is a forgotten prompt, not work
_IDLE_GAP_MINUTES = 30

_DONE = {"brainstorm": ("ready", "complete"), "define": ("ready", "complete"), "design": ("ready", "complete")}
_DONE_LATE = ("complete",)  # build, ship


class Run:
    """One phase command in one session, and everything seen of its feature until the next one.

    `phase` is None for facts outside any run. Times are milliseconds since 1970.
    """

    __slots__ = (
        "active",
        "agents",
        "built",
        "complete_at",
        "documents",
        "domains",
        "end",
        "ended",
        "failed_turn",
        "feature",
        "finished_turn",
        "followed",
        "judge",
        "origin",
        "pages",
        "phase",
        "planned",
        "program",
        "report",
        "scope",
        "start",
        "status",
        "verdicts",
        "version",
    )

    def __init__(self, phase: str | None, feature: str | None, start: int) -> None:
        self.phase = phase
        self.feature = feature
        self.start = start
        self.end = start
        self.active = 0
        self.origin = ""
        self.judge = "off"
        self.version = "0.0.0"
        self.status = ""  # the own document's last Status
        self.complete_at: int | None = None
        self.finished_turn = False  # a turn came to its end
        self.failed_turn = False  # a turn ended in an API error
        self.followed = False  # another phase began after it in its session
        self.ended = False  # its session was closed while it was the last
        self.documents: dict[str, list[Any]] = {}  # document -> [status, ms]
        self.scope: Fields | None = None
        self.planned: list[Any] | None = None  # [ms, total, [[file, agent, type, test], …]]
        self.built: list[Any] | None = None  # [ms, total, [[file, agent, verified], …]]
        self.report: Fields | None = None
        self.verdicts: list[list[Any]] = []  # [ms, phase, verdict, score, seats]
        self.domains: list[str] = []
        self.pages: list[str] = []
        self.agents: dict[str, int] = {}
        self.program: list[Any] | None = None  # [success, files]

    def as_list(self) -> list[Any]:
        """The run as plain values, for the cache."""
        return [getattr(self, name) for name in Run.__slots__]

    @classmethod
    def from_list(cls, values: list[Any]) -> Run:
        """The run that `as_list` wrote. Raises ValueError for anything of another shape."""
        run = cls(None, None, 0)
        for name, value in zip(cls.__slots__, values, strict=True):
            setattr(run, name, value)
        return run


def runs_of(events: Iterable[Seen]) -> list[Run]:
    """The runs of one session's events."""
    unique = {event[1]: event for event in sorted(events, key=_moment, reverse=True)}
    machine = _Session()
    for event in sorted(unique.values(), key=_moment):
        machine.see(event)
    return machine.close()


def _moment(event: Seen) -> tuple[str, str]:
    return event[0], event[1]


class _Session:
    """The state of one session while its events pass in the order of time."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.loose: dict[str, Run] = {}
        self.turns: dict[str, Run] = {}
        self.run: Run | None = None
        self.resting = False  # the run's phase is complete and its turn over
        self.last_at = ""
        self.last_minute = 0
        self.last_turn: str | None = None
        self.idle = 0

    def see(self, event: Seen) -> None:
        at, _, turn, feature, kind, fields = event
        if kind == "turn_ended":  # by far the most frequent kind
            run = self.run
            if run is not None and not self.resting:
                self._pass(at, turn)
                run.finished_turn = True
                self.resting = run.complete_at is not None
            return
        if kind == "phase_started":
            self._start(at, turn, feature, fields)
            return
        handler = _HANDLERS[kind]
        run = self.run
        if kind in _OF_THE_RUN:
            run = self.turns.get(turn, run) if turn is not None else run
            if run is None or (run is self.run and self.resting):
                return
        else:
            run = self._owner(run, at, feature, kind, fields)
            if run is None:
                return
            if run is self.run:
                self.resting = False
        if run is self.run:
            self._pass(at, turn)
        handler(run, at, fields)

    def close(self) -> list[Run]:
        self._leave()
        runs = [*self.runs, *self.loose.values()]
        _adopt(self.runs)
        return runs

    def _start(self, at: str, turn: str | None, feature: str | None, fields: Fields) -> None:
        phase, run = fields["phase"], self.run
        if fields["origin"] == "skill" and run is not None and run.phase == phase and turn in self.turns:
            return  # the model loads the phase's skill within the phase it was asked for
        if run is not None:
            run.followed = True
        self._leave()
        self.run = run = Run(phase, feature, milliseconds(at))
        run.origin, run.judge, run.version = fields["origin"], fields["judge"], fields["agentspec"]
        self.runs.append(run)
        if turn is not None:
            self.turns[turn] = run
        self.resting, self.idle = False, 0
        self.last_at, self.last_minute, self.last_turn = at, minute_of(at), turn

    def _pass(self, at: str, turn: str | None) -> None:
        """Time passed in the current run: note what of it was idle."""
        minute = minute_of(at)
        if minute - self.last_minute >= _IDLE_GAP_MINUTES:
            gap = milliseconds(at) - milliseconds(self.last_at)
            within_turn = turn is not None and turn == self.last_turn
            if gap > (TURN_LIMIT_MS if within_turn else IDLE_GAP_MS):
                self.idle += gap
        self.last_at, self.last_minute, self.last_turn = at, minute, turn

    def _leave(self) -> None:
        """The current run is over: its end and its active time are what has passed."""
        run = self.run
        if run is not None:
            run.end = max(milliseconds(self.last_at), run.start)
            run.active = max(run.end - run.start - self.idle, 0)

    def _owner(self, run: Run | None, at: str, feature: str | None, kind: str, fields: Fields) -> Run | None:
        """The run a fact about a document or a verdict belongs to."""
        if feature is None:
            return run
        if run is not None:
            own = kind == "document_saved" and fields["document"] == run.phase
            if run.feature is None or (own and not run.status):
                run.feature = feature
            if run.feature == feature:
                return run
        loose = self.loose.get(feature)
        if loose is None:
            loose = self.loose[feature] = Run(None, feature, milliseconds(at))
        loose.end = max(loose.end, milliseconds(at))
        return loose


def _adopt(runs: list[Run]) -> None:
    """A phase that ended before its document had a name belongs to the run that took it up again."""
    for run, following in zip(reversed(runs[:-1]), reversed(runs[1:]), strict=True):
        again = run.phase == following.phase or (run.phase, following.phase) == ("brainstorm", "define")
        if run.feature is None and again and run.complete_at is None:
            run.feature = following.feature


def _document_saved(run: Run, at: str, fields: Fields) -> None:
    document, status = fields["document"], fields["status"]
    run.documents[document] = [status, milliseconds(at)]
    if document == run.phase:
        run.status = status
        if status in _DONE.get(document, _DONE_LATE):
            run.complete_at = milliseconds(at)
    elif run.phase == "iterate":
        run.complete_at = milliseconds(at)


def _scope_defined(run: Run, at: str, fields: Fields) -> None:
    run.scope = fields


def _files_planned(run: Run, at: str, fields: Fields) -> None:
    rows = [[row["file"], row["agent"], row["type"], row["test"]] for row in fields["files"]]
    run.planned = _with_part(run.planned, at, fields, rows)


def _files_built(run: Run, at: str, fields: Fields) -> None:
    rows = [[row["file"], row["agent"], row["verified"]] for row in fields["files"]]
    run.built = _with_part(run.built, at, fields, rows)


def _with_part(table: list[Any] | None, at: str, fields: Fields, rows: list[Any]) -> list[Any]:
    """The table with one more part; parts of one document come from one moment, a later one replaces it."""
    moment = milliseconds(at)
    if table is None or table[0] != moment:
        return [moment, fields["total"], rows]
    return [moment, max(table[1], fields["total"]), table[2] + rows]


def _build_reported(run: Run, at: str, fields: Fields) -> None:
    run.report = fields


def _judge_ruled(run: Run, at: str, fields: Fields) -> None:
    phase = fields["phase"] or (run.phase if run.phase != "iterate" else None)
    run.verdicts.append([milliseconds(at), phase, fields["verdict"], fields["score"], fields["seats"]])


def _phase_ended(run: Run, at: str, fields: Fields) -> None:
    run.program = [fields["success"], fields["files"]]
    run.finished_turn = True
    if fields["success"]:
        run.complete_at = milliseconds(at)


def _agent_ran(run: Run, at: str, fields: Fields) -> None:
    run.agents[fields["agent"]] = run.agents.get(fields["agent"], 0) + 1


def _knowledge_read(run: Run, at: str, fields: Fields) -> None:
    if fields["domain"] not in run.domains:
        run.domains.append(fields["domain"])
    if fields["pattern"] is not None and fields["pattern"] not in run.pages:
        run.pages.append(fields["pattern"])


def _turn_failed(run: Run, at: str, fields: Fields) -> None:
    run.failed_turn = True


def _session_ended(run: Run, at: str, fields: Fields) -> None:
    run.ended = True


_HANDLERS = {
    "document_saved": _document_saved,
    "scope_defined": _scope_defined,
    "files_planned": _files_planned,
    "build_reported": _build_reported,
    "files_built": _files_built,
    "judge_ruled": _judge_ruled,
    "phase_ended": _phase_ended,
    "agent_ran": _agent_ran,
    "knowledge_read": _knowledge_read,
    "turn_failed": _turn_failed,
    "session_ended": _session_ended,
}
# What belongs to whatever run is going on, because it names no feature.
_OF_THE_RUN = frozenset(("phase_ended", "agent_ran", "knowledge_read", "turn_failed", "session_ended"))
