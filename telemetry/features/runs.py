"""First half of the fold: the events of one session → the runs of phases in it.

Pure, and total: any valid events, in any order of arrival, with any of them twice, give the same
runs. A run is one phase command and what followed it in its session; facts about a feature outside
any run of it make a run without a phase. `assemble` puts the runs of a feature together.

An event belongs to the run whose turn it is from, else to the one going on: hooks run beside each
other, so the end of a turn may be noted after the next phase began, and a background agent may end
in the middle of it.
"""

from __future__ import annotations

from typing import Any

from telemetry.features.clock import milliseconds, minute_of
from telemetry.journal.read import Fields, Seen

Row = tuple[str, "str | None", str, "bool | None"]
Table = tuple[int, int, list[Row]]  # when, how many rows it has, those that are recorded
Verdict = tuple[int, "str | None", str, "int | None", int]  # when, phase, verdict, score, seats

NULL = "null"  # how a turn or feature that is not known stands in an event
IDLE_GAP_MS = 30 * 60_000  # longer silence between two turns is not work
TURN_LIMIT_MS = 4 * 3600_000  # longer silence within one turn is a forgotten prompt, not work
_IDLE_GAP_MINUTES = 30
MAX_TABLE_ROWS = 288  # 8 parts of 36


class Run:
    """One phase command in one session, and everything seen of its feature until the next one.

    `phase` is None for facts outside any run. Times are milliseconds since 1970. What is not set on
    a run is as it stands here: most runs set little, and `vars` of a run is what the cache keeps.
    """

    session: str
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
    shipped_at: int | None = None  # SHIPPED was first written
    finished_turn = False  # a turn came to its end
    failed_turn = False  # a turn ended in an API error
    followed = False  # another phase began after it in its session
    ended = False  # its session was closed while it was the last
    documents: dict[str, tuple[str, int]] = {}  # noqa: RUF012 document -> (status, when); replaced, never changed
    infrastructure = "unknown"
    planned: Table | None = None  # rows of file, agent, type, test
    built: Table | None = None  # rows of file, agent, type, verified
    report: tuple[int | None, int | None, int | None] | None = None  # lines, tests passed, tests total
    verdicts: tuple[Verdict, ...] = ()
    named_domains: tuple[str, ...] = ()  # by DEFINE's table
    domains: tuple[str, ...] = ()  # by pages read
    pages: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()  # one per run of a subagent
    program: tuple[bool, int] | None = None  # success, files

    def __init__(self, session: str, phase: str | None, feature: str | None, start: int) -> None:
        self.session = session
        self.phase = phase
        self.feature = feature
        self.start = self.end = start

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Run:
        """The run of which `vars` were kept. Raises KeyError or TypeError for anything else."""
        run = cls(fields["session"], fields["phase"], fields["feature"], fields["start"])
        vars(run).update(fields)
        return run

    @property
    def key(self) -> str:
        """What runs are put together by: the feature, or the session where no document ever named one."""
        return self.feature or "?" + self.session


def is_done(document: str, status: str) -> bool:
    """Whether a document's Status says that its phase came to its end (host facts, B1)."""
    if document == "ship":
        return True
    return status == "complete" or (status == "ready" and document != "build")


def runs_of(session: str, events: list[Seen]) -> list[Run]:
    """The runs of one session's events."""
    state = _Session(session)
    for event in _in_order(events):
        state.see(event)
    return state.close()


# Of what happened in one millisecond: a document comes before what its tables say, ends before the next start.
_RANKS = {"document_saved": 1, "turn_failed": 3, "turn_ended": 4, "phase_started": 5, "session_ended": 6}


def _moment(event: Seen) -> tuple[str, int, str]:
    at, identity, _, _, kind, fields = event
    rank = _RANKS.get(kind, 2)
    if rank == 5 and fields["origin"] == "program":
        rank = 0  # its end may follow within the millisecond, and names its turn
    return at, rank, identity


