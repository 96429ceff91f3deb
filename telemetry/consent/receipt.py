"""A person's dated word about one store: yes to exact terms and an address, or no.

Kept in the person's state folder, sealed with the key beside it, tied to the store's place and its key: a copy of the
project, a moved one or one with another key has no receipt.
"""

from __future__ import annotations

import hmac
import json
import os
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from telemetry.consent.state import State, StateRefused, keyed
from telemetry.consent.terms import Terms

SUFFIX = ".receipt"
TOLD = ".told"  # beside it: what was said once about a yes that lapsed
VERSION = 1


class Receipt(NamedTuple):
    """`at`: ISO 8601, UTC, to the millisecond. `endpoint`: the address consented to, None where there was none yet.

    `hours`: how long a report rests at least; config.yaml may say longer, and shorter only with a new yes.
    """

    store: str
    store_key: str
    choice: Literal["yes", "no"]
    at: str
    terms: Terms
    endpoint: str | None
    hours: int


def name_of(store: str) -> str:
    """The receipt's file name for a store's real path."""
    return sha256(os.fsencode(store)).hexdigest()[:32] + SUFFIX


def name_of_told(store: str) -> str:
    """The file name of what was said once about a store's receipt."""
    return name_of(store).removesuffix(SUFFIX) + TOLD


def store_key_hash(state: State, key: bytes, create: bool = False) -> str:
    """What ties a receipt to a store's key, without holding the key."""
    return keyed(state.key(create), "store", key)


def write_receipt(state: State, receipt: Receipt) -> None:
    """Keep a person's word, over an earlier one."""
    body = {**receipt._asdict(), "terms": receipt.terms._asdict(), "version": VERSION}
    sealed = {**body, "mac": _mac(state, body)}
    state.write(name_of(receipt.store), json.dumps(sealed, indent=1, sort_keys=True).encode() + b"\n")


def read_receipt(state: State, store: str) -> Receipt | None:
    """The person's last word about a store; None where there is none. Raises StateRefused for one that was altered."""
    return _read(state, name_of(store))


def receipts_in(state: State) -> list[Receipt]:
    """The last words about all stores; altered ones left out."""
    found = []
    for name in state.names():
        if name.endswith(SUFFIX):
            try:
                receipt = _read(state, name)
            except StateRefused:
                continue
            if receipt is not None:
                found.append(receipt)
    return found


def forget_receipt(state: State, store: str) -> None:
    """Remove the word, yes or no, and what was said about it: as if never asked."""
    state.remove(name_of_told(store))
    state.remove(name_of(store))


def _read(state: State, name: str) -> Receipt | None:
    data = state.read(name)
    if data is None:
        return None
    try:
        body = json.loads(data)
        mac = body.pop("mac")
        is_whole = hmac.compare_digest(mac, _mac(state, body)) and body.pop("version") == VERSION
        receipt = Receipt(**{**body, "terms": Terms(**body["terms"])})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StateRefused("receipt_altered") from error
    if not is_whole or name != name_of(receipt.store):
        raise StateRefused("receipt_altered")
    return receipt


def _mac(state: State, body: dict[str, Any]) -> str:
    return keyed(state.key(), "receipt", json.dumps(body, sort_keys=True, separators=(",", ":")).encode())
