"""Which project a command speaks of: the one named, or the nearest one upwards that has a store.

Plain paths: `agentspec insights` starts without pathlib, whose import takes a third of Python's start.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from telemetry.contract import layout
from telemetry.contract.errors import TelemetryError


def store_of(project: str) -> str:
    """Where a project's store lies, whether it is there or not."""
    return os.path.join(project, *layout.STORE)


def project_around(folder: str) -> str | None:
    """The nearest folder upwards that has a store; None where there is none."""
    while not os.path.isdir(store_of(folder)) or is_claude_codes_own(folder, os.environ):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def is_claude_codes_own(folder: str, environ: Mapping[str, str]) -> bool:
    """Whether a folder's .claude belongs to Claude Code itself, for all projects; it has a `telemetry` of its own."""
    home = environ.get("HOME") or os.path.expanduser("~")
    named = environ.get("CLAUDE_CONFIG_DIR")
    claude = os.path.join(folder, layout.STORE[0])
    owned = [os.path.join(home, layout.STORE[0]), *([named] if named else [])]
    return _is_same(folder, home) or any(_is_same(claude, own) for own in owned)


def _is_same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)  # also of what is not there yet


def named_project(name: str) -> str:
    """The folder that was named with --project."""
    project = os.path.realpath(os.path.expanduser(name))
    if not os.path.isdir(project):
        raise TelemetryError(f"no folder {name}", "--project wants the folder that holds .claude/telemetry.")
    return project


def here() -> str:
    """The current folder."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        raise TelemetryError("the current folder was deleted", "Change to another one, or use --project.") from None
