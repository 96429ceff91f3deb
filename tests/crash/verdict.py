"""The verdict over a project whose processes were killed: what is wrong with it, as sentences; none is the goal."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from telemetry.capture.commands import normal_name
from telemetry.capture.envelope import Refs
from telemetry.consent.state import open_state
from telemetry.contract import layout
from telemetry.contract.durable import DRAFT
from telemetry.journal.store import open_store
from telemetry.sharing.ledger import BEFORE_YES, Entry, entries_of
from telemetry.sharing.patience import read_retry
from telemetry.sharing.reports import Reports
from telemetry.sharing.sealed import Held
from tests.sharing.ledger import Ledger


class Found(NamedTuple):
    """What lies in a project after the last quiet run."""

    entries: list[Entry]
    lines: int
    held: list[Held]
    expected: Counter[str]
    retries: bool


def since(now: Ledger, before: Ledger) -> Ledger:
    """What came after that."""
    later = Ledger()
    later.raw = now.raw[len(before.raw) :]
    later.violations = now.violations[len(before.violations) :]
    later.reports = {one: kept for one, kept in now.reports.items() if one not in before.reports}
    return later


def wrong_with(project: Path, ledger: Ledger, expected: Collection[str], droppable: Collection[str] = ()) -> list[str]:
    """What is wrong. `expected`: the names of the features to be shared; `droppable`: ids that were to be dropped."""
    found = _found(project, expected)
    sent = {one.id for one in found.held if one.state == layout.SENT}
    refused = {one.id for one in found.held if one.state == layout.REFUSED}
    known = {entry.id for entry in found.entries if entry.left_out is None}
    left_out = {entry.id for entry in found.entries} - known
    gone = known - sent - refused
    lines = dict(_lines_received(ledger))
    wrong = {
        "a feature was not sealed, or twice, or should not have been": (
            Counter(entry.name for entry in found.entries if entry.left_out != BEFORE_YES) != found.expected
        ),
        "one report is noted twice": len(known) + len(left_out) != len(found.entries),
        "a feature was left out, and has a report": bool(left_out & {one.id for one in found.held}),
        "a line of the ledger is torn": found.lines != len(found.entries),
        "a report was never noted": bool({one.id for one in found.held} - known),
        "a report lies in two folders": len({one.id for one in found.held}) != len(found.held),
        "a report still waits": bool({one.state for one in found.held} & {layout.OUTBOX, layout.SENDING}),
        "a file is not as it was sealed": any(one.sealed is None for one in found.held),
        "a report is gone that nobody dropped": bool(gone - set(droppable)),
        "the receiver has other reports than sent/": ledger.counted != sent,
        "other bytes were received than were sealed": any(
            lines.get(one.id) != one.sealed.data for one in found.held if one.sealed and one.state == layout.SENT
        ),
        "a report in sent/ has no receipt, or another": any(
            one.outcome.get("receipt") != _receipt(one.id) for one in found.held if one.state == layout.SENT
        ),
        "a draft was left in a folder of reports": bool(list(_drafts(project))),
        "it still waits to try again": found.retries,
    }
    return [sentence for sentence, is_so in wrong.items() if is_so] + sorted(set(ledger.violations))


def wrong_after_purge(project: Path, ledger: Ledger, noted: Collection[str], more: int) -> list[str]:
    """What is wrong once a project was purged. `noted`: the ids in its ledger before; `more`: features sealed since."""
    others = ledger.counted - set(noted)
    wrong = {
        "a purged store is still there": project.joinpath(*layout.STORE).exists(),
        "a purged report is still at the receiver": any(one.state != "withdrawn" for one in ledger.reports.values()),
        "the receiver has more reports than there were features": len(others) > more,
    }
    return [sentence for sentence, is_so in wrong.items() if is_so] + sorted(set(ledger.violations))


def noted_in(project: Path) -> set[str]:
    """The ids of all reports in a project's ledger."""
    with open_store(str(project), create=False) as store:
        return {entry.id for entry in entries_of(store) if entry.left_out is None}


def _found(project: Path, expected: Collection[str]) -> Found:
    state = open_state()
    assert state is not None
    with state, open_store(str(project), create=False) as store:
        refs = Refs(store.key())
        raw = store.read(layout.SEALED, 1 << 26) or b""
        return Found(
            entries=entries_of(store),
            lines=sum(1 for line in raw.split(b"\n") if line),
            held=Reports(store, state.key()).held(*layout.STATES),
            expected=Counter(refs("feature", normal_name(name) or name) for name in expected),
            retries=read_retry(store) is not None,
        )


def _lines_received(ledger: Ledger) -> Iterator[tuple[str, bytes]]:
    """The reports in the raw requests, by id; a torn request has none."""
    for raw in ledger.raw:
        head, _, body = raw.partition(b"\r\n\r\n")
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
        if body and len(body) == int(length.partition(b":")[2]):
            for line in gzip.decompress(body).splitlines():
                yield json.loads(line)["report"]["session"]["id"], line


def _drafts(project: Path) -> Iterator[Path]:
    store = project.joinpath(*layout.STORE)
    for state in layout.STATES:
        yield from (store / state).glob(DRAFT + "*")


def _receipt(report: str) -> str:
    """What the receiver gives for a report."""
    return hashlib.sha256(report.encode()).hexdigest()[:16]
