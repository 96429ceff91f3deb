"""Phase commands: which one was called, on which feature, with which judge.

A command's arguments are a person's own words. They are looked at here and go no further: a name
found in them leaves this module only to be hashed.
"""

from __future__ import annotations

_COMMANDS = frozenset(("brainstorm", "define", "design", "build", "ship", "iterate"))
# `agentspec:define`, `agentspec:workflow:define`, `workflow:define`, `define`; skills are `sdd-define`.
_PREFIXES = frozenset(("", "agentspec", "agentspec:workflow", "agentspec:review", "workflow", "review"))
# How the files of the phases' documents begin.
DOCUMENTS = {"BRAINSTORM_": "brainstorm", "DEFINE_": "define", "DESIGN_": "design", "BUILD_REPORT_": "build"}


def phase_of(command: object) -> str | None:
    """The phase a slash command or skill name stands for, `iterate` included, or None."""
    if not isinstance(command, str):
        return None
    prefix, _, word = command.removeprefix("/").rpartition(":")
    word = word.removeprefix("sdd-")
    return word if word in _COMMANDS and prefix in _PREFIXES else None


def judge_of(arguments: str) -> str:
    """`off`, `advisory` or `strict`, from `--judge[=strict][:model]`."""
    for word in arguments.split():
        if word == "--judge" or word.startswith("--judge="):
            return "strict" if word[8:].split(":")[0] == "strict" else "advisory"
    return "off"


def feature_of(arguments: str) -> str | None:
    """The name of the feature the arguments point at, or None where they are free text."""
    words = [word for word in arguments.split() if not word.startswith("--")]
    if not words:
        return None
    first, rest = words[0], words[1:]
    if first[0] in "\"'`":  # a path may have blanks
        first, _, after = " ".join(words)[1:].partition(first[0])
        rest = after.split()
    first = first.removeprefix("@")
    return feature_of_path(first) or (None if rest else normal_name(first))


def feature_of_path(path: str) -> str | None:
    """FEATURE of `…/DEFINE_{FEATURE}.md` and the like, or of `…/archive/{FEATURE}/…`."""
    *folders, file = path.replace("\\", "/").split("/")
    name = file.removesuffix(".md")
    for document in DOCUMENTS:
        if name.upper().startswith(document):
            return normal_name(name[len(document) :])
    if len(folders) >= 2 and folders[-2] == "archive":
        return normal_name(folders[-1])
    return None


def normal_name(name: str) -> str | None:
    """The name as AgentSpec writes it, SCREAMING_SNAKE_CASE in any script; None where it is no name."""
    name = name.upper().replace("-", "_").replace(".", "_")
    if not name.isascii():  # macOS may write `É` as two characters
        from unicodedata import normalize  # noqa: PLC0415 — few names need it

        name = normalize("NFC", name)
    return name if 0 < len(name) <= 200 and name.replace("_", "").isalnum() else None