def _in_order(events: list[Seen]) -> list[Seen]:
    """One order for any order of arrival; of events with one id the first only."""
    if len({event[1] for event in events}) == len(events):
        return sorted(events, key=_moment)
    first: dict[str, Seen] = {}
    for event in sorted(events, key=lambda event: (_moment(event), event[2:5], repr(sorted(event[5].items())))):
        first.setdefault(event[1], event)
    return list(first.values())


class _Course:
    """A run in its session, and the clock it runs by."""

    __slots__ = ("idle", "last_at", "last_turn", "resting", "run", "turn_is_over")

    def __init__(self, run: Run, at: str, turn: str) -> None:
        self.run = run
        self.last_at = at
        self.last_turn = turn
        self.idle = 0
        self.turn_is_over = False
        self.resting = False  # its phase is complete and its turn over

    def go_on(self, at: str, turn: str) -> None:
        """Time passed in the run: note what of it was idle."""
        last = self.last_at
        if at[:15] != last[:15] and minute_of(at) - minute_of(last) >= _IDLE_GAP_MINUTES:  # not the same ten minutes
            gap = milliseconds(at) - milliseconds(last)
            if gap > (TURN_LIMIT_MS if turn == self.last_turn != NULL else IDLE_GAP_MS):
                self.idle += gap
        self.last_at, self.last_turn = at, turn
        self.turn_is_over = self.resting = False

    def end_turn(self) -> None:
        """Time stands still until something happens; for a phase that is complete, until its document is touched."""
        self.turn_is_over = True
        self.resting = self.run.complete_at is not None

    def close(self) -> None:
        """The run's end and its active time are what has passed."""
        run = self.run
        if run.program is None:
            run.end = max(milliseconds(self.last_at), run.start)  # a 31st of February sorts before the 1st of March
            run.active = max(run.end - run.start - self.idle, 0)


