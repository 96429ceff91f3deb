"""`agentspec telemetry --preview`: the very bytes that would leave, when each may, and what withholds it."""

from __future__ import annotations

import json
from argparse import Namespace
from datetime import datetime
from typing import Any

from telemetry.cli.sharing import week
from telemetry.cli.sharing.example import features_of, latest_of
from telemetry.cli.sharing.setting import Setting, household_of, moment, plural, printable
from telemetry.contract import layout
from telemetry.sharing.canonical import sha256
from telemetry.sharing.ledger import BEFORE_YES, Entry, by_name, entries_of, name_of
from telemetry.sharing.sealed import Held, Sealed, text_of
from telemetry.sharing.sealing import SEALED_BEFORE, Candidate, reason_not_to_seal, unsealed_data

WITHHELD = {
    "resting": "rests until then; --drop deletes it, --send-now sends it",
    BEFORE_YES: "it began before your present yes, and stays here",
    SEALED_BEFORE: "it was sealed or left out once, and is not shared again",
    "under_way": "it was in a request and may have arrived; it goes again with the next try",
    "week_full": "waits for a place: as many as may have left this week",
    "foreign": "this file is not as it was sealed; it will be refused",
}


def run(args: Namespace, setting: Setting) -> int:
    """Print what would leave."""
    found = as_json(setting)
    print(json.dumps(found, indent=2) if args.json else "\n".join(lines_of(found)))
    return 0


def as_json(setting: Setting) -> dict[str, Any]:
    """Waiting reports with their bytes, and features that are not settled as they would be sealed now.

    `example`: while nothing is shared, the whole of what the dialog shows, where that is none of these.
    """
    now = setting.now()
    facts, reason = setting.gatherer.asked(now)
    may_seal = reason is None or reason.code == "no_endpoint"
    waiting: list[dict[str, Any]] = []
    this_week: dict[str, Any] | None = None
    known: dict[str, list[Entry]] = {}
    with household_of(setting) as household:
        if household is not None:
            if may_seal:
                household.seal_if_free(now)
            held = household.reports.held(layout.SENDING, layout.OUTBOX)
            reason_of, due = household.own_reasons(now), household.due(now)
            waiting = [_waiting(one, reason_of(one), due(one)) for one in held]
            this_week = week.as_json(household, now) if may_seal else None
            known = by_name(entries_of(household.reports.store)) if may_seal else {}
    since = datetime.fromtimestamp(facts.receipt_at / 1000 if may_seal else 0, now.tzinfo)
    features = features_of(setting, now)
    unsettled = [
        Candidate(one, since, known.get(name_of(one.ref), []), now) for one in features if one.state == "in_flight"
    ]
    latest = latest_of(features)
    is_shown = may_seal or latest is None or latest in (one.feature for one in unsettled)
    return {
        "withheld": None if reason is None else {"code": reason.code, "text": reason.text, "advice": reason.advice},
        "waiting": waiting,
        "week": this_week,
        "example": None if is_shown or latest is None else _not_settled(Candidate(latest, since, [], now)),
        "not_settled": [_not_settled(one) for one in unsettled],
    }


def lines_of(found: dict[str, Any]) -> list[str]:
    """The preview as people read it. The bytes stand on lines of their own, exactly as they would leave."""
    lines = [f"WAITING: {plural(len(found['waiting']), 'report')}"]
    if found["withheld"]:
        lines.append(f"Nothing leaves: {found['withheld']['text']}.")
        lines += [found["withheld"]["advice"]] if found["withheld"]["advice"] else []
    if found["week"]:
        lines += _week_lines(found["week"])
    for one in found["waiting"]:
        lines += ["", *_waiting_lines(one)]
    lines += ["", f"NOT YET SETTLED: {plural(len(found['not_settled']), 'feature')}"]
    if found["not_settled"]:
        lines.append("As they would be sealed now; id and withdrawal are made when they are.")
    for one in found["not_settled"]:
        lines += ["", f"last touched {moment(one['last_seen'])}"]
        lines += [f"withheld  {WITHHELD[one['withheld']]}"] if one["withheld"] else []
        lines.append(one["bytes"])
    if found["example"]:
        lines += [
            "",
            "EXAMPLE: your latest feature, as a report would show it. It stays here.",
            found["example"]["bytes"],
        ]
    return lines


def _week_lines(found: dict[str, Any]) -> list[str]:
    """What the person's week has to do with it; nothing where there is room."""
    said = (week.has_left(found) if found["next"] else None, week.is_sealed(found))
    left_out = week.left_out(found)
    return [f"This week {one}." for one in said if one] + ([f"Left out: {left_out}."] if left_out else [])


def _waiting(held: Held, withheld: str | None, due: datetime) -> dict[str, Any]:
    if held.sealed is None:
        return {"id": held.id, "sha256": None, "bytes": None, "sealed": None, "leaves": None, "withheld": withheld}
    sealed: Sealed = held.sealed
    return {
        "id": held.id,
        "sha256": sealed.sha256,
        "bytes": sealed.data.decode("ascii"),
        "sealed": sealed.sealed_at,
        "leaves": None if withheld == "before_yes" else text_of(due),
        "withheld": withheld,
    }


def _waiting_lines(one: dict[str, Any]) -> list[str]:
    lines = [f"id        {printable(one['id'])}"]
    if one["bytes"] is not None:
        when = "next try " if one["withheld"] == "under_way" else "may leave"
        lines.append(f"sealed    {moment(one['sealed'])}")
        lines += [f"{when} {moment(one['leaves'])}"] if one["leaves"] else []
        lines.append(f"sha256    {one['sha256']}")
    if one["withheld"]:
        lines.append(f"withheld  {WITHHELD.get(one['withheld'], one['withheld'])}")
    return [*lines, *([one["bytes"]] if one["bytes"] else [])]


def _not_settled(one: Candidate) -> dict[str, Any]:
    data, reason = unsealed_data(one.feature, one.now), reason_not_to_seal(one)
    return {
        "last_seen": text_of(one.feature.last_seen),
        "bytes": data.decode("ascii"),
        "sha256": sha256(data),
        "withheld": reason if reason in (BEFORE_YES, SEALED_BEFORE) else None,
    }
