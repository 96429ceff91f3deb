"""Undoing an installation.

All is read and worked out first: where something is refused, nothing has been changed. Then settings, commands,
ledger and folders: killed at any point, running it again finishes what was begun.
"""

from __future__ import annotations

from pathlib import Path

from telemetry.install.installing import COMMAND_MARK
from telemetry.install.json_text import parse
from telemetry.install.ledger import Ledger, is_digest_of
from telemetry.install.place import LOCAL, SHARED, Edit, Place
from telemetry.install.recognising import ours_in
from telemetry.install.registering import fresh
from telemetry.install.removing import remove
from telemetry.install.text_file import decoded, named


def uninstall(project: Path, commands: dict[str, bytes]) -> list[str]:
    """Take out what `install` put in; `commands` are the plugin's own files. Says what was done."""
    place = Place(project)
    ledger = place.ledger()
    edits = [_settings_edit(place, place.claude / name, ledger) for name in (LOCAL, SHARED)]
    edits += [_command_edit(place, name, text, ledger) for name, text in commands.items()]
    for edit in edits:
        place.apply(edit)
    _clear(place, ledger)
    said = [line for edit in edits for line in _about(place, edit)]
    return [*said, *_about_data(place)] if said else ["Nothing of ours is installed in this project."]


def _settings_edit(place: Place, path: Path, ledger: Ledger) -> Edit:
    old = place.read(path)
    if old is None:
        return Edit(path, None, None)
    text = decoded(place.shown(path), old)
    with named(place.shown(path)):
        ours = ours_in(text)
        if not ours:
            return Edit(path, old, old)
        made = ledger.made.get(path.name)
        left = remove(text, made)
        was_made_by_us = text == fresh(ours) if made is None else path.name in ledger.created
    return Edit(path, old, None if was_made_by_us and parse(left) == {} else left.encode())


def _command_edit(place: Place, name: str, text: bytes, ledger: Ledger) -> Edit:
    path = place.command(name)
    old = place.read(path)
    is_unedited = old is not None and (old == text or is_digest_of(ledger.commands.get(name, ""), old))
    return Edit(path, old, None if is_unedited else old)


def _clear(place: Place, ledger: Ledger) -> None:
    """Forget what was done, and remove the folders that had to be made for it and hold nothing else."""
    if place.store.is_dir():
        place.keep_ledger(None)
    if place.store.name in ledger.created:
        place.drop_store()
    for folder in (place.commands, place.claude):
        if folder.name in ledger.created:
            place.drop_folder(folder)


def _about(place: Place, edit: Edit) -> list[str]:
    if edit.new != edit.old:
        what = "Removed our hooks from" if edit.new is not None else "Removed"
        return [f"{what} {place.shown(edit.path)}."]
    if edit.path.parent == place.commands and edit.new is not None and COMMAND_MARK in edit.new:
        return [f"{place.shown(edit.path)} has been edited, so it stays; delete it if you do not need it."]
    return []


def _about_data(place: Place) -> list[str]:
    if not place.store.is_dir():
        return []
    return [f"What was recorded stays in {place.shown(place.store)}/; delete that folder to delete it."]
