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
EXAMPLE_LINES = 14  # what comes before the question shall fit one screen of a window made large
NO_ENDPOINT = """\
nowhere yet. No server is set: reports wait here until
you write one (`endpoint` in config.yaml), and you are asked again then."""
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


class Terminal(Protocol):
    """Where the dialog takes place."""

    def ask(self, question: str) -> str:
        """What the person typed; empty at the end of input."""
        ...


def consent_screen(endpoint: str | None, maturity_hours: int, example: bytes | None, since: str = FROM_NOW) -> str:
    """What a person reads before they decide. `example`: this project's next report as it would leave.

    `since`: from when on what begins is shared, in words; another than now where an earlier yes goes on.
    """
    return WORDS.format(
        shared=_shared(report_schema()),
        never=_never(never_capture()),
        example=_example(example, " (this one stays here)" if since == FROM_NOW else ""),
        endpoint=endpoint or NO_ENDPOINT,
        hours=maturity_hours,
        since=since,
    )


def says_yes(answer: str) -> bool:
    """Whether an answer is a yes; anything else, an empty line too, is a no."""
    return answer.strip().lower() in ("y", "yes")


def _shared(schema: Mapping[str, Any]) -> str:
    lines = [f"• {_described(schema, part)}" for part in PARTS]
    return "\n".join(textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ") for line in lines)


def _described(schema: Mapping[str, Any], part: tuple[str, ...]) -> str:
    found = schema["properties"]["report"]
    for name in part:
        found = found["properties"][name]
    return " ".join(str(found["description"]).split())


def _never(rules: Mapping[str, Any]) -> str:
    names = [str(entry["id"]).replace("_", " ") for entry in rules["entries"]]
    return textwrap.fill(", ".join(names) + ".", WIDTH, initial_indent="  ", subsequent_indent="  ")


def _example(data: bytes | None, stays: str) -> str:
    if data is None:
        return "\nThere is no feature here yet to show as an example.\n"
    text = data.decode("ascii")
    lines = [f"  {text[start : start + WIDTH - 2]}" for start in range(0, len(text), WIDTH - 2)]
    if len(lines) > EXAMPLE_LINES:
        left = sum(len(line) - 2 for line in lines[EXAMPLE_LINES:])
        lines = [*lines[:EXAMPLE_LINES], f"  … and {left:,} bytes more: agentspec telemetry --preview"]
    return f"\nYour latest feature, as a report would show it{stays}:\n" + "\n".join(lines) + "\n"
