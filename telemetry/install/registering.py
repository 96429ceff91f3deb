"""Our hooks put into the text of a settings file. Pure.

The text is only inserted into: after the last item of a container, or between the brackets of an empty one.
`Made` remembers what had to be made for that, so that taking out (removing.py) is exactly the way back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from telemetry.install.house_style import HouseStyle, style_around
from telemetry.install.json_text import Container, Item, container_at, insert, parse, top
from telemetry.install.refusal import InstallRefused
from telemetry.install.wanted import Hooks

HOOKS = "hooks"
EMPTY = "{}\n"
KeyPath = tuple[str, ...]  # of a container in the settings: (), ("hooks",), ("hooks", "Stop")
Addition = tuple["str | None", Any]


@dataclass(frozen=True)
class Made:
    """What was made of containers: `created` did not exist; `hollow` were empty, with so much whitespace in them."""

    created: frozenset[KeyPath] = frozenset()
    hollow: dict[KeyPath, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Registered:
    """The new text, and what was made in it."""

    text: str
    made: Made


def register(text: str, wanted: Hooks) -> Registered:
    """The settings with the wanted hooks in them. Raises NotJson, or InstallRefused."""
    outermost = _settings(text)
    around = style_around(outermost)
    hooks = outermost.last(HOOKS)
    if hooks is None:
        created = frozenset({(HOOKS,), *((HOOKS, event) for event in wanted)})
        return _registered(text, [_append(outermost, around, [(HOOKS, wanted)])], created, [((), outermost)])
    return _into_hooks(text, around.inside(outermost), _object(text, hooks), wanted)


def fresh(wanted: Hooks) -> str:
    """The settings file of a project that has none."""
    return register(EMPTY, wanted).text


def _into_hooks(text: str, around: HouseStyle, hooks: Container, wanted: Hooks) -> Registered:
    inside = around.inside(hooks)
    there = {event: item for event in wanted if (item := hooks.last(event)) is not None}
    missing: list[Addition] = [(event, groups) for event, groups in wanted.items() if event not in there]
    lists = {event: _array(text, event, item) for event, item in there.items()}
    pieces = [_append(array, inside, [(None, group) for group in wanted[event]]) for event, array in lists.items()]
    touched: list[tuple[KeyPath, Container]] = [((HOOKS, event), array) for event, array in lists.items()]
    if missing:
        pieces.append(_append(hooks, around, missing))
        touched.append(((HOOKS,), hooks))
    return _registered(text, pieces, frozenset((HOOKS, str(event)) for event, _ in missing), touched)


def _append(container: Container, around: HouseStyle, additions: list[Addition]) -> tuple[int, str]:
    style = around.inside(container)
    items = ("," + style.before_item()).join(style.dumped(key, value) for key, value in additions)
    if container.items:
        return container.items[-1].end, "," + style.before_item() + items
    if style.indent is None:
        return container.start + 1, items
    closing = "" if "\n" in container.hollow else style.newline + (around.indent or "")
    return container.start + 1, style.before_item() + items + closing


def _registered(
    text: str, pieces: list[tuple[int, str]], created: frozenset[KeyPath], touched: list[tuple[KeyPath, Container]]
) -> Registered:
    hollow = {path: len(container.hollow) for path, container in touched if not container.items}
    return Registered(insert(text, pieces), Made(created, hollow))


def _settings(text: str) -> Container:
    if not isinstance(parse(text), dict):
        raise InstallRefused("it holds no JSON object", "Settings are written as { … }; mend the file or delete it.")
    return top(text)


def _object(text: str, hooks: Item) -> Container:
    if not isinstance(hooks.value, dict):
        raise InstallRefused(
            'its "hooks" is no object', 'Claude Code reads "hooks" as { "Event": [ … ] }; mend or delete it.'
        )
    return container_at(text, hooks.value_start)


def _array(text: str, event: str, item: Item) -> Container:
    if not isinstance(item.value, list):
        raise InstallRefused(
            f'its hooks of "{event}" are no list', f'Claude Code reads "{event}" as a list [ … ]; mend or delete it.'
        )
    return container_at(text, item.value_start)