class _Session:
    """The state of one session while its events pass in the order of time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.courses: list[_Course] = []
        self.turns: dict[str, _Course] = {}
        self.current: _Course | None = None
        self.loose: dict[str, Run] = {}  # feature -> what was seen of it outside any run of it

    def see(self, event: Seen) -> None:
        """Let the next event pass."""
        at, _, turn, feature, kind, fields = event
        current = self.current
        if kind == "phase_started":
            self._start(at, turn, feature, fields)
            return
        course = current
        if current is not None and turn != current.last_turn:
            course = self.turns.get(turn, current)
        if kind not in _OF_A_TURN:
            self._record(course, at, turn, feature, kind, fields)
        elif course is not None:
            self._note(course, at, turn, kind, fields)

    def close(self) -> list[Run]:
        """The runs; what goes on is over."""
        for course in self.courses:
            course.close()
        runs = [course.run for course in self.courses]
        _adopt(runs)
        return [*runs, *self.loose.values()]

    def _start(self, at: str, turn: str, feature: str, fields: Fields) -> None:
        name = None if feature == NULL else feature[1:-1]
        if fields["origin"] == "skill" and self._goes_on(turn, fields["phase"], name):
            return
        if self.current is not None:
            self.current.run.followed = True
        run = Run(self.name, fields["phase"], name, milliseconds(at))
        run.origin, run.judge, run.version = fields["origin"], fields["judge"], fields["agentspec"]
        self.current = _Course(run, at, turn)
        self.courses.append(self.current)
        if turn != NULL:
            self.turns[turn] = self.current

    def _goes_on(self, turn: str, phase: str, feature: str | None) -> bool:
        """Whether the model only loads the skill of the phase that it is in."""
        current = self.current
        if current is None or current.run.phase != phase:
            return False
        if self.turns.get(turn) is current:
            return True
        return current.run.complete_at is None and (feature is None or current.run.feature in (None, feature))

    def _note(self, course: _Course, at: str, turn: str, kind: str, fields: Fields) -> None:
        """A fact that names no feature: it belongs to its turn."""
        if course is self.current:
            if not course.resting:
                self._go_on(course, at, turn)
            elif turn not in self.turns:
                return  # the phase is over: what is done in later turns is something else
        elif kind == "turn_ended" and not course.turn_is_over:
            course.go_on(at, turn)  # noted a moment after the next phase began
        _HANDLERS[kind](course.run, at, fields)
        if kind == "turn_ended":
            course.end_turn()

    def _record(self, course: _Course | None, at: str, turn: str, feature: str, kind: str, fields: Fields) -> None:
        """A fact about a document, or a verdict."""
        owner = self._owner(course.run if course else None, at, feature, kind, fields)
        if owner is None:
            return
        if course is not None and course is self.current and course.run is owner:
            self._go_on(course, at, turn)
        _HANDLERS[kind](owner, at, fields)

    def _owner(self, run: Run | None, at: str, feature: str, kind: str, fields: Fields) -> Run | None:
        """The run such a fact belongs to: the turn's, where it is about the same feature.

        A run that was begun with free text has no name until its first document. The own document
        knows the name better than the arguments did.
        """
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
            loose = self.loose[name] = Run(self.name, None, name, milliseconds(at))
        loose.end = max(loose.end, milliseconds(at))
        return loose

    def _go_on(self, course: _Course, at: str, turn: str) -> None:
        if turn not in (course.last_turn, NULL):
            self.turns.setdefault(turn, course)
        course.go_on(at, turn)


def _adopt(runs: list[Run]) -> None:
    """A phase that broke off before its document had a name belongs to the run that took it up again."""
    for run, following in zip(reversed(runs[:-1]), reversed(runs[1:]), strict=True):
        again = run.phase == following.phase or (run.phase, following.phase) == ("brainstorm", "define")
        if run.feature is None and again and run.complete_at is None:
            run.feature = following.feature


def _document_saved(run: Run, at: str, fields: Fields) -> None:
    document, status, moment = fields["document"], fields["status"], milliseconds(at)
    run.documents = {**run.documents, document: (status, moment)}
    if document == "ship" and run.shipped_at is None:
        run.shipped_at = moment
    if document == run.phase:
        run.status = status
        if is_done(document, status):
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


def _with_part(table: Table | None, at: str, fields: Fields) -> Table:
    """The table with one more part; parts of one document come from one moment, a later one replaces it."""
    moment = milliseconds(at)
    if table is None or table[0] != moment:
        return moment, fields["total"], fields["rows"]
    return moment, max(table[1], fields["total"]), (table[2] + fields["rows"])[:MAX_TABLE_ROWS]


def _build_reported(run: Run, at: str, fields: Fields) -> None:
    run.report = fields["lines"], fields["tests_passed"], fields["tests_total"]


def _judge_ruled(run: Run, at: str, fields: Fields) -> None:
    phase = fields["phase"] or (run.phase if run.phase != "iterate" else None)
    run.verdicts += ((milliseconds(at), phase, fields["verdict"], fields["score"], fields["seats"]),)


def _phase_ended(run: Run, at: str, fields: Fields) -> None:
    """A program says that its phase is over: from its start to here it was at work."""
    if fields["phase"] != run.phase:
        return  # its own start was lost
    moment = milliseconds(at)
    run.program = fields["success"], fields["files"]
    run.finished_turn = True
    run.end = max(moment, run.start)
    run.active = run.end - run.start
    if fields["success"]:
        run.complete_at = moment
        if run.phase == "ship" and run.shipped_at is None:
            run.shipped_at = moment


def _agent_ran(run: Run, at: str, fields: Fields) -> None:
    run.agents += (fields["agent"],)


def _knowledge_read(run: Run, at: str, fields: Fields) -> None:
    domain, page = fields["domain"], fields["pattern"]
    if domain not in run.domains:
        run.domains += (domain,)
    if page is not None and page not in run.pages:
        run.pages += (page,)


def _turn_ended(run: Run, at: str, fields: Fields) -> None:
    run.finished_turn = True


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
    "turn_ended": _turn_ended,
    "turn_failed": _turn_failed,
    "session_ended": _session_ended,
}
_OF_A_TURN = frozenset(("phase_ended", "agent_ran", "knowledge_read", "turn_ended", "turn_failed", "session_ended"))
