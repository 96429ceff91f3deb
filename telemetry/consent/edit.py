"""Changing one value of config.yaml and nothing else in it: every comment, blank line and line end stays.

The YAML library says where the value stands; only those letters are replaced, or a line is added. What comes out is
read again, and where it does not say what was wanted, and only that, nothing is changed. Decides nothing: `sharing: on`
in the file is a wish, and the receipt of a person's yes is another matter.
"""

from __future__ import annotations

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from telemetry.contract import durable, layout, settings
from telemetry.contract.config import Unclear, config_of, endpoint_problem, values_of
from telemetry.contract.errors import TelemetryError
from telemetry.journal.furnish import CONFIG_TEXT, furnish
from telemetry.journal.store import Store

Value = bool | str | int


def set_in_store(store: Store, **values: Value) -> None:
    """Change values in the store's config.yaml, all or none; a store without one gets its furniture first.

    Raises TelemetryError where it cannot be done safely, StoreRefused or OSError where the file is not to be had.
    """
    data = store.read(layout.CONFIG, settings.MAX_BYTES + 1)
    if data is None:
        furnish(store)
        data = CONFIG_TEXT.encode()
    changed = data
    for name, value in values.items():
        changed = with_value(_text_of(changed, name, value), name, value).encode()
    if changed != data:
        durable.write(store.fd, layout.CONFIG, changed, "config")


def with_value(text: str, name: str, value: Value) -> str:
    """The text with one name set: on its own line where it stands there, on a new one otherwise.

    Raises TelemetryError where the result would not be read as wanted; so it is for a text that is broken already.
    """
    problem = endpoint_problem(str(value)) if name == "endpoint" else None
    if problem:
        raise TelemetryError(f"this endpoint cannot be used: {problem}", "Example: https://reports.example.org/v1")
    try:
        before = values_of(text)
        changed = _replaced(text, name, value) if name in before else _added(text, name, value)
        is_as_wanted = values_of(changed) == {**before, name: value} and not config_of(changed.encode()).problems
    except (Unclear, YAMLError, UnicodeEncodeError):
        is_as_wanted = False
    if not is_as_wanted:
        raise _unsafe(name, value)
    return changed


def _text_of(data: bytes, name: str, value: Value) -> str:
    if len(data) > settings.MAX_BYTES:
        raise _unsafe(name, value)  # not all of it was read
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise _unsafe(name, value) from None


def _unsafe(name: str, value: Value) -> TelemetryError:
    return TelemetryError(
        "config.yaml could not be changed safely",
        f"Write `{name}: {_written(value)}` on a line of its own in .claude/telemetry/config.yaml;"
        " agentspec doctor says what is wrong with it.",
    )


def _written(value: Value) -> str:
    """As a person would write it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _replaced(text: str, name: str, value: Value) -> str:
    """Only the letters of the value are other ones."""
    start, end = _span(text, name)
    if len(text[start:end].splitlines()) > 1:
        raise Unclear("the value is written over several lines")
    return text[:start] + (" " if start == end else "") + _written(value) + text[end:]


def _span(text: str, name: str) -> tuple[int, int]:
    """From where to where the value stands; behind the colon where there is none yet."""
    key, node = next(pair for pair in YAML().compose(text).value if pair[0].value == name)
    start, end = node.start_mark.index, node.end_mark.index
    if start == end:  # the library's marks of an empty value may lie lines below
        start = end = text.index(":", key.end_mark.index) + 1
    return start, end


def _added(text: str, name: str, value: Value) -> str:
    """In place of the template's own `# name:`, or at the end with the template's comment."""
    line = f"{name}: {_written(value)}"
    lines = text.splitlines(keepends=True)
    for number, there in enumerate(lines):
        if there.rstrip() == f"# {name}:":
            return "".join([*lines[:number], line, there[len(there.rstrip()) :], *lines[number + 1 :]])
    end = next((end for end in ("\r\n", "\n", "\r") if end in text), "\n")
    gap = "" if not text else end if text.endswith(("\n", "\r")) else end * 2
    return text + gap + end.join([*_comment_on(name), line, ""])


def _comment_on(name: str) -> list[str]:
    """What the template says above this name."""
    for paragraph in CONFIG_TEXT.split("\n\n"):
        *comment, last = paragraph.rstrip("\n").split("\n")
        if last.removeprefix("# ").partition(":")[0] == name:
            return comment
    return []
