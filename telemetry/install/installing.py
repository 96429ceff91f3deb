"""Setting a project up.

All is read and worked out first: where something is refused, nothing has been changed. Then folders, ledger,
command and settings, in this order: killed at any point, the project works as before or as wished, and running
it again finishes what was begun.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from telemetry.install.ledger import Ledger, digest, is_digest_of
from telemetry.install.place import LOCAL, SHARED, Edit, Place
from telemetry.install.recognising import ours_in
from telemetry.install.refusal import InstallRefused
from telemetry.install.registering import EMPTY, Made, register
from telemetry.install.removing import remove
from telemetry.install.text_file import decoded, named
from telemetry.install.wanted import Hooks, wanted_hooks

COMMAND_MARK = b"agentspec-telemetry"  # somewhere in every insights.md that was ours, edited or not


@dataclass(frozen=True)
class Plugin:
    """What gets installed: the plugin's folder, its hooks.json and insights.md, and a Python that has our packages."""

    root: str
    hooks: Hooks
    command: bytes
    python: str


def install(project: Path, plugin: Plugin, shared: bool) -> list[str]:
    """Register the plugin's hooks and /insights in a project. Says what was done."""
    place = Place(project)
    ledger = place.ledger()
    settings = place.claude / (SHARED if shared else LOCAL)
    command = _command_edit(place, plugin, ledger)
    is_foreign = command.old is not None and COMMAND_MARK not in command.old
    wanted = wanted_hooks(plugin.hooks, plugin.root, plugin.python, slash=not is_foreign)
    edit, made = _settings_edit(place, settings, wanted, ledger.made.get(settings.name, Made()))
    if command.old == command.new and edit.old == edit.new:
        return ["Already installed.", *_about_command(is_foreign)]
    noted = _noted(place, ledger, {settings.name: made}, command, [settings, place.command])
    _make_folders(place, command)
    place.keep_ledger(noted)
    place.apply(command)
    place.apply(edit)
    return [*_about_settings(place, edit, shared), *_about_command(is_foreign)]


def _command_edit(place: Place, plugin: Plugin, ledger: Ledger) -> Edit:
    """insights.md is written where there is none, and renewed where it is still as we wrote it."""
    old = place.read(place.command)
    is_unedited = old is not None and is_digest_of(ledger.command, old)
    return Edit(place.command, old, plugin.command if old is None or is_unedited else old)


def _settings_edit(place: Place, path: Path, wanted: Hooks, made: Made) -> tuple[Edit, Made]:
    old = place.read(path)
    text = EMPTY if old is None else decoded(place.shown(path), old)
    with named(place.shown(path)):
        if ours_in(text) == wanted:
            return Edit(path, old, old), made
        registered = register(remove(text, made), wanted)
    return Edit(path, old, _encoded(registered.text)), registered.made


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InstallRefused(
            "The path of AgentSpec Telemetry is not valid UTF-8, so no settings file can hold it",
            "Move it to a folder with an ordinary name.",
        ) from error


def _noted(place: Place, old: Ledger, made: dict[str, Made], command: Edit, files: list[Path]) -> Ledger:
    created = old.created | place.missing([place.claude, place.commands, place.store, *files])
    command_digest = digest(command.new) if command.new is not None and command.new != command.old else old.command
    return Ledger({**old.made, **made}, created, command_digest)


def _make_folders(place: Place, command: Edit) -> None:
    place.make_folder(place.claude)
    place.make_store()
    if command.new != command.old:
        place.make_folder(place.commands)


def _about_settings(place: Place, edit: Edit, shared: bool) -> list[str]:
    said = [f"Registered in {place.shown(edit.path)}. From now on phases are noted in {place.shown(place.store)}/."]
    if shared:
        said.append(
            "That file is shared with others through git, and now names a folder of this machine: "
            "where AgentSpec Telemetry lies elsewhere, its hooks do nothing."
        )
    return said


def _about_command(is_foreign: bool) -> list[str]:
    if is_foreign:
        return [
            "The project has an /insights command of its own, which stays as it is. "
            "Your figures: run `agentspec insights` in a terminal."
        ]
    return ["Type /insights in Claude Code, or run `agentspec insights` in a terminal, for your figures."]
