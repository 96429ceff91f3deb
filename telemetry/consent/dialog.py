"""The consent dialog: one screen in words a person understands, and one question whose default is no.

What is shared is read from the report's schema, what never is from NEVER_CAPTURE.yaml. Only a person at a terminal is
asked; no hook and no output of a model ever is.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any, Protocol

from telemetry.consent.terms import WORDS, never_capture, report_schema

QUESTION = "Share? [y/N] "
FROM_NOW = "from now on"
WIDTH = 80
LEAST_OF_EXAMPLE = 1  # lines of it that are shown however small the terminal is; a smaller one is paged
NO_ENDPOINT = "nowhere yet: reports wait until you set an `endpoint`, and are asked again."
NO_EXAMPLE = "EXAMPLE: there is no feature here yet to show as an example."
EXAMPLE = "EXAMPLE: your latest feature, as a report would show it"
STAYS = " (this one stays here)"
# The report's parts that a person is told of, one line each; a test holds that every field lies in one of them.
PARTS = (
    ("session",),
    ("feature", "complexity"),
    ("feature", "timing"),
    ("feature", "outcome"),
    ("agents",),
    ("judge",),
    ("kb",),
    ("errors",),
)


_CUT = "\f"  # where the example stands


class Terminal(Protocol):
    """Where the dialog takes place."""

    def ask(self, question: str) -> str:
        """What the person typed; empty at the end of input."""
        ...


def consent_screen(
    endpoint: str | None,
    maturity_hours: int,
    example: bytes | None,
    rows: int | None = None,
    since: str = FROM_NOW,
) -> str:
    """What a person reads before they decide. `example`: this project's next report as it would leave.

    `rows`: how many lines it may take; the example is cut to that. None where nobody's screen limits it.
    `since`: from when on what begins is shared, in words; another than now where an earlier yes goes on.
    """
    above, below = (
        [line for paragraph in part.splitlines() for line in _filled(paragraph)]
        for part in WORDS.format(
            shared=_shared(report_schema()),
            never=_never(never_capture()),
            example=_CUT,
            endpoint=f"{endpoint}." if endpoint else NO_ENDPOINT,
            hours=maturity_hours,
            since=since,
        ).split(_CUT)
    )
    room = None if rows is None else max(rows - len(above) - len(below), 1 + LEAST_OF_EXAMPLE)
    return "\n".join([*above, *_example(example, room, since == FROM_NOW), *below])


def says_yes(answer: str) -> bool:
    """Whether an answer is a yes; anything else, an empty line too, is a no."""
    return answer.strip().lower() in ("y", "yes")


def _filled(paragraph: str) -> list[str]:
    return textwrap.wrap(paragraph, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _shared(schema: Mapping[str, Any]) -> str:
    return " ".join(_described(schema, part) for part in PARTS)


def _described(schema: Mapping[str, Any], part: tuple[str, ...]) -> str:
    found = schema["properties"]["report"]
    for name in part:
        found = found["properties"][name]
    return " ".join(str(found["description"]).split())


def _never(rules: Mapping[str, Any]) -> str:
    return ", ".join(str(entry["id"]).replace("_", " ") for entry in rules["entries"]) + "."


def _example(data: bytes | None, room: int | None, stays: bool) -> list[str]:
    """The example's lines, its heading first; at most as many as there is room for."""
    if data is None:
        return [NO_EXAMPLE]
    text = data.decode("ascii")
    width = WIDTH - 2
    whole = [text[start : start + width] for start in range(0, len(text), width)]
    if room is not None and len(whole) > room - 1:
        whole = _cut(text, room - 1, width)
    return [f"{EXAMPLE}{STAYS if stays else ''}:", *(f"  {line}" for line in whole)]


def _cut(text: str, lines: int, width: int) -> list[str]:
    """The first lines of a text; the last says how much is left out, and where the whole is."""
    shown = text[: (lines - 1) * width]
    for left in range(len(text) - lines * width, len(text)):  # what is said of the rest takes room from it
        ending = f" … {left:,} bytes more: agentspec telemetry --preview"
        if len(text) - left - len(shown) + len(ending) <= width:
            break
    shown = text[: len(text) - left] + ending
    return [shown[start : start + width] for start in range(0, len(shown), width)]
