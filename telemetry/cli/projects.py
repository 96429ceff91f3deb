"""Which project a command speaks of: the one named, or the nearest one upwards that has a store."""

from __future__ import annotations

from pathlib import Path

from telemetry.contract import layout
from telemetry.contract.errors import TelemetryError

STORE = "/".join(layout.STORE)


def store_of(project: Path) -> Path:
    """Where a project's store lies, whether it is there or not."""
    return project.joinpath(*layout.STORE)


def project_around(folder: Path) -> Path | None:
    """The nearest folder upwards that has a store; None where there is none."""
    return next((place for place in (folder, *folder.parents) if is_folder(store_of(place))), None)


def is_folder(path: Path) -> bool:
    """Whether it is a folder one may look at."""
    try:
        return path.is_dir()
    except OSError:
        return False


def named_project(name: str) -> Path:
    """The folder that was named with --project."""
    project = Path(name).expanduser().resolve()
    if not is_folder(project):
        raise TelemetryError(f"no folder {name}", "--project wants the folder that holds .claude/telemetry.")
    return project


def here() -> Path:
    """The current folder."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise TelemetryError("the current folder was deleted", "Change to another one, or use --project.") from None
