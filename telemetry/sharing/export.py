"""Everything held about a person in one project, as one JSON text (schemas/export.yaml), or its features as CSV. Pure.

What may have been written by anybody (names of files, notes on reports, words of a server) gets in only in a form that
the schema knows: an export holds no path and nothing of what is never captured.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone
from typing import Any, NamedTuple

from telemetry.consent.receipt import Receipt
from telemetry.contract import layout
from telemetry.contract.config import Config
from telemetry.contract.event_check import is_event
from telemetry.contract.records import TrackedFeature
from telemetry.features.exported import FORMAT, VERSION
from telemetry.sharing.allowance import ALL, SEALED, Book
from telemetry.sharing.believed import Kept, Pin
from telemetry.sharing.ledger import BEFORE_YES, Entry
from telemetry.sharing.patience import Retry
from telemetry.sharing.sealed import Held, text_of
from telemetry.sharing.sealing import WEEK_FULL
from telemetry.sharing.takeback import Withdrawal

STATES = {"waiting": layout.OUTBOX, "under_way": layout.SENDING, "sent": layout.SENT, "refused": layout.REFUSED}

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_NAME = re.compile(r"\??[0-9a-f]{16}")
_TOKEN = re.compile(r"[0-9a-f]{64}")
_SESSION = re.compile(r"[0-9a-f]{16}")
_INSTANT = re.compile(
    r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z"
)
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
_SAID = re.compile(r"[ -~]{0,200}")


class Belongings(NamedTuple):
    """What there is besides events. `reports`: in the order in which they move, so that the last place counts.

    `told`: what was said once about a yes that lapsed, as it is kept. `places`: of all the person's projects, as are
    `withdrawals`; None where they cannot be read. `pin`, `kept`: of the server that the receipt names, the key that is
    believed and its newest benchmarks. `receipt_fault`: why the state folder could not be asked, as a code. `open`,
    `closed`: refs of sessions.
    """

    exported: datetime
    config_text: str | None
    config: Config
    receipt: Receipt | None
    receipt_fault: str | None
    told: str | None
    switched_off: bool
    open: list[str]
    closed: list[str]
    features: list[TrackedFeature]
    reports: list[Held]
    sealed: list[Entry]
    retry: Retry | None
    places: Book | None
    withdrawals: list[Withdrawal]
    pin: Pin | None
    kept: Kept | None
    debug: str


def pieces(lines: Iterable[bytes], belongings: Belongings) -> Iterator[str]:
    """The export, piece by piece: the events of a journal's lines first, each on a line of its own."""
    yield f'{{\n"format": "{FORMAT}",\n"version": {VERSION},\n"events": ['
    set_aside, before = 0, "\n"
    for line in lines:
        text = line.decode("utf-8", "replace")
        if _is_event(text):
            yield before + text.strip(" \t\r\n")
            before = ",\n"
        else:
            set_aside += bool(text) and not text.isspace()
    yield f'\n],\n"set_aside": {set_aside}'
    for name, value in _others(belongings):
        yield f',\n"{name}": '
        yield from _rows(value) if isinstance(value, Iterator) else (json.dumps(value, indent=1),)
    yield "\n}\n"


def _is_event(text: str) -> bool:
    try:
        return is_event(json.loads(text, object_pairs_hook=_once_each))
    except (ValueError, RecursionError):
        return False


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _rows(values: Iterator[dict[str, Any]]) -> Iterator[str]:
    """A list with each of its values on a line of its own."""
    before = "[\n"
    for value in values:
        yield before + json.dumps(value, separators=(",", ":"))
        before = ",\n"
    yield "[]" if before == "[\n" else "\n]"


# --- the parts


def _others(held: Belongings) -> Iterator[tuple[str, Any]]:
    yield "exported", text_of(held.exported)
    yield "config", {"text": held.config_text, **held.config._asdict(), "problems": list(held.config.problems)}
    yield "receipt", _receipt(held.receipt)
    yield "receipt_fault", held.receipt_fault
    yield "told", _one((held.told or "").partition(" ")[0], _CODE)
    yield "switched_off", held.switched_off
    yield "sessions", {"open": _known(held.open, _SESSION), "closed": _known(held.closed, _SESSION)}
    yield "features", map(_feature, held.features)
    yield "reports", _reports(held.reports)
    yield "sealed", (found for entry in held.sealed if (found := _entry(entry)))
    yield "retry", _retry(held.retry)
    yield "places", None if held.places is None else _places(held.places)
    yield "withdrawals_pending", len(held.withdrawals)
    yield "withdrawals", (found for one in held.withdrawals if (found := _withdrawal(one)))
    yield "benchmarks", _benchmarks(held.pin, held.kept)
    yield "debug", [note for line in held.debug.splitlines() if (note := _note(line))]


