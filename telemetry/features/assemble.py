"""Second half of the fold: the runs of one feature, over days and sessions → its record.

Pure and total. Every field of the seed's schema has one small function here; what each means is in
schemas/feature.yaml. A name that is taken up again by /brainstorm or /define after it was shipped
is a new feature. Words of the vocabulary are interned: of a long history every feature is in memory.
"""

from __future__ import annotations

from _blake2 import blake2b
from collections.abc import Iterable
from sys import intern

from telemetry.contract.flags import INFRASTRUCTURE_TYPES, LLM_AGENTS, LLM_DOMAINS, TEST_AGENTS
from telemetry.contract.records import (
    Complexity,
    Effectiveness,
    Errors,
    FeatureRecord,
    Judge,
    Knowledge,
    Matching,
    Outcome,
    Session,
    State,
    Timing,
    TrackedFeature,
)
from telemetry.contract.vocabulary import PHASES
from telemetry.features.clock import instant, text_of
from telemetry.features.runs import Row, Run, Verdict, is_done

SETTLES_AFTER_MS = 14 * 24 * 3600_000
INTERRUPTED_AFTER_MS = 24 * 3600_000
_ORDER = {phase: number for number, phase in enumerate(PHASES)}
_MAX_SECONDS = 31_622_400
_LINES = ((100, "0-100"), (500, "100-500"), (1000, "500-1000"), (5000, "1000-5000"))


def features_of(ref: str, runs: list[Run], now: int) -> list[TrackedFeature]:
    """The features that went under one name, oldest first. `now`: milliseconds since 1970."""
    return [_feature(f"{ref}/{number}", life, now) for number, life in enumerate(lives_of(runs)) if _is_ours(life)]


def lives_of(runs: list[Run]) -> list[list[Run]]:
    """The runs of one name, cut where it was taken up anew after it had been shipped."""
    lives: list[list[Run]] = [[]]
    for run in sorted(runs, key=lambda run: (run.start, run.phase is None, run.session)):
        if run.phase in ("brainstorm", "define") and any(_was_shipped(before, run.start) for before in lives[-1]):
            lives.append([])
        lives[-1].append(run)
    return lives


def _was_shipped(run: Run, moment: int) -> bool:
    return run.shipped_at is not None and run.shipped_at <= moment


def _is_ours(life: list[Run]) -> bool:
    """Not a stranger's /design, /build or /ship, which touches no document and asks no judge of AgentSpec's."""
    return any(
        run.phase in ("brainstorm", "define") or run.origin == "program" or run.documents or _has_facts(run)
        for run in life
    )


def _has_facts(run: Run) -> bool:
    """Whether anything was read in a document or said by a judge, should the document's own line be lost."""
    return bool(run.planned or run.built or run.report or run.verdicts or run.named_domains)


def _feature(name: str, runs: list[Run], now: int) -> TrackedFeature:
    first, last = runs[0].start, max(run.end for run in runs)
    state: State = "in_flight"
    if any(run.shipped_at is not None for run in runs):
        state = "shipped"
    elif now - last > SETTLES_AFTER_MS:
        state = "abandoned"
    started = [run for run in runs if run.phase in _ORDER]
    completions = {phase: _completions(runs, phase) for phase in PHASES}
    domains, judge = _domains(runs), _judge(runs)
    return TrackedFeature(
        ref=name,
        first_seen=instant(first),
        last_seen=instant(last),
        state=state,
        started=frozenset(str(run.phase) for run in started),
        completed=frozenset(phase for phase in PHASES if completions[phase]),
        agent_runs=_agent_runs(runs),
        record=FeatureRecord(
            session=Session(_uuid(name), text_of(last), _version(started)),
            complexity=_complexity(runs, domains),
            timing=_timing(runs),
            outcome=Outcome(state == "shipped", _iterations(runs), judge.enabled),
            matching=_matching(runs, knows=bool(domains)),
            effectiveness=_effectiveness(runs),
            judge=judge,
            kb=Knowledge(domains, min(len({page for run in runs for page in run.pages}), 9999)),
            errors=_errors(started, completions, state, now),
        ),
    )


def _uuid(name: str) -> str:
    """A version-4-shaped uuid of a feature's ref, the same at every fold."""
    digest = blake2b(name.encode(), digest_size=16).hexdigest()
    variant = "89ab"[int(digest[16], 16) % 4]
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:]}"


def _version(started: list[Run]) -> str:
    return intern(next((run.version for run in reversed(started) if run.version != "0.0.0"), "0.0.0"))


