"""First half of the fold: the events of one session → the runs of phases in it.

Pure, and total: any valid events, in any order of arrival, with any of them twice, give the same
runs. A run is one phase command and what followed it in its session; facts about a feature outside
any run of it make a run without a phase. `assemble` puts the runs of a feature together.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from telemetry.features.clock import milliseconds, minute_of
from telemetry.journal.read import Fields, Seen

Row = tuple[str, str, str, "bool | None"]
Verdict = tuple[int, "str | None", str, "int | None", int]  # when, phase, verdict, score, seats

NULL = "null"  # how a turn or feature that is not known stands in an event
IDLE_GAP_MS = 30 * 60_000  # longer silence between two turns is not work
TURN_LIMIT_MS = 4 * 3600_000  # longer silence within one turn is a forgotten prompt, not work
_IDLE_GAP_MINUTES = 30

_DONE = {"brainstorm": ("ready", "complete"), "define": ("ready", "complete"), "design": ("ready", "complete")}
_DONE_LATE = ("complete",)  # build, ship


class Run:
    """One phase command in one session, and everything seen of its feature until the next one.

    `phase` is None for facts outside any run. Times are milliseconds since 1970. What is not set on
    a run is as it stands here: most runs set little, and `vars` of a run is what the cache keeps.
    """

    phase: str | None
    feature: str | None
    start: int
    end: int
    active = 0
    origin = ""
    judge = "off"
    version = "0.0.0"
    status = ""  # the own document's last Status
    complete_at: int | None = None
    finished_turn = False  # a turn came to its end
    failed_turn = False  # a turn ended in an API error
    followed = False  # another phase began after it in its session
    ended = False  # its session was closed while it was the last
    documents: dict[str, tuple[str, int]] = {}  # noqa: RUF012 document -> (status, when); replaced, never changed
    infrastructure = "unknown"
    planned: tuple[int, int, list[Row]] | None = None  # when, how many, (file, agent, type, test)
    built: tuple[int, int, list[Row]] | None = None  # when, how many, (file, agent, type, verified)
    report: tuple[int | None, int | None, int | None] | None = None  # lines, tests passed, tests total
    verdicts: tuple[Verdict, ...] = ()
    named_domains: tuple[str, ...] = ()  # by DEFINE's table
    domains: tuple[str, ...] = ()  # by pages read
    pages: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()  # one per run of a subagent
    program: tuple[bool, int] | None = None  # success, files

    def __init__(self, phase: str | None, feature: str | None, start: int) -> None:
        self.phase = phase
        self.feature = feature
        self.start = self.end = start

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Run:
        """The run of which `vars` were kept. Raises KeyError for anything else."""
        run = cls(fields["phase"], fields["feature"], fields["start"])
        vars(run).update(fields)
        return run


_moment = itemgetter(0, 1)  # time, then id: one order for any order of arrival


def runs_of(events: list[Seen]) -> list[Run]:
    """The runs of one session's events."""
    ordered = sorted(events, key=_moment)
    if len({event[1] for event in ordered}) != len(ordered):
        first: dict[str, Seen] = {}
        for event in ordered:
            first.setdefault(event[1], event)
        ordered = list(first.values())
    session = _Session()
    session.see(ordered)
    return session.close()


