"""Features from an export: as they are from the store; and what a file from anybody cannot do."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from telemetry.contract.errors import TelemetryError
from telemetry.features import exported
from telemetry.features.exported import load_export
from telemetry.features.history import Loaded
from tests.cli.journals import event

NOW = datetime(2026, 11, 22, 10, tzinfo=timezone.utc)
AT = "2026-11-20T10:00:00.000Z"
BEGUN = event(1, AT, kind="phase_started", phase="define", origin="typed", judge="off", agentspec="3.5.0")
DEFINED = event(2, AT, kind="document_saved", document="define", status="ready")


def export_of(events: list[Any], set_aside: int = 0, **more: Any) -> dict[str, Any]:
    """An export of which only the part is there that is read."""
    return {"format": exported.FORMAT, "version": exported.VERSION, "events": events, "set_aside": set_aside, **more}


def loaded(folder: Path, text: str) -> Loaded:
    """The features of an export with this text."""
    file = folder / "export.json"
    file.write_text(text, encoding="utf-8", errors="surrogateescape")
    return load_export(str(file), NOW)


@pytest.mark.parametrize("layout", [{}, {"indent": 4}, {"indent": "\t"}, {"separators": (",", ":")}])
def test_however_it_is_laid_out(layout: Any, tmp_path: Path) -> None:
    """Another program may have written it anew."""
    found = loaded(tmp_path, json.dumps(export_of([BEGUN, DEFINED], 3), **layout))
    assert (found.events, found.set_aside, len(found.features)) == (2, 3, 1)


@pytest.mark.parametrize("events", [[], [BEGUN] * 3])
def test_nothing_and_the_same_again(events: list[Any], tmp_path: Path) -> None:
    """No events are no features; an event twice is one."""
    found = loaded(tmp_path, json.dumps(export_of(events)))
    assert (found.events, len(found.features)) == (len(events), min(len(events), 1))


def test_it_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a piece ends."""
    text = json.dumps(export_of([BEGUN, DEFINED] * 20, 1), indent=1)
    for size in range(600, 640):
        monkeypatch.setattr(exported, "_CHUNK", size)
        monkeypatch.setattr(exported, "_AHEAD", size)
        found = loaded(tmp_path, text)
        assert (found.events, found.set_aside, len(found.features)) == (40, 1, 1)


STRANGERS: list[Any] = [None, 7, -1, "x", [], {}, [BEGUN], {**BEGUN, "path": "/home"}, {**BEGUN, "at": "now"}]


@pytest.mark.parametrize("stranger", STRANGERS)
def test_what_is_no_event_is_set_aside_and_counted(stranger: Any, tmp_path: Path) -> None:
    """Its neighbours count."""
    found = loaded(tmp_path, json.dumps(export_of([BEGUN, stranger, DEFINED], 1)))
    assert (found.events, found.set_aside, len(found.features)) == (2, 2, 1)


def test_a_name_twice_makes_no_event(tmp_path: Path) -> None:
    """It says two things."""
    twice = json.dumps(BEGUN)[:-1] + ', "kind": "turn_ended"}'
    found = loaded(tmp_path, json.dumps(export_of([])).replace("[]", f"[{twice}]"))
    assert (found.events, found.set_aside) == (0, 1)


def test_what_stands_behind_the_events_is_not_looked_at(tmp_path: Path) -> None:
    """Not even whether it is JSON."""
    text = json.dumps(export_of([BEGUN], 0, features=[]))[:-1]
    assert loaded(tmp_path, text + "[" * 1_000_000).events == 1


WHOLE = json.dumps(export_of([BEGUN, DEFINED]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "\0" * 9999,
        '{"events": []}',
        WHOLE.replace('"version": 1', '"version": 2'),
        WHOLE.replace("agentspec-telemetry-export", "other"),
        WHOLE[: len(WHOLE) // 2],
        WHOLE[: WHOLE.index("]")],
        WHOLE[: WHOLE.index("]") + 1],
        WHOLE.replace('"set_aside": 0', '"set_aside": -1'),
        WHOLE.replace('"set_aside": 0', '"set_aside": 1e99'),
        WHOLE.replace('"set_aside": 0', '"set_aside": 99999999999999999999'),
        WHOLE.replace("}, {", "} {"),
        WHOLE.replace("}, {", "}, " + "[" * 1_000_000),
        WHOLE.replace("}, {", "}, " + "9" * 100_000 + ", {"),
        WHOLE.replace("}, {", "}, " + '"' + "x" * 3_000_000 + '", {'),
        WHOLE.replace("}, {", "}, " + " " * 3_000_000 + "{"),
    ],
)
def test_a_file_that_is_no_whole_export_is_told(text: str, tmp_path: Path) -> None:
    """Figures of half of it would be wrong."""
    with pytest.raises(TelemetryError, match="is no export") as told:
        loaded(tmp_path, text)
    assert told.value.hint


def test_what_is_no_plain_file_of_a_size_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe is not waited for, a device not drunk up."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_text(WHOLE)
    monkeypatch.setattr(exported, "MAX_BYTES", 10)
    for path in (tmp_path / "pipe", tmp_path / "large", tmp_path, tmp_path / "none", "/dev/zero", "a\0b", ""):
        with pytest.raises(TelemetryError):
            load_export(str(path), NOW)
