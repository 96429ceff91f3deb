"""Our hooks taken out of the text of a settings file. Pure.

Entries are known by their mark, not by their place, so edits made in the meantime stay: also a hook the person
added beside one of ours. Where nothing was edited, the result is what stood there before, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from telemetry.install.json_text import Container, Item, container_at, cut, parse, top
from telemetry.install.registering import HOOKS, KeyPath, Made
from telemetry.install.wanted import is_ours

Cuts: TypeAlias = "list[tuple[int, int]] | None"  # ranges to cut inside an item; None: the whole item goes
Judge = Callable[[Item], Cuts]
WHOLE: Cuts = None
NOTHING: Cuts = []


def remove(text: str, made: Made | None = None) -> str:
    """The settings without our hooks. `made` is what `register` said; without it, containers we emptied go.

    Raises NotJson where the text is no JSON.
    """
    if not isinstance(parse(text), dict):
        return text
    cuts = _cuts(top(text), _in_settings(text, made), left_empty=0 if made is None else made.hollow.get((), 0))
    return cut(text, cuts or [])


def _in_settings(text: str, made: Made | None) -> Judge:
    def judge(member: Item) -> Cuts:
        if member.key != HOOKS or not isinstance(member.value, dict):
            return NOTHING
        return _cuts(container_at(text, member.value_start), _in_hooks(text, made), _left_empty(made, (HOOKS,)))

    return judge


def _in_hooks(text: str, made: Made | None) -> Judge:
    def judge(event: Item) -> Cuts:
        if not isinstance(event.value, list):
            return NOTHING
        left_empty = _left_empty(made, (HOOKS, event.key or ""))
        return _cuts(container_at(text, event.value_start), _in_event(text), left_empty)

    return judge


def _in_event(text: str) -> Judge:
    def judge(group: Item) -> Cuts:
        if not isinstance(group.value, dict):
            return NOTHING
        handlers = container_at(text, group.value_start).last("hooks")
        if handlers is None or not isinstance(handlers.value, list):
            return NOTHING
        return _cuts(container_at(text, handlers.value_start), _handler, left_empty=None)

    return judge


def _handler(handler: Item) -> Cuts:
    return WHOLE if is_ours(handler.value) else NOTHING


def _left_empty(made: Made | None, path: KeyPath) -> int | None:
    """How much whitespace an emptied container keeps; None where it goes itself, having been made by us."""
    return None if made is None or path in made.created else made.hollow.get(path, 0)


def _cuts(container: Container, judge: Judge, left_empty: int | None) -> Cuts:
    verdicts = [judge(item) for item in container.items]
    if not verdicts or WHOLE not in verdicts:
        return [one for verdict in verdicts for one in verdict or ()]
    if any(verdict is not WHOLE for verdict in verdicts):
        return _some(container.items, verdicts)
    return WHOLE if left_empty is None else [(container.start + 1, _kept_from(container, left_empty))]


def _some(items: tuple[Item, ...], verdicts: list[Cuts]) -> Cuts:
    """Cuts where something stays: each item that goes takes the comma with it that joins it to what stays."""
    first_kept = next(index for index, verdict in enumerate(verdicts) if verdict is not WHOLE)
    ranges = [(items[0].start, items[first_kept].start)] if first_kept else []
    for index, verdict in enumerate(verdicts[first_kept:], start=first_kept):
        ranges += [(items[index - 1].end, items[index].end)] if verdict is None else verdict
    return ranges


def _kept_from(container: Container, kept: int) -> int:
    after_last = container.items[-1].end
    return max(after_last, container.end - 1 - kept)
