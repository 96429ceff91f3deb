"""Which hooks of a settings file are ours. Pure."""

from __future__ import annotations

from typing import Any

from telemetry.install.json_text import NotJson, parse
from telemetry.install.wanted import Hooks, is_ours


def registered_hooks(settings_text: str) -> bool:
    """Whether a settings file holds hooks of ours; False also for what is no settings file."""
    try:
        return bool(ours_in(settings_text))
    except NotJson:
        return False


def ours_in(text: str) -> Hooks:
    """Our hooks in a settings file, by event, without what others added to their groups. Raises NotJson."""
    settings = parse(text)
    hooks = settings.get("hooks") if isinstance(settings, dict) else None
    if not isinstance(hooks, dict):
        return {}
    found = {event: _our_groups(groups) for event, groups in hooks.items() if isinstance(groups, list)}
    return {event: groups for event, groups in found.items() if groups}


def _our_groups(groups: list[Any]) -> list[dict[str, Any]]:
    lists = [(group, group.get("hooks")) for group in groups if isinstance(group, dict)]
    ours = [
        (group, [one for one in handlers if is_ours(one)]) for group, handlers in lists if isinstance(handlers, list)
    ]
    return [{**group, "hooks": handlers} for group, handlers in ours if handlers]