def _receipt(receipt: Receipt | None) -> dict[str, Any] | None:
    """Without the store's path: whoever reads the export knows where they got it."""
    if receipt is None:
        return None
    return {
        "choice": receipt.choice,
        "at": receipt.at,
        "endpoint": receipt.endpoint,
        "hours": receipt.hours,
        "terms": receipt.terms._asdict(),
        "store_key": receipt.store_key,
    }


def _feature(feature: TrackedFeature) -> dict[str, Any]:
    return {
        "ref": feature.ref,
        "first_seen": text_of(feature.first_seen),
        "last_seen": text_of(feature.last_seen),
        "state": feature.state,
        "started": sorted(feature.started),
        "completed": sorted(feature.completed),
        "agent_runs": [{"agent_type": name, "runs": count} for name, count in sorted(feature.agent_runs.items())],
        "record": feature.record.as_json(),
    }


def _reports(held: list[Held]) -> dict[str, Any]:
    """By state. One that moved on while it was looked for is named once, where it was seen last.

    A file that somebody planted under its name does not hide it.
    """
    latest = {one.id: one for one in sorted(held, key=lambda one: one.sealed is not None)}
    return {name: [_report(one) for one in latest.values() if one.state == folder] for name, folder in STATES.items()}


def _report(held: Held) -> dict[str, Any]:
    """A report; of a file that is not as it was sealed nothing is believed, and nothing shown but its id."""
    sealed = held.sealed
    if sealed is None:
        unknown = ("bytes", "sha256", "sealed", "feature", "first", "last", "shipped", "token", "outcome")
        return {"id": _one(held.id, _UUID), **dict.fromkeys(unknown)}
    return {
        "id": sealed.id,
        "bytes": sealed.data.decode("ascii", "replace"),
        "sha256": sealed.sha256,
        "sealed": sealed.sealed_at,
        "feature": sealed.feature,
        "first": sealed.first,
        "last": sealed.last,
        "shipped": sealed.shipped,
        "token": sealed.token,
        "outcome": _outcome(held.outcome, held.went_to) if held.outcome else None,
    }


def _outcome(outcome: dict[str, Any], went_to: tuple[str, ...]) -> dict[str, Any]:
    """What its file says became of it, which nothing seals: the forms are held, no more. The addresses are sealed."""
    refused_by = outcome.get("refused_by")
    return {
        "at": _one(outcome.get("at"), _INSTANT),
        "endpoint": went_to[-1] if went_to else None,
        "receipt": _one(outcome.get("receipt"), _SAID),
        "refused_by": refused_by if refused_by in ("guard", "server", "you") else None,
        "reason": _one(outcome.get("reason"), _SAID),
    }


def _entry(entry: Entry) -> dict[str, Any] | None:
    is_ours = all(map(_one, entry[:3], (_UUID, _NAME, _INSTANT))) and isinstance(entry.shipped, bool)
    is_ours = is_ours and entry.left_out in (None, WEEK_FULL, BEFORE_YES)
    return entry._asdict() if is_ours else None


def _retry(retry: Retry | None) -> dict[str, Any] | None:
    if retry is None:
        return None
    failures = min(max(retry.failures, 0), 1_000_000)
    return {
        "failures": failures,
        "why": _one(retry.why, _CODE),
        "not_before": text_of(retry.not_before),
        "asked": text_of(retry.asked) if retry.asked else None,
    }


def _places(book: Book) -> list[dict[str, Any]]:
    """Whose a place is, and when it was taken: what the file knows. Only the state folder's key could say more."""
    return [
        {
            "for": {SEALED: "sealing", ALL: "all"}.get(kind, "leaving"),
            "server": _one(kind, _SESSION),
            "name": _one(place.name, _SESSION),
            "taken": _hour(place.hour),
            "seen": None if place.seen is None else _hour(place.seen),
        }
        for kind, places in sorted(book.items())
        for place in places
    ]


