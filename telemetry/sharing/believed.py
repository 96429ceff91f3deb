"""What the person's state folder keeps of a server: the key that is believed, and the newest benchmarks it gave.

By the server's address, sealed with the person's own key like a receipt: nothing of a project can choose a key, and a
file that somebody put there is none. What is kept of the benchmarks is proved by its signature again at each reading.
"""

from __future__ import annotations

import hmac
import json
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from telemetry.consent.receipt import receipts_in
from telemetry.consent.state import State, keyed
from telemetry.sharing.released import MOST_BYTES, is_key

PIN = ".server-key"
KEPT = ".benchmarks"
SUFFIXES = (PIN, KEPT)
LATELY = timedelta(hours=1)  # as long as the server calls its answer fresh
_MOST = 2 * MOST_BYTES  # a text in a text has a \\ before every quote


class Altered(Exception):
    """A key that was written down is not as it was written."""


class Pin(NamedTuple):
    """The key that a server's benchmarks are believed by. `told`: the person named it; else it was the first seen."""

    endpoint: str
    key: str
    at: str
    told: bool


class Kept(NamedTuple):
    """The newest file of a server. `fetched`: when it was last said to be the newest; `tried`: when that was asked.

    `why`: a code, where the last try brought nothing newer for a reason that is to be said.
    """

    endpoint: str
    file: str
    fetched: str
    tried: str
    why: str | None


def read_pin(state: State, endpoint: str) -> Pin | None:
    """The key that is believed; None where none was ever seen. Raises Altered, StateRefused."""
    data = state.read(_name(endpoint, PIN))
    if data is None:
        return None
    try:
        pin = Pin(**_unsealed(state, PIN, data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Altered from None
    if pin.endpoint != endpoint or not is_key(pin.key):
        raise Altered
    return pin


def write_pin(state: State, pin: Pin) -> None:
    """Believe this key from now on, and no other."""
    state.write(_name(pin.endpoint, PIN), _sealed(state, PIN, pin._asdict()))


def read_kept(state: State, endpoint: str) -> Kept | None:
    """What is kept of a server; None where nothing is, or not as it was kept. Raises StateRefused."""
    data = state.read(_name(endpoint, KEPT), most=_MOST)
    if data is None:
        return None
    try:
        kept = Kept(**_unsealed(state, KEPT, data))
        _moment(kept.fetched), _moment(kept.tried)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return kept if kept.endpoint == endpoint else None


def write_kept(state: State, kept: Kept) -> None:
    """Keep it, over what was there."""
    state.write(_name(kept.endpoint, KEPT), _sealed(state, KEPT, kept._asdict()))


def was_tried_lately(kept: Kept, now: datetime) -> bool:
    """A try in the future comes from a clock that was wrong."""
    return timedelta(0) <= now - _moment(kept.tried) < LATELY


def fetched_at(kept: Kept) -> datetime:
    """When it was last said to be the newest."""
    return _moment(kept.fetched)


def is_new(pin: Pin, now: datetime) -> bool:
    """Whether a key is believed at first sight, since less than a day: the person may not have compared it yet."""
    return not pin.told and now - _moment(pin.at) < timedelta(days=1)


def forget_unnamed(state: State) -> None:
    """Forget every server that no receipt names (any more), as after a purge."""
    named = {_stem(receipt.endpoint) for receipt in receipts_in(state) if receipt.endpoint}
    for name in state.names():
        stem, dot, suffix = name.rpartition(".")
        if dot + suffix in SUFFIXES and stem not in named:
            state.remove(name)


def _stem(endpoint: str) -> str:
    return sha256(endpoint.encode()).hexdigest()[:32]


def _name(endpoint: str, suffix: str) -> str:
    return _stem(endpoint) + suffix


def _moment(text: str) -> datetime:
    """Raises ValueError for what is no instant in UTC."""
    if not text.endswith("Z"):
        raise ValueError
    return datetime.fromisoformat(text.removesuffix("Z") + "+00:00")


def _sealed(state: State, purpose: str, body: dict[str, Any]) -> bytes:
    return json.dumps({**body, "mac": _mac(state, purpose, body)}, indent=1, sort_keys=True).encode() + b"\n"


def _unsealed(state: State, purpose: str, data: bytes) -> dict[str, Any]:
    """The body, if it is as it was sealed. Raises ValueError, KeyError, TypeError, AttributeError, RecursionError."""
    body: dict[str, Any] = json.loads(data)
    if not hmac.compare_digest(body.pop("mac"), _mac(state, purpose, body)):
        raise ValueError
    return body


def _mac(state: State, purpose: str, body: dict[str, Any]) -> str:
    return keyed(state.key(), purpose, json.dumps(body, sort_keys=True, separators=(",", ":")).encode())
