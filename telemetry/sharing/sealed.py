"""A sealed report: the exact bytes that may leave, and what this machine must remember of them. Pure.

As a file, one line each: what is remembered; the bytes that leave; later, what became of them. The first two are sealed
with a key that lies outside the project: a report that somebody planted or changed is recognised.
"""

from __future__ import annotations

import hmac
import json
from datetime import datetime, timezone
from typing import Any, NamedTuple

from telemetry.consent.state import keyed
from telemetry.sharing.canonical import canonical, sha256

SUFFIX = ".report"
MAX_BYTES = 64 * 1024


class Sealed(NamedTuple):
    """`feature`: the feature's ref in its store. `first`, `last`: of its events; like `sealed_at` ISO 8601, UTC.

    `token` takes the report back; only its hash is among the bytes that leave.
    """

    id: str
    feature: str
    first: str
    last: str
    shipped: bool
    sealed_at: str
    token: str
    data: bytes

    @property
    def sha256(self) -> str:
        """The hash of the bytes that leave, in hex."""
        return sha256(self.data)

    @property
    def name(self) -> str:
        """The name of its file, in whichever folder it is."""
        return self.id + SUFFIX

    @property
    def began(self) -> datetime:
        """When its feature began."""
        return datetime.fromisoformat(self.first.replace("Z", "+00:00"))

    @property
    def sealed(self) -> datetime:
        """When it was sealed."""
        return datetime.fromisoformat(self.sealed_at.replace("Z", "+00:00"))


class Held(NamedTuple):
    """A report's file as it was found: in which folder, what is in it, what became of it.

    `sealed` is None for a file that is not ours or was changed. `outcome`: the server's receipt, or why it was refused.
    `went_to`: the addresses of all requests that it was in, each as we wrote it before the request.
    """

    id: str
    state: str
    sealed: Sealed | None
    outcome: dict[str, Any]
    went_to: tuple[str, ...] = ()


def encode(sealed: Sealed, key: bytes) -> bytes:
    """The file of a sealed report. `key`: the state folder's."""
    remembered = canonical(_remembered(sealed))
    return _mac(remembered, sealed.data, key).encode() + b" " + remembered + b"\n" + sealed.data + b"\n"


def decode(name: str, state: str, data: bytes, key: bytes) -> Held:
    """The report in a file; `sealed` is None unless it is exactly as we wrote it, under its own name."""
    first, _, rest = data.partition(b"\n")
    body, _, last = rest.partition(b"\n")
    sealed = _opened(first, body, key)
    if sealed is not None and sealed.name != name:
        sealed = None
    notes = _notes(last)
    ways = () if sealed is None else tuple(str(note["went_to"]) for note in notes if _is_way(note, sealed.id, key))
    outcome: dict[str, Any] = next((note for note in reversed(notes) if "went_to" not in note), {})
    return Held(name.removesuffix(SUFFIX), state, sealed, outcome, tuple(dict.fromkeys(ways)))


def way_note(report_id: str, endpoint: str, key: bytes) -> dict[str, Any]:
    """What is written into a report's file before it is in a request: where to, sealed like the report itself."""
    return {"went_to": endpoint, "mac": _way_mac(report_id, endpoint, key)}


def outcome_line(outcome: dict[str, Any]) -> bytes:
    """What became of a report, as the last line of its file."""
    return json.dumps(outcome, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def text_of(moment: datetime) -> str:
    """An instant as records write it: UTC, to the millisecond."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z"


def _opened(line: bytes, body: bytes, key: bytes) -> Sealed | None:
    mac, _, remembered = line.partition(b" ")
    if not hmac.compare_digest(mac, _mac(remembered, body, key).encode()):
        return None
    return Sealed(**json.loads(remembered), data=body)  # our own words, as the mac says


def _remembered(sealed: Sealed) -> dict[str, Any]:
    fields = sealed._asdict()
    del fields["data"]
    return fields


def _mac(remembered: bytes, data: bytes, key: bytes) -> str:
    return keyed(key, "report", remembered + b"\n" + data)


def _notes(lines: bytes) -> list[dict[str, Any]]:
    """The whole lines; a torn one is none."""
    notes = []
    for line in filter(None, lines.split(b"\n")):  # each is framed by empty ones
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            notes.append(found)
    return notes


def _is_way(note: dict[str, Any], report_id: str, key: bytes) -> bool:
    place, mac = note.get("went_to"), note.get("mac")
    return (
        isinstance(place, str)
        and isinstance(mac, str)
        and hmac.compare_digest(mac.encode(), _way_mac(report_id, place, key).encode())
    )


def _way_mac(report_id: str, endpoint: str, key: bytes) -> str:
    return keyed(key, "way", f"{report_id} {endpoint}".encode())
