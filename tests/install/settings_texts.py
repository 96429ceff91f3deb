"""Settings files as people and programs write them: any valid JSON, in any formatting."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from telemetry.install.wanted import Hooks

EVENTS = ["Stop", "PostToolUse", "UserPromptExpansion", "Notification"]
WANTED: Hooks = {
    "Stop": [{"hooks": [{"type": "command", "command": "sh 'a b/hook' || : # agentspec-telemetry", "timeout": 10}]}],
    "PostToolUse": [
        {"matcher": "Agent", "hooks": [{"type": "command", "command": "é # agentspec-telemetry", "async": True}]},
        {"matcher": "Read", "hooks": [{"type": "command", "command": "sh r # agentspec-telemetry", "if": "Read(x)"}]},
    ],
    "UserPromptExpansion": [
        {"matcher": "insights", "hooks": [{"type": "command", "command": "sh i # agentspec-telemetry"}]}
    ],
}

_scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
_handlers = st.fixed_dictionaries({"type": st.just("command"), "command": st.text(max_size=8)}) | _values
_groups = st.fixed_dictionaries({"hooks": st.lists(_handlers, max_size=2)}, optional={"matcher": st.text(max_size=4)})
_hooks = st.dictionaries(st.sampled_from(EVENTS), st.lists(_groups | _values, max_size=3), max_size=4)
_rest = st.dictionaries(st.text(max_size=8).filter(lambda key: key != "hooks"), _values, max_size=4)


@st.composite
def settings_values(draw: st.DrawFn) -> dict[str, Any]:
    """The value of a settings file, with or without hooks, at any place among the rest."""
    members = list(draw(_rest).items())
    if draw(st.booleans()):
        members.insert(draw(st.integers(0, len(members))), ("hooks", draw(_hooks)))
    return dict(members)


@st.composite
def settings_texts(draw: st.DrawFn) -> str:
    """The text of a settings file."""
    value = draw(settings_values())
    tidy = draw(st.sampled_from([None, 2, 4, "\t", "compact", "wild"]))
    if tidy == "wild":
        text = _wild(draw, value)
    elif tidy == "compact":
        text = json.dumps(value, separators=(",", ":"))
    else:
        text = json.dumps(value, indent=tidy, ensure_ascii=draw(st.booleans()))
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    ending = draw(st.sampled_from(["", "\n", "\n\n", " \t"]))
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return mark + (text + ending).replace("\n", newline)


def _wild(draw: st.DrawFn, value: Any) -> str:
    space = st.text(alphabet=" \t\n", max_size=3)

    def render(value: Any) -> str:
        if isinstance(value, dict):
            members = [f"{render(key)}{draw(space)}:{draw(space)}{render(inner)}" for key, inner in value.items()]
            return "{" + joined(members) + "}"
        if isinstance(value, list):
            return "[" + joined([render(inner) for inner in value]) + "]"
        return json.dumps(value, ensure_ascii=draw(st.booleans()))

    def joined(items: list[str]) -> str:
        return ",".join(draw(space) + item + draw(space) for item in items) or draw(space)

    return draw(space) + render(value)
