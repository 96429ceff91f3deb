"""What lies in a store, without reading all of it: sizes, months, first and last event. Reads only.

Nothing is followed out of the store: a link, or what is no plain file, is not opened.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from telemetry.cli.reading import bytes_of, config_of
from telemetry.contract import layout, settings
from telemetry.journal.months import months_of

_AT = re.compile(rb'"at":"(20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}Z)"')
_CHUNK = 1 << 20
_EDGE = 16 * 1024  # a few lines at either end of the journal
MAX_TEXT = 256 * 1024


class Stock(NamedTuple):
    """`lines` counts what looks like an event; whether it is one, only a full reading tells."""

    is_there: bool
    is_recording: bool
    lines: int
    bytes: int
    months: tuple[str, ...]
    first: str | None
    last: str | None
    sessions_open: int
    retention_days: int
    store_megabytes: int


def stock_of(store: Path) -> Stock:
    """The stock of a store, also of one that is not there."""
    months = months_of(str(store))
    config = config_of(store)
    return Stock(
        is_there=store.is_dir(),
        is_recording=settings.is_recording(config),
        lines=sum(_lines_in(Path(month.path)) for month in months),
        bytes=sum(month.size for month in months),
        months=tuple(month.name.removesuffix(".jsonl") for month in months),
        first=_first_in(Path(months[0].path)) if months else None,
        last=latest_in(Path(months[-1].path)) if months else None,
        sessions_open=_entries_in(store / layout.OPEN),
        retention_days=settings.number(config, "retention_days"),
        store_megabytes=settings.number(config, "store_megabytes"),
    )


def text_of(path: Path) -> str | None:
    """The beginning of a plain file as text; None where there is none that may be read."""
    data = bytes_of(path, MAX_TEXT)
    return None if data is None else data.decode("utf-8", "replace")


def latest_in(month: Path) -> str | None:
    """The latest instant among the last events of a month."""
    with month.open("rb") as file:
        file.seek(max(0, month.stat().st_size - _EDGE))
        found = _AT.findall(file.read())
    return max(found).decode() if found else None


def _first_in(month: Path) -> str | None:
    found = _AT.search(bytes_of(month, _EDGE) or b"")
    return found[1].decode() if found else None


def _lines_in(month: Path) -> int:
    """Lines that begin with `{`, as every event does."""
    count, before = 0, b"\n"
    with month.open("rb") as file:
        while chunk := file.read(_CHUNK):
            count += (before + chunk).count(b"\n{")
            before = chunk[-1:]
    return count


def _entries_in(folder: Path) -> int:
    try:
        return len(os.listdir(folder))  # noqa: PTH208 only their number
    except OSError:
        return 0
