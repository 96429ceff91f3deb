"""`agentspec telemetry --export [FILE]`: everything held about a person in this project, for them to take along.

Reads only, but for the file that was asked for. That one is whole or not there, for its owner's eyes, and stands
exactly where its name says: no link leads it elsewhere.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from telemetry.cli.reading import bytes_of, config_bytes_of
from telemetry.cli.sharing.setting import Setting
from telemetry.consent.receipt import Receipt, name_of_told, read_receipt
from telemetry.consent.state import KEY_BYTES, State, StateRefused, open_state
from telemetry.contract import durable, layout, settings
from telemetry.contract.errors import TelemetryError
from telemetry.contract.faults import reached
from telemetry.contract.records import TrackedFeature
from telemetry.features.history import load_features
from telemetry.journal.months import months_of
from telemetry.journal.store import open_store
from telemetry.sharing.allowance import Allowance
from telemetry.sharing.believed import Altered, Kept, Pin, read_kept, read_pin
from telemetry.sharing.export import STATES, Belongings, pieces, rows
from telemetry.sharing.ledger import entries_of
from telemetry.sharing.patience import read_retry
from telemetry.sharing.reports import Reports
from telemetry.sharing.takeback import pending_withdrawals

HOLDS_TOKENS = "Keep it to yourself: it has the tokens that take your reports back."


class _Word(NamedTuple):
    """What the state folder has: the person's word, the key that reports are sealed with, or why not.

    `pin`, `kept`: what it has of the server that the word names.
    """

    receipt: Receipt | None
    key: bytes
    fault: str | None
    pin: Pin | None = None
    kept: Kept | None = None
    told: str | None = None


def run(args: Namespace, setting: Setting) -> int:
    """Gather it, and print or write it."""
    if not Path(setting.store).is_dir():
        raise TelemetryError(
            "nothing is held about you here: this project has no store",
            "agentspec status says where it looks; --project names another folder.",
        )
    if args.export == "-":
        sys.stdout.writelines(_text(args.format, setting))
        return 0
    _write(Path(args.export), args.yes, _text(args.format, setting))
    print(json.dumps({"file": args.export}) if args.json else _told(args))
    return 0


def _told(args: Namespace) -> str:
    if args.format == "csv":
        return f"Your features are in {args.export}."
    return f"Everything held about you in this project is in {args.export}.\n{HOLDS_TOKENS}"


def _text(form: str, setting: Setting) -> Iterator[str]:
    if form == "csv":
        return rows(_features(setting))
    return pieces(_lines(setting.store), belongings_of(setting))


def belongings_of(setting: Setting) -> Belongings:
    """All there is, but for the events."""
    word = _word(setting.store)
    config = config_bytes_of(setting.store)
    with open_store(setting.gatherer.project, create=False) as store:
        reports = Reports(store, word.key)
        return Belongings(
            exported=setting.now(),
            config_text=None if config is None else config[: settings.MAX_BYTES].decode("utf-8", "replace"),
            config=setting.gatherer.config(),
            receipt=word.receipt,
            receipt_fault=word.fault,
            told=word.told,
            switched_off=os.path.lexists(Path(setting.store, layout.SWITCHED_OFF)),
            open=_names(setting.store, layout.OPEN),
            closed=_names(setting.store, layout.CLOSED),
            features=_features(setting),
            # In the order in which they move, without their lock: who exports waits for no server.
            reports=[one for folder in STATES.values() for one in reports.held(folder)],
            sealed=entries_of(store),
            retry=read_retry(store),
            places=Allowance(word.key).noted(),
            withdrawals=pending_withdrawals(),
            pin=word.pin,
            kept=word.kept,
            debug=_debug(setting.store),
        )


def _features(setting: Setting) -> list[TrackedFeature]:
    return load_features(setting.store, setting.now(), remember=False).features


def _word(store: str) -> _Word:
    """Without a key that can be trusted, a random one: then no report counts as this person's."""
    nothing = secrets.token_bytes(KEY_BYTES)
    try:
        state = open_state()
        if state is None:
            return _Word(None, nothing, None)
        with state:
            key = state.key()
            try:
                receipt = read_receipt(state, store)
                return _Word(receipt, key, None, *_of_server(state, receipt), _told_once(state, store))
            except StateRefused as refused:
                return _Word(None, key, refused.code)
    except StateRefused as refused:
        return _Word(None, nothing, refused.code)


def _told_once(state: State, store: str) -> str | None:
    data = state.read(name_of_told(store))
    return None if data is None else data.decode("ascii", "replace")


def _of_server(state: State, receipt: Receipt | None) -> tuple[Pin | None, Kept | None]:
    if receipt is None or receipt.endpoint is None:
        return None, None
    try:
        return read_pin(state, receipt.endpoint), read_kept(state, receipt.endpoint)
    except Altered:
        return None, None


def _lines(store: str) -> Iterator[bytes]:
    """The journal's lines; a month that retention removes meanwhile is held no more."""
    for month in months_of(store):
        with contextlib.suppress(FileNotFoundError):
            fd = os.open(month.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(fd, "rb") as file:
                yield from file


def _names(store: str, folder: str) -> list[str]:
    with contextlib.suppress(OSError):
        return [one.name for one in Path(store, folder).iterdir()]
    return []


def _debug(store: str) -> str:
    data = bytes_of(Path(store, layout.DEBUG), 2 * layout.MAX_DEBUG_BYTES) or b""
    return data.decode("ascii", "replace")


def _write(path: Path, may_replace: bool, text: Iterable[str]) -> None:
    """Under another name first, in the same folder: a kill leaves the old file, or none."""
    if not path.name:
        raise TelemetryError("--export needs the name of a file", "Without one, the export is printed.")
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise TelemetryError(f"{path.parent}: {error.strerror}", "FILE needs a folder that is there.") from None
    try:
        _may_stand_there(folder, path, may_replace)
        draft = durable.DRAFT + secrets.token_hex(8)
        try:
            _fill(folder, draft, text)
            reached("export_drafted")
            os.rename(draft, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(draft, dir_fd=folder)
            raise
        os.fsync(folder)
    finally:
        os.close(folder)


def _may_stand_there(folder: int, path: Path, may_replace: bool) -> None:
    try:
        found = os.stat(path.name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode):
        raise TelemetryError(f"{path} is there already, and no plain file", "Name another file.")
    if not may_replace:
        raise TelemetryError(f"{path} is there already", "Name another file, or add --yes to write over it.")


def _fill(folder: int, name: str, text: Iterable[str]) -> None:
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    with os.fdopen(fd, "w", encoding="ascii") as file:
        file.writelines(text)
        file.flush()
        os.fsync(fd)
