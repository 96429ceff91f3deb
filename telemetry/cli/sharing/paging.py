"""Showing a text before a question: what has left the screen when it is asked was not read.

A text that is longer than the person's terminal is shown page by page. Where nobody sits there, all of it is printed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import NamedTuple, TextIO

from telemetry.cli.sharing.setting import asked

MORE = "-- enter shows more --"


class Size(NamedTuple):
    """A terminal's."""

    rows: int
    columns: int


def size_of(stream: TextIO | None) -> Size | None:
    """The size of the terminal that a stream (None: standard output) is shown on; None where it is on none."""
    try:
        found = os.get_terminal_size((stream or sys.stdout).fileno())
    except (OSError, ValueError):
        return None
    return Size(found.lines, found.columns) if found.lines > 0 and found.columns > 0 else None  # a serial line has 0


def show(text: str, stream: TextIO | None, size: Size | None, ask: Callable[[str, TextIO | None], str] = asked) -> None:
    """Print a text so that its last page, and a line for the question below it, are on the screen together."""
    pages = pages_of(text.splitlines(), size) if size else [text.splitlines()]
    for page in pages[:-1]:
        print("\n".join(page), file=stream)
        ask(MORE, stream)
    print("\n".join(pages[-1]), file=stream)


def pages_of(lines: list[str], size: Size) -> list[list[str]]:
    """The lines, in pages that leave a line of the terminal free; what is wider than it takes several."""
    pages: list[list[str]] = [[]]
    room = size.rows - 1
    for line in lines:
        height = max(1, -(-len(line) // size.columns))
        if height > room and pages[-1]:
            pages.append([])
            room = size.rows - 1
        pages[-1].append(line)
        room -= height
    return pages