class _Session:
    """The state of one session while its events pass in the order of time."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.loose: dict[str, Run] = {}
        self.turns: dict[str, Run] = {}
        self.run: Run | None = None
        self.resting = False  # the run's phase is complete and its turn over
        self.last_at = ""
        self.last_turn = NULL
        self.idle = 0

    def see(self, events: list[Seen]) -> None:
        """Let events pass, in the order of time."""
        for at, _, turn, feature, kind, fields in events:
            run = self.run
            if kind == "turn_ended":
                if run is not None and not self.resting:
                    self._pass(at, turn)
                    run.finished_turn = True
                    self.resting = run.complete_at is not None
            elif kind in _OF_THE_RUN:
                if turn != self.last_turn:
                    run = self.turns.get(turn, run)
                if run is not None and not (run is self.run and self.resting):
                    if run is self.run:
                        self._pass(at, turn)
                    _HANDLERS[kind](run, at, fields)
            elif kind == "phase_started":
                self._start(at, turn, feature, fields)
            else:
                self._record(at, turn, feature, kind, fields)

    def close(self) -> list[Run]:
        self._leave()
        runs = [*self.runs, *self.loose.values()]
        _adopt(self.runs)
        return runs

    def _start(self, at: str, turn: str, feature: str, fields: Fields) -> None:
        phase, run = fields["phase"], self.run
        if fields["origin"] == "skill" and run is not None and run.phase == phase and turn in self.turns:
            return  # the model loads the phase's skill within the phase it was asked for
        if run is not None:
            run.followed = True
        self._leave()
        self.run = run = Run(phase, None if feature == NULL else feature[1:-1], milliseconds(at))
        run.origin, run.judge, run.version = fields["origin"], fields["judge"], fields["agentspec"]
        self.runs.append(run)
        if turn != NULL:
            self.turns[turn] = run
        self.resting, self.idle = False, 0
        self.last_at, self.last_turn = at, turn

    def _record(self, at: str, turn: str, feature: str, kind: str, fields: Fields) -> None:
        """A fact about a document or a verdict."""
        owner = self._owner(at, feature, kind, fields)
        if owner is None:
            return
        if owner is self.run:
            self.resting = False
            self._pass(at, turn)
        _HANDLERS[kind](owner, at, fields)

    def _pass(self, at: str, turn: str) -> None:
        """Time passed in the current run: note what of it was idle."""
        last = self.last_at
        if at[:15] != last[:15] and minute_of(at) - minute_of(last) >= _IDLE_GAP_MINUTES:  # not the same ten minutes
            gap = milliseconds(at) - milliseconds(last)
            if gap > (TURN_LIMIT_MS if turn == self.last_turn != NULL else IDLE_GAP_MS):
                self.idle += gap
        self.last_at, self.last_turn = at, turn

    def _leave(self) -> None:
        """The current run is over: its end and its active time are what has passed."""
        run = self.run
        if run is not None:
            run.end = max(milliseconds(self.last_at), run.start)
            run.active = max(run.end - run.start - self.idle, 0)

    def _owner(self, at: str, feature: str, kind: str, fields: Fields) -> Run | None:
        """The run such a fact belongs to: the current one where it is about the same feature."""
        run = self.run
        if feature == NULL:
            return run
        name = feature[1:-1]
        if run is not None:
            own = kind == "document_saved" and fields["document"] == run.phase
            if run.feature is None or (own and not run.status):
                run.feature = name
            if run.feature == name:
                return run
        loose = self.loose.get(name)
        if loose is None:
            loose = self.loose[name] = Run(None, name, milliseconds(at))
        loose.end = max(loose.end, milliseconds(at))
        return loose


def _adopt(runs: list[Run]) -> None:
    """A phase that ended before its document had a name belongs to the run that took it up again."""
    for run, following in zip(reversed(runs[:-1]), reversed(runs[1:]), strict=True):
        again = run.phase == following.phase or (run.phase, following.phase) == ("brainstorm", "define")
        if run.feature is None and again and run.complete_at is None:
            run.feature = following.feature


def _document_saved(run: Run, at: str, fields: Fields) -> None:
    document, status, moment = fields["document"], fields["status"], milliseconds(at)
    run.documents = {**run.documents, document: (status, moment)}
    if document == run.phase:
        run.status = status
        if status in _DONE.get(document, _DONE_LATE):
            run.complete_at = moment
    elif run.phase == "iterate":
        run.complete_at = moment


def _scope_defined(run: Run, at: str, fields: Fields) -> None:
    run.named_domains = tuple(fields["domains"])
    run.infrastructure = fields["infrastructure"]


def _files_planned(run: Run, at: str, fields: Fields) -> None:
    run.planned = _with_part(run.planned, at, fields)


def _files_built(run: Run, at: str, fields: Fields) -> None:
    run.built = _with_part(run.built, at, fields)


def _with_part(table: tuple[int, int, list[Row]] | None, at: str, fields: Fields) -> tuple[int, int, list[Row]]:
    """The table with one more part; parts of one document come from one moment, a later one replaces it."""
    moment = milliseconds(at)
    if table is None or table[0] != moment:
        return moment, fields["total"], fields["rows"]
    return moment, max(table[1], fields["total"]), table[2] + fields["rows"]


def _build_reported(run: Run, at: str, fields: Fields) -> None:
    run.report = fields["lines"], fields["tests_passed"], fields["tests_total"]


def _judge_ruled(run: Run, at: str, fields: Fields) -> None:
    phase = fields["phase"] or (run.phase if run.phase != "iterate" else None)
    run.verdicts += ((milliseconds(at), phase, fields["verdict"], fields["score"], fields["seats"]),)


def _phase_ended(run: Run, at: str, fields: Fields) -> None:
    run.program = fields["success"], fields["files"]
    run.finished_turn = True
    if fields["success"]:
        run.complete_at = milliseconds(at)


def _agent_ran(run: Run, at: str, fields: Fields) -> None:
    run.agents += (fields["agent"],)


def _knowledge_read(run: Run, at: str, fields: Fields) -> None:
    domain, page = fields["domain"], fields["pattern"]
    if domain not in run.domains:
        run.domains += (domain,)
    if page is not None and page not in run.pages:
        run.pages += (page,)


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
