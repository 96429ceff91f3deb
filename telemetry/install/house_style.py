"""How the author of a settings file writes JSON, so that what is put in looks like the rest. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from telemetry.install.json_text import Container

DEFAULT_UNIT = "  "


@dataclass(frozen=True)
class HouseStyle:
    """The habits that hold inside one container. `indent` is None where all stands on one line."""

    newline: str
    unit: str
    indent: str | None
    gap: str  # between two items on one line
    colon: str

    def inside(self, container: Container) -> HouseStyle:
        """The habits inside a container that stands in one with these habits."""
        if not container.items:
            return replace(self, indent=None if self.indent is None else self.indent + self.unit)
        lead = container.lead(len(container.items) - 1)
        if "\n" not in lead and "\r" not in lead:
            return replace(self, indent=None, gap=lead if len(container.items) > 1 else self.gap)
        return replace(self, indent=lead.replace("\r", "\n").rsplit("\n", 1)[1])

    def before_item(self) -> str:
        """What stands between a comma (or an opening bracket) and the next item."""
        return self.gap if self.indent is None else self.newline + self.indent

    def dumped(self, key: str | None, value: Any) -> str:
        """An item of a container with these habits."""
        name = "" if key is None else json.dumps(key) + self.colon
        if self.indent is None:
            return name + json.dumps(value, ensure_ascii=False, separators=("," + self.gap, self.colon))
        lines = json.dumps(value, ensure_ascii=False, indent=self.unit, separators=(",", self.colon)).split("\n")
        return name + (self.newline + self.indent).join(lines)


def style_around(container: Container) -> HouseStyle:
    """The habits of a whole text, seen at its outermost container: what `inside` starts from."""
    text = container.text
    colon = _colon(container)
    plain = HouseStyle(_newline(text), DEFAULT_UNIT, "", " " if colon.endswith(" ") else "", colon)
    indent = plain.inside(container).indent
    return replace(plain, unit=DEFAULT_UNIT if indent is None else indent)


def _newline(text: str) -> str:
    if "\r\n" in text:
        return "\r\n"
    return "\r" if "\r" in text and "\n" not in text else "\n"


def _colon(container: Container) -> str:
    if not container.items:
        return ": "
    first = container.items[0]
    written = container.text[first.start : first.value_start]
    return ":" if written.endswith(":") else ": "
