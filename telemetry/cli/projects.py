"""Which project a command speaks of: the one named, or the nearest one upwards that has a store.

Plain paths: `agentspec insights` starts without pathlib, whose import takes a third of Python's start.
"""

from __future__ import annotations

import os

from telemetry.contract import layout
from telemetry.contract.errors import TelemetryError


def store_of(project: str) -> str:
    """Where a project's store lies, whether it is there or not."""
    return os.path.join(project, *layout.STORE)


def project_around(folder: str) -> str | None:
    """The nearest folder upwards that has a store; None where there is none."""
    while not os.path.isdir(store_of(folder)):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


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