def _hour(hours: int) -> str | None:
    try:
        return _one(text_of(datetime.fromtimestamp(hours * 3600, timezone.utc)), _INSTANT)
    except (ValueError, OverflowError, OSError):
        return None  # a clock in no calendar


def _withdrawal(one: Withdrawal) -> dict[str, str] | None:
    is_ours = _one(one.id, _UUID) and _one(one.token, _TOKEN)
    return {"id": one.id, "token": one.token, "endpoint": one.endpoint} if is_ours else None


def _benchmarks(pin: Pin | None, kept: Kept | None) -> dict[str, Any] | None:
    """Without the figures, which are everybody's."""
    if pin is None:
        return None
    return {
        "endpoint": pin.endpoint,
        "key": pin.key,
        "key_from": "you" if pin.told else "first_seen",
        "believed": _one(pin.at, _INSTANT),
        "fetched": _one(kept.fetched, _INSTANT) if kept else None,
        "tried": _one(kept.tried, _INSTANT) if kept else None,
    }


def _note(line: str) -> dict[str, str] | None:
    """A line of debug.log: a time and a code."""
    at, _, code = line.partition(" ")
    return {"at": at, "code": code} if _one(at, _INSTANT) and _one(code, _CODE) else None


def _one(value: object, form: re.Pattern[str]) -> str | None:
    """The text, if it has the form."""
    return value if isinstance(value, str) and form.fullmatch(value) else None


def _known(values: list[str], form: re.Pattern[str]) -> list[str]:
    return [value for value in sorted(values) if form.fullmatch(value)]


# --- features for a spreadsheet


Cell = Callable[[TrackedFeature], object]
# `x-csv` of schemas/export.yaml says what each is.
COLUMNS: dict[str, Cell] = {
    "first_seen": lambda feature: text_of(feature.first_seen),
    "last_seen": lambda feature: text_of(feature.last_seen),
    "state": lambda feature: feature.state,
    "agentspec_version": lambda feature: feature.record.session.agentspec_version,
    "phases": lambda feature: feature.record.complexity.phases_used,
    "files": lambda feature: feature.record.complexity.file_count,
    "lines": lambda feature: feature.record.complexity.estimated_loc,
    "has_iac": lambda feature: feature.record.complexity.has_iac,
    "has_llm": lambda feature: feature.record.complexity.has_llm,
    "has_tests": lambda feature: feature.record.complexity.has_tests,
    "define_seconds": lambda feature: feature.record.timing.define_duration_seconds,
    "design_seconds": lambda feature: feature.record.timing.design_duration_seconds,
    "build_seconds": lambda feature: feature.record.timing.build_duration_seconds,
    "total_seconds": lambda feature: feature.record.timing.total_duration_seconds,
    "iterations": lambda feature: feature.record.outcome.iterations,
    "judge_used": lambda feature: feature.record.outcome.judge_used,
    "judge_seats": lambda feature: feature.record.judge.reviewers_count,
    "pre_design_score": lambda feature: feature.record.judge.pre_design_score,
    "post_build_score": lambda feature: feature.record.judge.post_build_score,
    "consensus_reached": lambda feature: feature.record.judge.consensus_reached,
    "human_override": lambda feature: feature.record.judge.human_override,
    "agents": lambda feature: tuple(row.agent_type for row in feature.record.effectiveness),
    "domains": lambda feature: feature.record.kb.domains_consulted,
    "patterns_used": lambda feature: feature.record.kb.patterns_used,
    "phase_failed": lambda feature: feature.record.errors.phase_failed,
    "error_category": lambda feature: feature.record.errors.error_category,
    "recovered": lambda feature: feature.record.errors.recovered,
}


def rows(features: Iterable[TrackedFeature]) -> Iterator[str]:
    """The features as lines of CSV, under their columns' names.

    No cell needs quotes, and none can be taken for a formula: words of fixed lists, numbers, dates.
    """
    yield ",".join(COLUMNS) + "\n"
    for feature in features:
        yield ",".join(_cell(column(feature)) for column in COLUMNS.values()) + "\n"


def _cell(value: object) -> str:
    """Several words with blanks between them; nothing for what is not known."""
    if isinstance(value, tuple):
        return " ".join(value)
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
