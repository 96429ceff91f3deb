"""Setting a project up.

All is read and worked out first: where something is refused, nothing has been changed. Then folders, ledger,
commands and settings, in this order: killed at any point, the project works as before or as wished, and running
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

COMMAND_MARK = b"agentspec-telemetry"  # somewhere in every command file that was ours, edited or not


@dataclass(frozen=True)
class Plugin:
    """What gets installed: the plugin's folder, its hooks.json and commands, and a Python that has our packages."""

    root: str
    hooks: Hooks
    commands: dict[str, bytes]
    python: str


def install(project: Path, plugin: Plugin, shared: bool) -> list[str]:
    """Register the plugin's hooks and slash commands in a project. Says what was done."""
    place = Place(project)
    ledger = place.ledger()
    settings = place.claude / (SHARED if shared else LOCAL)
    commands = {name: _command_edit(place, name, text, ledger) for name, text in plugin.commands.items()}
    ours = [name for name, edit in commands.items() if edit.old is None or COMMAND_MARK in edit.old]
    wanted = wanted_hooks(plugin.hooks, plugin.root, plugin.python, slash=ours)
    edit, made = _settings_edit(place, settings, wanted, ledger.made.get(settings.name, Made()))
    about = [(_ABOUT_OURS if name in ours else _ABOUT_THE_PROJECTS)[name] for name in commands]
    if all(one.old == one.new for one in (edit, *commands.values())):
        return ["Already installed.", *about]
    noted = _noted(place, ledger, {settings.name: made}, commands, settings)
    _make_folders(place, commands)
    place.keep_ledger(noted)
    for one in (*commands.values(), edit):
        place.apply(one)
    return [*_about_settings(place, edit, shared), *about]


def _command_edit(place: Place, name: str, text: bytes, ledger: Ledger) -> Edit:
    """A command's file is written where there is none, and renewed where it is still as we wrote it."""
    path = place.command(name)
    old = place.read(path)
    is_unedited = old is not None and is_digest_of(ledger.commands.get(name, ""), old)
    return Edit(path, old, text if old is None or is_unedited else old)


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


def _noted(place: Place, old: Ledger, made: dict[str, Made], commands: dict[str, Edit], settings: Path) -> Ledger:
    files = [settings, *(edit.path for edit in commands.values())]
    created = old.created | place.missing([place.claude, place.commands, place.store, *files])
    digests = {
        name: digest(edit.new) for name, edit in commands.items() if edit.new is not None and edit.new != edit.old
    }
    return Ledger({**old.made, **made}, created, {**old.commands, **digests})


def _make_folders(place: Place, commands: dict[str, Edit]) -> None:
    place.make_folder(place.claude)
    place.make_store()
    if any(edit.new != edit.old for edit in commands.values()):
        place.make_folder(place.commands)


def _about_settings(place: Place, edit: Edit, shared: bool) -> list[str]:
    said = [f"Registered in {place.shown(edit.path)}. From now on phases are noted in {place.shown(place.store)}/."]
    if shared:
        said.append(
            "That file is shared with others through git, and now names a folder of this machine: "
            "where AgentSpec Telemetry lies elsewhere, its hooks do nothing."
        )
    return said


_ABOUT_OURS = {
    "insights": "Type /insights in Claude Code, or run `agentspec insights` in a terminal, for your figures.",
    "telemetry": "Type /telemetry to see whether anything is shared: nothing is until you say yes in a terminal.",
}
_ABOUT_THE_PROJECTS = {
    "insights": "The project has an /insights command of its own, which stays as it is. "
    "Your figures: run `agentspec insights` in a terminal.",
    "telemetry": "The project has a /telemetry command of its own, which stays as it is. "
    "Whether anything is shared: run `agentspec telemetry --status` in a terminal.",
}
