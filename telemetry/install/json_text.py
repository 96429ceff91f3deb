"""JSON as text: where its parts lie, and how a text is changed without touching the rest of it.

Pure. A settings file has an author with habits (indents, key order, line ends); parsing and dumping
would lose them, so edits are insertions and cuts at positions found here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

WHITESPACE = " \t\n\r"
BOM = "\ufeff"


class NotJson(ValueError):
    """The text is no JSON; the message says where."""


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) < 100 else digits  # Python refuses to convert thousands of digits


_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_int=_integer)


@dataclass(frozen=True)
class Item:
    """An element of an array or a member of an object; a member starts at its key, `value_start` is at its value."""

    key: str | None
    value: Any
    start: int
    value_start: int
    end: int


@dataclass(frozen=True)
class Container:
    """An array or object in a text. `start` is at its opening bracket, `end` after its closing one."""

    text: str
    start: int
    end: int
    items: tuple[Item, ...]

    def lead(self, index: int) -> str:
        """The whitespace before an item."""
        before = self.items[index - 1].end if index else self.start
        return self.text[before : self.items[index].start].lstrip(WHITESPACE)[1:]

    @property
    def hollow(self) -> str:
        """All that stands between the brackets of an empty container: whitespace."""
        return self.text[self.start + 1 : self.end - 1]

    def last(self, key: str) -> Item | None:
        """The member that counts where a key is given twice: the last, as every JSON parser has it."""
        return next((item for item in reversed(self.items) if item.key == key), None)


def parse(text: str) -> Any:
    """The value of a whole text; a byte order mark before it is allowed. Raises NotJson."""
    try:
        start = skip_space(text, len(BOM) if text.startswith(BOM) else 0)
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise NotJson(_where(error)) from error
    if skip_space(text, end) != len(text):
        raise NotJson(_where(json.JSONDecodeError("Extra data", text, end)))
    return value


def container_at(text: str, start: int) -> Container:
    """The array or object whose opening bracket is at `start`; the text has been parsed before."""
    is_object = text[start] == "{"
    closing = "}" if is_object else "]"
    items: list[Item] = []
    position = skip_space(text, start + 1)
    while text[position] != closing:
        item = _member(text, position) if is_object else _element(text, position)
        items.append(item)
        position = skip_space(text, item.end)
        if text[position] == ",":
            position = skip_space(text, position + 1)
    return Container(text, start, position + 1, tuple(items))


def top(text: str) -> Container:
    """The outermost array or object of a parsed text."""
    return container_at(text, skip_space(text, len(BOM) if text.startswith(BOM) else 0))


def skip_space(text: str, position: int) -> int:
    """The first position at or after `position` that is no JSON whitespace."""
    while position < len(text) and text[position] in WHITESPACE:
        position += 1
    return position


def insert(text: str, pieces: list[tuple[int, str]]) -> str:
    """The text with every piece put in at its position; positions are those of the given text."""
    for position, piece in sorted(pieces, reverse=True):
        text = text[:position] + piece + text[position:]
    return text


def cut(text: str, ranges: list[tuple[int, int]]) -> str:
    """The text without the ranges, which may touch but not overlap."""
    for start, end in sorted(ranges, reverse=True):
        text = text[:start] + text[end:]
    return text


def _member(text: str, start: int) -> Item:
    key, after_key = _DECODER.raw_decode(text, start)
    value_start = skip_space(text, skip_space(text, after_key) + 1)
    value, end = _DECODER.raw_decode(text, value_start)
    return Item(key, value, start, value_start, end)


def _element(text: str, start: int) -> Item:
    value, end = _DECODER.raw_decode(text, start)
    return Item(None, value, start, start, end)


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, line {error.lineno}, column {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
