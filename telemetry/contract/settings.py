"""config.yaml as the hook reads it: a handful of top-level words, without a YAML parser.

Off is obeyed at once and in any spelling. Where a line cannot be understood, nothing is recorded and
nothing shared: a privacy switch that is misread must fail towards off. Everybody else reads the same
file with a real parser and its schema (contract/config.py), which tells the person what is wrong with it.
"""

from __future__ import annotations

_ON = frozenset(("on", "true", "yes"))
_NUMBERS = {"maturity_hours": (1, 720), "retention_days": (1, 3650), "store_megabytes": (1, 10_000)}
_NAMES = ("recording", "sharing", "endpoint", *_NUMBERS)

MAX_BYTES = 64 * 1024  # of config.yaml; a longer one is read as off
DEFAULTS: dict[str, int] = {"maturity_hours": 24, "retention_days": 400, "store_megabytes": 256}


def text_of(data: bytes | None) -> str:
    """The text of config.yaml, of which up to MAX_BYTES + 1 were read; of one that is too long, none that says on."""
    if data is not None and len(data) > MAX_BYTES:
        return "\0"
    return (data or b"").decode("utf-8", "replace")


def is_recording(text: str) -> bool:
    """Whether config.yaml allows recording. Absent means on; anything but a clear `on` means off."""
    if "\0" in text:
        return False  # UTF-16, or no text at all
    for line in _lines_with(text, "recording"):
        name, value = _pair(line)
        if name != "recording" or value.lower() not in _ON:
            return False
    return True


def is_sharing(text: str) -> bool:
    """Whether config.yaml says that reports may leave. Absent means off; so does anything but one clear `on`.

    Necessary, never sufficient: config.py must agree, and a person must have said yes (telemetry/consent).
    """
    lines = [] if "\0" in text else _lines_with(text, "sharing")
    if len(lines) != 1 or not lines[0].partition(":")[2].startswith(" "):
        return False
    name, value = _pair(lines[0])
    return name == "sharing" and value.lower() in _ON


def number(text: str, name: str) -> int:
    """A whole number of config.yaml, or its default where it is missing or out of range."""
    low, high = _NUMBERS[name]
    for line in _lines_with(text, name):
        found, value = _pair(line)
        if found == name and value.isascii() and value.isdigit() and len(value) < 6 and low <= int(value) <= high:
            return int(value)
    return DEFAULTS[name]


def _lines_with(text: str, word: str) -> list[str]:
    lines = text.removeprefix("\ufeff").splitlines()
    # A backslash can spell any word: `"recor\x64ing": off`.
    return [
        line
        for line in lines
        if (word in line.lower() or "\\" in line)
        and not line.lstrip().startswith("#")
        and not _is_about_another(line, word)
    ]


def _is_about_another(line: str, word: str) -> bool:
    """Whether the line sets another name of ours, and only that: the word is in its value or its comment.

    With a quote in it, or with a comma or a bracket before its comment, it may be a part of something longer:
    `endpoint: x, recording: off}`.
    """
    name, colon, _ = line.partition(": ")
    if not colon or name == word or name not in _NAMES or any(sign in line for sign in "\"'\\"):
        return False
    return not any(sign in line.partition(" #")[0] for sign in ",{}[]")


def _pair(line: str) -> tuple[str, str]:
    """`name: value  # comment` → (name, value) without quotes."""
    name, _, value = line.partition(":")
    value = value.partition(" #")[0]
    return _bare(name.rstrip()), _bare(value.strip())


def _bare(word: str) -> str:
    """Without the quotes around it, if there is one at either end."""
    return word[1:-1] if word[:1] in ("'", '"') and word[:1] == word[1:][-1:] else word
