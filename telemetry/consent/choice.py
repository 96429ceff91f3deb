"""Writing down a person's yes or no. Nobody else may call this: not a hook, not the daemon, not a slash command.

But for one thing that anybody may note: who wrote `sharing: off` in config.yaml said no.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

from telemetry.consent.edit import set_in_store
from telemetry.consent.gate import Facts
from telemetry.consent.receipt import Receipt, forget_receipt, read_receipt, store_key_hash, write_receipt
from telemetry.consent.state import State, StateRefused, open_state
from telemetry.consent.terms import terms
from telemetry.contract import layout
from telemetry.contract.errors import TelemetryError
from telemetry.contract.faults import reached
from telemetry.journal.store import Store

PROGRAM = "program"  # what the hook of a session's start runs as the daemon: interpreter, folder of the package


def say_yes(store: Store, path: str, endpoint: str | None, hours: int, now: datetime) -> Receipt:
    """Turn sharing on for a store: the switch first, the receipt last, so that a kill in between leaves it off.

    `path` is the store's real path. Raises TelemetryError where the person has no safe place for a yes.
    """
    with _state() as state:
        key = store.key()
        forget_receipt(state, path)  # with an old yes, a kill in between would leave it on for what was meanwhile
        receipt = Receipt(path, store_key_hash(state, key, create=True), "yes", _text_of(now), terms(), endpoint, hours)
        set_in_store(store, sharing=True)
        _forget_switched_off(store)
        reached("yes_switched")
        state.write(PROGRAM, _program(os.environ).encode())
        write_receipt(state, receipt)
        return receipt


def name_server(store: Store, before: Receipt, endpoint: str, hours: int) -> bool:
    """Let a yes that named no server be one to this server, of the same date; whether it is still the last word.

    The address first, so that a kill in between leaves a yes that asks again, with all that waits.
    """
    with _state() as state:
        set_in_store(store, endpoint=endpoint)
        reached("server_named")
        state.write(PROGRAM, _program(os.environ).encode())
        is_last = read_receipt(state, before.store) == before
        if is_last:
            write_receipt(state, before._replace(endpoint=endpoint, hours=hours))
        return is_last


def say_no(store: Store | None, path: str, now: datetime) -> None:
    """Turn sharing off: the receipt first, the switch last, so that a kill in between leaves it off."""
    try:
        state = open_state()
    except StateRefused:
        state = None  # a folder that cannot be trusted holds no yes
    if state is not None:
        with state:
            try:
                _write_no(state, path, now)
            except OSError:  # a full disk takes no new word, but lets go of the old one
                with contextlib.suppress(OSError):
                    forget_receipt(state, path)
    reached("no_written")
    if store is not None:
        set_in_store(store, sharing=False)


def note_switched_off(facts: Facts, now: datetime) -> None:
    """A person who wrote `sharing: off` by hand said no: `on` asks again, and the time between is not shared."""
    if facts.switch != "off" or facts.fault or facts.receipt is None or facts.receipt.choice != "yes":
        return
    state = open_state()
    if state is not None:
        with state:
            _write_no(state, facts.store, now)


def _program(environ: Mapping[str, str]) -> str:
    """What starts the daemon: this interpreter, this package, and the person's own certificates, if they have any."""
    certificates = environ.get("REQUESTS_CA_BUNDLE", "")
    is_plain = certificates.startswith("/") and "\n" not in certificates
    lines = [sys.executable, str(Path(__file__).resolve().parents[2]), *([certificates] if is_plain else [])]
    return "".join(f"{line}\n" for line in lines)


def _forget_switched_off(store: Store) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(layout.SWITCHED_OFF, dir_fd=store.fd)


def _write_no(state: State, path: str, now: datetime) -> None:
    try:
        before = read_receipt(state, path)
    except StateRefused:
        before = None
        forget_receipt(state, path)
    if before is not None and before.choice == "yes":
        write_receipt(state, before._replace(choice="no", at=_text_of(now)))


def _state() -> State:
    try:
        state = open_state(create=True)
    except StateRefused as refused:
        raise untrusted(refused) from refused
    assert state is not None
    return state


def untrusted(refused: StateRefused) -> TelemetryError:
    """What to tell a person whose state folder cannot be used."""
    from telemetry.consent.gate import REASONS  # noqa: PLC0415 only when something went wrong

    reason = REASONS[refused.code]
    return TelemetryError(reason.text, reason.advice)


def _text_of(now: datetime) -> str:
    return now.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z"
