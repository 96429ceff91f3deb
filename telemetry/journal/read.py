"""Read the journal: bytes of a month's file → events; what is no event is set aside and counted.

The hook writes every line in one form, so one regular expression finds and checks the envelope of
all lines of a block at once, and the rest of a line (few distinct ones: a closed world) is parsed
once and remembered. A line in any other form is looked at on its own: a valid event counts whatever
its form, and a torn or foreign line hides nobody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from telemetry.contract.event_check import is_event
from telemetry.contract.vocabulary import AGENTS, FILE_TYPES

Fields = dict[str, Any]
# (at, id, turn, feature, kind, the kind's own fields): an event of a known session. `turn` and
# `feature` are compared and never shown, so they stay as they stand in the line: null, or in quotes.
Seen = tuple[str, str, str, str, str, Fields]

_HEX16 = r'"[0-9a-f]{16}"'
_IN_THE_HOOKS_FORM = (
    r'\{"v":1,"id":"([0-9a-f]{32})","at":"(20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])'
    r'T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z)","session":"([0-9a-f]{16})",'
    rf'"turn":({_HEX16}|null),"feature":({_HEX16}|null),"kind":"(.+)\}}'
)
_LINE = re.compile(f"^(?:{_IN_THE_HOOKS_FORM}|(.+))$", re.MULTILINE)
# An index asks for neither id nor turn, and cuts the block at such lines without decoding it: both save time.
_WITHOUT_ID = _IN_THE_HOOKS_FORM.replace("([0-9a-f]{32})", "[0-9a-f]{32}")
_WITHOUT_TURN = _WITHOUT_ID.replace(f"({_HEX16}|null)", f"(?:{_HEX16}|null)", 1)
_INDEX_LINE = re.compile(f"^{_WITHOUT_TURN}$".encode(), re.MULTILINE)
_FRAMES = frozenset((b"", b"\n", b"\n\n"))  # what stands between two such lines where nothing went wrong


class Index(NamedTuple):
    """What a block is about. `latest`: time of its last event; `named`: its sessions, each with its features."""

    events: int
    set_aside: int
    latest: str
    named: dict[str, list[str]]


# A table's tail: its rows are found and checked at once, too. Row: file, agent, type, mark, the mark's value.
_ROW = r'\{"file":"([0-9a-f]{16})","agent":("[a-z-]+"|null),"type":"([a-z.]+)","(test|verified)":(true|false|null)\}'
_ROWS = re.compile(_ROW)
_TABLE = re.compile(
    r'files_(?:planned|built)","part":([1-8]),"parts":([1-8]),"total":(0|[1-9][0-9]{0,3}),"files":'
    rf"\[(?:{re.sub(r'[(](?![?])', '(?:', _ROW)}(?:,(?=\{{)|(?=\])))*\]"
)
_AGENTS = frozenset(("null", *(f'"{agent}"' for agent in AGENTS)))
MAX_ROWS = 36
_MARKS = {"true": True, "false": False, "null": None}
_ENVELOPE = {
    "v": 1,
    "id": "0" * 32,
    "at": "2026-01-01T00:00:00.000Z",
    "session": "0" * 16,
    "turn": None,
    "feature": None,
}
MANY_NAMES = 16
_MAX_REMEMBERED = 50_000
_LONG_TAIL = 400  # tables of files hardly ever come twice
_Tail = tuple[str, Fields]
_tails: dict[str, _Tail | None] = {}


def read_block(data: bytes) -> tuple[dict[str, list[Seen]], int, int]:
    """A block of whole lines: its events by session, in their order; how many; how many set aside."""
    sessions: dict[str, list[Seen]] = {}
    tails, find = _tails, sessions.get
    count = set_aside = 0
    for identity, at, own_session, turn, feature, tail, other in _LINE.findall(data.decode("utf-8", "replace")):
        known = tails.get(tail) or _known_tail(tail)
        if known is not None:
            session, seen = own_session, (at, identity, turn, feature, known[0], known[1])
        else:
            stranger = _stranger(other) if other else None
            if stranger is None:
                set_aside += not other.isspace()  # "" where the line is in the hook's form, but is no event
                continue
            session, seen = stranger
        count += 1
        found = find(session)
        if found is None:
            sessions[session] = [seen]
        else:
            found.append(seen)
    return sessions, count, set_aside


def read_index(data: bytes) -> Index:
    """What a block of whole lines is about, without its events; as `read_block` counts them."""
    parts = _INDEX_LINE.split(data)
    moments, sessions, features, tails = (parts[number::5] for number in range(1, 5))
    if not _FRAMES.issuperset(parts[::5]) or any(
        _known_tail(tail.decode("utf-8", "replace")) is None for tail in set(tails)
    ):
        return _index_with_strangers(data)
    pairs = set(zip(sessions, features, strict=True))
    named = _named((session.decode(), feature.decode()) for session, feature in pairs)
    return Index(len(moments), 0, max(moments, default=b"").decode(), named)


def _index_with_strangers(data: bytes) -> Index:
    """The index of a block in which some line is not as the hook writes it."""
    sessions, count, set_aside = read_block(data)
    latest = max((event[0] for events in sessions.values() for event in events), default="")
    return Index(count, set_aside, latest, _named({(name, event[3]) for name in sessions for event in sessions[name]}))


def _named(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """From distinct sessions and features as they stand in lines: which session named which."""
    named: dict[str, list[str]] = {}
    for session, feature in pairs:
        features = named.setdefault(session, [])
        if feature != "null":
            features.append(feature[1:-1])
    return named


def lines_of(data: bytes, sessions: Iterable[str]) -> bytes:
    """The lines of a block that name one of these sessions, and any that might spell one in escapes."""
    names = list(sessions)
    if len(names) > MANY_NAMES:
        return data  # one look at every line costs less than a look for each of them
    lines = {}
    for mark in [*(session.encode() for session in names), b"\\"]:
        at = 0
        while (at := data.find(mark, at)) >= 0:
            start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
            end = len(data) if end < 0 else end
            lines[start] = data[start:end]
            at = end
    return b"\n".join(lines[start] for start in sorted(lines))


def _known_tail(tail: str) -> _Tail | None:
    """What follows `"kind":"` in a line, parsed and checked; None where it is no event's."""
    if not tail or tail in _tails:
        return _tails.get(tail)
    parsed = _parse_tail(tail)
    if len(tail) < _LONG_TAIL:
        if len(_tails) >= _MAX_REMEMBERED:
            _tails.clear()
        _tails[tail] = parsed
    return parsed


