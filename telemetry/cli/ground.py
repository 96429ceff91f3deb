"""What the doctor's checks stand on: the project, its store, the environment, and the few ways to ask the system.

All that a check may touch is here, so that a test can give it other ground.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from telemetry.cli.projects import store_of
from telemetry.cli.stock import text_of
from telemetry.consent.tracked import GIT_ENVIRON


class Ground(NamedTuple):
    """`ask` runs a command and gives its output, or None where it failed; `set_aside` reads the journal."""

    project: Path
    store: Path
    environ: Mapping[str, str]
    now: datetime
    uid: int
    ask: Callable[[list[str]], str | None]
    set_aside: Callable[[Path, datetime], int]
    is_writable: Callable[[Path], bool]

    @property
    def claude(self) -> Path | None:
        """Claude Code's own folder for all projects."""
        named = self.environ.get("CLAUDE_CONFIG_DIR")
        home = self.environ.get("HOME")
        return Path(named) if named else Path(home) / ".claude" if home else None

    @property
    def cache(self) -> Path | None:
        """Where the hooks remember their interpreter."""
        base, home = self.environ.get("XDG_CACHE_HOME"), self.environ.get("HOME")
        folder = Path(base) if base else Path(home) / ".cache" if home else None
        return folder / "agentspec-telemetry" if folder else None

    def settings_texts(self) -> list[str]:
        """Claude Code's settings that hold here, the person's first, the project's own last."""
        files = [self.project / ".claude" / name for name in ("settings.json", "settings.local.json")]
        if self.claude:
            files.insert(0, self.claude / "settings.json")
        return [text for file in files if (text := _text_behind(file)) is not None]

    def installed_plugins(self) -> dict[str, Any]:
        """Claude Code's list of installed plugins, by `name@marketplace`."""
        text = _text_behind(self.claude / "plugins" / "installed_plugins.json") if self.claude else None
        plugins = parsed(text or "").get("plugins")
        return plugins if isinstance(plugins, dict) else {}


def ground_of(project: Path, environ: Mapping[str, str], moment: datetime) -> Ground:
    """The real ground of a project."""
    return Ground(project, Path(store_of(str(project))), environ, moment, os.geteuid(), ask, set_aside, is_writable)


def ask(command: list[str]) -> str | None:
    """The output of a command; None where it is missing, fails, complains or takes too long.

    Git ends well even where it could not read a folder, and only complains.
    """
    try:
        done = subprocess.run(
            command, env={**os.environ, **GIT_ENVIRON}, stdin=subprocess.DEVNULL, capture_output=True,
            encoding="utf-8", errors="surrogateescape", timeout=10, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode or done.stderr else done.stdout


def set_aside(store: Path, moment: datetime) -> int:
    """How many lines of the journal cannot be read."""
    from telemetry.features.history import load_features  # noqa: PLC0415 only one check reads the journal

    return load_features(store, moment, remember=False).set_aside


def is_writable(folder: Path) -> bool:
    """Whether this process may write there, and the file system lets it."""
    return os.access(folder, os.W_OK | os.X_OK) and not os.statvfs(folder).f_flag & os.ST_RDONLY


def _text_behind(file: Path) -> str | None:
    """The text of a file that may be a link; None for a link to nowhere, or to itself."""
    return text_of(Path(os.path.realpath(file)))


def parsed(text: str) -> dict[str, Any]:
    """A JSON object, or an empty one."""
    import json  # noqa: PLC0415 not for --help

    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