def _completions(runs: list[Run], phase: str) -> list[int]:
    """When the phase was brought to its end: in its own run, or by its document saved elsewhere.

    A document that a later phase touches proves nothing (they rewrite each other's Status lines),
    unless no run of its own phase completed: then the phase went on in a forked session.
    """
    own = [run.complete_at for run in runs if run.phase == phase and run.complete_at is not None]
    if own:
        return own
    return [
        run.documents[phase][1] for run in runs if phase in run.documents and is_done(phase, run.documents[phase][0])
    ]


def _agent_runs(runs: list[Run]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for run in runs:
        for agent in run.agents:
            counts[intern(agent)] = counts.get(agent, 0) + 1
    return counts


# --- complexity, timing, outcome


def _complexity(runs: list[Run], domains: tuple[str, ...]) -> Complexity:
    total, rows = _latest_plan(runs)
    agents = {row[1] for row in rows} | {row[1] for row in _latest_build(runs)}
    programs = [run.program[1] for run in runs if run.program]
    return Complexity(
        file_count=total or max(programs, default=0),
        estimated_loc=_lines_range(runs),
        phases_used=tuple(phase for phase in PHASES if any(run.phase == phase for run in runs)),
        has_iac=any(row[2] in INFRASTRUCTURE_TYPES for row in rows) or _touches_infrastructure(runs),
        has_llm=bool(agents & LLM_AGENTS) or any(domain in LLM_DOMAINS for domain in domains),
        has_tests=any(row[3] or row[1] in TEST_AGENTS for row in rows),
    )


def _latest_plan(runs: list[Run]) -> tuple[int, list[Row]]:
    """The last manifest: how many rows it had, and those that were recorded."""
    plans = [run.planned for run in runs if run.planned]
    _, total, rows = max(plans, key=lambda plan: plan[0], default=(0, 0, []))
    return total, rows


def _latest_build(runs: list[Run]) -> list[Row]:
    tables = [run.built for run in runs if run.built]
    return max(tables, key=lambda table: table[0], default=(0, 0, []))[2]


def _touches_infrastructure(runs: list[Run]) -> bool:
    last = next((run.infrastructure for run in reversed(runs) if run.infrastructure != "unknown"), "")
    return last in ("new", "modify")


def _lines_range(runs: list[Run]) -> str:
    lines = next((run.report[0] for run in reversed(runs) if run.report and run.report[0] is not None), None)
    if lines is None:
        return "unknown"
    return next((name for limit, name in _LINES if lines < limit), "5000+")


def _domains(runs: list[Run]) -> tuple[str, ...]:
    named = next((run.named_domains for run in reversed(runs) if run.named_domains), ())
    return tuple(map(intern, sorted({domain for run in runs for domain in run.domains}.union(named))))


def _timing(runs: list[Run]) -> Timing:
    return Timing(
        define_duration_seconds=_seconds(run for run in runs if run.phase == "define"),
        design_duration_seconds=_seconds(run for run in runs if run.phase == "design"),
        build_duration_seconds=_seconds(run for run in runs if run.phase == "build"),
        total_duration_seconds=_seconds(run for run in runs if run.phase is not None),
    )


def _seconds(runs: Iterable[Run]) -> int:
    return min(sum([run.active for run in runs]) // 1000, _MAX_SECONDS)


def _iterations(runs: list[Run]) -> int:
    """Runs of /iterate, and runs of a phase that was already finished."""
    count, finished = 0, set()
    for run in runs:
        if run.phase == "iterate" or run.phase in finished:
            count += 1
        if run.complete_at is not None:
            finished.add(run.phase)
    return min(count, 9999)


# --- agents


def _matching(runs: list[Run], knows: bool) -> tuple[Matching, ...]:
    _, rows = _latest_plan(runs)
    builders = {row[0]: row[1] for row in _latest_build(runs)}
    overridden: dict[tuple[str, str], bool] = {}
    for file, agent, file_type, _ in rows:
        if agent is not None:
            key = (agent, file_type)
            overridden[key] = overridden.get(key, False) or (builders.get(file) or agent) != agent
    return tuple(
        Matching(intern(agent), intern(file_type), _confidence(agent != "general", knows), flag)
        for (agent, file_type), flag in sorted(overridden.items())
    )


def _confidence(specialist: bool, knows: bool) -> float:
    """AgentSpec's agreement matrix (its sdd-design skill)."""
    if knows:
        return 0.95 if specialist else 0.85
    return 0.8 if specialist else 0.7


def _effectiveness(runs: list[Run]) -> tuple[Effectiveness, ...]:
    built = _is_built(runs)
    marks: dict[str, list[bool | None]] = {}
    for _, agent, _, verified in _latest_build(runs):
        if agent is not None:
            marks.setdefault(agent, []).append(verified)
    return tuple(
        Effectiveness(intern(agent), len(found), built, _quality(found)) for agent, found in sorted(marks.items())
    )


def _is_built(runs: list[Run]) -> bool:
    """Whether the last word on the build was that it is complete."""
    words = [(run.documents["build"][1], run.documents["build"][0]) for run in runs if "build" in run.documents]
    if words:
        return max(words)[1] == "complete"
    return any(run.phase == "build" and run.complete_at is not None for run in runs)


def _quality(marks: list[bool | None]) -> float | None:
    if marks.count(None) == len(marks):
        return None
    return round(10 * marks.count(True) / len(marks), 1)


# --- judge


def _judge(runs: list[Run]) -> Judge:
    verdicts = _ruled([verdict for run in runs for verdict in run.verdicts])
    if not verdicts:
        return Judge()
    builds = [run.start for run in runs if run.phase == "build"]
    begin = min(builds, default=None)
    before = [verdict for verdict in verdicts if begin is None or verdict[0] < begin]
    after = [verdict for verdict in verdicts if begin is not None and verdict[0] >= begin]
    return Judge(
        enabled=True,
        reviewers_count=max(verdict[4] for verdict in verdicts),
        pre_design_score=_last_score(before),
        post_build_score=_last_score(after),
        consensus_reached=_agree(verdicts),
        human_override=_overridden(verdicts, runs),
    )


def _ruled(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The verdicts of judges that did not break, in the order of time."""
    return sorted((verdict for verdict in verdicts if verdict[2] != "none"), key=lambda verdict: verdict[0])


def _last_score(verdicts: list[Verdict]) -> float | None:
    scores = [verdict[3] for verdict in verdicts if verdict[3] is not None]
    return round(scores[-1] / 10, 1) if scores else None


def _agree(verdicts: list[Verdict]) -> bool:
    """Whether the last verdicts, one per judged document, are all FAIL or all not."""
    last = {verdict[1]: verdict[2] == "fail" for verdict in verdicts if verdict[2] != "scored"}
    return len(set(last.values())) == 1


def _overridden(verdicts: list[Verdict], runs: list[Run]) -> bool:
    """Whether a later phase was begun after a FAIL that no later PASS had answered."""
    for moment, phase, verdict, *_ in verdicts:
        if verdict != "fail" or phase not in _ORDER:
            continue
        later = [run.start for run in runs if _ORDER.get(run.phase or "", -1) > _ORDER[phase] and run.start > moment]
        went_on = min(later, default=None)
        if went_on is None:
            continue
        answered = any(
            other[1] == phase and other[2] in ("pass", "warn") and moment < other[0] < went_on for other in verdicts
        )
        if not answered:
            return True
    return False


# --- errors


def _errors(started: list[Run], completions: dict[str, list[int]], state: State, now: int) -> Errors:
    """The last failure that was not made good, else the last one at all."""
    failures = []
    for run in started:
        phase = str(run.phase)
        recovered = any(moment >= run.start for moment in completions[phase])
        category = _failure(run, now)
        if category is None and state == "abandoned" and run is started[-1] and not recovered:
            category = "abandoned"
        if category is not None:
            failures.append(Errors(phase, category, recovered))
    return next((failure for failure in reversed(failures) if not failure.recovered), (failures or [Errors()])[-1])


def _failure(run: Run, now: int) -> str | None:
    """How a run failed, or None. A run that is complete can still have met an API error on its way."""
    if run.complete_at is not None:
        return "api_error" if run.failed_turn else None
    if run.program is not None:
        return "unknown"
    found = _told_failure(run)
    if found:
        return found
    if not run.finished_turn and (run.followed or run.ended or now - run.end > INTERRUPTED_AFTER_MS):
        return "interrupted"
    return None


def _told_failure(run: Run) -> str | None:
    """What documents, judges and the API say of an incomplete run."""
    _, passed, tests = run.report or (None, None, None)
    verdict = run.verdicts[-1][2] if run.verdicts else None
    if run.phase == "build" and run.status == "blocked":
        return "build_blocked"
    if run.phase == "build" and tests and passed is not None and passed < tests:
        return "tests_failed"
    if verdict == "fail" and run.judge != "advisory":
        return "judge_blocked"
    if run.status == "needs_clarification":
        return "needs_clarification"
    return "api_error" if run.failed_turn else None