def _parse_tail(tail: str) -> _Tail | None:
    table = _TABLE.fullmatch(tail)
    if table:
        return _table(tail, *map(int, table.groups()))
    try:
        fields = json.loads('{"kind":"' + tail + "}", object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError):
        return None
    if not fields.keys().isdisjoint(_ENVELOPE) or not is_event({**_ENVELOPE, **fields}):
        return None
    return fields["kind"], _own_fields(fields)


def _table(tail: str, part: int, parts: int, total: int) -> _Tail | None:
    """A table of files, without decoding its JSON: what the expression cannot check are the words."""
    kind, mark = ("files_planned", "test") if tail.startswith("files_planned") else ("files_built", "verified")
    rows = _ROWS.findall(tail)
    if len(rows) > MAX_ROWS or tail.count(f'"{mark}":') != len(rows) or (mark == "test" and '"test":null' in tail):
        return None
    if not (_AGENTS.issuperset([row[1] for row in rows]) and FILE_TYPES.issuperset([row[2] for row in rows])):
        return None
    plain = [
        (file, None if agent == "null" else agent[1:-1], file_type, _MARKS[value])
        for file, agent, file_type, _, value in rows
    ]
    return kind, {"kind": kind, "part": part, "parts": parts, "total": total, "rows": plain}


def _own_fields(event: Fields) -> Fields:
    """An event's fields without the envelope; tables of files as the fold wants them: rows of plain values."""
    own = {name: value for name, value in event.items() if name not in _ENVELOPE}
    mark = {"files_planned": "test", "files_built": "verified"}.get(event["kind"])
    if mark is not None:
        own["rows"] = [(row["file"], row["agent"], row["type"], row[mark]) for row in own.pop("files")]
    return own


def _stranger(line: str) -> tuple[str, Seen] | None:
    """The session and event of a line that is not in the hook's form; None where it is no event."""
    try:
        event = json.loads(line, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError):
        return None
    return (event["session"], seen_of(event)) if is_event(event) else None


def _without_doubles(pairs: list[tuple[str, Any]]) -> Fields:
    """A JSON object. A name given twice says two things, so it says nothing: raises ValueError."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def seen_of(event: Fields) -> Seen:
    """A decoded event in the reader's form."""
    turn, feature = event["turn"], event["feature"]
    return (
        event["at"],
        event["id"],
        f'"{turn}"' if turn else "null",
        f'"{feature}"' if feature else "null",
        event["kind"],
        _own_fields(event),
    )
